"""Start a child, talk to it in frames, kill it. Two daemon threads a child do the blocking reads and writes."""

import contextlib
import importlib.util
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from noc_alerts.model.errors import ScriptError
from noc_alerts.scripts import child
from noc_alerts.scripts.limits import MAX_RESULT, MIB

CHILD_ARGUMENT = "--script-child"  # packaging/entry.py knows it
MAX_FRAME = 4 * MAX_RESULT  # bytes; JSON in JSON, with its escapes
MAX_TOTAL = 8 * MIB  # bytes of all frames of one child


@dataclass(frozen=True, slots=True)
class Said:
    """One frame of the child."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The child says nothing more. `rubbish`: it wrote what is no frame."""

    rubbish: bool


@dataclass(frozen=True, slots=True)
class Fetched:
    """The answer to `get`, as the child wants it: "+" and JSON text, or "-" and a sentence."""

    answer: str


Event = Said | Ended | Fetched


def command() -> list[str]:
    """Give the command line of a child: this Python with the child's file; the packaged program starts itself.

    Raises ScriptError when the engine is not installed.
    """
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_ARGUMENT]
    found = importlib.util.find_spec("_quickjs")  # looks for it, does not load it: no JavaScript engine in this process
    if found is None or found.origin is None:
        raise ScriptError("Scripts cannot run: the JavaScript engine (quickjs-ng) is not installed. Install it, then try again.")
    return [sys.executable, "-I", "-S", "-X", "utf8", child.__file__, found.origin]


def surroundings() -> dict[str, str]:
    """Give the child's environment: a clock in UTC, and on Windows the one name without which Python does not start."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if sys.platform == "win32" and name in os.environ}
    return {"TZ": "UTC", **kept}


class Child:
    """A running child. `events`: what it says, and what others put there for the same reader. Close it always."""

    def __init__(self) -> None:
        """Start it in an empty folder. Raises ScriptError."""
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        line = command()
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="noc-script-"))
        except OSError as error:
            raise ScriptError(f"The script could not be started: no empty folder to run it in ({error}).") from error
        try:
            self._process = subprocess.Popen(
                line,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                cwd=self._folder,
                env=surroundings(),
                start_new_session=True,  # a group of its own: killed as one, and no Ctrl-C of the terminal reaches it
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            self._remove_folder()
            raise ScriptError(f"The script could not be started: {error}. Close other programs, then try again.") from error
        if sys.platform != "win32":
            self._remove_folder()  # a folder that is gone stays empty, and nothing is left behind should this program be killed
        self._threads = [
            threading.Thread(target=self._read, name="script-reader", daemon=True),
            threading.Thread(target=self._write, name="script-writer", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """Give its process id."""
        return self._process.pid

    def send(self, content: bytes) -> None:
        """Queue one frame for it; never blocks."""
        self._outbox.put(len(content).to_bytes(4, "big") + content)

    def close(self) -> int:
        """Kill it and everything it started, free what it held, and return its exit code (negative: the signal)."""
        if self._process.returncode is None:  # not yet waited for, so the number is still its own
            if sys.platform != "win32":
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                self._process.kill()
        code = self._process.wait()
        self._outbox.put(None)
        pipes = (self._process.stdout, self._process.stdin)
        for thread, pipe in zip(self._threads, pipes, strict=True):
            thread.join(1.0)
            # still there: something else in this program forked meanwhile and holds the other end; it ends when that ends
            if pipe is not None and not thread.is_alive():
                with contextlib.suppress(OSError):
                    pipe.close()
        self._remove_folder()
        return code

    def exit_code(self, seconds: float) -> int | None:
        """Wait so long for its end; None when it still runs."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def _remove_folder(self) -> None:
        with contextlib.suppress(OSError):
            self._folder.rmdir()

    def _take(self, count: int) -> bytes:
        """Read exactly so many bytes; fewer only at the end."""
        assert self._process.stdout is not None  # by PIPE above
        parts = bytearray()
        while len(parts) < count:
            part = self._process.stdout.read(count - len(parts))
            if not part:
                break
            parts += part
        return bytes(parts)

    def _read(self) -> None:
        total = 0
        rubbish = False
        with contextlib.suppress(OSError, ValueError):
            while head := self._take(4):
                size = int.from_bytes(head, "big")
                total += size
                content = b"" if size > MAX_FRAME or total > MAX_TOTAL else self._take(size)
                if len(head) < 4 or len(content) < size:
                    rubbish = True
                    break
                self.events.put(Said(content))
        self.events.put(Ended(rubbish))

    def _write(self) -> None:
        assert self._process.stdin is not None  # by PIPE above
        with contextlib.suppress(OSError, ValueError):  # it ended: the reader sees that too
            while (content := self._outbox.get()) is not None:
                rest = memoryview(content)
                while rest:
                    rest = rest[self._process.stdin.write(rest) or 0 :]
