"""What a page of named items is about: its rows, what opens and changes them, its words.

Pure but for the cells; runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtWidgets import QWidget

from ui import text
from ui.commands import Menu
from ui.table_spec import Cell
from ui.tables import Column
from ui.theme import Role

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ItemRow(Generic[T]):
    """One item of the list and the titles of the alerts that use it."""

    item: T
    name: str
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemCommand:
    """A command of the open editor beyond Save and Revert."""

    name: str
    words: str
    key: str
    run: Callable[[Any], object]
    can: Callable[[Any], bool]
    menu: Menu = Menu.FILE


@dataclass(frozen=True)
class ItemsSpec(Generic[T]):
    """What a page of items is about. `read`: the rows, from the store. `find`: one item by name, None when it is gone.

    `make`: an editor of an item; None with a draft (what a new one begins with, may be None too). `copy`: a new item like one.
    `delete`: raises BadInput with the reason where it is refused. `bring_back`: undoes it. `deleted`: the word for what it did.
    `examples`: what a new one may begin with, as (words, draft), offered by a button beside New.
    """

    page: str
    title: str
    one: str
    columns: Sequence[Column[Any]]
    read: Callable[[], list[ItemRow[T]]]
    find: Callable[[str], T | None]
    make: Callable[[T | None, T | None], QWidget]
    copy: Callable[[T, str], T]
    delete: Callable[[T], None]
    bring_back: Callable[[T], object]
    empty: str
    can_delete: Callable[[T], bool] = lambda _item: True
    delete_words: str = "D&elete"
    deleted: Callable[[T], str] = lambda _item: "deleted"
    examples: Callable[[], list[tuple[str, T]]] | None = None
    commands: Sequence[ItemCommand] = ()
    sentence: Callable[[list[ItemRow[T]]], str] = lambda _rows: ""


def users_cell(row: ItemRow[Any]) -> Cell:
    """Show the alerts that use an item: the one by its title, more by their number."""
    if not row.users:
        return Cell("no alert", tone=Role.MUTED)
    words = row.users[0] if len(row.users) == 1 else text.plural(len(row.users), "alert")
    return Cell(words, tooltip="\n".join(row.users))


def free_name(name: str, taken: set[str], limit: int = 64) -> str:
    """Return `Copy of ...`, counted from the second copy on, cut to what a name may be long."""
    for number in range(1, len(taken) + 2):
        start = "Copy of " if number == 1 else f"Copy {number} of "
        made = start + name[: limit - len(start)]
        if made.casefold() not in taken:
            return made
    return name
