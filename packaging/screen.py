"""A screen of its own for tests: Xvfb on a free display number, openbox and a private D-Bus session.

Standard library only: bootstrap.py and the check of the packaged program use it before and outside the virtual
environment. Runs on the main thread of its process.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

SIZE = "1600x1000x24"


def end(process: subprocess.Popen[str]) -> None:
    """End a process that we started and wait until it is gone."""
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(stack: ExitStack, command: list[str], environment: Mapping[str, str], fds: tuple[int, ...] = ()) -> None:
    """Start a server that lives as long as the stack."""
    process = subprocess.Popen(
        command,
        env=environment,
        pass_fds=fds,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(end, process)


def _start_and_ask(stack: ExitStack, command: list[str], environment: Mapping[str, str]) -> str:
    """Start a server whose last argument takes a file descriptor, and return the line that it writes there.

    Raises RuntimeError when it ends without a word.
    """
    reader, writer = os.pipe()
    with os.fdopen(reader) as answer:
        try:
            _start(stack, [*command[:-1], f"{command[-1]}{writer}"], environment, (writer,))
        finally:
            os.close(writer)
        line = answer.readline().strip()
    if not line:
        raise RuntimeError(f"{command[0]} ended before it was ready.")
    return line


@contextmanager
def screen(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Give an environment whose windows open on a screen of their own; everything ends with the context.

    Raises RuntimeError when Xvfb or the D-Bus daemon does not start.
    """
    inner = {key: value for key, value in environment.items() if key not in ("WAYLAND_DISPLAY", "XAUTHORITY")}
    with ExitStack() as stack:
        inner["XDG_RUNTIME_DIR"] = stack.enter_context(tempfile.TemporaryDirectory(prefix="noc_alerts-screen-"))
        number = _start_and_ask(stack, ["Xvfb", "-screen", "0", SIZE, "-nolisten", "tcp", "-displayfd", ""], inner)
        inner["DISPLAY"] = f":{number}"
        inner["QT_QPA_PLATFORM"] = "xcb"
        inner["DBUS_SESSION_BUS_ADDRESS"] = _start_and_ask(
            stack, ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address="], inner
        )
        _start(stack, ["openbox"], inner)
        yield inner
