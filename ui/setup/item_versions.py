"""What becomes of an open template, script or contact that somebody else saves: shown, or asked about before it is replaced.

Runs on the window's thread; reads the store.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic

from PySide6.QtWidgets import QWidget

from noc_alerts.model.errors import StoreError
from ui.messages import Choice, Question, Weight
from ui.setup.items_spec import T

if TYPE_CHECKING:
    from ui.context import ScreenContext


class Versions(Generic[T]):
    """Hold what an editor was opened with against what is saved now.

    `mine`: the first, None for a new item. `kept`: the second, None where it is gone; raises StoreError. `take`: begin from
    another version and leave what is typed.
    """

    def __init__(
        self,
        context: ScreenContext,
        editor: Any,
        mine: Callable[[], T | None],
        kept: Callable[[], T | None],
        take: Callable[[T], object],
    ) -> None:
        self._context, self._editor = context, editor
        self._mine, self._kept, self._take = mine, kept, take

    def save(self, keep: Callable[[], object], fail: Callable[[StoreError], object]) -> None:
        """Call `keep` to save, asked first where that would replace what somebody else saved; `fail` with a store's trouble."""
        try:
            theirs = self._other()
        except StoreError as error:
            fail(error)
            return
        if theirs is None:
            keep()
            return

        def mine() -> None:
            self._take(theirs)
            keep()

        editor: QWidget = self._editor
        ways: dict[str, Callable[[], None]] = {"mine": mine, "theirs": lambda: self._show(theirs), "stay": lambda: None}
        self._context.messages.ask(editor, _question(self._editor.title), lambda answer: ways[answer]())

    def reread(self) -> bool:
        """Show what is saved now, by whomever, where nothing is unsaved; return whether there still is such an item."""
        try:
            if self._mine() is None:
                return True
            if self._kept() is None:
                return False
            theirs = self._other()
        except StoreError:
            return True  # the list says so
        if theirs is not None and not self._editor.unsaved:
            self._show(theirs)
        return True

    def _other(self) -> T | None:
        mine, kept = self._mine(), self._kept()
        return kept if mine is not None and kept != mine else None

    def _show(self, theirs: T) -> None:
        self._take(theirs)
        self._editor.set_title(self._editor.title)
        self._editor.revert()


def _question(title: str) -> Question:
    return Question(
        "overwrite",
        f"Save over the other version of {title}?",
        f"{title} was changed elsewhere since it was opened here. Saving yours replaces that version.",
        (
            Choice("theirs", "Show the other version", apart=True),
            Choice("stay", "Stay"),
            Choice("mine", "Save mine", Weight.PRIMARY),
        ),
        harmless="stay",
    )
