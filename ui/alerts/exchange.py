"""Rules to a file and back: what an import would change is shown first, and nothing is half imported.

Runs on the window's thread; files are read and written on an errand thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.errors import NocError
from noc_alerts.rulebook import ItemKind, Plan, PlanItem, apply_import, export_rules, plan_import
from noc_alerts.store import Store
from ui import text
from ui.marks import Mark
from ui.setup.errands import run_errand
from ui.table_columns import resize_within
from ui.tables import Cell, Column, TableModel
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button, Chip, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

FILE_NAME = "rules.yaml"
FILTER = "Rules (*.yaml *.yml);;All files (*)"
MAX_FILE = 32 * 2**20
_KIND_WORDS = {ItemKind.NEW: "New", ItemKind.CHANGED: "Changed", ItemKind.SAME: "Same"}
_DONE = (ItemKind.NEW, ItemKind.CHANGED)
_KIND_ORDER = {ItemKind.CHANGED: 0, ItemKind.NEW: 1, ItemKind.SAME: 2}


# --- export ------------------------------------------------------------------------------------------------------------


def ask_export(context: ScreenContext, parent: QWidget) -> None:
    """Ask where to, then write the rules."""
    dialog = QFileDialog(parent, "Export rules", FILE_NAME, FILTER)
    dialog.setObjectName("rules_export_dialog")
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("yaml")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: export_to(context, Path(name)))
    dialog.open()


def export_to(context: ScreenContext, path: Path) -> Future[int]:
    """Write alerts, templates, scripts and contacts into a file; say so, or why not."""
    store = context.service.store
    future = run_errand(lambda: _write(store, path))

    def done(alerts: int) -> None:
        context.messages.say(f"{text.plural(alerts, 'alert')} with templates, scripts and contacts written to {path.name}")

    context.bridge.run(future, done, lambda error: context.messages.fail("The rules were not exported", error.sentence))
    return future


def _write(store: Store, path: Path) -> int:
    alerts = len(store.alerts.all())
    try:
        path.write_text(export_rules(store), encoding="utf-8")
    except OSError as error:
        raise NocError(f"{path.name} cannot be written: {error.strerror or error}. Choose another folder.") from error
    return alerts


# --- import ------------------------------------------------------------------------------------------------------------


def ask_import(context: ScreenContext, parent: QWidget, clock: Callable[[], datetime], show: Callable[[], object]) -> None:
    """Ask for a file, then show what it would change."""
    dialog = QFileDialog(parent, "Import rules", "", FILTER)
    dialog.setObjectName("rules_import_dialog")
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda name: import_from(context, Path(name), parent, clock, show))
    dialog.open()


def import_from(
    context: ScreenContext, path: Path, parent: QWidget, clock: Callable[[], datetime], show: Callable[[], object]
) -> Future[Plan]:
    """Read a file and show what it would change; `show` is called once it was imported."""
    store = context.service.store
    future = run_errand(lambda: _read(store, path))

    def done(plan: Plan) -> None:
        ImportDialog(context, plan, path.name, clock, show, parent.window()).open()

    context.bridge.run(future, done, lambda error: context.messages.fail("The rules were not imported", error.sentence))
    return future


def _read(store: Store, path: Path) -> Plan:
    try:
        if path.stat().st_size > MAX_FILE:
            raise NocError(f"{path.name} is larger than {MAX_FILE // 2**20} MB, which no rules are. Choose another file.")
        return plan_import(store, path.read_bytes())
    except OSError as error:
        raise NocError(f"{path.name} cannot be read: {error.strerror or error}. Choose another file.") from error


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of the preview; `at` is its place in the file."""

    at: int
    item: PlanItem

    @property
    def order(self) -> tuple[int, str, str]:
        """Give the order of the preview: what changes first."""
        return _KIND_ORDER[self.item.kind], self.item.what, self.item.name.casefold()


def _kind(row: PlanRow) -> Cell:
    kind = row.item.kind
    icon = {ItemKind.NEW: "add", ItemKind.CHANGED: "edit", ItemKind.SAME: "check"}[kind]
    return Cell(_KIND_WORDS[kind], icon=icon, tone=Role.MUTED if kind is ItemKind.SAME else Role.TEXT)


def _difference(row: PlanRow) -> Cell:
    fields = row.item.fields
    if row.item.kind is not ItemKind.CHANGED:
        return Cell("is added" if row.item.kind is ItemKind.NEW else "stays as it is", tone=Role.MUTED)
    first = fields[0].words if fields else "differs"
    rest = "; ".join(field.words for field in fields[1:])
    return Cell(first, second=rest, tooltip="\n".join(field.words for field in fields))


_COLUMNS: tuple[Column[PlanRow], ...] = (
    Column("kind", "", lambda r: _KIND_ORDER[r.item.kind], _kind, width=108, min_width=96, search=lambda r: r.item.kind.value),
    Column("what", "What", lambda r: r.item.what, lambda r: Cell(r.item.what, tone=Role.MUTED), width=84, min_width=72),
    Column("name", "Name", lambda r: r.item.name, lambda r: Cell(r.item.name, bold=True), width=220, min_width=120, fixed=True),
    Column("difference", "Difference", lambda r: "; ".join(f.words for f in r.item.fields), _difference, width=300, stretch=True),
)


class ImportDialog(QDialog):
    """What a file would change, or what is wrong with it; Import does all of it or nothing."""

    def __init__(
        self,
        context: ScreenContext,
        plan: Plan,
        file_name: str,
        clock: Callable[[], datetime],
        show: Callable[[], object],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._context, self._plan, self._file, self._clock, self._show_list = context, plan, file_name, clock, show
        self.setObjectName("rules_import")
        self.setWindowTitle(f"Import rules: {file_name}")
        self.setAccessibleName(f"Import rules from {file_name}")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.model: TableModel[PlanRow] = TableModel(_COLUMNS, key=lambda r: r.at, order=lambda r: r.order)
        self.area = TableArea(self.model, "rules_import_table", two_lines=True)
        self.area.view.setAccessibleName("What would change")
        self.same = Chip("Same", "rules_import_same", icon="check")
        self.same.setToolTip("Show what stays as it is")
        self.same.toggled.connect(self._filter)
        self.problems: TableModel[tuple[int, str]] = TableModel([_PROBLEM], key=lambda p: p[0], order=lambda p: p[0])
        self.problem_area = TableArea(self.problems, "rules_import_problems")
        self.problem_area.view.setAccessibleName("To correct in the file")
        self.sentence = Label("", Role.TEXT, wrap=True, name="rules_import_sentence")
        self.refused = Label("", Role.CRITICAL, wrap=True, name="rules_import_refused")
        self.do = PrimaryButton("Import", "rules_import_do", icon="import", hint="Ctrl+Enter")
        self._lay_out()
        self.do.clicked.connect(self.start)
        self._show_plan()
        resize_within(self, parent, 860, 560)
        (self.area if plan.good else self.problem_area).view.setFocus()

    def _lay_out(self) -> None:
        panel = Panel("rules_import_panel")
        panel.body.addWidget(self.problem_area if self._plan.problems else self.area)
        (self.area if self._plan.problems else self.problem_area).hide()
        close = Button("Leave it", "rules_import_close", hint="Esc")
        close.clicked.connect(self.reject)
        head, foot, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        head.addWidget(Label(f"Import {self._file}", Role.TEXT, FontRole.SECTION, name="rules_import_title"), 1)
        head.addWidget(self.same)
        foot.setSpacing(8)
        foot.addWidget(self.refused, 1)
        foot.addWidget(close)
        foot.addWidget(self.do)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(12)
        column.addLayout(head)
        column.addWidget(self.sentence)
        column.addWidget(panel, 1)
        column.addLayout(foot)

    def _show_plan(self) -> None:
        plan = self._plan
        self.model.set_rows(PlanRow(at, item) for at, item in enumerate(plan.items))
        self.problems.set_rows(enumerate(plan.problems))
        counts = Counter(item.kind for item in plan.items)
        self.same.setVisible(not plan.problems and bool(counts[ItemKind.SAME]))
        self.same.set_count(counts[ItemKind.SAME])
        self.do.setEnabled(plan.good and bool(plan.changes))
        self.do.setText(f"Import {text.plural(len(plan.changes), 'change')}" if plan.good and plan.changes else "Import")
        self.sentence.set(_plan_sentence(plan, counts), Role.CRITICAL if plan.problems else Role.TEXT)
        self._filter()

    def _filter(self) -> None:
        self.model.set_predicate(None if self.same.isChecked() else lambda row: row.item.kind is not ItemKind.SAME)
        everything = "The file says what is here already. There is nothing to import."
        same = not self.model.rowCount()
        self.area.set_state(PageState(StateKind.EMPTY, "Nothing changes", everything) if same else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Import by Ctrl+Enter only: Enter alone is harmless."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier and self.do.isEnabled():
                self.start()
            return
        super().keyPressEvent(event)

    def start(self) -> Future[None]:
        """Import everything, or nothing and say why."""
        self.do.setEnabled(False)
        store, plan, by = self._context.service.store, self._plan, self._context.author(self._clock())
        future = run_errand(lambda: apply_import(store, plan, by))
        self._context.bridge.run(future, lambda _none: self._on_imported(), self._on_refused)
        return future

    def _on_imported(self) -> None:
        counts = Counter(item.kind for item in self._plan.items)
        done = ", ".join(f"{text.number(counts[kind])} {_KIND_WORDS[kind].lower()}" for kind in _DONE if counts[kind])
        self._context.service.soon()
        self._show_list()
        self._context.messages.say(f"{self._file} imported: {done}. The history of each alert has what was before")
        self.accept()

    def _on_refused(self, error: NocError) -> None:
        self.refused.set(error.sentence, Role.CRITICAL)
        self.do.setEnabled(True)


def _problem(problem: tuple[int, str]) -> Cell:
    return Cell(problem[1], mark=Mark.CRITICAL, tooltip=problem[1])


_PROBLEM: Column[tuple[int, str]] = Column(
    "problem", "To correct in the file", lambda p: p[1], _problem, width=600, stretch=True, fixed=True
)


def _plan_sentence(plan: Plan, counts: Counter[ItemKind]) -> str:
    """Say what would happen."""
    if plan.problems:
        are = "is" if len(plan.problems) == 1 else "are"
        return f"Nothing can be imported before {text.plural(len(plan.problems), 'place')} in the file {are} corrected."
    said = ", ".join(f"{text.number(counts[kind])} {word.lower()}" for kind, word in _KIND_WORDS.items() if counts[kind])
    kept = len(plan.left_alone)
    rest = "" if not kept else f" {text.plural(kept, 'alert')} that the file does not name "
    rest += "" if not kept else "stays as it is." if kept == 1 else "stay as they are."
    return f"{said or 'The file holds no rules'}.{rest}"
