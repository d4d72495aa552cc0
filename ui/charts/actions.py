"""What can be done with the current chart of the page: its commands, their menu, copying and saving it.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from ui.charts.cell import ChartCell
from ui.commands import Command, Menu
from ui.context import ScreenContext


class ChartActions:
    """Add the commands that need a chart. `current` gives it, None = there is none."""

    def __init__(
        self,
        context: ScreenContext,
        page: QWidget,
        current: Callable[[], ChartCell | None],
        open_alert: Callable[[ChartCell], None],
        remove: Callable[[ChartCell], None],
    ) -> None:
        self._context, self._page, self._current = context, page, current
        for command, work in (
            (Command("charts.open", "&Open its alert", Menu.EDIT, group=5, page="charts"), open_alert),
            (Command("charts.copy", "Copy &values", Menu.EDIT, group=5, page="charts"), self._copy),
            (Command("charts.picture", "&Save picture…", Menu.EDIT, group=5, page="charts"), self._ask_picture),
            (Command("charts.remove", "&Remove chart", Menu.EDIT, key="Del", group=6, page="charts"), remove),
        ):
            context.commands.add(command, partial(self._with_current, work), enabled=lambda: current() is not None)

    def _with_current(self, work: Callable[[ChartCell], None]) -> None:
        cell = self._current()
        if cell is not None:
            work(cell)

    def show_menu(self, at: QPoint) -> None:
        """Show the commands of the current chart."""
        commands = self._context.commands
        commands.refresh()
        menu = QMenu(self._page)
        menu.setObjectName("charts_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name in ("charts.open", "charts.copy", "charts.picture"):
            menu.addAction(commands.action(name))
        menu.addSeparator()
        menu.addAction(commands.action("charts.remove"))
        menu.popup(at)

    def _copy(self, cell: ChartCell) -> None:
        QGuiApplication.clipboard().setText(cell.values_text())
        self._context.messages.say(f"Values of {cell.words} copied")

    def _ask_picture(self, cell: ChartCell) -> None:
        dialog = QFileDialog(self._page, "Save picture", f"{cell.file_name}.png", "Pictures (*.png)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("png")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self._save_picture(cell, path))
        dialog.open()

    def _save_picture(self, cell: ChartCell, path: str) -> None:
        if cell.grab().save(path):
            self._context.messages.say(f"Picture saved as {path}")
            return
        self._context.messages.fail(
            "The picture was not saved",
            f"{path} cannot be written. Choose another folder.",
            action="Choose another",
            run=lambda: self._ask_picture(cell),
        )
