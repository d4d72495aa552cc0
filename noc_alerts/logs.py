"""Where the log goes: a file in the profile, kept small, and warnings on stderr. No secret is ever given to it."""

import logging
import logging.handlers
import os
import sys
import time
from io import TextIOWrapper
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


_IMPORTED_AT = time.time()


def since_start() -> float:
    """Give the seconds since this process began; where the system does not tell, since this module was imported."""
    try:
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        up = float(Path("/proc/uptime").read_text().split()[0])
        return up - int(fields[19]) / os.sysconf("SC_CLK_TCK")  # proc(5): field 22, starttime, in ticks after boot
    except (OSError, ValueError, IndexError, AttributeError):
        return time.time() - _IMPORTED_AT


class _PrivateFile(logging.handlers.RotatingFileHandler):
    """A log file that only its owner may read: it names companies and addresses."""

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return stream


class _Once(logging.Filter):
    """Lets a repeated same error of a place pass once in a row."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        text = record.getMessage() + (repr(record.exc_info[1]) if record.exc_info else "")
        place = f"{record.name}:{record.lineno}"
        if self._last.get(place) == text:
            return False
        self._last[place] = text
        return True


def start_logging(folder: Path, *, verbose: bool = False) -> None:
    """Log into `folder`/noc-alerts.log (three files of 5 MB at most) and warnings to stderr."""
    kept = _PrivateFile(folder / "noc-alerts.log", maxBytes=5_000_000, backupCount=2, encoding="utf-8")
    kept.setFormatter(logging.Formatter(FORMAT))
    shown = logging.StreamHandler(sys.stderr)
    shown.setLevel(logging.DEBUG if verbose else logging.WARNING)
    shown.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    for handler in (kept, shown):
        handler.addFilter(_Once())
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[kept, shown], force=True)
    for noisy in ("urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # a read that takes longer than its interval is said by the switch's health, not by the scheduler's warnings
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
