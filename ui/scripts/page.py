"""The Scripts screen: the list of scripts, and their editors.

Runs on the window's thread. `make_page` is what the frame calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from noc_alerts.model.scripts import MAX_NAME_LENGTH, Script
from ui import text
from ui.commands import Menu
from ui.prefs import prefs
from ui.scripts.editor import ScriptEditor
from ui.scripts.examples import examples
from ui.setup.item_head import author
from ui.setup.item_users import Users
from ui.setup.items_page import ItemsPage
from ui.setup.items_spec import ItemCommand, ItemRow, ItemsSpec, users_cell
from ui.table_spec import Cell
from ui.tables import Align, Column
from ui.theme import Role

if TYPE_CHECKING:
    from ui.context import ScreenContext

PAGE = "scripts"
Row = ItemRow[Script]


def utc_now() -> datetime:
    """Read the clock, for the times of runs and changes."""
    return datetime.now(UTC)


def make_page(context: ScreenContext, clock: Callable[[], datetime] = utc_now) -> QWidget:
    """Make the Scripts screen."""
    store = context.service.store.scripts

    def read() -> list[Row]:
        users = Users(context.service.store.alerts.all(), lambda alert: [alert.script] if alert.script else [])
        return [ItemRow(script, script.name, users.of(script.name)) for script in store.all()]

    spec: ItemsSpec[Script] = ItemsSpec(
        page=PAGE,
        title="Scripts",
        one="script",
        columns=_columns(clock),
        read=read,
        find=store.get,
        make=lambda script, draft: ScriptEditor(context, script, draft, clock),
        copy=lambda script, name: replace(script, id=None, name=name[:MAX_NAME_LENGTH], updated_at=None),
        delete=lambda script: store.delete(script.id or 0, author(context)),
        bring_back=lambda script: store.save(replace(script, id=None), author(context)),
        empty="Alerts whose area is Script run your own JavaScript. Begin with an example, or with an empty one.",
        examples=examples,
        commands=(
            ItemCommand("run", "Ru&n", "Ctrl+R", ScriptEditor.start_run, lambda editor: not editor.run_panel.running, Menu.ALARM),
        ),
    )
    return ItemsPage(context, spec)


def _columns(clock: Callable[[], datetime]) -> list[Column[Row]]:
    def changed(row: Row) -> Cell:
        at = row.item.updated_at
        if at is None:
            return Cell("as it came", tone=Role.MUTED, tooltip="From the program or a file, and not changed here since")
        return Cell(text.time_of(at, clock(), prefs.zone), tooltip=text.both_zones(at, prefs.zone, prefs.other_zone))

    def size(row: Row) -> Cell:
        return Cell(text.number(row.item.source.count("\n") + 1), "lines")

    return [
        Column[Row]("name", "Name", lambda row: row.name, width=320, stretch=True, fixed=True),
        Column[Row]("users", "Used by", lambda row: len(row.users), users_cell, width=260),
        Column[Row]("size", "Length", lambda row: row.item.source.count("\n") + 1, size, Align.RIGHT, width=110),
        Column[Row]("changed", "Changed", lambda row: row.item.updated_at, changed, width=140, descending_first=True),
    ]
