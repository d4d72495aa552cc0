"""Runs users' scripts on a thread of their own and gives the engine what came of them."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from noc_alerts.engine.scripting import ScriptEnd, ScriptJob, data_of
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import BadInput, NocError, ScriptError
from noc_alerts.model.scripts import Outcome
from noc_alerts.scripts.runner import run
from noc_alerts.store import Store
from noc_alerts.switches.factory import open_readable
from noc_alerts.switches.protocol import Readable

log = logging.getLogger(__name__)

#: Runs at once: each is a process of its own that may take 256 MB.
AT_ONCE = 2


class ScriptRuns:
    """The `script` threads. `kept`: secrets by name. `changes`: grows when a secret changes. `stopping`: ends runs early."""

    def __init__(
        self, store: Store, kept: Callable[[str], str | None], changes: Callable[[], int], stopping: Callable[[], bool]
    ) -> None:
        self._store = store
        self._kept = kept
        self._changes = changes
        self._stopping = stopping
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="script")
        self._lock = Lock()
        self._readables: dict[int, tuple[Connection, int, Readable | None]] = {}

    def start(self, job: ScriptJob, tell: Callable[[ScriptJob, ScriptEnd], None]) -> None:
        """Run a job soon; `tell` is called on the script thread with what came of it, unless the program ends first."""

        def work() -> None:
            try:
                end: ScriptEnd = self.run(job)
            except ScriptError as error:
                end = error
            except Exception:  # whatever it is: the alert must hear of an end, or its script is never run again
                log.exception("the script %s could not be run", job.name)
                end = ScriptError("The script was not run because of a mistake in the program. See the log.")
            if not self._stopping():
                tell(job, end)

        try:
            self._threads.submit(work)
        except RuntimeError:
            if not self._stopping():  # it takes no more work while the program ends
                raise

    def submit(self, job: ScriptJob) -> "Future[Outcome]":
        """Run a job for a person who waits for it. The future raises ScriptError."""
        return self._threads.submit(self.run, job)

    def run(self, job: ScriptJob) -> Outcome:
        """Run a job now, on this thread. Raises ScriptError."""
        try:
            data = data_of(job, self._store)
        except NocError as error:
            raise ScriptError(f"The script was not run: {error.sentence}") from error
        except Exception as error:
            log.exception("the data of the script %s could not be made", job.name)
            raise ScriptError("The script was not run because of a mistake in the program. See the log.") from error
        return run(job.source, data, get=lambda path: self._get(job.connection, path), stopping=self._stopping)

    def _get(self, connection: Connection, path: str) -> str:
        """Read the switch for a script. Raises NocError."""
        cid, changes = connection.id or 0, self._changes()
        with self._lock:
            known = self._readables.get(cid)
            if known is None or known[:2] != (connection, changes):
                if known is not None and known[2] is not None:
                    known[2].close()
                known = self._readables[cid] = (connection, changes, open_readable(connection, self._kept))
        if known[2] is None:
            raise BadInput(f"{connection.name} has nothing that api.get could read. Use the data that main is given.")
        return known[2].get(path)

    def close(self) -> None:
        """End all runs and let go of the switches; `stopping` must say so already."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        for _, _, readable in self._readables.values():
            if readable is not None:
                readable.close()
