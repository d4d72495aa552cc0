"""One measurement in a process of its own: `python -m tests.bench.run NAME` prints its figures as JSON.

So no measurement sees the memory, the threads or the modules of another. A request to end unwinds everything it started.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from types import FrameType

from noc_alerts.model.errors import NocError


def _on_ended(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def main() -> int:
    """Measure; give the exit code."""
    signal.signal(signal.SIGTERM, _on_ended)
    module = importlib.import_module(f"tests.bench.{sys.argv[1]}")
    try:
        figures = module.measure()
    except (RuntimeError, NocError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps([figure.as_json() for figure in figures]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
