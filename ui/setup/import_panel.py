"""Importing call records: choose files, see their columns, import, read the report. Used by a dialog and by the first run.

Runs on the window's thread; files are looked at on an errand thread and imported by the service.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from noc_alerts.engine.probes import ImportReport
from noc_alerts.model.companies import Subject
from noc_alerts.model.errors import NocError
from ui import text
from ui.marks import Mark
from ui.prefs import prefs
from ui.setup.bad_panel import MOST, BadPanel
from ui.setup.errands import run_errand
from ui.setup.import_look import FileLook, busiest, look_at_all
from ui.setup.kinds import FieldSpec
from ui.setup.switch_fields import PathField
from ui.table_spec import Align, Cell, Column
from ui.tables import TableModel
from ui.theme import RADIUS, FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.fields import Field
from ui.widgets.labels import KeyValues, Label
from ui.widgets.page import Panel, row
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext

FILTER = "Call records (*.csv *.csv.gz *.txt *.txt.gz *.tsv *.tsv.gz);;All files (*)"
_MAP = FieldSpec(
    "map", "Column map", "A TOML file that says which column is what; needed only when columns are missing.", "columns.toml"
)


def size_words(size: int) -> str:
    """Write a size in the unit that suits it, as 3.1 MB."""
    for unit, amount in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= amount:
            return text.Shown(text.number(size / amount, 1), unit).joined
    return text.Shown(text.number(size), "bytes").joined


def _columns_cell(look: FileLook) -> Cell:
    if look.problem:
        return Cell(look.problem, tone=Role.CRITICAL, mark=Mark.CRITICAL, tooltip=look.problem)
    names = ", ".join(look.columns)
    if look.missing:
        words = f"Missing: {', '.join(look.missing)}"
        return Cell(words, second=f"it has {names}", tone=Role.CRITICAL, mark=Mark.CRITICAL, tooltip=f"{words}\nIt has {names}")
    return Cell(text.plural(len(look.columns), "column"), second=names, mark=Mark.OK, tooltip=names)


_COLUMNS: tuple[Column[FileLook], ...] = (
    Column("file", "File", lambda f: f.path.name, lambda f: Cell(f.path.name, second=str(f.path.parent)), width=210, fixed=True),
    Column("size", "Size", lambda f: f.size, lambda f: Cell(size_words(f.size)), align=Align.RIGHT, width=92),
    Column("columns", "Columns found", lambda f: not f.usable, _columns_cell, width=300, stretch=True),
)


class DropArea(QWidget):
    """Where files are dropped, or chosen. `dropped` carries paths."""

    dropped = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("import_drop")
        self.setAccessibleName("Drop call records here")
        self.setAcceptDrops(True)
        self._over = False
        self.button = Button("Choose files…", "import_choose", icon="folder")
        across = QHBoxLayout(self)
        across.setContentsMargins(16, 16, 16, 16)
        across.setSpacing(12)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label("Drop files with call records here", Role.TEXT, FontRole.BODY_STRONG))
        words.addWidget(Label("CSV, also packed with gzip. What is there already is not taken twice.", Role.MUTED))
        across.addLayout(words, 1)
        across.addWidget(self.button)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._show_over(True)

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Look as before."""
        self._show_over(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Tell which files were dropped."""
        self._show_over(False)
        event.acceptProposedAction()
        self.dropped.emit([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the dashed frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(theme.color(Role.SELECT if self._over else Role.SUNKEN))
        pen = QPen(theme.color(Role.ACCENT if self._over else Role.LINE_STRONG), 1.5 if self._over else 1)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()

    def _show_over(self, over: bool) -> None:
        self._over = over
        self.update()


class ImportPanel(QWidget):
    """Choose, import, report. `imported` carries the ImportReport; `stopped`: it failed; `closed`: the person is done here."""

    imported = Signal(object)
    stopped = Signal()
    closed = Signal()

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self.setObjectName("import_panel")
        self._context = context
        self._paths: tuple[Path, ...] = ()
        self._look = 0
        self._report: ImportReport | None = None
        self.running = False
        self._pages = QStackedWidget()
        self._pages.addWidget(self._make_choice())
        self._pages.addWidget(self._make_report())
        self._progress = Label("", Role.MUTED, name="import_progress")
        self._again = Button("Import more", "import_again", icon="import")
        self._charts = PrimaryButton("Show on charts", "import_charts", icon="charts")
        self._close = Button("Close", "import_close", hint="Esc")
        self._start = PrimaryButton("Import", "import_start", icon="import")
        foot = QHBoxLayout()
        foot.setSpacing(12)
        foot.addWidget(self._progress, 1)
        for button in (self._again, self._close, self._charts, self._start):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._pages, 1)
        column.addLayout(foot)
        self._drop.dropped.connect(self.add_files)
        self._drop.button.clicked.connect(self._ask_files)
        self._map.left.connect(self._look_again)
        self.files.view.menu_asked.connect(self._on_menu_asked)
        self._start.clicked.connect(self.start)
        self._again.clicked.connect(self.begin_anew)
        self._charts.clicked.connect(self._show_on_charts)
        self._close.clicked.connect(self.closed)
        self.begin_anew()

    def _make_choice(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._drop = DropArea()
        self._model: TableModel[FileLook] = TableModel(_COLUMNS, key=lambda f: f.path, order=lambda f: str(f.path))
        self.files = TableArea(self._model, "import_files", two_lines=True)
        self.files.view.setAccessibleName("Files to import")
        self._map = PathField("import_map", _MAP, folders=False)
        self._map_field = Field(_MAP.label, self._map, hint=_MAP.hint)
        panel = Panel("import_files_panel")
        panel.body.addWidget(self.files)
        column.addWidget(self._drop)
        column.addWidget(panel, 1)
        column.addWidget(self._map_field)
        return page

    def _make_report(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._result = Panel("import_result", "Imported", mark=Mark.OK)
        self._result.set_padding()
        self._counts, self._span = KeyValues("import_counts"), KeyValues("import_span")
        values = row([self._counts, self._span], spacing=40)
        values.setStretch(0, 1)
        values.setStretch(1, 1)
        values.setAlignment(self._span, Qt.AlignmentFlag.AlignTop)
        self._result.body.addLayout(values)
        self.bad = BadPanel("import_bad", dated=False)
        column.addWidget(self._result)
        column.addWidget(self.bad, 1)
        return page

    # --- choosing ---------------------------------------------------------------------------------------------------------

    @property
    def looks(self) -> list[FileLook]:
        """Return what was found in the chosen files."""
        return self._model.rows()

    def begin_anew(self) -> None:
        """Show the choice of files, with none chosen."""
        self._paths, self._report = (), None
        self._model.set_rows([])
        self._map_field.set_error("")
        self._pages.setCurrentIndex(0)
        self._progress.set("", Role.MUTED)
        self._show_state()

    def add_files(self, paths: Iterable[Path]) -> None:
        """Choose more files and look at their columns."""
        self._paths = tuple(dict.fromkeys([*self._paths, *(path for path in paths if not path.is_dir())]))
        self._look_again()

    def _ask_files(self) -> None:
        dialog = QFileDialog(self, "Import call records", "", FILTER)
        dialog.setObjectName("import_file_dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda names: self.add_files(Path(name) for name in names))
        dialog.open()

    def _on_menu_asked(self, key: object, at: QPoint) -> None:
        menu = QMenu(self)
        menu.addAction("Leave out").triggered.connect(self._leave_out)
        self.files.view.show_menu(menu, at)

    def _leave_out(self) -> None:
        gone = set(self.files.view.selected_keys())
        self._paths = tuple(path for path in self._paths if path not in gone)
        self._look_again()

    @property
    def column_map(self) -> Path | None:
        """Return the column map that was chosen."""
        typed = self._map.line.text().strip()
        return Path(typed).expanduser() if typed else None

    def forget_looks(self) -> None:
        """Let go of a look that is going on: nobody sees this panel any more."""
        self._look += 1

    def _look_again(self) -> None:
        """Look at all chosen files; what an earlier look finds is not shown any more."""
        self._look += 1
        look, paths, column_map = self._look, self._paths, self.column_map
        self._map_field.set_error("")

        def done(found: list[FileLook]) -> None:
            if look == self._look:
                self._model.set_rows(found)
                self._show_state()

        def failed(error: NocError) -> None:
            if look == self._look:
                self._map_field.set_error(error.sentence)
                self._show_state()

        self._context.bridge.run(run_errand(lambda: look_at_all(paths, column_map)), done, failed)

    # --- importing --------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Import the files that can be read."""
        usable = [look.path for look in self.looks if look.usable]
        if not usable or self.running:
            return
        self.running = True
        self._progress.set("Importing…", Role.MUTED)
        self._show_state()
        progress = self._context.bridge.on_gui(self._on_progress)
        future = self._context.service.import_files(usable, self.column_map, progress)
        self._context.bridge.run(future, self._on_imported, self._on_failed)

    def _on_progress(self, words: str) -> None:
        if self.running:
            self._progress.set(words, Role.MUTED)

    def _on_imported(self, report: ImportReport) -> None:
        self.running, self._report = False, report
        files = text.plural(len(report.files), "file")
        self._result.set_title(f"{text.plural(report.taken, 'call record')} imported")
        self._result.set_note(f"from {files}" if len(report.files) > 1 else f"from {report.files[0]}")
        self._result.set_mark(Mark.WARNING if report.bad else Mark.OK)
        self._counts.put("Taken", text.number(report.taken))
        self._counts.put("Already there", text.number(report.known))
        self._counts.put("Bad records", text.number(len(report.bad)), role=Role.WARNING if report.bad else Role.TEXT)
        self._span.put("Calls from", _moment(report.span[0]) if report.span else text.NONE)
        self._span.put("Calls to", _moment(report.span[1]) if report.span else text.NONE)
        self.bad.show_records(report.bad[:MOST], len(report.bad))
        self._pages.setCurrentIndex(1)
        self._progress.set("", Role.MUTED)
        self._show_state()
        self.imported.emit(report)
        if not self.isVisible():
            self._context.messages.say(f"{text.plural(report.taken, 'call record')} imported")

    def _on_failed(self, error: NocError) -> None:
        self.running = False
        self._progress.set("", Role.MUTED)
        self._show_state()
        if not self.isVisible():
            self._context.messages.fail("The import stopped", f"{error.sentence} What was read before is kept.")
        self.files.set_state(
            PageState(
                StateKind.ERROR,
                "The import stopped",
                f"{error.sentence} What was read before is kept.",
                "Try again",
                self._try_again,
            )
        )
        self.stopped.emit()

    def _try_again(self) -> None:
        self._show_state()
        self.start()

    def _show_on_charts(self) -> None:
        report, store = self._report, self._context.service.store
        if report is None:
            return

        # A window of 5 min would hide most of a file of a few minutes.
        short = report.span is not None and report.span[1] - report.span[0] < timedelta(hours=1)
        window = timedelta(minutes=1 if short else 5)

        def show(subject: Subject | None) -> None:
            self._context.go("charts", None if subject is None else (report.connection_id, subject.key, "ASR", window))
            self.closed.emit()

        def failed(error: NocError) -> None:
            self._context.messages.fail("The charts were not opened", error.sentence)

        self._context.bridge.run(run_errand(lambda: busiest(store, report)), show, failed)

    # --- words ------------------------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        reported = self._report is not None
        usable = sum(look.usable for look in self.looks)
        refused = len(self.looks) - usable
        self._start.setVisible(not reported)
        self._start.setEnabled(usable > 0 and not self.running)
        self._start.setText(f"Import {text.plural(usable, 'file')}" if usable else "Import")
        self._start.setAccessibleName(self._start.text())
        self._again.setVisible(reported)
        self._charts.setVisible(reported and self._report is not None and self._report.span is not None)
        self._drop.setEnabled(not self.running)
        self._map.setEnabled(not self.running)
        if refused and not self.running and not reported:
            verb = "is" if refused == 1 else "are"
            self._progress.set(f"{text.plural(refused, 'file')} {verb} left out: see the columns", Role.CRITICAL)
        elif not self.running:
            self._progress.set("", Role.MUTED)
        empty = PageState(
            StateKind.EMPTY, "No file chosen yet", "The columns of each file are shown here before anything is read."
        )
        self.files.set_state(None if self.looks else empty)


def _moment(at: datetime) -> str:
    return f"{text.day_of(at, datetime.now(UTC), prefs.zone)} {text.clock_seconds(at, prefs.zone)}"
