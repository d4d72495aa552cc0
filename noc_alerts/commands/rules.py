"""`noc-alerts rules export FILE` and `noc-alerts rules import FILE`."""

import argparse
import getpass
import io
import os
import stat
import sys
import tempfile
from pathlib import Path

from noc_alerts.model.changes import Author
from noc_alerts.model.errors import BadInput, NocError
from noc_alerts.paths import open_profile
from noc_alerts.rulebook import apply_import, export_rules, plan_import
from noc_alerts.rulebook_yaml import MAX_BYTES
from noc_alerts.scheduler import utc_now
from noc_alerts.store import Store, open_store

FILE_MODE = 0o600


def run_rules(args: argparse.Namespace) -> int:
    """Do what was asked for with a rules file; `-` is the terminal or a pipe."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a company's name must not end a command on an old terminal
    text = _read(args.file) if args.what == "import" else b""  # a wrong file name makes no profile
    store = open_store(open_profile(args.profile).folder)
    try:
        if args.what == "export":
            return _export(store, args.file)
        return _import(store, text, yes=args.yes, dry_run=args.dry_run, piped=args.file == "-")
    finally:
        store.close()


def _export(store: Store, file: str) -> int:
    text = export_rules(store).encode()
    if file == "-":
        sys.stdout.buffer.write(text)
        return 0
    path = Path(file)
    try:
        _write(path, text)
    except OSError as error:
        raise NocError(f"{path} was not written ({error.strerror}); choose another place.") from error
    print(f"{len(store.alerts.all()):,} alerts written to {path}.")
    return 0


def _write(path: Path, text: bytes) -> None:
    """Write a file whole or not at all; a new one is for its owner only, an old one keeps its rights."""
    path = path.resolve()
    if path.exists() and not path.is_file():  # a pipe, /dev/stdout
        path.write_bytes(text)
        return
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else FILE_MODE
    handle, half = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(half).chmod(mode)
        Path(half).replace(path)
    except BaseException:
        Path(half).unlink(missing_ok=True)
        raise


def _read(file: str) -> bytes:
    """Read at most one byte more than is taken, so that no file fills the memory."""
    if file == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        with Path(file).open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadInput(f"{file} could not be read ({error.strerror}).") from error


def _import(store: Store, text: bytes, *, yes: bool, dry_run: bool, piped: bool) -> int:
    plan = plan_import(store, text)
    if not plan.good:
        for problem in plan.problems:
            print(f"noc-alerts: {problem}", file=sys.stderr)
        print("noc-alerts: Nothing was imported.", file=sys.stderr)
        return 2
    for line in plan.lines():
        print(line)
    if not plan.changes:
        print("Nothing would change.")
        return 0
    if dry_run:
        print("Nothing was imported: this was a dry run.")
        return 0
    if not yes and not _agreed(piped=piped):
        print("Nothing was imported.")
        return 1
    apply_import(store, plan, Author(_user(), utc_now()))
    print(f"Imported: {len(plan.changes):,} {'change' if len(plan.changes) == 1 else 'changes'}.")
    return 0


def _agreed(*, piped: bool) -> bool:
    if piped or not sys.stdin.isatty():
        raise BadInput("Nothing was imported: there is no terminal to ask at. Add --yes to import without being asked.")
    try:
        return input("Import this? [y/N] ").strip().casefold() in ("y", "yes")
    except EOFError:
        print()
        return False


def _user() -> str:
    """Give who is at this computer, for the history."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name; no pwd module
        return "rules import"
