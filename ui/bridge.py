"""The one place where threads meet the GUI: news of the core become signals, results of long work come back here."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot

from noc_alerts.engine.news import (
    AlarmsChanged,
    DeliveriesChanged,
    EventsAdded,
    Frame,
    News,
    Rounded,
    Snapshot,
    StoreTrouble,
)
from noc_alerts.model.errors import NocError

T = TypeVar("T")


class Bridge(QObject):
    """Signals of what the engine announces, always emitted on the GUI thread. `snapshot`: the last one, None before the first."""

    rounded = Signal(object)
    alarms_changed = Signal(object)
    deliveries_changed = Signal(int)
    events_added = Signal()
    store_trouble = Signal(str)
    framed = Signal(object)
    _heard = Signal(object)
    _called = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.snapshot: Snapshot | None = None
        self._heard.connect(self._on_heard, Qt.ConnectionType.QueuedConnection)
        self._called.connect(self._on_called, Qt.ConnectionType.QueuedConnection)

    def hear(self, news: News) -> None:
        """Take news from any thread."""
        self._heard.emit(news)

    @Slot(object)
    def _on_heard(self, news: News) -> None:
        match news:
            case Rounded(snapshot):
                self.snapshot = snapshot
                self.rounded.emit(snapshot)
            case AlarmsChanged(changes):
                self.alarms_changed.emit(changes)
            case DeliveriesChanged(waiting):
                self.deliveries_changed.emit(waiting)
            case EventsAdded():
                self.events_added.emit()
            case StoreTrouble(sentence):
                self.store_trouble.emit(sentence)
            case Frame():
                self.framed.emit(news)

    def run(self, future: "Future[T]", done: Callable[[T], None], failed: Callable[[NocError], None]) -> None:
        """Call `done` or `failed` on the GUI thread when the work is over; a fault of ours becomes a sentence."""

        def over(finished: "Future[T]") -> None:
            error = finished.exception() if not finished.cancelled() else NocError("The work was stopped.")
            if error is None:
                result = finished.result()
                self._called.emit(lambda: done(result))
            else:
                told = error if isinstance(error, NocError) else NocError(f"A fault in this program stopped it: {error}")
                self._called.emit(lambda: failed(told))

        future.add_done_callback(over)

    def on_gui(self, work: Callable[..., None]) -> Callable[..., None]:
        """Wrap a callback so that it runs on the GUI thread, whoever calls it."""

        def call(*args: Any) -> None:
            self._called.emit(lambda: work(*args))

        return call

    @Slot(object)
    def _on_called(self, work: Callable[[], None]) -> None:
        work()
