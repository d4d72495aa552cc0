"""Run a user's script and give its outcome: the parent's side, with the wall clock that kills.

A `script` thread calls `run`; it blocks until there is a result or the limit. Several may run at once, each with a child of its
own.
"""

import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec

from noc_alerts.model.errors import NocError, ScriptError
from noc_alerts.model.scripts import Outcome, source_problem
from noc_alerts.scripts import answers
from noc_alerts.scripts.limits import GRACE, MAX_ANSWER, MAX_CHILD_MEMORY, MAX_DATA, MAX_GETS, MAX_RESULT, MAX_TEXT, MIB, Limits
from noc_alerts.scripts.prelude import FIRST_LINE, PRELUDE, TRAILER
from noc_alerts.scripts.process import Child, Ended, Event, Fetched, Said

__all__ = ["Limits", "run"]

PATIENCE_S = 0.1  # `stopping` is asked at least this often
OWN_CLOCKS = ("SIGXCPU", "SIGALRM")  # a child ended by one of its own clocks

log = logging.getLogger(__name__)


def _never() -> bool:
    return False


def encoded(data: bytes | Mapping[str, object]) -> bytes:
    """Give the data for main as JSON: dates as ISO text, numbers that are none as null. Raises ScriptError."""
    try:
        content = data if isinstance(data, bytes) else msgspec.json.encode(data)
        if isinstance(data, bytes):
            msgspec.json.decode(data, type=msgspec.Raw)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as problem:
        raise ScriptError(f"The script was not run: its data cannot be written as JSON ({problem}).") from problem
    if len(content) > MAX_DATA:
        raise ScriptError(f"The script was not run: its data is larger than {MAX_DATA // MIB} MB. Choose a shorter period.")
    return content


def run(
    source: str,
    data: bytes | Mapping[str, object],
    *,
    get: Callable[[str], str] | None = None,
    limits: Limits | None = None,
    stopping: Callable[[], bool] = _never,
) -> Outcome:
    """Call the script's main with the data, in a child process that is dead when this returns.

    `data`: JSON, or what becomes it. `get`: reads a path of the switch for the script and gives JSON text; it decides which
    paths are allowed and raises NocError with a sentence, which the script may catch; it is called on a thread of its own, one
    call at a time. `stopping`: asked every 100 ms; True ends the run. Raises ScriptError: one sentence, the line of the source,
    the log.
    """
    limits = limits or Limits()
    if wrong := source_problem(source):
        raise ScriptError(wrong)
    content = encoded(data)
    return _Run(source, get, limits, stopping).carry_out(content)


class _Run:
    """One run: what was logged, how often the switch was read, when it must be over."""

    def __init__(self, source: str, get: Callable[[str], str] | None, limits: Limits, stopping: Callable[[], bool]) -> None:
        self.source = source
        self.get = get
        self.limits = limits
        self.stopping = stopping
        self.log = answers.Log()
        self.gets = 0
        self.waiting_for: str | None = None  # the path `get` is reading now
        self.last_line: int | None = None
        self.started = time.monotonic()

    def carry_out(self, data: bytes) -> Outcome:
        """Start the child, listen until its end or the limit, kill it."""
        child = Child()
        try:
            child.send(self.header())
            child.send(self.source.encode())
            child.send(data)
            while True:
                event = self.next_event(child)
                if isinstance(event, Fetched):
                    self.waiting_for = None
                    child.send(event.answer.encode("utf-8", "replace"))
                elif isinstance(event, Ended):
                    raise self.ended(child, event.rubbish)
                elif (result := self.said(child, event)) is not None:
                    return result
        finally:
            child.close()

    def header(self) -> bytes:
        """Give the first frame: everything the child must know besides the source and the data."""
        return msgspec.json.encode(
            {
                "parent": os.getpid(),
                "time_s": self.limits.seconds,
                "memory": self.limits.memory,
                "child_memory": MAX_CHILD_MEMORY,
                "max_result": MAX_RESULT,
                "max_gets": MAX_GETS,
                "first_line": FIRST_LINE,
                "prelude": PRELUDE,
                "trailer": TRAILER,
            }
        )

    def next_event(self, child: Child) -> Event:
        """Wait for what comes next. Raises ScriptError when the time is over or the program is closing."""
        while True:
            if self.stopping():
                raise answers.error("The script was stopped because the program is closing.", None, self.log)
            left = self.started + self.limits.seconds + (0 if self.waiting_for is not None else GRACE) - time.monotonic()
            if left <= 0:
                raise self.over()
            try:
                return child.events.get(timeout=min(left, PATIENCE_S))
            except queue.Empty:
                continue

    def over(self) -> ScriptError:
        """Say that the time is over, and what it went to as far as that is known."""
        if self.waiting_for is None:
            return answers.error(answers.timed_out(self.limits, self.last_line), self.last_line, self.log)
        sentence = (
            f"The script was stopped after {answers.seconds_text(self.limits)}, at its time limit, "
            f"while it waited{answers.at(self.last_line)} for the switch to answer {self.waiting_for[:200]!r}."
        )
        return answers.error(sentence, self.last_line, self.log)

    def ended(self, child: Child, rubbish: bool) -> ScriptError:
        """Say why there is no result although the child says nothing more."""
        code = child.exit_code(0.2)
        if code is not None and sys.platform != "win32" and -code in {getattr(signal, name) for name in OWN_CLOCKS}:
            return self.over()
        return answers.error(answers.crash(code, rubbish), self.last_line, self.log)

    def said(self, child: Child, event: Said) -> Outcome | None:
        """Act on one frame; give the outcome when it is the last. Raises ScriptError when the frame is the end without one."""
        frame = answers.read_frame(event.content)
        if frame is None:
            raise answers.error(answers.UNUSABLE, self.last_line, self.log)
        if frame.t == "log":
            self.last_line = answers.line_of(frame.stack, self.source) or self.last_line
            self.log.add(frame)
            return None
        if frame.t == "get":
            self.last_line = answers.line_of(frame.stack, self.source) or self.last_line
            self.fetch(child, frame.path)
            return None
        if frame.t == "result":
            took = timedelta(seconds=time.monotonic() - self.started)
            result = answers.outcome(frame.text, self.log.lines(), took)
            if result is None:
                raise answers.error(answers.UNUSABLE, self.last_line, self.log)
            return result
        sentence, line = answers.failure(frame, self.limits, self.source, self.last_line)
        raise answers.error(sentence, line, self.log)

    def fetch(self, child: Child, path: str) -> None:
        """Have the path read on a thread of its own, so that the clock goes on; the answer comes as an event."""
        self.gets += 1
        refusal = self.refusal(path)
        if refusal is not None or self.get is None:
            child.events.put(Fetched(f"-{refusal}"))
            return
        if self.waiting_for is not None:  # no child of ours asks twice at once
            raise answers.error(answers.UNUSABLE, self.last_line, self.log)
        self.waiting_for = path
        threading.Thread(target=_fetch, args=(self.get, path, child), name="script-get", daemon=True).start()

    def refusal(self, path: str) -> str | None:
        """Say why a path is not even handed to `get`; None when it is."""
        if self.get is None:
            return "There is no switch for this script to read."
        if self.gets > MAX_GETS:
            return f"A script may read the switch {MAX_GETS} times in a run, not more."
        if not path or len(path) > MAX_TEXT or not path.isprintable():
            return "The path is empty, too long or holds characters no path has."
        return None


def _fetch(get: Callable[[str], str], path: str, child: Child) -> None:
    """Call the host; whatever happens there, the script gets an answer."""
    try:
        text = get(path)
        too_long = len(text.encode("utf-8", "replace")) > MAX_ANSWER
        answer = "-The switch's answer is larger than 1 MB." if too_long else f"+{text}"
    except NocError as refused:
        answer = f"-{refused}"
    except Exception:  # the host's bug must neither hang the script nor be lost
        log.exception("api.get of a script failed at %r", path)
        answer = "-The switch could not be read."
    child.events.put(Fetched(answer))
