"""The two faces of the Switches page: the list, and the form with what stands beside it.

Runs on the window's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from noc_alerts.model.connections import Connection, HealthState
from noc_alerts.model.errors import BadInput, NocError
from ui import text
from ui.setup.bad_panel import BadPanel
from ui.setup.check_panel import CheckPanel
from ui.setup.kinds import KIND_WORDS
from ui.setup.switch_form import SwitchForm, not_saved
from ui.setup.switch_health import HealthPanel
from ui.setup.switch_list import COLUMNS, SwitchRow, natural_order, spoken
from ui.tables import TableModel
from ui.theme import GAP_ACROSS, GAP_DOWN, Role
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Page, Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext


class SwitchListPage(Page):
    """The list."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("switches_list_page", "Switches")
        self._context = context
        self._model: TableModel[SwitchRow] = TableModel(COLUMNS, key=lambda r: r.id, order=natural_order, spoken=spoken)
        self.area = TableArea(self._model, "switches_list", two_lines=True)
        self.area.view.setAccessibleName("Switches")
        self.import_asked = Button("Import call records…", "switches_import", icon="import")
        self.connect_asked = PrimaryButton("Connect a switch", "switches_connect", icon="add", hint="N")
        self.add_action(self.import_asked)
        self.add_action(self.connect_asked)
        panel = Panel("switches_panel")
        panel.body.addWidget(self.area)
        self.body.addWidget(panel)

    def rows(self) -> list[SwitchRow]:
        """Return all rows."""
        return self._model.rows()

    def current(self) -> SwitchRow | None:
        """Return the row that is current."""
        key = self.area.view.current_key()
        return None if key is None else self._model.find(key)

    def show_rows(self, rows: list[SwitchRow]) -> None:
        """Show these switches."""
        self._model.set_rows(rows)
        self._model.refresh()
        self.set_sentence(_sentence(rows))
        empty = PageState(
            StateKind.EMPTY,
            "No switch is connected",
            "Nothing is watched yet. Connect a switch, or import call records to look at.",
            "Connect a switch",
            lambda: self._context.go("switches", "new"),
        )
        self.area.set_state(None if rows else empty)


class SwitchItemPage(Page):
    """The form with what stands beside it."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("switch_page", "New switch", crumb="Switches")
        self._context = context
        self.form = SwitchForm(context)
        self.health = HealthPanel()
        self.check = CheckPanel(
            "switch_check",
            "Test the connection",
            "Test",
            "A test reaches the switch, signs in and reads a little. Nothing is kept.",
            context.bridge,
            key="Ctrl+T",
        )
        self.bad = BadPanel("switch_bad", dated=True)
        self._note = Label("", Role.MUTED, name="switch_not_saved")
        self.removed = Button("Remove…", "switch_remove", icon="delete")
        self._revert = Button("Revert", "switch_revert", icon="revert")
        self._save = PrimaryButton("Save", "switch_save", hint="Ctrl+S")
        for widget in (self._note, self.removed, self._revert, self._save):
            self.add_action(widget)
        beside = QVBoxLayout()
        beside.setSpacing(GAP_DOWN)
        beside.addWidget(self.health)
        beside.addWidget(self.check, 3)
        beside.addWidget(self.bad, 2)
        across = QHBoxLayout()
        across.setSpacing(GAP_ACROSS)
        across.addWidget(self.form, 2)
        across.addLayout(beside, 3)
        self.body.addLayout(across)
        self._revert.clicked.connect(self.form.revert)
        self._save.clicked.connect(self.form.save)
        self.check.button.clicked.connect(self.test)
        self.form.changed.connect(self._on_changed)

    @property
    def can_save(self) -> bool:
        """Return whether there is something to save and nothing to correct first."""
        return self._save.isEnabled()

    def show_connection(self, connection: Connection | None) -> None:
        """Show a switch, None for a new one."""
        self.form.edit(connection)
        self.say_place(connection)
        self.check.clear()
        self.check.setVisible(connection is None or connection.live)
        self.bad.setVisible(connection is not None)
        self.bad.show_records([], 0)
        if self.form.read_only:
            self.check.button.setFocus()
        else:
            self.form.focus_first()

    def say_place(self, connection: Connection | None) -> None:
        """Say which switch this is."""
        self.set_title(connection.name if connection is not None else "New switch")
        self.set_tag("demo" if connection is not None and connection.demo else "")
        self.set_sentence(KIND_WORDS[connection.kind] if connection is not None else "")
        can_remove = connection is not None and not connection.demo
        self.removed.setVisible(connection is not None)
        self.removed.setEnabled(can_remove)
        self.removed.setToolTip("" if can_remove or connection is None else "The demo's own switch stays as long as the demo.")
        self.bad.setVisible(connection is not None)

    def test(self) -> None:
        """Test the connection as it stands in the form."""
        saved = self.form.connection
        made = saved if self.form.read_only else self.form.draft()
        if made is None or self.check.running:
            return
        typed = dict(self.form.typed_secrets)

        def refused(error: NocError) -> None:
            if isinstance(error, BadInput) and not self.form.read_only:
                self.form.show_problems(error)

        self.check.start(lambda progress: self._context.service.check_connection(made, typed, progress), refused)

    def _on_changed(self) -> None:
        changes, wrong, read_only = self.form.changes(), self.form.wrong, bool(self.form.read_only)
        if wrong:
            self._note.set(f"{text.plural(wrong, 'field')} to correct before saving", Role.CRITICAL)
        else:
            self._note.set("" if self.form.connection is None else not_saved(changes), Role.MUTED)
        self._revert.setVisible(self.form.connection is not None and not read_only)
        self._revert.setEnabled(bool(changes) or wrong > 0)
        self._save.setVisible(not read_only)
        self._save.setEnabled(not wrong and (bool(changes) or self.form.connection is None))
        self._context.commands.refresh()


def _sentence(rows: list[SwitchRow]) -> str:
    """Say in one line how the switches are."""
    live = [row for row in rows if row.connection.live and row.connection.enabled]
    if not live:
        return "none is read" if rows else ""
    blind = [row.connection.name for row in live if row.state is HealthState.BLIND]
    if blind:
        return f"{', '.join(blind)} {'is' if len(blind) == 1 else 'are'} blind"
    late = [row.connection.name for row in live if row.state is HealthState.LATE]
    if late:
        return f"{', '.join(late)} {'is' if len(late) == 1 else 'are'} late"
    waiting = sum(row.state is HealthState.WAITING for row in live)
    if waiting:
        return f"{text.plural(waiting, 'switch', 'switches')} not read yet"
    return "it answers" if len(live) == 1 else f"all {text.number(len(live))} answer"
