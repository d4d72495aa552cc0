"""The demo switch as a process of its own, as a real switch is: its work must not be measured as the program's.

Run as `python -m tests.bench.demo_account CALLS_PER_S HISTORY_MIN`: prints address, token and script, serves until its
standard input closes.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from noc_alerts.switches.demo import DemoSwitch


def main() -> None:
    """Serve until the one who started us closes our standard input or is gone."""
    switch = DemoSwitch(calls_per_s=float(sys.argv[1]), history=timedelta(minutes=float(sys.argv[2])))
    try:
        print(switch.start(), switch.token, switch.live_path, flush=True)
        sys.stdin.read()
    finally:
        switch.stop()


if __name__ == "__main__":
    main()
