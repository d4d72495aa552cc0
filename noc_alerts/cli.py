"""The commands (DESIGN section 7). Each is also a thing the window can do. Exit 0 done, 1 failed, 2 wrong use."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from noc_alerts import __version__
from noc_alerts.model.errors import BadInput, NocError

_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
MAX_SPAN = timedelta(days=3660)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as every other error is said."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {_one_line(message)}\n")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def span(text: str) -> timedelta:
    """Read `60s`, `5m`, `2h`, `7d`. Raises argparse.ArgumentTypeError."""
    number, unit = text[:-1], text[-1:]
    if unit not in _SPANS or not (number.isascii() and number.isdigit()):
        raise argparse.ArgumentTypeError(f'"{text}" is no time span; write 60s, 5m, 2h or 7d')
    if len(number) > 12 or int(number) * _SPANS[unit] > MAX_SPAN.total_seconds():
        raise argparse.ArgumentTypeError(f'"{text}" is too long; at most {MAX_SPAN.days}d are possible')
    return timedelta(seconds=int(number) * _SPANS[unit])


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="noc-alerts", description="Watches a voice switch's call quality and money. Without a command it opens the window."
    )
    parser.add_argument("--profile", type=Path, metavar="DIR", help="the folder with rules, alarms and call records")
    parser.add_argument("--version", action="version", version=f"noc_alerts {__version__}")
    parser.add_argument("--verbose", action="store_true", help="log everything to the terminal")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    commands.add_parser("demo", help="the window on a demo profile with the built-in demo switch")

    watch = commands.add_parser("watch", help="the same engine without a window: what happens, a line each")
    watch.add_argument("--demo", action="store_true", help="watch the built-in demo switch")
    watch.add_argument("--for", dest="for_", type=span, metavar="SPAN", help="stop after this long (60s, 5m)")

    take = commands.add_parser("import", help="take call records from CSV files")
    take.add_argument("files", nargs="+", type=Path, metavar="FILE")
    take.add_argument("--map", type=Path, metavar="M", help="a column map for files with other columns")

    query = commands.add_parser("query", help="factors of a period, by group")
    query.add_argument("--factors", required=True, metavar="EXPR", help='"asr_cur < 30; records_total > 100"')
    query.add_argument("--group-by", default="", metavar="A,B", help="client, gateway, code, ...")
    query.add_argument("--from", dest="from_", required=True, metavar="T", help="2026-11-21T20:00:00Z")
    query.add_argument("--to", required=True, metavar="T")
    query.add_argument("--offset", type=span, metavar="SPAN", help="side by side with the period so long before (7d)")
    query.add_argument("--where", action="append", default=[], metavar="DIM=TEXT", help="gateway=bravo; may be repeated")
    query.add_argument("--clock", choices=("outcome", "end", "setup"), help="when a call counts; default: the switch's own")
    query.add_argument("--switch", metavar="NAME", help="only this switch's records")
    query.add_argument("--json", action="store_true")

    rules = commands.add_parser("rules", help="alerts, templates, scripts and contacts as a text file")
    parts = rules.add_subparsers(dest="what", metavar="export|import", required=True)
    out = parts.add_parser("export", help="write all rules to a file")
    out.add_argument("file", metavar="FILE", help="- is the terminal")
    take_rules = parts.add_parser("import", help="take rules from a file, after showing what would change")
    take_rules.add_argument("file", metavar="FILE", help="- is what comes through a pipe")
    how = take_rules.add_mutually_exclusive_group()
    how.add_argument("--yes", action="store_true", help="do not ask")
    how.add_argument("--dry-run", action="store_true", help="only show what would change")

    commands.add_parser("doctor", help="look at the profile, the switches and the ways to tell people")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Errors are one line on stderr."""
    args = _parser().parse_args(argv)
    try:
        code = _run(args)
        sys.stdout.flush()
    except BadInput as error:
        print(f"noc-alerts: {_one_line(error.sentence)}", file=sys.stderr)
        return 2
    except NocError as error:
        print(f"noc-alerts: {_one_line(error.sentence)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough (| head); Python would complain once more at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(args: argparse.Namespace) -> int:
    if args.command in (None, "demo"):
        from ui.app import run_window

        return run_window(args.profile, demo=args.command == "demo", verbose=args.verbose)
    from noc_alerts import commands

    return commands.run(args)
