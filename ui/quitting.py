"""Asks before the program ends: whether to, and once for all what becomes of the changes in open editors.

Runs on the window's thread. SIGTERM and SIGINT do not come by here: nobody is there to answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from ui import text
from ui.messages import Choice, Question, Weight, messages
from ui.pages import Pages, Place

if TYPE_CHECKING:
    from ui.main_window import MainWindow

_NAMED = 3  # editors that the question names
_STOPS = "Nothing will be watched until you start it again."


def bring_up(window: QWidget) -> None:
    """Show a window that is hidden or made small, as large as it was, before all others."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()


def unsaved_editors(pages: Pages) -> list[tuple[Place, Any]]:
    """Return the open editors that hold changes, in the order they were opened."""
    made = ((place, pages.made(place)) for place in pages.open_items)
    return [(place, editor) for place, editor in made if getattr(editor, "unsaved", None)]


class Quitting:
    """Ask, save what is to be saved, then call `quit_now`."""

    def __init__(self, window: MainWindow, quit_now: Callable[[], object]) -> None:
        self._window, self._quit_now = window, quit_now

    def ask(self, *, confirmed: bool = False) -> None:
        """Ask before the watching stops; `confirmed`: that was said already, so ask only where changes would be lost."""
        question = _open_question()
        if question is not None:
            bring_up(question)  # one is enough, and it may be this one
            return
        if not self._window.isVisible() or self._window.isMinimized():
            bring_up(self._window)
        pages = self._window.pages
        forms = [page for page in pages.open_pages if hasattr(pages.made(page), "ask_leave")]
        self._leave_pages(forms, lambda: self._ask_quit(confirmed))

    def _leave_pages(self, places: Sequence[Place], then: Callable[[], object]) -> None:
        """Have pages with a form of their own ask what becomes of it, one after the other; each is shown while it asks."""
        if not places:
            then()
            return
        left = False

        def go_on() -> None:
            nonlocal left
            left = True
            self._leave_pages(places[1:], then)

        pages = self._window.pages
        page: Any = pages.made(places[0])
        page.ask_leave(go_on)
        if not left:
            pages.go_to(places[0])

    def _ask_quit(self, confirmed: bool) -> None:
        unsaved = unsaved_editors(self._window.pages)
        if unsaved:
            messages.ask(self._window, _unsaved_question([editor.title for _, editor in unsaved]), self._on_unsaved_answer)
        elif confirmed:
            self._quit_now()
        else:
            messages.ask(self._window, _QUIT, lambda key: self._quit_now() if key == "quit" else None)

    def _on_unsaved_answer(self, key: str) -> None:
        if key == "discard":
            self._quit_now()
        elif key == "save":
            self._save([place for place, _ in unsaved_editors(self._window.pages)])

    def _save(self, places: Sequence[Place]) -> None:
        """Save editors one after the other, each shown, so that one that cannot be saved stands there with its reason."""
        pages = self._window.pages
        if not places:
            self._ask_quit(True)  # what was typed meanwhile is asked about again
            return
        editor: Any = pages.made(places[0])
        if not editor.unsaved:
            self._save(places[1:])
            return
        pages.go_to(places[0])
        rest = places[1:]
        editor.save(lambda: self._save(rest))


def _open_question() -> QWidget | None:
    """Return the question that waits for its answer, None while there is none."""
    tops = QApplication.topLevelWidgets()
    return next((each for each in tops if each.isVisible() and each.objectName().startswith("question_")), None)


_QUIT = Question(
    "quit",
    "Quit noc_alerts?",
    _STOPS,
    (Choice("stay", "Keep watching", Weight.PRIMARY), Choice("quit", "Quit", Weight.DANGER, apart=True)),
    harmless="stay",
)


def _unsaved_question(titles: Sequence[str]) -> Question:
    named = ", ".join(titles[:_NAMED])
    more = f" and {text.number(len(titles) - _NAMED)} more" if len(titles) > _NAMED else ""
    has, save = ("has", "Save and quit") if len(titles) == 1 else ("have", "Save all and quit")
    return Question(
        "quit_unsaved",
        "Quit without saving?",
        f"{text.plural(len(titles), 'editor')} {has} changes that are not saved: {named}{more}. {_STOPS}",
        (Choice("discard", "Discard and quit", apart=True), Choice("stay", "Stay"), Choice("save", save, Weight.PRIMARY)),
        harmless="stay",
    )
