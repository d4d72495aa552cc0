"""Make the virtual environment .venv with the pinned packages, and know when there is nothing to do.

Standard library only, because it runs before any package is there. Runs on the main thread of the bootstrap process.
Modules that only a set-up needs are imported where they are used: a second start must not wait for them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import machine
from machine import say, stop

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if sys.platform == "win32" else "bin")
VENV_PYTHON = SCRIPTS / ("python.exe" if sys.platform == "win32" else "python")
UNFINISHED = VENV / "setup-unfinished"
LOCK = VENV / "setup-lock"
RUN_FILES = ("requirements.txt",)
DEV_FILES = ("requirements.txt", "requirements-dev.txt")
STAMP_FORMAT = "1"
PIP_WITH_PYTHON_OPTION = (22, 3)
OFFLINE = (
    "The Python packages could not be downloaded because the package index does not answer; "
    "connect this machine to the network and start again, nothing that was set up is lost."
)
UNTRUSTED = (
    "The Python packages could not be downloaded because this machine does not trust the certificate that the package "
    "index shows; where a proxy inspects the traffic, set PIP_CERT to the file with its certificate and start again."
)
OFFLINE_SIGNS = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "Name or service not known",
    "getaddrinfo failed",
    "nodename nor servname",
    "Network is unreachable",
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeout",
    "ReadTimeoutError",
)


def stamp_key(files: Sequence[str], root: Path = ROOT, version: str = sys.version) -> str:
    """Return the hash that a finished set-up leaves: the requirement files' content and this Python's version."""
    digest = hashlib.sha256(f"{STAMP_FORMAT}\n{version}\n".encode())
    for name in files:
        digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def stamp_path(files: Sequence[str], venv: Path = VENV) -> Path:
    """Return where the stamp of a set-up with these requirement files lies."""
    return venv / f"setup-{Path(files[-1]).stem}"


def is_set_up(files: Sequence[str], key: str, venv: Path = VENV, python: Path = VENV_PYTHON) -> bool:
    """Tell whether the environment is finished and of this key; a set-up for tests serves a run too."""
    if (venv / UNFINISHED.name).exists() or not python.exists():
        return False
    try:
        return stamp_path(files, venv).read_text(encoding="ascii") == key
    except FileNotFoundError:
        return False


def environment_version(venv: Path = VENV) -> tuple[int, ...]:
    """Return major and minor version of the environment's Python, empty when it cannot be told."""
    try:
        lines = (venv / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    for line in lines:
        name, _, value = line.partition("=")
        if name.strip() in ("version", "version_info"):
            return tuple(int(part) for part in value.strip().split(".")[:2])
    return ()


def must_rebuild(venv: Path = VENV, python: Path = VENV_PYTHON) -> bool:
    """Tell whether what is there cannot be built upon: interrupted, broken, without pip, or of another Python."""
    if (venv / UNFINISHED.name).exists() or not python.exists() or environment_version(venv) != sys.version_info[:2]:
        return True
    return not pip_command(venv, python)


def pip_command(venv: Path = VENV, python: Path = VENV_PYTHON) -> list[str | Path]:
    """Return the command that installs into the environment: its own pip, else this Python's; empty without both.

    This Python's pip is used as it is, not copied: Debian's trusts the system's certificates, another may not.
    """
    inside = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/pip", "Lib/site-packages/pip"
    if any((venv / place).exists() for place in inside):
        return [python, "-m", "pip"]
    return [base_python(), "-m", "pip", "--python", python] if own_pip_is_able() else []


def base_python() -> str:
    """Return this Python, or the one it was made from when it runs in an environment (perhaps the one to rebuild)."""
    return getattr(sys, "_base_executable", "") or sys.executable


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Hold the set-up's lock, so that a second start waits instead of working on half an environment."""
    VENV.mkdir(exist_ok=True)
    with LOCK.open("a") as file:
        lock(file)
        yield


def lock(file: IO[str]) -> None:
    """Wait for the lock on an open file; the system releases it when the file is closed, also after a kill."""
    if sys.platform == "win32":
        import msvcrt
        import time

        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
                return
            except OSError:  # LK_LOCK gives up after ten seconds; a set-up takes longer
                time.sleep(0.2)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


def quiet(command: Sequence[str | Path], **more: Any) -> tuple[bool, str]:
    """Run a command without its output; return whether it worked and what it said."""
    import subprocess

    done = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **more,
    )
    return done.returncode == 0, done.stdout.strip()


def has_module(name: str) -> bool:
    """Tell whether this Python has a module, without importing it."""
    from importlib.util import find_spec

    return find_spec(name) is not None


def own_pip_is_able() -> bool:
    """Tell whether this Python has a pip that can install into another environment."""
    if not has_module("pip"):
        return False
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("pip")
    except PackageNotFoundError:
        return False
    return tuple(int(part) for part in found.split(".")[:2] if part.isdigit()) >= PIP_WITH_PYTHON_OPTION


def distribution_pip(folder: Path = Path("/usr/share/python-wheels")) -> Path | None:
    """Return the pip wheel that Debian's python3-pip-whl puts on the machine, None without it."""
    return next(iter(sorted(folder.glob("pip-*.whl"), reverse=True)), None)


def packages_for_pip() -> list[str]:
    """Return the Debian packages without which no pip can get into an environment; empty when there is a way."""
    if (has_module("ensurepip") and has_module("venv")) or own_pip_is_able() or distribution_pip():
        return []
    if Path(sys.base_prefix) == Path("/usr"):
        return [f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"]
    return ["python3-pip-whl"]


def fetch_distribution_pip(folder: Path) -> Path | None:
    """Download Debian's pip wheel with apt-get, which needs no rights for that; None when it cannot be had."""
    import shutil

    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        return None
    if not quiet(["apt-get", "download", "-qq", "python3-pip-whl"], cwd=folder)[0]:
        return None
    for package in folder.glob("*.deb"):
        quiet(["dpkg-deb", "-x", package, folder])
    return distribution_pip(folder / "usr/share/python-wheels")


def build_environment() -> None:
    """Make an empty environment that has pip, by the first way that this machine offers."""
    import shutil
    import tempfile

    for entry in VENV.iterdir():
        if entry not in (LOCK, UNFINISHED):
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    make = [base_python(), "-m", "venv"]
    if has_module("ensurepip"):
        worked, words = quiet([*make, VENV])
        if worked:
            return
    worked, words = quiet([*make, "--without-pip", VENV])
    if not worked:
        stop(f"The virtual environment in {VENV} could not be made: {last_line(words)}")
    if own_pip_is_able():
        return
    with tempfile.TemporaryDirectory(prefix="noc_alerts-pip-") as folder:
        wheel = distribution_pip() or fetch_distribution_pip(Path(folder))
        if wheel is None:
            stop(f"This Python has no pip, which installs the packages. {machine.by_hand(packages_for_pip())}")
        worked, words = quiet([VENV_PYTHON, wheel / "pip", "install", "--no-index", wheel], env=pip_environment())
    if not worked:
        stop(pip_failure(words))


def pip_environment() -> dict[str, str]:
    """Return the environment for pip: the user's own index settings stay, settings that leave the environment go."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIRE_VIRTUALENV")
    kept = {key: value for key, value in os.environ.items() if key not in dropped}
    return kept | {"PIP_USER": "0", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def last_line(words: str) -> str:
    """Return the last line that says something, as the reason of a failure."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    return lines[-1] if lines else "it gave no reason."


def pip_failure(words: str) -> str:
    """Return the sentence for what pip said when it failed."""
    if any(sign in words for sign in OFFLINE_SIGNS):
        return OFFLINE
    if "CERTIFICATE_VERIFY_FAILED" in words:
        return UNTRUSTED
    errors = [line.strip() for line in words.splitlines() if line.startswith("ERROR:")]
    return f"The Python packages could not be installed: {errors[0] if errors else last_line(words)}"


def set_up(files: Sequence[str]) -> None:
    """Make the environment fit these requirement files; no work when it does already."""
    key = stamp_key(files)
    if is_set_up(files, key):
        return
    with only_one():
        if is_set_up(files, key):  # another start did it while this one waited
            return
        rebuild = must_rebuild()
        UNFINISHED.touch()
        for old in (RUN_FILES, DEV_FILES):
            stamp_path(old).unlink(missing_ok=True)
        if rebuild:
            if sys.platform == "win32" and Path(sys.prefix) == VENV:
                stop("Start this with the Python of the system: the one in .venv cannot replace itself.")
            say("Setting up: a Python environment in .venv")
            build_environment()
        what = "the program" if files == RUN_FILES else "the program, its tests and its packaging"
        say(f"Setting up: the Python packages of {what}, once; this takes a minute or two")
        install = [*pip_command(), "install", "--prefer-binary", "-r", ROOT / files[-1]]
        worked, words = quiet(install, env=pip_environment())
        if not worked:
            if "ERROR:" in words:  # pip ended in order: what is there is whole, only not complete
                UNFINISHED.unlink()
            stop(pip_failure(words))
        stamp_path(RUN_FILES).write_text(stamp_key(RUN_FILES), encoding="ascii")
        stamp_path(files).write_text(key, encoding="ascii")
        UNFINISHED.unlink()


def install_system(packages: Sequence[str]) -> None:
    """Install Debian packages where that is allowed, else stop with the command that does it."""
    if not packages:
        return
    prefix = machine.root_prefix()
    if prefix is None:
        stop(f"Some system packages that noc_alerts needs are missing here. {machine.by_hand(packages)}")
    say(f"Setting up: system packages, once: {' '.join(packages)}")
    reason = machine.apt_install(prefix, packages)
    if reason:
        stop(f"apt-get could not install the system packages: {last_line(reason)}\n{machine.by_hand(packages)}")


def prepare(files: Sequence[str], packages: Sequence[str]) -> None:
    """Install the missing system packages and make the environment fit; ends the process with a sentence if it cannot.

    `packages` are the Debian packages that are missing. Where pip itself is missing, its package joins them, so that
    a person without root rights is told one command for everything.
    """
    for_pip: list[str] = []
    if not is_set_up(files, stamp_key(files)) and must_rebuild():
        for_pip = packages_for_pip()
    if packages or (for_pip and machine.root_prefix() is not None):
        install_system([*for_pip, *packages])
    set_up(files)
