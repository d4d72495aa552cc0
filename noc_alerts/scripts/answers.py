"""What a child says, checked and put into words. Nothing it says is trusted: a script may have broken its engine."""

import math
import re
from datetime import timedelta
from typing import Literal

import msgspec

from noc_alerts.model.errors import ScriptError
from noc_alerts.model.scripts import LogLine, Outcome, ScriptRow
from noc_alerts.scripts.limits import MAX_LOG_LINES, MAX_RESULT, MAX_ROWS, MAX_TEXT, MIB, Limits
from noc_alerts.scripts.prelude import FIRST_LINE

UNUSABLE = "The script gave no result: its process answered what nobody can use. Run it again; if it stays so, change the script."
OUT_OF_MEMORY = ("InternalError: out of memory", "out of memory", "null")
TOO_DEEP = "Maximum call stack size exceeded"

_PLACE = re.compile(r"\(<input>:(\d+)(?::\d+)?\)")
NO_PLACE = re.compile(r"<input>:1:1\)")
_BARE_PLACE = re.compile(r"at <input>:(\d+)")
_NO_MODULE = re.compile(r"could not load module '(.*)'", re.DOTALL)


class Frame(msgspec.Struct):
    """One thing a child says. `t`: log, get, result, refused, unreadable, failed or time.

    `text`: the line, the sentence, the error's own words, or the result as JSON. `stack`: the engine's lines of places,
    innermost first.
    """

    t: Literal["log", "get", "result", "refused", "unreadable", "failed", "time"]
    text: str = ""
    stack: str = ""
    level: Literal["log", "info", "warn", "error", "debug"] = "log"
    path: str = ""


class RowRead(msgspec.Struct):
    """A row as the prelude writes it."""

    subject: str
    value: float | None
    message: str


class ResultRead(msgspec.Struct):
    """A result as the prelude writes it; a bare boolean or number leaves the rest out."""

    value: float | None = None
    breached: bool | None = None
    message: str = ""
    rows: list[RowRead] = []
    more: int = 0


def read_frame(content: bytes) -> Frame | None:
    """Read one frame; None when it is none."""
    try:
        return msgspec.json.decode(content, type=Frame)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def line_of(stack: str, source: str) -> int | None:
    """Find the innermost line of the user's source in the engine's places; None when it is in none.

    A place inside a text given to `eval` counts from that text's first line: the places before the last call of eval are skipped.
    A syntax error at the end of the file lies behind the source's last line: that line is given.
    """
    lines = stack.split("\n")
    inner = max((i for i, place in enumerate(lines) if "at eval (native)" in place), default=-1)
    rest = "\n".join(lines[inner + 1 :])
    places = [int(n) for n in _PLACE.findall(rest)] or [int(n) for n in _BARE_PLACE.findall(rest)]
    count = source.count("\n") + 1
    for line in places:
        if 1 <= line < FIRST_LINE:
            return min(line, count)
    return None


def at(line: int | None) -> str:
    """Write " at line 3", or nothing."""
    return "" if line is None else f" at line {line}"


def seconds_text(limits: Limits) -> str:
    """Write the time limit: 5 s."""
    return f"{limits.seconds:g} s"


def timed_out(limits: Limits, line: int | None) -> str:
    """Say that the time was over."""
    seen = "" if line is None else f"; it was last seen at line {line}"
    return f"The script was stopped after {seconds_text(limits)}, at its time limit{seen}."


def failure(frame: Frame, limits: Limits, source: str, last_line: int | None) -> tuple[str, int | None]:
    """Put a last frame that is no result into a sentence and a line."""
    line = line_of(frame.stack, source)
    words = " ".join(frame.text[:MAX_TEXT].split()).rstrip(".")
    if frame.t == "time":
        if NO_PLACE.search(frame.stack.split("\n", 1)[0]):
            line = None  # where nothing is called in a loop the engine has no place and gives the file's first character
        line = last_line if line is None else line
        return timed_out(limits, line), line
    if frame.t == "refused":
        return f"{words}.", None
    if words in OUT_OF_MEMORY:
        room = f"{limits.memory // MIB} MB"
        if words == "null":  # what is thrown when there is no room left for an error, or by the script's own `throw null`
            return f"The script failed{at(line)} without saying why; most often its memory of {room} is used up.", line
        return f"The script needs more memory{at(line)} than the {room} it may use.", line
    if TOO_DEEP in words:
        return f"The script calls itself too deep{at(line)}: a function that never stops calling itself.", line
    if module := _NO_MODULE.search(words):
        line = line or _import_line(source, module[1])
        return f"The script cannot import {module[1]!r}{at(line)}: scripts have no modules, files or network.", line
    if frame.t == "unreadable":
        return f"The script cannot be read{at(line)}: {words.removeprefix('SyntaxError: ')}.", line
    return f"The script failed{at(line)}: {words or 'it threw an error without a text'}.", line


def _import_line(source: str, module: str) -> int | None:
    """Find the line that imports it; the engine does not tell."""
    for number, text in enumerate(source.split("\n"), 1):
        if module in text and ("import" in text or "from" in text):
            return number
    return None


def outcome(text: str, log: tuple[LogLine, ...], took: timedelta) -> Outcome | None:
    """Read a result; None when it is none."""
    if len(text.encode("utf-8", "replace")) > MAX_RESULT:
        return None
    try:
        read = msgspec.json.decode(text, type=ResultRead)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    figures = [read.value, *(row.value for row in read.rows)]
    if len(read.rows) > MAX_ROWS or read.more < 0 or not all(figure is None or math.isfinite(figure) for figure in figures):
        return None
    rows = tuple(ScriptRow(row.subject[:MAX_TEXT], row.value, row.message[:MAX_TEXT]) for row in read.rows)
    return Outcome(read.value, read.breached, read.message[:MAX_TEXT], rows, log, took, read.more)


class Log:
    """The lines of one run, at most MAX_LOG_LINES."""

    def __init__(self) -> None:
        self._lines: list[LogLine] = []

    def add(self, frame: Frame) -> None:
        """Keep a line; the last place says that there were more."""
        if len(self._lines) < MAX_LOG_LINES:
            self._lines.append(LogLine(frame.level, frame.text[:MAX_TEXT]))
        else:
            self._lines[-1] = LogLine("warn", f"Only the first {MAX_LOG_LINES - 1} lines are kept.")

    def lines(self) -> tuple[LogLine, ...]:
        """Give them, oldest first."""
        return tuple(self._lines)


def crash(code: int | None, rubbish: bool) -> str:
    """Say that the child ended without a result."""
    if rubbish or code in (None, 0):
        return UNUSABLE
    how = f"signal {-code}" if code is not None and code < 0 else f"code {code}"
    return f"The script gave no result: its process ended by itself ({how}). Run it again; if it stays so, change the script."


def error(sentence: str, line: int | None, log: Log) -> ScriptError:
    """Make the error that a run raises."""
    return ScriptError(sentence, line, log.lines())
