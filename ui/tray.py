"""The icon in the notification area and the popups: the worst of what nobody has taken, blind outranks "no alarms".

`TrayIcon` lives on the GUI thread; `Desktop.show` is called on the deliver thread and must not touch a widget.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.connections import HealthState
from noc_alerts.model.errors import DeliveryError
from ui import icons, marks
from ui.marks import Form, Mark
from ui.theme import Role, theme

log = logging.getLogger(__name__)

#: Freedesktop notification specification: urgency 0 low, 1 normal, 2 critical.
_URGENCY = {NoticeLevel.CRITICAL.value: 2}
_SIZE = 64
_NAME = "noc_alerts"


class Desktop(QObject):
    """The desktop that popups are shown on: by D-Bus where there is a notification service, else by the tray icon."""

    _asked = Signal(str, str, str)

    def __init__(self, tray: "TrayIcon") -> None:
        super().__init__(tray)
        self._tray = tray
        self._asked.connect(self._on_asked)

    def show(self, subject: str, body: str, level: str) -> str:
        """Show one popup and say how. Raises DeliveryError when this desktop shows none."""
        if sys.platform == "linux":
            try:
                return f"Notification {asyncio.run(_notify(subject, body, _URGENCY.get(level, 1)))}"
            except Exception as error:  # noqa: BLE001  # dbus-fast raises many kinds; every one means: no such service
                log.info("no notification service: %r", error)
        if not self._tray.available:
            words = "This desktop has no notification area; the alarm is in the list of the window."
            raise DeliveryError(words, permanent=True)
        self._asked.emit(subject, body, level)
        return "Shown by the tray icon"

    @Slot(str, str, str)
    def _on_asked(self, subject: str, body: str, level: str) -> None:
        self._tray.popup(subject, body, level)


async def _notify(subject: str, body: str, urgency: int) -> int:
    """Ask the desktop's notification service; give the notification's number."""
    from dbus_fast import BusType, Message, MessageType, Variant
    from dbus_fast.aio import MessageBus

    bus = await asyncio.wait_for(MessageBus(bus_type=BusType.SESSION).connect(), 2)
    try:
        reply = await asyncio.wait_for(
            bus.call(
                Message(
                    destination="org.freedesktop.Notifications",
                    path="/org/freedesktop/Notifications",
                    interface="org.freedesktop.Notifications",
                    member="Notify",
                    signature="susssasa{sv}i",
                    body=[_NAME, 0, _NAME, subject, body, [], {"urgency": Variant("y", urgency)}, -1],
                )
            ),
            2,
        )
    finally:
        bus.disconnect()
    if reply is None or reply.message_type is MessageType.ERROR:
        raise RuntimeError(str(reply.error_name if reply else "no answer"))
    return int(reply.body[0])


class TrayIcon(QObject):
    """The icon: a mark for the worst alarm that nobody has taken, with its count in the tooltip."""

    def __init__(self, parent: QWidget, actions: Sequence[tuple[str, Callable[[], object]]], *, demo: bool) -> None:
        super().__init__(parent)
        self._demo = demo
        self._worst: Mark | None = None
        self._icon = QSystemTrayIcon(parent)
        self._menu = QMenu(parent)
        self._menu.setObjectName("tray_menu")
        for words, run in actions:
            self._menu.addAction(words, run)
        self._icon.setContextMenu(self._menu)
        self._icon.activated.connect(lambda reason: self._on_activated(reason, actions[0][1]))
        self._icon.messageClicked.connect(actions[0][1])
        self._paint()
        self.available = QSystemTrayIcon.isSystemTrayAvailable()
        if self.available:
            self._icon.show()
        theme.changed.connect(self._paint)

    def popup(self, subject: str, body: str, level: str) -> None:
        """Show a popup by the icon itself."""
        kinds = QSystemTrayIcon.MessageIcon
        kind = kinds.Critical if level == NoticeLevel.CRITICAL.value else kinds.Warning
        self._icon.showMessage(subject, body, kind)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the worst of what nobody has taken."""
        open_alarms = [a for a in snapshot.alarms if a.acked_at is None and not a.blind]
        critical = sum(a.level is NoticeLevel.CRITICAL for a in open_alarms)
        blind = [line.connection.name for line in snapshot.switches if line.health.state is HealthState.BLIND]
        if critical:
            worst, words = Mark.CRITICAL, f"{critical} critical, not taken"
        elif open_alarms:
            worst, words = Mark.WARNING, f"{len(open_alarms)} not taken"
        elif blind:
            worst, words = Mark.BLIND, f"blind: {', '.join(blind)}"
        else:
            worst, words = None, "no alarms that nobody has taken"
        self._icon.setToolTip(f"noc_alerts{' - Demo' if self._demo else ''}: {words}")
        if worst is not self._worst:
            self._worst = worst
            self._paint()

    def _paint(self) -> None:
        pixmap = QPixmap(_SIZE, _SIZE)
        pixmap.fill(theme.color(Role.SURFACE))
        painter = QPainter(pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = pixmap.rect().toRectF()
        if self._worst is None:
            icons.draw(painter, "alerts", rect.center(), 48, Role.TEXT)
        else:
            marks.draw(painter, rect.adjusted(8, 8, -8, -8), self._worst, Form.ACTIVE)
        painter.end()
        self._icon.setIcon(QIcon(pixmap))

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason, open_window: Callable[[], object]) -> None:
        if reason is QSystemTrayIcon.ActivationReason.Trigger:
            open_window()
