"""The tab Watching of Settings: when a silent switch rings, and how long things are kept. Saved by Save.

Runs on the window's thread; sizes are read on an errand thread.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from noc_alerts.model.errors import BadInput, NocError
from noc_alerts.settings import Watching, load, save
from ui.setup.errands import run_errand
from ui.setup.import_panel import size_words
from ui.setup.settings_parts import beside, leftmost, tab_room
from ui.text import InputError, NumberRange
from ui.theme import Role
from ui.widgets.fields import DurationBox, Field, NumberField

if TYPE_CHECKING:
    from ui.context import ScreenContext

SILENT = [timedelta(seconds=s) for s in (30, 60, 120, 180, 300, 600)]
DAY = timedelta(days=1)
GB = 1_000_000_000
WIDTH = 140


class WatchingTab(QObject):
    """The tab. `changed`: what is not saved may be another; `widget` is shown by the page."""

    changed = Signal()

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        self._kept = load(context.service.store.settings, Watching)
        self._silent = DurationBox("watching_silent_after", SILENT)
        self._calls = NumberField("watching_keep_calls", "d", NumberRange(1, 3650))
        self._size = NumberField("watching_keep_bytes", "GB", NumberRange(0.05, 1000, 2))
        self._events = NumberField("watching_keep_events", "d", NumberRange(1, 3650))
        for narrow, words in (
            (self._silent, "Rings after"),
            (self._calls, "Keep call records for"),
            (self._size, "But at most"),
            (self._events, "Keep events for"),
        ):
            narrow.setFixedWidth(WIDTH)
            narrow.setAccessibleName(words)
        self._inputs: dict[str, DurationBox | NumberField] = {
            "silent_after": self._silent,
            "keep_calls": self._calls,
            "keep_bytes": self._size,
            "keep_events": self._events,
        }
        silent_hint = "A switch that was blind for so long is an alarm of its own. Its alerts are not judged meanwhile."
        self._fields = {
            "silent_after": beside("Rings after", leftmost(self._silent), silent_hint),
            "keep_calls": beside("Keep call records for", leftmost(self._calls), "Charts reach back as far."),
            "keep_bytes": beside("But at most", leftmost(self._size), "The oldest go first."),
            "keep_events": beside("Keep events for", leftmost(self._events)),
        }
        self.widget = tab_room(
            "settings_watching",
            [
                ("A switch that does not answer", [self._fields["silent_after"]]),
                ("What is kept", [self._fields["keep_calls"], self._fields["keep_bytes"], self._fields["keep_events"]]),
            ],
        )
        self.setParent(self.widget)
        for key, each in self._inputs.items():
            each.left.connect(lambda key=key: self._check(key))
        self._silent.editTextChanged.connect(self._on_edited)
        for number in (self._calls, self._size, self._events):
            number.textEdited.connect(self._on_edited)
        self.revert()

    def revert(self) -> None:
        """Show what is kept."""
        kept = self._kept
        self._silent.set_value(kept.silent_after)
        self._calls.set_value(kept.keep_calls / DAY)
        self._size.set_value(kept.keep_bytes / GB)
        self._events.set_value(kept.keep_events / DAY)
        for key in self._fields:
            self._set_error(key, "")
        self.look_at_size()
        self.changed.emit()

    def look_at_size(self) -> None:
        """Say how much call records take now."""
        calls = self._context.service.store.calls

        def failed(error: NocError) -> None:
            self._fields["keep_bytes"].set_hint(error.sentence, Role.WARNING)

        def found(size: int) -> None:
            self._fields["keep_bytes"].set_hint(f"The oldest go first. They take {size_words(size)} now.")

        self._context.bridge.run(run_errand(calls.size_bytes), found, failed)

    def changes(self) -> list[str]:
        """Name what is not saved."""
        words = {
            "silent_after": "rings after",
            "keep_calls": "age of call records",
            "keep_bytes": "size",
            "keep_events": "age of events",
        }
        shown = {
            "silent_after": self._kept.silent_after,
            "keep_calls": self._kept.keep_calls / DAY,
            "keep_bytes": round(self._kept.keep_bytes / GB, 2),
            "keep_events": self._kept.keep_events / DAY,
        }
        return [words[key] for key, each in self._inputs.items() if _value(each) != shown[key]]

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""
        return sum(bool(field.error) for field in self._fields.values())

    def save(self) -> bool:
        """Keep the form; return whether it was right."""
        right = [self._check(key) for key in self._fields]
        if not all(right):
            return False
        try:
            made = self._make()
            save(self._context.service.store.settings, made)
        except BadInput as error:
            for key, sentence in error.problems.items():
                self._set_error(key, sentence)
            self.changed.emit()
            return False
        except NocError as error:
            self._context.messages.fail("The settings were not saved", f"{error.sentence} What you typed is kept here.")
            return False
        self._kept = made
        self._context.service.soon()
        self._context.messages.say("Watching saved")
        self.changed.emit()
        return True

    def _make(self) -> Watching:
        """Make settings of what is typed; every field was checked before. Raises BadInput."""
        silent = self._silent.value
        calls, size, events = self._calls.value, self._size.value, self._events.value
        return Watching(
            silent_after=silent if silent is not None else self._kept.silent_after,
            keep_calls=DAY * (calls or 0),
            keep_bytes=round((size or 0) * GB),
            keep_events=DAY * (events or 0),
        )

    def _check(self, key: str) -> bool:
        problem = self._inputs[key].problem()
        self._set_error(key, problem)
        self.changed.emit()
        return not problem

    def _set_error(self, key: str, sentence: str) -> None:
        """Show a sentence under a field whose input stands in a room of its own."""
        self._field(key).set_error(sentence)
        self._inputs[key].set_wrong(bool(sentence))

    def _field(self, key: str) -> Field:
        return self._fields[key]

    def _on_edited(self, _value: object = None) -> None:
        for key, each in self._inputs.items():
            if self._fields[key].error and not each.problem():
                self._set_error(key, "")
        self.changed.emit()


def _value(field: DurationBox | NumberField) -> object:
    """Give what a field holds; what cannot be read differs from everything."""
    try:
        return field.value
    except InputError:
        return field
