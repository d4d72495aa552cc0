"""A thread for each read of a switch, as APScheduler wants its executors. Used by scheduler.py only."""

import sys
import threading
import time
from datetime import datetime, timedelta

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job

#: So long the end of the program waits for reads that run.
LAST_READ = timedelta(seconds=2)


class PollThreads(BaseExecutor):  # type: ignore[misc]  # APScheduler has no types; this is its way to bring threads of one's own
    """A thread for each read. The end of the program does not wait long for a switch that hangs: nothing of it was taken yet."""

    def __init__(self) -> None:
        super().__init__()
        self._threads: list[threading.Thread] = []

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        def run() -> None:
            try:
                events = run_job(job, job._jobstore_alias, run_times, self._logger.name)
            except BaseException:  # noqa: BLE001  # as APScheduler's own executors: handed to it, which logs it
                self._run_job_error(job.id, *sys.exc_info()[1:])
            else:
                self._run_job_success(job.id, events)

        self._threads = [t for t in self._threads if t.is_alive()]
        self._threads.append(threading.Thread(target=run, name=job.id, daemon=True))
        self._threads[-1].start()

    def shutdown(self, wait: bool = True) -> None:
        """Give running reads a moment to end by themselves."""
        until = time.monotonic() + (LAST_READ.total_seconds() if wait else 0.0)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
