"""Checks a template and writes its preview, on a thread of its own: a slow template must not hold up the window.

`check` runs on that thread, for 2 s at most a part; `Checker` on the window's thread asks for it when typing rests.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from noc_alerts.model.deliveries import Facts, FailedCall
from noc_alerts.model.errors import BadInput, NocError, StoreError
from noc_alerts.model.templates import PARTS, Template
from noc_alerts.notify.render import Message, TemplateProblem, check_template, needs_last_calls, render
from ui.bridge import Bridge

REST_MS = 250
PART_WORDS = {
    "subject": "Subject",
    "text": "Text",
    "html": "HTML",
    "sms": "SMS",
    "push_title": "Pushover title",
    "push_message": "Pushover message",
}
_DRAFT = "draft"  # a template in the making may have no name yet


@dataclass(frozen=True, slots=True)
class Subject:
    """What a preview is about: the facts of a message, when it was made, and what gives the failed calls it may list.

    `calls` is asked on the checker's thread, only by a template that lists them.
    """

    words: str
    facts: Facts
    made_at: datetime
    calls: Callable[[], Sequence[FailedCall]] = tuple
    alarm_id: int | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A template as it stands (the texts of PARTS), what it is tried on, and what a link to an alarm begins with."""

    parts: tuple[str, ...]
    subject: Subject
    link_base: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a request: all that is wrong, and the message, None where it cannot be written."""

    request: Request
    problems: tuple[TemplateProblem, ...]
    message: Message | None
    sentence: str = ""


def problem_words(problem: TemplateProblem) -> str:
    """Say a problem with its line."""
    return problem.sentence if problem.line is None else f"Line {problem.line}: {problem.sentence}"


def check(request: Request) -> Checked:
    """Check the texts and write the message about the subject. Any thread."""
    texts = dict(zip(PARTS, request.parts, strict=True))
    try:
        template = Template(None, _DRAFT, **texts)
    except BadInput as refusal:
        problems = tuple(TemplateProblem(part, None, words) for part, words in refusal.problems.items() if part in PARTS)
        return Checked(request, problems, None, next(iter(refusal.problems.values()), refusal.sentence))
    problems = tuple(check_template(template))
    if problems:
        return Checked(request, problems, None, problems[0].sentence)
    subject = request.subject
    try:
        message = render(
            subject.facts,
            subject.made_at,
            subject.made_at,
            template,
            alarm_id=subject.alarm_id,
            last_calls=subject.calls() if needs_last_calls(template) else (),
            link_base=request.link_base,
        )
    except (BadInput, StoreError) as refusal:
        return Checked(request, (), None, refusal.sentence)
    return Checked(request, (), message)


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="preview")


class Checker(QObject):
    """Ask for checks: one at a time, and always the newest. `checked` carries what came of each."""

    checked = Signal(object)

    def __init__(self, bridge: Bridge, request: Callable[[], Request], parent: QObject) -> None:
        super().__init__(parent)
        self._bridge, self._request = bridge, request
        self._running = self._wanted = self._closed = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.ask_now)

    @property
    def busy(self) -> bool:
        """Return whether a check is asked for or under way."""
        return self._running or self._rest.isActive()

    def ask(self) -> None:
        """Check when typing rests."""
        self._rest.start()

    def ask_now(self) -> None:
        """Check at once, or as soon as the check under way is over."""
        self._rest.stop()
        if self._running:
            self._wanted = True
            return
        self._running = True
        future: Future[Checked] = _thread().submit(check, self._request())
        self._bridge.run(future, self._take, self._fail)

    def close_for_good(self) -> None:
        """Take no more results: the editor is gone."""
        self._closed = True
        self._rest.stop()

    def _take(self, checked: Checked) -> None:
        if self._closed or not isValid(self):  # the window may be gone by now
            return
        self._running = False
        if self._wanted:  # typed on meanwhile
            self._wanted = False
            self.ask_now()
            return
        self.checked.emit(checked)

    def _fail(self, error: NocError) -> None:
        if not self._closed and isValid(self):
            self._take(Checked(self._request(), (), None, error.sentence))
