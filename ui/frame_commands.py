"""The frame's own commands: pages, Back, panes, look, row height, find, undo, copy, quit.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from ui.commands import Command, Commands, Menu
from ui.prefs import prefs
from ui.rail import PageSpec
from ui.theme import MAX_SCALE, MIN_SCALE, Appearance, Density, theme

if TYPE_CHECKING:
    from ui.main_window import MainWindow


def kept_look() -> tuple[Appearance, float]:
    """Return appearance and scale as they were kept: dark and 100 % at first."""
    name = prefs.get("appearance", Appearance.DARK.name)
    appearance = Appearance[name] if name in Appearance.__members__ else Appearance.DARK
    try:
        scale = float(prefs.get("scale", "1"))
    except ValueError:
        scale = 1.0  # somebody wrote into the file by hand
    return appearance, min(max(scale, MIN_SCALE), MAX_SCALE)


def change_look(appearance: Appearance, scale: float) -> None:
    """Change appearance and scale at once, and keep them."""
    theme.set_appearance(appearance, scale)
    prefs.put("appearance", appearance.name)
    prefs.put("scale", f"{scale:.2f}")


def add(window: MainWindow, pages: Sequence[PageSpec]) -> None:
    """Add the commands of the frame."""
    commands = window.commands
    _add_file_and_edit(window, commands)
    _add_view(window, commands)
    _add_go(window, commands, pages)


def _add_file_and_edit(window: MainWindow, commands: Commands) -> None:
    def close_item() -> None:
        place = window.pages.place
        if place is not None and place.item:
            window.pages.ask_close_item(place.page, place.item)

    def has_item() -> bool:
        return window.pages.place is not None and bool(window.pages.place.item)

    commands.add(Command("file.close", "&Close", Menu.FILE, "Ctrl+W", group=8), close_item, enabled=has_item)
    commands.add(Command("file.quit", "&Quit", Menu.FILE, "Ctrl+Q", group=9), window.quit_asked.emit)
    bar = window.status_bar
    commands.add(Command("edit.undo", "&Undo", Menu.EDIT, "Ctrl+Z"), bar.undo, enabled=lambda: bar.can_undo)
    commands.add(Command("edit.copy", "&Copy", Menu.EDIT, "Ctrl+C", group=1), _copy, enabled=_can_copy)


def _add_view(window: MainWindow, commands: Commands) -> None:
    rail = Command("view.rail", "&Icons only in the rail", Menu.VIEW, "Ctrl+\\", checkable=True)
    commands.add(rail, window.toggle_rail, checked=lambda: window.rail.narrow)
    for density in Density:
        commands.add(
            Command(f"view.rows_{density.name.lower()}", f"{density.word} rows", Menu.VIEW, group=1, checkable=True),
            lambda density=density: setattr(prefs, "density", density),  # type: ignore[misc]  # the default binds the loop's value
            checked=lambda density=density: prefs.density is density,  # type: ignore[misc]  # as above
        )
    for appearance in Appearance:
        words = "System theme" if appearance is Appearance.SYSTEM else f"{appearance.value} theme"
        commands.add(
            Command(f"view.theme_{appearance.name.lower()}", words, Menu.VIEW, group=2, checkable=True),
            lambda appearance=appearance: change_look(appearance, theme.scale),  # type: ignore[misc]  # as above
            checked=lambda appearance=appearance: theme.appearance is appearance,  # type: ignore[misc]  # as above
        )
    for name, words, key, step in (("larger", "&Larger", "Ctrl++", 0.1), ("smaller", "&Smaller", "Ctrl+-", -0.1)):
        more = ("Ctrl+=",) if step > 0 else ()
        commands.add(
            Command(f"view.{name}", words, Menu.VIEW, key, more, group=3),
            lambda step=step: change_look(theme.appearance, _stepped(step)),  # type: ignore[misc]  # as above
            enabled=lambda step=step: abs(_stepped(step) - theme.scale) > 0.01,  # type: ignore[misc]  # as above
        )
    commands.add(
        Command("view.normal_size", "&Normal size", Menu.VIEW, "Ctrl+0", group=3),
        lambda: change_look(theme.appearance, 1.0),
    )


def _add_go(window: MainWindow, commands: Commands, pages: Sequence[PageSpec]) -> None:
    for spec in pages:
        group = list(type(spec.group)).index(spec.group)
        commands.add(
            Command(f"go.{spec.key}", spec.title, Menu.GO, spec.shortcut, group=group),
            lambda key=spec.key: window.open_page(key),  # type: ignore[misc]  # the default binds the loop's value
        )
    go = window.pages
    commands.add(Command("go.back", "&Back", Menu.GO, "Alt+Left", group=5), go.back, enabled=lambda: go.can_go_back)
    for name, words, key, step in (("next", "&Next editor", "Ctrl+Tab", 1), ("last", "&Previous editor", "Ctrl+Shift+Tab", -1)):
        commands.add(
            Command(f"go.{name}_item", words, Menu.GO, key, group=5),
            lambda step=step: go.next_item(step),  # type: ignore[misc]  # the default binds the loop's value
            enabled=lambda: bool(go.open_items),
        )
    commands.add(Command("go.find", "&Find…", Menu.GO, "Ctrl+K", group=6), window.top_bar.ask_find)
    commands.add(Command("go.next_pane", "Next pane", Menu.GO, "F6", group=7), window.next_pane)
    commands.add(Command("go.last_pane", "Previous pane", Menu.GO, "Shift+F6", group=7), lambda: window.next_pane(-1))


def _stepped(step: float) -> float:
    return round(min(max(theme.scale + step, MIN_SCALE), MAX_SCALE), 2)


def _copy() -> None:
    copy = getattr(QApplication.focusWidget(), "copy", None)
    if copy is not None:
        copy()


def _can_copy() -> bool:
    return hasattr(QApplication.focusWidget(), "copy")
