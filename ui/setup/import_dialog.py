"""The dialog around the import of call records.

Runs on the window's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from ui.setup.import_panel import ImportPanel

if TYPE_CHECKING:
    from ui.context import ScreenContext


class ImportDialog(QDialog):
    """`panel` does the work; an import goes on when the dialog is closed, and says so in the status bar when it is done."""

    def __init__(self, context: ScreenContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setWindowTitle("Import call records")
        self.setAccessibleName("Import call records")
        self.resize(820, 560)
        self.panel = ImportPanel(context)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.addWidget(self.panel)
        self.panel.closed.connect(self.accept)
        self.panel.imported.connect(self._on_over)
        self.panel.stopped.connect(self._on_over)
        self.finished.connect(self._on_finished)

    def _on_finished(self, _code: int) -> None:
        self.panel.forget_looks()
        if not self.panel.running:
            self.deleteLater()

    def _on_over(self, _report: object = None) -> None:
        if not self.isVisible():
            self.deleteLater()
