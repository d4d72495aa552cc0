"""A page of named items (templates, scripts, contacts): their list, the editors opened from it, the commands of both.

Runs on the window's thread. What differs between the three is in an `ItemsSpec`. Reads and writes the store, asks the service
for soon.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Generic, cast

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.errors import BadInput, StoreError
from ui import text
from ui.commands import Command, Menu
from ui.pages import Place
from ui.setup.item_head import ItemEditor
from ui.setup.items_spec import ItemCommand, ItemRow, ItemsSpec, T, free_name
from ui.tables import TableModel
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.page import Page, Panel, SplitPane, global_below
from ui.widgets.state_panel import PageState, StateKind
from ui.widgets.table_area import TableArea

if TYPE_CHECKING:
    from ui.context import ScreenContext


class ItemsPage(QWidget, Generic[T]):
    """The list, and the door to the editors: the frame keeps those as items of this page. `reloaded` follows each reading."""

    reloaded = Signal()

    def __init__(self, context: ScreenContext, spec: ItemsSpec[T], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{spec.page}_page")
        self.setAccessibleName(spec.title)
        self._context, self._spec = context, spec
        self._revision = -1
        self._drafts = 0
        self._panes: list[QWidget] = []
        self.model: TableModel[ItemRow[T]] = TableModel(
            spec.columns, key=lambda row: row.name, order=lambda row: row.name.casefold()
        )
        self.area = TableArea(self.model, f"{spec.page}_table")
        self.area.view.setAccessibleName(spec.title)
        self._panes.append(self.area.view)
        self.head = Page(f"{spec.page}_list_page", spec.title)
        self._lay_out()
        self._connect()
        self._add_commands()
        self._add_item_commands()
        self.reload()

    def _lay_out(self) -> None:
        spec = self._spec
        if spec.examples is not None:
            self._examples = Button("New from example", f"{spec.page}_examples", icon="copy")
            self._examples.clicked.connect(self.ask_example)
            self.head.add_action(self._examples)
        self._new = PrimaryButton(f"New {spec.one}", f"{spec.page}_new", icon="add", hint="N")
        self._new.clicked.connect(lambda: self.open_new())
        self.head.add_action(self._new)
        self._panel = Panel(f"{spec.page}_list_panel")
        self._panel.body.addWidget(self.area)
        self.head.body.addWidget(self._panel, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.head)
        self.setFocusProxy(self.area.view)

    def add_beside(self, panel: QWidget, pane: QWidget) -> None:
        """Put a panel beside the list; F6 goes to `pane` in it."""
        self.head.body.removeWidget(self._panel)
        self.head.body.addWidget(SplitPane(self._panel, panel, f"{self._spec.page}_split", detail_width=400), 1)
        self._panes.append(pane)

    def _connect(self) -> None:
        view = self.area.view
        view.opened.connect(lambda key: self.open_named(str(key)))
        view.menu_asked.connect(self._on_menu_asked)
        view.current_changed.connect(lambda _key: self._context.commands.refresh())
        view.selected_changed.connect(self._context.commands.refresh)
        self._context.bridge.rounded.connect(self._on_rounded)

    def showEvent(self, event: QShowEvent) -> None:
        """Read what others changed meanwhile; put the focus into the rows."""
        super().showEvent(event)
        self.reload()
        self.area.view.setFocus(Qt.FocusReason.OtherFocusReason)

    # --- what the frame calls ----------------------------------------------------------------------------------------

    def show_item(self, item: object) -> None:
        """Open an item by its name."""
        if isinstance(item, str):
            self.open_named(item)

    def panes(self) -> list[QWidget]:
        """Return the widgets F6 goes round."""
        return list(self._panes)

    # --- the list ----------------------------------------------------------------------------------------------------

    def reload(self) -> None:
        """Read the items anew and show them."""
        spec = self._spec
        try:
            self._revision = self._context.service.store.revision()
            rows = spec.read()
        except StoreError as error:
            words = f"The {spec.title.lower()} were not read"
            self.area.set_state(PageState(StateKind.ERROR, words, error.sentence, "Read them again", self.reload))
            return
        self.model.set_rows(rows)
        self._reread_editors()
        new = PageState(StateKind.EMPTY, f"No {spec.title.lower()}", spec.empty, f"Make the first {spec.one}", self.open_new)
        self.area.set_state(None if rows else new)
        self._tell(rows)
        self._context.commands.refresh()
        self.reloaded.emit()

    def _reread_editors(self) -> None:
        """Have open editors show what others saved; close those whose item is gone, where nothing unsaved would be lost."""
        pages = self._context.window.pages
        for place in [each for each in pages.open_items if each.page == self._spec.page]:
            editor = cast(ItemEditor, pages.made(place))
            if editor.reread():
                if not place.item.startswith("new-"):
                    pages.rename_item(place.page, place.item, _key(editor.title))
            elif not editor.unsaved and place != pages.place:
                editor.close_for_good()
                pages.close_item(place.page, place.item)

    def _tell(self, rows: list[ItemRow[T]]) -> None:
        spec = self._spec
        sentence = spec.sentence(rows) or (text.plural(len(rows), spec.one) if rows else "")
        unsaved = [editor.title for editor in self.open_editors() if editor.unsaved]
        sentence += f". Not saved, Ctrl+Tab goes there: {', '.join(unsaved)}" if unsaved else ""
        self.head.set_sentence(sentence)

    def chosen(self) -> list[ItemRow[T]]:
        """Return the selected rows, from top to bottom; the current one when none is selected."""
        keys: list[Hashable] = list(self.area.view.selected_keys()) or [self.area.view.current_key()]
        return [row for key in keys if (row := self.model.find(key)) is not None]

    def select(self, name: str) -> None:
        """Choose an item's row and no other."""
        view = self.area.view
        view.select_key(name)
        # Explicitly, because Ctrl may still be held down (Ctrl+S), and a view then adds to what is selected.
        flags = QItemSelectionModel.SelectionFlag
        view.selectionModel().select(view.currentIndex(), flags.ClearAndSelect | flags.Rows)

    def _on_rounded(self, _snapshot: Snapshot) -> None:
        """Read the items again only when somebody changed something."""
        if not self.isVisible():
            return
        try:
            changed = self._context.service.store.revision() != self._revision
        except StoreError:
            changed = True  # reload says so in place of the rows
        if changed:
            self.reload()

    # --- editors -----------------------------------------------------------------------------------------------------

    @property
    def editor(self) -> ItemEditor | None:
        """Return the editor of this page that is open, None while something else is."""
        pages = self._context.window.pages
        place = pages.place
        if place is None or place.page != self._spec.page or not place.item:
            return None
        return cast(ItemEditor, pages.made(place))

    def open_editors(self) -> list[ItemEditor]:
        """Return the editors that are open."""
        pages = self._context.window.pages
        return [cast(ItemEditor, pages.made(place)) for place in pages.open_items if place.page == self._spec.page]

    def find_editor(self, name: str) -> ItemEditor | None:
        """Return an item's editor, also while another page is shown; None if it is not open."""
        made = self._context.window.pages.made(Place(self._spec.page, _key(name)))
        return cast(ItemEditor, made) if made is not None else None

    def open_named(self, name: str) -> ItemEditor | None:
        """Open the editor of an item; say so when it is gone."""
        spec, editor = self._spec, self.find_editor(name)
        if editor is not None:
            return self._open(_key(name), lambda: cast(QWidget, editor))
        try:
            item = spec.find(name)
        except StoreError as error:
            self._context.messages.fail(f"The {spec.one} was not opened", error.sentence)
            return None
        if item is None:
            self.reload()
            words = f"There is no {spec.one} “{name}” any more. The list shows those there are."
            self._context.messages.fail(f"The {spec.one} was not opened", words)
            return None
        self.select(name)
        return self._open(_key(name), lambda: self._make(item, None, _key(name)))

    def open_new(self, draft: T | None = None) -> ItemEditor | None:
        """Open an editor with a new item, empty or like the draft."""
        self._drafts += 1
        key = f"new-{self._drafts}"
        return self._open(key, lambda: self._make(None, draft, key))

    def _make(self, item: T | None, draft: T | None, key: str) -> QWidget:
        widget = self._spec.make(item, draft)
        editor = cast(ItemEditor, widget)
        editor.state_changed.connect(self._context.commands.refresh)
        editor.saved.connect(lambda saved, widget=widget: self._on_saved(widget, saved))
        return widget

    def _open(self, key: str, make: Callable[[], QWidget]) -> ItemEditor:
        editor = cast(ItemEditor, self._context.window.open_item(self._spec.page, key, make))
        editor.focus_first()
        return editor

    def _on_saved(self, widget: QWidget, saved: Any) -> None:
        pages = self._context.window.pages
        place = next((each for each in pages.open_items if pages.made(each) is widget), None)
        if place is not None and place.item != _key(saved.name):
            pages.rename_item(place.page, place.item, _key(saved.name))
        self._context.service.soon()
        self.reload()
        self.select(saved.name)

    # --- what is done to the chosen rows -----------------------------------------------------------------------------

    def duplicate(self) -> None:
        """Open a new item like the current one, under a free name; Save keeps it."""
        chosen = self.chosen()
        if chosen:
            taken = {row.name.casefold() for row in self.model.rows()}
            self.open_new(self._spec.copy(chosen[0].item, free_name(chosen[0].name, taken)))

    def delete(self) -> None:
        """Delete the chosen items that nothing uses; for 10 s they can be had back."""
        spec, gone = self._spec, []
        for row in [row for row in self.chosen() if spec.can_delete(row.item)]:
            try:
                spec.delete(row.item)
                gone.append(row)
            except (BadInput, StoreError) as error:
                self._context.messages.fail(f"{row.name} was not {spec.deleted(row.item)}", error.sentence)
        if not gone:
            return
        for row in gone:
            self._close(row.name)
        self._context.service.soon()
        self.reload()
        said = gone[0].name if len(gone) == 1 else text.plural(len(gone), spec.one)
        self._context.messages.say(f"{said} {spec.deleted(gone[0].item)}", lambda: self._bring_back(gone))

    def _close(self, name: str) -> None:
        editor = self.find_editor(name)
        if editor is not None and not editor.unsaved:
            editor.close_for_good()
            self._context.window.pages.close_item(self._spec.page, _key(name))

    def _bring_back(self, gone: list[ItemRow[T]]) -> None:
        for row in gone:
            try:
                self._spec.bring_back(row.item)
            except (BadInput, StoreError) as error:
                self._context.messages.fail(f"{row.name} was not brought back", error.sentence)
        self._context.service.soon()
        self.reload()
        self.select(gone[0].name)

    def ask_example(self) -> None:
        """Offer the examples under their button."""
        menu = self.example_menu()
        at = global_below(self._examples)
        menu.popup(at - QPoint(max(0, menu.sizeHint().width() - self._examples.width()), 0))

    def example_menu(self) -> QMenu:
        """Return the menu of the examples."""
        menu = QMenu(self)
        menu.setObjectName(f"{self._spec.page}_examples_menu")
        for at, (words, draft) in enumerate(self._spec.examples() if self._spec.examples is not None else []):
            action = menu.addAction(words)
            action.setObjectName(f"{self._spec.page}_example_{at}")
            action.triggered.connect(lambda _checked=False, draft=draft: self.open_new(draft))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    # --- commands ----------------------------------------------------------------------------------------------------

    def _add_commands(self) -> None:
        spec = self._spec

        def some() -> bool:
            return bool(self.chosen())

        def add(
            name: str, said: str, menu: Menu, key: str, group: int, run: Callable[[], object], can: Callable[[], bool] = some
        ) -> None:
            command = Command(f"{spec.page}.{name}", said, menu, key, group=group, page=spec.page)
            self._context.commands.add(command, run, enabled=can)

        def deletable() -> bool:
            return any(spec.can_delete(row.item) for row in self.chosen())

        add("new", f"&New {spec.one}", Menu.FILE, "N", 0, self.open_new, lambda: True)
        if spec.examples is not None:
            add("example", "New from e&xample…", Menu.FILE, "", 0, self.ask_example, lambda: True)
        add("open", f"&Open {spec.one}", Menu.FILE, "", 0, lambda: self.open_named(self.chosen()[0].name))
        add("duplicate", "&Duplicate", Menu.EDIT, "Ctrl+D", 2, self.duplicate)
        add("delete", spec.delete_words, Menu.EDIT, "Del", 2, self.delete, deletable)

    def _add_item_commands(self) -> None:
        def add(command: ItemCommand) -> None:
            def on_editor() -> None:
                if self.editor is not None:
                    command.run(self.editor)

            def enabled() -> bool:
                return self.editor is not None and command.can(self.editor)

            made = Command(
                f"{self._spec.page[:-1]}.{command.name}",
                command.words,
                command.menu,
                command.key,
                group=1,
                page=f"{self._spec.page}.item",
            )
            self._context.commands.add(made, on_editor, enabled=enabled)

        add(ItemCommand("save", "&Save", "Ctrl+S", lambda editor: editor.save(), lambda editor: not editor.wrong))
        add(ItemCommand("revert", "&Revert", "", lambda editor: editor.revert(), lambda editor: bool(editor.unsaved)))
        for command in self._spec.commands:
            add(command)

    def _on_menu_asked(self, _key: Hashable, at: QPoint) -> None:
        self.area.view.show_menu(self.row_menu(), at)

    def row_menu(self) -> QMenu:
        """Return the context menu of the chosen rows: the same commands as the keys."""
        menu = QMenu(self)
        menu.setObjectName(f"{self._spec.page}_row_menu")
        for name in ("open", "duplicate", "delete"):
            menu.addAction(self._context.commands.action(f"{self._spec.page}.{name}"))
        menu.aboutToHide.connect(menu.deleteLater)
        return menu


def _key(name: str) -> str:
    """Return the key of an item's editor; new ones have keys that no name gives."""
    return f"={name.strip().casefold()}"
