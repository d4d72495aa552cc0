"""What a script may use: its time and memory can be chosen, everything else is fixed."""

from dataclasses import dataclass
from datetime import timedelta

from noc_alerts.model.errors import BadInput

MIB = 1024 * 1024
MAX_CHILD_MEMORY = 256 * MIB  # address space of the whole child, where the system can bound it
MAX_ROWS = 100
MAX_LOG_LINES = 200
MAX_TEXT = 2_000  # characters: the message, a line of the log, a row's subject or message
MAX_RESULT = 256 * 1024  # bytes
MAX_GETS = 10
MAX_ANSWER = MIB  # bytes of one answer to api.get
MAX_DATA = 8 * MIB  # bytes of JSON given to main

GRACE = 0.4  # s after the limit until the kill: the engine inside the child gets the time to say which line it was at


@dataclass(frozen=True, slots=True)
class Limits:
    """Bound one run. `time`: by the wall clock, 0.1 to 60 s. `memory`: bytes of the JavaScript heap, 8 to 128 MiB.

    Raises BadInput.
    """

    time: timedelta = timedelta(seconds=5)
    memory: int = 64 * MIB

    def __post_init__(self) -> None:
        if not timedelta(seconds=0.1) <= self.time <= timedelta(seconds=60):
            raise BadInput("A script's time limit lies between 0.1 and 60 seconds.", {"time": "0.1 to 60 seconds."})
        if not 8 * MIB <= self.memory <= 128 * MIB:
            raise BadInput("A script's memory limit lies between 8 and 128 MB.", {"memory": "8 to 128 MB."})

    @property
    def seconds(self) -> float:
        """Give the time limit in seconds."""
        return self.time.total_seconds()
