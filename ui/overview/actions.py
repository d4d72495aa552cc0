"""What a person does to alarms: take, give back, explain, go to limits, charts, company. Runs on the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from noc_alerts.model.alarms import Alarm
from noc_alerts.model.errors import NocError
from ui import text
from ui.commands import Command, Menu
from ui.overview import words
from ui.overview.ack_dialog import AckDialog
from ui.overview.rows import AlarmRow
from ui.prefs import prefs

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "overview"


class AlarmActions:
    """Do it through the service, say it, and offer to undo it. `chosen`: the rows meant, `parent`: over which dialogs open."""

    def __init__(
        self, context: ScreenContext, parent: QWidget, chosen: Callable[[], list[AlarmRow]], explain: Callable[[], object]
    ) -> None:
        self._context, self._parent, self._chosen = context, parent, chosen
        self._add_commands(explain)

    def _add_commands(self, explain: Callable[[], object]) -> None:
        def add(
            name: str, said: str, menu: Menu, key: str, group: int, run: Callable[[], object], can: Callable[[], bool]
        ) -> None:
            self._context.commands.add(Command(f"overview.{name}", said, menu, key, group=group, page=PAGE), run, enabled=can)

        alarm, go = Menu.ALARM, Menu.GO
        add("acknowledge", "&Acknowledge", alarm, "A", 1, self.acknowledge, lambda: bool(self.open_ones()))
        add("acknowledge_note", "Acknowledge with a &note…", alarm, "Shift+A", 1, self.ask_note, lambda: bool(self.open_ones()))
        add("give_back", "&Give it back", alarm, "U", 1, self.give_back, lambda: bool(self.taken_ones()))
        add("explain", "&Explain", alarm, "E", 2, explain, lambda: bool(self._chosen()))
        add("edit", "Edit &limits", alarm, "L", 2, self.edit, self._can_edit)
        add("charts", "Open in &Charts", go, "", 5, self.open_charts, self._has_subject)
        add("company", "Open c&ompany", go, "", 5, self.open_company, self._has_company)

    def show_menu(self, at: QPoint, show: Callable[[QMenu, QPoint], object], copy: Callable[[], object]) -> None:
        """Show the context menu of the chosen rows: the same commands as the keys."""
        menu = QMenu(self._parent)
        menu.setObjectName("overview_menu")
        action = self._context.commands.action
        for group in (("acknowledge", "acknowledge_note", "give_back"), ("explain", "edit"), ("charts", "company")):
            for name in group:
                menu.addAction(action(f"overview.{name}"))
            menu.addSeparator()
        menu.addAction("Copy as text").triggered.connect(lambda: self.copy_as_text())
        menu.addAction("Copy row").triggered.connect(lambda: copy())
        show(menu, at)

    # --- who has it --------------------------------------------------------------------------------------------------

    def _active(self) -> list[Alarm]:
        return [row.alarm for row in self._chosen() if row.alarm is not None and row.alarm.active and row.alarm.id is not None]

    def open_ones(self) -> list[Alarm]:
        """Return the chosen alarms that nobody has."""
        return [alarm for alarm in self._active() if alarm.acked_at is None]

    def taken_ones(self) -> list[Alarm]:
        """Return the chosen alarms that somebody has."""
        return [alarm for alarm in self._active() if alarm.acked_at is not None]

    def acknowledge(self) -> None:
        """Take the chosen alarms, at once when the operator's name is known."""
        operator = self._context.operator()
        if operator:
            self._take(self.open_ones(), operator, "")
        else:
            self.ask_note()

    def ask_note(self) -> None:
        """Ask for name and note, then take the chosen alarms."""
        alarms = self.open_ones()
        if not alarms:
            return
        rows = [row for row in self._chosen() if row.alarm in alarms]
        what = f"{rows[0].subject}, {rows[0].title}" if len(rows) == 1 else text.plural(len(rows), "alarm")

        def take(name: str, note: str) -> None:
            prefs.put("operator", name)
            self._take(alarms, name, note)

        AckDialog(what, self._context.operator(), take, self._parent.window()).open()

    def _take(self, alarms: Sequence[Alarm], who: str, note: str) -> None:
        ids = [alarm.id for alarm in alarms if alarm.id is not None]
        if not ids:
            return
        said = "Alarm acknowledged" if len(ids) == 1 else f"{text.number(len(ids))} alarms acknowledged"
        calls = [lambda alarm_id=each: self._context.service.acknowledge(alarm_id, who, note) for each in ids]
        undo = [lambda alarm_id=each: self._context.service.unacknowledge(alarm_id, who) for each in ids]
        self._do(calls, said, "The alarm was not acknowledged", undo)

    def give_back(self) -> None:
        """Give the chosen alarms back: nobody has them then."""
        alarms, who = self.taken_ones(), self._context.operator()
        ids = [alarm.id for alarm in alarms if alarm.id is not None]
        if not ids:
            return
        said = "Given back, nobody has it now" if len(ids) == 1 else f"{text.number(len(ids))} alarms given back"
        service = self._context.service
        calls = [lambda alarm_id=each: service.unacknowledge(alarm_id, who) for each in ids]
        undo = [lambda each=alarm: service.acknowledge(each.id, each.acked_by, each.ack_note) for alarm in alarms]
        self._do(calls, said, "The alarm was not given back", undo)

    def _do(self, calls: Sequence[Callable[[], object]], said: str, failed: str, undo: Sequence[Callable[[], object]]) -> None:
        """Run calls that give futures; say it once the last is done, with the way back; each that fails is told."""
        left = len(calls)
        wrong = 0

        def over(error: NocError | None) -> None:
            nonlocal left, wrong
            left -= 1
            if error is not None:
                wrong += 1
                self._context.messages.fail(failed, error.sentence)
            if left == 0 and wrong < len(calls):
                self._context.messages.say(said, (lambda: self._do(undo, "Undone", "It was not undone", calls)) if undo else None)

        for call in calls:
            self._context.bridge.run(call(), lambda _: over(None), over)  # type: ignore[arg-type]  # the service gives futures of None

    # --- where to go -------------------------------------------------------------------------------------------------

    def _first(self) -> AlarmRow | None:
        rows = self._chosen()
        return rows[0] if rows else None

    def _can_edit(self) -> bool:
        row = self._first()
        return row is not None and (row.alert is not None or (row.of_switch and row.switch is not None))

    def _has_subject(self) -> bool:
        row = self._first()
        return row is not None and row.alarm is not None and bool(row.alarm.key.subject.parts) and row.alert is not None

    def _has_company(self) -> bool:
        row = self._first()
        return row is not None and row.alarm is not None and row.alarm.key.subject.company_kind is not None

    def edit(self) -> None:
        """Open the alert's editor at the alarm, or the switch."""
        row = self._first()
        if row is not None:
            self.open_row(row)

    def open_row(self, row: AlarmRow) -> None:
        """Open what a row is about: its alert at the alarm's subject, or its switch."""
        if row.of_switch or (row.alarm is not None and not row.alarm.key.subject.parts):
            self._context.go("switches", row.connection_id)
        elif row.alert is not None:
            self._context.go("alerts", ("alarm", row.alarm))

    def open_charts(self) -> None:
        """Open the chart of what the alert looks at."""
        row = self._first()
        if row is not None and self._has_subject():
            self.chart_of(row)

    def chart_of(self, row: AlarmRow) -> None:
        """Open the chart of a row's subject and metric over the alert's window."""
        if row.alarm is not None and row.alert is not None:
            key = row.alarm.key
            self._context.go("charts", (key.connection_id, key.subject.key, row.alert.area.value, row.alert.sample_period))

    def open_company(self) -> None:
        """Open the company in the list of companies."""
        row = self._first()
        if row is None or row.alarm is None:
            return
        key = row.alarm.key
        kind = key.subject.company_kind
        if kind is not None:
            self._context.go("companies", (key.connection_id, kind, key.subject.parts[0][1]))

    def copy_as_text(self) -> None:
        """Put the chosen alarms as sentences on the clipboard, for a ticket or a chat."""
        lines = []
        for row in self._chosen():
            since = text.time_of(row.since, row.since, prefs.zone)
            alarm = row.alarm
            value = ""
            if alarm is not None and not row.of_switch:
                now = "unknown" if row.blind or alarm.value is None else words.value_shown(alarm, alarm.value).joined
                rests = "" if row.blind else words.sample_words(alarm, alarm.calls)
                parts = (f"{alarm.area} {now}", f"limit {words.limit_words(alarm, row.alert, unit=True)}", rests)
                value = f": {', '.join(part for part in parts if part)}"
            zone = text.zone_name(prefs.zone, row.since)
            at = f"{text.day(row.since, prefs.zone)} {since} {zone}"
            lines.append(f"{row.mark.value}, {row.subject}, {row.title}{value}. Since {at}.")
        QGuiApplication.clipboard().setText(words.plain("\n".join(lines)))
        self._context.messages.say(f"{text.plural(len(lines), 'alarm')} copied as text")
