"""The commands without a window, one file each. They print; everything else is the core's."""

import argparse


def run(args: argparse.Namespace) -> int:
    """Run the command that was asked for and give its exit code."""
    match args.command:
        case "import":
            from noc_alerts.commands.importing import run_import

            return run_import(args.profile, args.files, args.map)
        case "query":
            from noc_alerts.commands.query import run_query

            return run_query(args)
        case "watch":
            from noc_alerts.commands.watch import run_watch

            return run_watch(args.profile, demo=args.demo, for_=args.for_, verbose=args.verbose)
        case "rules":
            from noc_alerts.commands.rules import run_rules

            return run_rules(args)
        case _:
            from noc_alerts.commands.doctor import run_doctor

            return run_doctor(args.profile)
