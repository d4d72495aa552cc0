"""Start the packaged program once on a screen of its own and check that its window opens and that it stays alive.

`python3 packaging/check_started.py PROGRAM [ARGUMENTS]`: exit 0 when it does, else 1 with a sentence and the program's
last words. Linux only; standard library only. CI runs it after `bootstrap.py package`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from screen import end, screen

TITLE = "noc_alerts"
WINDOW_TIMEOUT_S = 60.0
ALIVE_S = 5.0
POLL_S = 0.25


def window_is_mapped(environment: dict[str, str]) -> bool:
    """Tell whether a visible window whose title contains the program's name is on the screen."""
    search = ["xdotool", "search", "--onlyvisible", "--name", TITLE]
    return subprocess.run(search, env=environment, capture_output=True, check=False).returncode == 0


def watch(process: subprocess.Popen[str], environment: dict[str, str]) -> str:
    """Return what went wrong, empty when the window came up and was still there after a while."""
    deadline = time.monotonic() + WINDOW_TIMEOUT_S
    while not window_is_mapped(environment):
        if process.poll() is not None:
            return f"The program ended with exit code {process.returncode} before its window opened."
        if time.monotonic() > deadline:
            return f"No window called {TITLE} opened within {WINDOW_TIMEOUT_S:.0f} s."
        time.sleep(POLL_S)
    try:
        process.wait(timeout=ALIVE_S)
    except subprocess.TimeoutExpired:
        return "" if window_is_mapped(environment) else "The window was closed again."
    return f"The program ended with exit code {process.returncode} soon after its window opened."


def main(command: list[str]) -> int:
    """Run the check on a fresh profile; return the exit code."""
    if not command or not Path(command[0]).is_file():
        print("The packaged program is not there; `python3 bootstrap.py package` makes it.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="noc_alerts-started-") as folder, screen(os.environ) as environment:
        words = Path(folder) / "output"
        with words.open("w", encoding="utf-8") as output:
            process = subprocess.Popen(
                [command[0], "--profile", str(Path(folder) / "profile"), *command[1:]],
                env=environment,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                wrong = watch(process, environment)
            finally:
                end(process)
        if wrong:
            last = words.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-20:]
            print("\n".join([*last, wrong]), file=sys.stderr)
            return 1
    print("The packaged program opens its window and stays alive.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
