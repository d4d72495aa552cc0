"""What the editors of Templates, Scripts and Contacts share: what is not saved in the head, Revert, Save, and leaving.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtWidgets import QWidget

from noc_alerts.model.changes import Author
from ui import text
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Page

if TYPE_CHECKING:
    from ui.context import ScreenContext


class ItemEditor(Protocol):
    """An editor of one item, as the pages keep it. `saved` carries the item after each save; `state_changed`: commands."""

    saved: Any
    state_changed: Any

    @property
    def title(self) -> str:
        """Return the name it was saved under, `New ...` before that."""

    @property
    def unsaved(self) -> list[str]:
        """Return what is not saved, in words."""

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save what is typed, then call `then`; or mark what is wrong and keep everything typed."""

    def revert(self) -> None:
        """Go back to what is saved."""

    def reread(self) -> bool:
        """Show what is saved now, by whomever, where nothing is unsaved; return whether there still is such an item."""

    def focus_first(self) -> None:
        """Put the focus where work begins."""

    def close_for_good(self) -> None:
        """Let go of everything before the editor is deleted."""


class EditorHead:
    """The end of an editor's head: what is not saved, further buttons, Revert, Save; after it what the page is for, if `main`."""

    def __init__(
        self,
        page: Page,
        name: str,
        save: Callable[[], object],
        revert: Callable[[], object],
        buttons: Sequence[QWidget] = (),
        main: QWidget | None = None,
    ) -> None:
        self._unsaved = Label("", Role.MUTED, FontRole.BODY, name=f"{name}_unsaved")
        self._revert = Button("Revert", f"{name}_revert", icon="revert")
        self._save = (PrimaryButton if main is None else Button)("Save", f"{name}_save", hint="Ctrl+S")
        self._revert.clicked.connect(lambda: revert())
        self._save.clicked.connect(lambda: save())
        for widget in (self._unsaved, *buttons, self._revert, self._save, *([main] if main is not None else [])):
            page.add_action(widget)

    @property
    def words(self) -> str:
        """Return what the head says of the state."""
        return self._unsaved.text()

    @property
    def can_save(self) -> bool:
        """Return whether Save does something."""
        return self._save.isEnabled()

    def show(self, wrong: int, unsaved: Sequence[str], *, new: bool) -> None:
        """Say how many fields are wrong, else what is not saved."""
        if wrong:
            self._unsaved.set(f"{text.plural(wrong, 'field')} to correct before saving", Role.CRITICAL)
        elif new:
            self._unsaved.set("Not saved yet", Role.MUTED)
        else:
            self._unsaved.set(f"Not saved: {', '.join(unsaved)}" if unsaved else "", Role.MUTED)
        self._unsaved.setVisible(bool(self._unsaved.text()))
        self._revert.setEnabled(bool(unsaved))
        self._save.setEnabled(not wrong)


def author(context: ScreenContext) -> Author:
    """Return who changes something now."""
    return context.author(datetime.now(UTC))


def ask_leave(context: ScreenContext, parent: QWidget, editor: ItemEditor, then: Callable[[], object]) -> None:
    """Call `then` when the editor may be closed: nothing is unsaved, or it was saved or discarded."""

    def leave() -> None:
        editor.close_for_good()
        then()

    if not editor.unsaved:
        leave()
        return

    def on_answer(answer: str) -> None:
        if answer == "discard":
            leave()
        elif answer == "save":
            editor.save(leave)

    context.messages.ask_leave(parent, ", ".join(editor.unsaved), on_answer)
