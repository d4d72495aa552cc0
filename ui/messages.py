"""The one door for messages to the user: the line in the status bar with its Undo, questions, the error panel.

Runs on the window's thread. Nothing here blocks: an answer comes to a callback. Tests record instead of showing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

UNDO_S = 10


class Weight(Enum):
    """How a choice looks: plain, the usual one, or the one that cannot be undone."""

    NORMAL = auto()
    PRIMARY = auto()
    DANGER = auto()


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: its key for the answer, its words (verb, object, span), its weight; `apart` stands alone on the left."""

    key: str
    words: str
    weight: Weight = Weight.NORMAL
    apart: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be decided. `harmless` is the key that Esc and Enter mean.

    With `typed`, choices of weight DANGER wait until exactly this text was entered.
    """

    name: str
    title: str
    sentence: str
    choices: tuple[Choice, ...]
    harmless: str
    typed: str = ""
    details: str = ""

    def __post_init__(self) -> None:
        keys = [choice.key for choice in self.choices]
        if self.harmless not in keys or len(set(keys)) != len(keys):
            raise ValueError(f"question {self.name}: {self.harmless} is not one of {keys}")
        if any(choice.key == self.harmless and choice.weight is Weight.DANGER for choice in self.choices):
            raise ValueError(f"question {self.name}: what Esc means must be harmless")


@dataclass(frozen=True, slots=True)
class Notice:
    """What happened and, for 10 s, how to undo it."""

    words: str
    undo: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not done: a title, one calm sentence with what is kept and what to do, the bytes under Details."""

    title: str
    sentence: str
    details: str = ""
    action: str = ""
    run: Callable[[], object] | None = None


@dataclass(slots=True)
class Recorder:
    """What was said while recording; `answers` gives the choice to a question's name, else the harmless one."""

    answers: dict[str, str] = field(default_factory=dict)
    said: list[Notice] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)


class Messages(QObject):
    """Send messages to whoever shows them: the main window listens to both signals."""

    said = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._recorder: Recorder | None = None

    def record(self, recorder: Recorder | None) -> None:
        """Record from now on and show no dialogs; None shows them again."""
        self._recorder = recorder

    def say(self, words: str, undo: Callable[[], object] | None = None) -> None:
        """Tell in the status bar what happened; with `undo` it can be taken back for 10 s."""
        notice = Notice(words, undo)
        if self._recorder is not None:
            self._recorder.said.append(notice)
        self.said.emit(notice)

    def fail(
        self, title: str, sentence: str, details: str = "", action: str = "", run: Callable[[], object] | None = None
    ) -> None:
        """Show in the error panel what was not done, what is kept, what to do."""
        failure = Failure(title, sentence, details, action, run)
        if self._recorder is not None:
            self._recorder.failed.append(failure)
        self.failed.emit(failure)

    def ask(self, parent: QWidget, question: Question, on_answer: Callable[[str], object]) -> None:
        """Ask in a dialog over `parent` and call back with the key of the choice; closing means the harmless one."""
        if self._recorder is not None:
            self._recorder.asked.append(question)
            on_answer(self._recorder.answers.get(question.name, question.harmless))
            return
        from ui.widgets.question_dialog import QuestionDialog  # on first use: not needed for the first paint

        QuestionDialog(question, on_answer, parent.window()).open()

    def ask_delete(self, parent: QWidget, what: str, sentence: str, on_yes: Callable[[], object]) -> None:
        """Ask before deleting; `what` is kind and name, as `alert Low ASR, carrier bravo`."""
        question = Question(
            "delete",
            f"Delete {what}?",
            sentence,
            (Choice("keep", "Keep it"), Choice("delete", f"Delete {what}", Weight.DANGER)),
            harmless="keep",
        )
        self.ask(parent, question, lambda answer: on_yes() if answer == "delete" else None)

    def ask_leave(self, parent: QWidget, changes: str, on_answer: Callable[[str], object]) -> None:
        """Ask before leaving an editor with changes; the answer is `save`, `discard` or `stay`."""
        question = Question(
            "leave",
            "Leave without saving?",
            f"Not saved: {changes}.",
            (
                Choice("discard", "Discard", apart=True),
                Choice("stay", "Stay"),
                Choice("save", "Save", Weight.PRIMARY),
            ),
            harmless="stay",
        )
        self.ask(parent, question, on_answer)


messages = Messages()
