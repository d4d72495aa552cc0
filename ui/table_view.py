"""The table of the window: keys, hover, selection by key, kept columns, the accent frame.

Runs on the window's thread. Screens give it a `TableModel` and listen to its signals, which carry row keys.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView, QWidget

from ui.prefs import prefs
from ui.table_delegate import TableDelegate
from ui.table_head import TableHead
from ui.tables import TableModel
from ui.theme import Role, theme

_REST_MS = 5000  # a pointer that has not moved for so long is not aiming at a row any more
_FLASH_MS = 150


class TableView(QTableView):
    """Show a TableModel. Signals carry the key of a row, None where there is none.

    `name` is the object name and the name its columns are kept under.
    """

    opened = Signal(object)
    opened_apart = Signal(object)  # Shift+Enter: in a second window
    current_changed = Signal(object)
    selected_changed = Signal()
    menu_asked = Signal(object, QPoint)  # key, global position
    button_clicked = Signal(object, str)  # key, label
    toggled = Signal(object, str, bool)  # key, column key, wanted state
    filter_asked = Signal()

    def __init__(self, model: TableModel[Any], name: str, *, two_lines: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name.replace("_", " ").replace(".", ", "))
        self.table_model = model
        self._two_lines = two_lines
        self._hovered = -1
        self._pointer = QPointF(-1, -1)
        self._kept: tuple[list[Hashable], Hashable, Hashable] | None = None
        self._flashing: set[Hashable] = set()
        self._menu_open = False
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._on_pointer_rests)
        self._dress()
        self.setModel(model)
        self._head = TableHead(self, model)
        self.setHorizontalHeader(self._head)
        self._head.restore(self._read_layout())
        self._head.layout_changed.connect(self._on_layout_changed)
        model.modelAboutToBeReset.connect(self._on_about_to_reset)
        model.modelReset.connect(self._on_reset)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.selectionModel().selectionChanged.connect(self._on_selection_changed)
        prefs.changed.connect(self._on_pref_changed)
        theme.changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def _dress(self) -> None:
        self._delegate = TableDelegate(self)
        self.setItemDelegate(self._delegate)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setCornerButtonEnabled(False)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(8)

    # --- what screens use --------------------------------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        """Return the height of a row in logical pixels."""
        density = prefs.density
        return theme.px(density.two_lines if self._two_lines else int(density))

    def current_key(self) -> Hashable | None:
        """Return the key of the current row."""
        row = self.currentIndex().row()
        return self.table_model.key_at(row) if 0 <= row < self.table_model.rowCount() else None

    def selected_keys(self) -> list[Hashable]:
        """Return the keys of the selected rows, from top to bottom."""
        return [self.table_model.key_at(row) for row in self.selected_rows()]

    def selected_rows(self) -> Iterable[int]:
        """Give the places of the selected rows, from top to bottom, one by one."""
        chosen = self.selectionModel().selection()
        parts = sorted((chosen.at(at).top(), chosen.at(at).bottom()) for at in range(chosen.count()))
        last = -1
        for top, bottom in parts:  # ranges of a row's single cells may overlap
            yield from range(max(top, last + 1), bottom + 1)
            last = max(last, bottom)

    def select_key(self, key: Hashable) -> bool:
        """Make the row of a key current and visible; return False when it is not shown."""
        row = self.table_model.view_row(key)
        if row < 0:
            return False
        self.executeDelayedItemsLayout()  # a row that came in the same turn has no place yet
        index = self.table_model.index(row, self._head.logicalIndex(0))
        # not setCurrentIndex: it heeds a held Ctrl, as after Ctrl+D, and would leave the selection where it was
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.scrollTo(index)
        return True

    def flash(self, key: Hashable) -> None:
        """Show once, for 150 ms, that the state of a row changed."""
        self._flashing.add(key)
        self.viewport().update()
        QTimer.singleShot(_FLASH_MS, self, lambda: self._end_flash(key))

    def show_menu(self, menu: QMenu, at: QPoint) -> None:
        """Open a menu; rows keep their places until it closes."""
        self._menu_open = True  # the pointer leaves the table for the menu, which must not set rows free
        self.table_model.hold(True)
        menu.aboutToHide.connect(self._on_menu_closed)
        menu.popup(at)

    def copy(self) -> None:
        """Put the selected rows as tab separated text on the clipboard."""
        text = self.table_model.tsv(self.selected_rows(), self._head.visible_columns())
        QGuiApplication.clipboard().setText(text)

    def ask_columns(self) -> None:
        """Open the dialog in which columns are chosen and ordered."""
        self._head.ask_columns()

    def fit_height(self, at_most: int = 12) -> None:
        """Make the table as high as its rows, for tables that stand one under the other in a page."""
        rows = max(1, min(at_most, self.table_model.rowCount()))
        self.setFixedHeight(self._head.height_now + rows * self.row_height + 2 * self.frameWidth())

    # --- what the delegate asks --------------------------------------------------------------------------------------

    def row_colour(self, row: int) -> QColor:
        """Return the colour under a row: flash, wash, selected, hover, plain, in this order."""
        model = self.table_model
        if self._flashing and model.key_at(row) in self._flashing:
            return theme.color(Role.SELECT)
        wash = model.style(row).wash
        if wash is not None and not theme.high_contrast:
            return theme.color(wash)
        if self.selectionModel().isRowSelected(row, _TOP):
            return theme.color(Role.SELECT)
        return theme.color(Role.HOVER if row == self._hovered else Role.RAISED)

    def pointer_in(self, box: QRectF) -> bool:
        """Return whether the pointer is in a rectangle of the viewport."""
        return box.contains(self._pointer)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows, a bar at selected washed ones, and the frame of the current row with focus over them."""
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        current = self.currentIndex().row()
        width = min(self.viewport().width(), self._head.length())
        for row in self._visible_selected():
            if self.table_model.style(row).wash is not None:
                box = self._row_rect(row)
                painter.fillRect(QRect(0, box.top(), 3, box.height()), theme.color(Role.ACCENT))
        if self.hasFocus() and 0 <= current < self.table_model.rowCount():
            box = self._row_rect(current)
            painter.setPen(QPen(theme.color(Role.ACCENT), 2))
            painter.drawRect(QRectF(1, box.top() + 1, width - 2, box.height() - 2))
        painter.end()

    def _row_rect(self, row: int) -> QRect:
        return QRect(0, self.rowViewportPosition(row), self.viewport().width(), self.rowHeight(row))

    def _visible_selected(self) -> Iterable[int]:
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        if first < 0:
            return []
        last = self.table_model.rowCount() - 1 if last < 0 else last
        chosen = self.selectionModel()
        return [row for row in range(first, last + 1) if chosen.isRowSelected(row, _TOP)]

    # --- input -------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by J and K too, open by Enter, copy by Ctrl+C, ask for the filter row by /."""
        key, held = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        plain = held == Qt.KeyboardModifier.NoModifier
        apart = held == Qt.KeyboardModifier.ShiftModifier
        enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (plain or apart)  # Ctrl+Enter is the dialog's around it
        if enter and self.current_key() is not None:
            (self.opened_apart if apart else self.opened).emit(self.current_key())
        elif plain and key in (Qt.Key.Key_J, Qt.Key.Key_K):
            self._step(1 if key == Qt.Key.Key_J else -1)
        elif key == Qt.Key.Key_Slash and not held & Qt.KeyboardModifier.ControlModifier:
            self.filter_asked.emit()
        elif key == Qt.Key.Key_C and held == Qt.KeyboardModifier.ControlModifier:
            self.copy()
        elif plain and key == Qt.Key.Key_Space:
            self._toggle_current()
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, _search: str) -> None:
        """Do nothing: single letters are commands."""

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer: hover, and rows that stay where they are."""
        self.table_model.hold(True)
        self._rest.start()
        self._pointer = event.position()
        self._hover(self.rowAt(int(event.position().y())))
        super().mouseMoveEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Let rows move again when the pointer leaves."""
        if event.type() == QEvent.Type.Leave:
            self._pointer = QPointF(-1, -1)
            self._hover(-1)
            self._on_pointer_rests()
        return super().viewportEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Click buttons and check boxes in cells."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        cell, rect = self.table_model.cell(index.row(), index.column()), self.visualRect(index)
        key = self.table_model.key_at(index.row())
        for label, box in zip(cell.buttons, self._delegate.button_rects(rect, cell), strict=True):
            if box.contains(event.position()):
                self.button_clicked.emit(key, label)
                return
        if cell.checked is not None and self._delegate.check_rect(rect).adjusted(-4, -4, 4, 4).contains(event.position()):
            self.toggled.emit(key, self.table_model.columns[index.column()].key, not cell.checked)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open what the row is about."""
        index = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and index.isValid():
            cell = self.table_model.cell(index.row(), index.column())
            if not cell.buttons and cell.checked is None:
                self.opened.emit(self.table_model.key_at(index.row()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask the screen for the menu of the row."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            row = self.currentIndex().row()
            at = self.viewport().mapToGlobal(self._row_rect(row).center()) if row >= 0 else event.globalPos()
        else:
            row, at = self.rowAt(event.pos().y()), event.globalPos()
        if 0 <= row < self.table_model.rowCount():
            self.menu_asked.emit(self.table_model.key_at(row), at)

    def _toggle_current(self) -> None:
        row = self.currentIndex().row()
        for at, column in enumerate(self.table_model.columns):
            if row >= 0 and (checked := self.table_model.cell(row, at).checked) is not None:
                self.toggled.emit(self.table_model.key_at(row), column.key, not checked)
                return

    def _step(self, by: int) -> None:
        row = min(max(self.currentIndex().row() + by, 0), self.table_model.rowCount() - 1)
        if row >= 0:
            self.setCurrentIndex(self.table_model.index(row, max(0, self.currentIndex().column())))

    def _hover(self, row: int) -> None:
        before, self._hovered = self._hovered, row
        for each in {before, row} - {-1}:
            self.viewport().update(self._row_rect(each))

    # --- selection by key --------------------------------------------------------------------------------------------

    def _on_about_to_reset(self) -> None:
        top = self.rowAt(1)
        top_key = self.table_model.key_at(top) if top > 0 else None
        self._kept = (self.selected_keys(), self.current_key(), top_key)

    def _on_reset(self) -> None:
        if self._kept is None:
            return
        (selected, current, top), self._kept = self._kept, None
        model, column = self.table_model, self._head.logicalIndex(0)
        rows = sorted(row for key in selected if (row := model.view_row(key)) >= 0)
        chosen = QItemSelection()
        for first, last in _stretches(rows):
            chosen.select(model.index(first, 0), model.index(last, len(model.columns) - 1))
        flags = QItemSelectionModel.SelectionFlag
        if current is not None and (row := model.view_row(current)) >= 0:
            self.selectionModel().setCurrentIndex(model.index(row, column), flags.NoUpdate)
        self.selectionModel().select(chosen, flags.ClearAndSelect | flags.Rows)
        if top is not None and (row := model.view_row(top)) >= 0:
            self.verticalScrollBar().setValue(row * self.row_height)
        if self.current_key() != current:
            self.current_changed.emit(self.current_key())

    def _on_current_changed(self, current: QModelIndex, _before: QModelIndex) -> None:
        self.viewport().update()
        if self._kept is None:
            self.current_changed.emit(self.table_model.key_at(current.row()) if current.isValid() else None)

    def _on_selection_changed(self, _on: QItemSelection, _off: QItemSelection) -> None:
        if self._kept is None:
            self.selected_changed.emit()

    # --- the rest ----------------------------------------------------------------------------------------------------

    def _on_pointer_rests(self) -> None:
        self._rest.stop()
        if not self._menu_open:
            self.table_model.hold(False)

    def _on_menu_closed(self) -> None:
        self._menu_open = False
        self.table_model.hold(False)

    def _end_flash(self, key: Hashable) -> None:
        self._flashing.discard(key)
        self.viewport().update()

    def _on_pref_changed(self, name: str) -> None:
        if name == "density":
            self.verticalHeader().setDefaultSectionSize(self.row_height)
        elif name in ("zone", "other_zone"):
            self.table_model.refresh()

    def _on_theme_changed(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.row_height)
        self._head.update_size()
        self.table_model.refresh()

    def _read_layout(self) -> list[dict[str, Any]]:
        try:
            kept = json.loads(prefs.get(f"columns/{self.objectName()}", "[]"))
        except ValueError:
            return []  # a layout that cannot be read is no layout
        return kept if isinstance(kept, list) else []

    def _on_layout_changed(self) -> None:
        prefs.put(f"columns/{self.objectName()}", json.dumps(self._head.layout_state()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share out spare width among the stretching columns."""
        super().resizeEvent(event)
        self._head.share_width(self.viewport().width())


_TOP = QModelIndex()


def _stretches(rows: list[int]) -> list[tuple[int, int]]:
    """Return unbroken stretches (first, last) of sorted row numbers."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
