"""The Templates screen: the stock templates, those people made, and their editors.

Runs on the window's thread. `make_page` is what the frame calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from noc_alerts.model.templates import PARTS, Template
from noc_alerts.notify.render import STOCK_NAMES, stock_template
from ui.commands import Menu
from ui.setup.item_head import author
from ui.setup.item_users import Users
from ui.setup.items_page import ItemsPage
from ui.setup.items_spec import ItemCommand, ItemRow, ItemsSpec, users_cell
from ui.table_spec import Cell
from ui.tables import Column
from ui.templates.checking import PART_WORDS
from ui.templates.editor import TemplateEditor, next_part
from ui.theme import Role

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "templates"
Row = ItemRow[Template]


def utc_now() -> datetime:
    """Read the clock, for the times of the alarms offered."""
    return datetime.now(UTC)


def make_page(context: ScreenContext, clock: Callable[[], datetime] = utc_now) -> QWidget:
    """Make the Templates screen."""
    store = context.service.store.templates

    def find(name: str) -> Template | None:
        """Give a template people saved, else the stock one of that name, None when there is neither."""
        key = name.strip().casefold()
        return store.get(name) or (stock_template(key) if key in STOCK_NAMES else None)

    def read() -> list[Row]:
        saved, users = store.all(), Users(context.service.store.alerts.all(), lambda alert: [alert.template])
        missing = [stock_template(name) for name in STOCK_NAMES if name not in {each.name for each in saved}]
        return [ItemRow(each, each.name, users.of(each.name)) for each in (*missing, *saved)]

    spec: ItemsSpec[Template] = ItemsSpec(
        page=PAGE,
        title="Templates",
        one="template",
        columns=_columns(),
        read=read,
        find=find,
        make=lambda template, draft: TemplateEditor(context, template, draft, clock),
        copy=lambda template, name: replace(template, id=None, name=name),
        delete=lambda template: store.delete(template.id or 0, author(context)),
        bring_back=lambda template: store.save(replace(template, id=None), author(context)),
        empty="Messages are written by templates.",
        can_delete=lambda template: template.id is not None,
        delete_words="D&elete, or reset to stock",
        deleted=lambda template: "reset to stock" if template.name in STOCK_NAMES else "deleted",
        commands=(
            ItemCommand("reset", "Reset to s&tock…", "", TemplateEditor.ask_reset, lambda editor: editor.can_reset, Menu.EDIT),
            ItemCommand(
                "next_part", "Ne&xt part", "Ctrl+PgDown", lambda editor: next_part(editor, 1), lambda _editor: True, Menu.VIEW
            ),
            ItemCommand(
                "last_part", "Pre&vious part", "Ctrl+PgUp", lambda editor: next_part(editor, -1), lambda _editor: True, Menu.VIEW
            ),
        ),
    )
    return ItemsPage(context, spec)


def kind_words(template: Template) -> str:
    """Return where a template comes from: stock, changed from stock, or made here."""
    if template.name not in STOCK_NAMES:
        return "Own"
    return "Stock" if template.id is None else "Stock, changed"


def _columns() -> list[Column[Row]]:
    def kind(row: Row) -> Cell:
        words = kind_words(row.item)
        return Cell(words, tone=Role.TEXT if row.item.id is not None else Role.MUTED)

    def parts(row: Row) -> str:
        """Name the parts that are not left to fall back."""
        return ", ".join(PART_WORDS[part] for part in PARTS if getattr(row.item, part).strip())

    return [
        Column[Row]("name", "Name", lambda row: row.name, width=260, fixed=True),
        Column[Row]("kind", "From", lambda row: kind_words(row.item), kind, width=140),
        Column[Row]("users", "Used by", lambda row: len(row.users), users_cell, width=220),
        Column[Row]("parts", "Written parts", parts, width=260, stretch=True),
    ]
