"""Run every check and test in order with its output in view, and count what failed.

Standard library only; the checks themselves are processes of the virtual environment. Runs on the main thread of the
bootstrap process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import machine
from screen import screen

NO_TESTS = 5  # pytest's exit code for "collected nothing"
LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@dataclass(frozen=True)
class Suite:
    """One pytest run: its name for the summary, its folders, and what it needs around it.

    `shared`: its tests may run on all processors at once, when all of them run.
    """

    name: str
    folders: tuple[str, ...]
    shared: bool = False
    own_screen: bool = False
    live: bool = False


SUITES = (
    Suite("core and window tests", ("tests/core", "tests/ui"), shared=True),
    Suite("end-to-end tests", ("tests/end2end",), own_screen=True),
    Suite("live tests", ("tests/live",), own_screen=True, live=True),
)


def split_arguments(arguments: Sequence[str], root: Path) -> tuple[list[str], list[str]]:
    """Return the test files and folders among pytest's arguments, and the rest."""
    places = [word for word in arguments if not word.startswith("-") and (root / word.split("::")[0]).exists()]
    return places, [word for word in arguments if word not in places]


def targets(suite: Suite, places: Sequence[str], root: Path) -> list[str]:
    """Return what pytest is to collect for a suite: its folders, or those of the asked places that lie in them."""
    if not places:
        return list(suite.folders)
    chosen = []
    for place in places:
        path = (root / place.split("::")[0]).resolve()
        if any(path.is_relative_to((root / folder).resolve()) for folder in suite.folders):
            chosen.append(place)
        else:  # a folder above, such as "tests", stands for all suites below it
            chosen.extend(f for f in suite.folders if (root / f).resolve().is_relative_to(path))
    return chosen


def verdict(codes: Mapping[str, int], selected: bool) -> tuple[str, int]:
    """Return the summary line and the exit code for the exit codes by name.

    A suite without tests has failed, unless the caller selected tests and another suite had some of them.
    """
    suites = {suite.name for suite in SUITES} & codes.keys()
    some_ran = any(codes[name] != NO_TESTS for name in suites)
    words, failed = [], False
    for name, code in codes.items():
        if code == 0:
            words.append(f"{name} ok")
        elif code == NO_TESTS and name in suites:
            excused = selected and some_ran
            failed = failed or not excused
            words.append(f"{name} {'none selected' if excused else 'FAILED: no tests'}")
        else:
            failed = True
            words.append(f"{name} FAILED (exit code {code})")
    return "; ".join(words), int(failed)


def test_environment(stack: ExitStack) -> dict[str, str]:
    """Return the environment for tests: Qt without a screen, UTF-8, and a private runtime folder where there is none."""
    environment = dict(os.environ)
    environment["QT_QPA_PLATFORM"] = "offscreen"
    if not any(environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
        environment["LANG"] = "C.UTF-8"
    if sys.platform.startswith("linux") and not environment.get("XDG_RUNTIME_DIR"):
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="noc_alerts-test-"))
        environment["XDG_RUNTIME_DIR"] = folder
    return environment


def step(
    name: str, command: Sequence[str | Path], root: Path, environment: Mapping[str, str], output: IO[str] | None = None
) -> int:
    """Run one check with its output in view (or in a file, to be shown later) and return its exit code."""
    print(f"\n--- {name}", flush=True, file=output or sys.stdout)
    return subprocess.run(
        [str(word) for word in command],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        check=False,
    ).returncode


def run_suite(
    suite: Suite,
    command: Sequence[str | Path],
    root: Path,
    environment: Mapping[str, str],
    output: IO[str] | None = None,
) -> int:
    """Run one pytest suite, on a screen of its own where it wants one (on Linux; elsewhere on the native display)."""
    if not suite.own_screen:
        return step(suite.name, command, root, environment, output)
    if not sys.platform.startswith("linux"):
        native = {key: value for key, value in environment.items() if key != "QT_QPA_PLATFORM"}
        return step(suite.name, command, root, native, output)
    try:
        with screen(environment) as inner:
            return step(suite.name, command, root, inner, output)
    except RuntimeError as error:
        print(f"\n--- {suite.name}\n{error}", flush=True, file=output or sys.stdout)
        return 1


def why_not_live() -> str:
    """Return why the live tests are left out, empty when they can run."""
    if not sys.platform.startswith("linux"):
        return "they need Kamailio, which runs on Linux."
    return machine.install_optional(machine.LIVE_PROGRAMS)


def run_all(root: Path, python: Path, arguments: Sequence[str]) -> int:
    """Run the checks, then the test suites; the arguments go to pytest. Returns 0 when nothing failed, else 1."""
    places, options = split_arguments(arguments, root)
    codes: dict[str, int] = {}
    left_out = ""
    with ExitStack() as stack:
        environment = test_environment(stack)
        live: Future[int] | None = None
        shown_later = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace"))
        beside = stack.enter_context(ThreadPoolExecutor(1))
        suites = [(suite, targets(suite, places, root)) for suite in SUITES]
        for suite, chosen in suites:
            if suite.live and chosen and not (left_out := why_not_live()):
                # the real switch takes its minutes however fast the machine is, so the other checks run beside it
                command: list[str | Path] = [python, "-m", "pytest", *chosen, *options]
                live = beside.submit(run_suite, suite, command, root, environment, shown_later)
        codes["ruff"] = step("ruff", [python, "-m", "ruff", "check", "."], root, environment)
        codes["mypy"] = step("mypy", [python, "-m", "mypy"], root, environment)
        codes["lint-imports"] = step("lint-imports", [python, "-c", LINT_IMPORTS], root, environment)
        for suite, chosen in suites:
            if not chosen or (suite.live and live is None):
                continue
            if suite.live and live is not None:
                codes[suite.name] = live.result()
                shown_later.seek(0)
                print(shown_later.read(), flush=True)
            else:
                spread = ["-n", "auto"] if suite.shared and not arguments else []
                command = [python, "-m", "pytest", *chosen, *spread, *options]
                codes[suite.name] = run_suite(suite, command, root, environment)
    summary, code = verdict(codes, bool(arguments))
    if left_out:
        summary += f"\nThe live tests are left out: {left_out}"
    print(f"\n--- {summary}", flush=True)
    return code
