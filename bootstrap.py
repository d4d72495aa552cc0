#!/usr/bin/env python3
"""Set up everything that noc_alerts needs on this machine, then run, test, measure or package it.

`python3 bootstrap.py run|test|bench|package [arguments]`. Standard library only, no import of noc_alerts or ui. The
version check stands before everything that an older Python could not import.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # whoever has an older one starts this file with it
    sys.exit("noc_alerts needs Python 3.11 or newer; this is Python {}.{}.".format(*sys.version_info))

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
# The helpers lie beside the packaging files. That folder must not become a package: it would hide the library "packaging".
sys.path.insert(1, str(ROOT / "packaging"))

import machine  # noqa: E402
from environment import DEV_FILES, RUN_FILES, VENV_PYTHON, prepare  # noqa: E402
from machine import say, stop  # noqa: E402

WINDOW_COMMANDS = (None, "demo")
OPTIONS_WITH_VALUE = ("--profile",)
NO_SCREEN_PLATFORMS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs")
NO_DISPLAY = (
    "There is no display here, so no window can open; `python3 bootstrap.py run watch --demo` does the same in a terminal."
)
USAGE = """usage: python3 bootstrap.py COMMAND [arguments]

  run [arguments]         the program: `run demo`, `run watch --demo`, `run --help`; without arguments its window
  test [pytest options]   every check and test
  bench [--json]          the measurements
  package                 the program as one folder, dist/noc-alerts

Each sets up by itself what this machine lacks; the first time takes a minute or two."""


def program_command(arguments: Sequence[str]) -> str | None:
    """Return the first word of the program's arguments that is no option and no option's value; None without one."""
    words = iter(arguments)
    for word in words:
        if word in OPTIONS_WITH_VALUE:
            next(words, None)
        elif not word.startswith("-"):
            return word
    return None


def needs_window(arguments: Sequence[str]) -> bool:
    """Tell whether `run` with these arguments opens the window."""
    if any(word in ("-h", "--help", "--version") for word in arguments):
        return False
    return program_command(arguments) in WINDOW_COMMANDS


def has_display(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Tell whether a window can open: Windows and macOS always have a desktop, others say so in the environment."""
    if platform in ("win32", "darwin"):
        return True
    if environment.get("QT_QPA_PLATFORM", "").split(":")[0] in NO_SCREEN_PLATFORMS:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def window_packages(arguments: Sequence[str]) -> list[str]:
    """Return the system packages that `run` with these arguments lacks; stop when it needs a display and has none."""
    if not needs_window(arguments):
        return []
    if not has_display(os.environ):
        stop(NO_DISPLAY)
    return machine.missing_for_window()


def with_root(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment in which Python finds this checkout from any folder."""
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), environment.get("PYTHONPATH", "")))),
    }


def visible(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path = ROOT) -> int:
    """Run a command with its output in view and return its exit code."""
    import subprocess

    sys.stdout.flush()
    return subprocess.run([str(word) for word in command], env=environment, cwd=folder, check=False).returncode


def run(arguments: list[str]) -> int:
    """Start the program in the caller's folder, so that file names in its arguments mean what the caller meant."""
    prepare(RUN_FILES, window_packages(arguments))
    # -P: a folder called ui in the caller's folder must not be taken for ours
    command = [str(VENV_PYTHON), "-P", "-m", "noc_alerts", *arguments]
    if sys.platform == "win32":
        return visible(command, with_root(os.environ), Path.cwd())
    sys.stdout.flush()
    return os.execve(VENV_PYTHON, command, with_root(os.environ))


def test(arguments: list[str]) -> int:
    """Run every check and test; the arguments go to pytest."""
    import checks

    needs = machine.SCREEN_PROGRAMS if sys.platform.startswith("linux") else {}
    prepare(DEV_FILES, machine.missing_for_window() + machine.missing_packages(needs))
    return checks.run_all(ROOT, VENV_PYTHON, arguments)


def bench(arguments: list[str]) -> int:
    """Run the measurements; the one against Prometheus only where it is or can be installed."""
    prepare(DEV_FILES, machine.missing_for_window())
    reason = machine.install_optional(machine.BENCH_PROGRAMS)
    if reason:
        print(f"The comparison with Prometheus is left out: {reason}", file=sys.stderr)
    if sys.platform.startswith("linux") and (reason := machine.install_optional(machine.SCREEN_PROGRAMS)):
        print(f"The windows are measured without a screen: {reason}", file=sys.stderr)
    return visible([VENV_PYTHON, "-m", "tests.bench", *arguments], os.environ)


def package(arguments: list[str]) -> int:
    """Build the program as one folder and say where it is."""
    if arguments:
        stop("`package` takes no arguments.")
    needs = machine.packaging_needs() if sys.platform.startswith("linux") else {}
    prepare(DEV_FILES, machine.missing_for_window() + machine.missing_packages(needs))
    command: list[str | Path] = [VENV_PYTHON, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    say("Packaging: this takes a minute or two")
    code = visible(
        [*command, "--distpath", ROOT / "dist", "--workpath", ROOT / "build", ROOT / "packaging/noc_alerts.spec"], os.environ
    )
    if code:
        return code
    folder = ROOT / "dist" / "noc-alerts"
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
    program = folder / ("noc-alerts.exe" if sys.platform == "win32" else "noc-alerts")
    say(f"{program.relative_to(ROOT)} is ready; its folder holds {size / 1e6:.0f} MB.")
    return 0


COMMANDS: dict[str, Callable[[list[str]], int]] = {"run": run, "test": test, "bench": bench, "package": package}


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit code."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(USAGE)
        return 0
    if not arguments or arguments[0] not in COMMANDS:
        print(USAGE, file=sys.stderr)
        return 2
    try:
        return COMMANDS[arguments[0]](arguments[1:])
    except KeyboardInterrupt:
        print("Interrupted; if this was during set-up, the next start repairs it.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"The set-up could not go on: {error}. When that is mended, start again.", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
