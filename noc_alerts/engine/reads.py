"""One read of a switch: what is now, its records page by page, then the word to judge. Runs on the poll threads.

Gives everything to the engine thread and waits for it there; keeps nothing but the open adapters.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import ParamSpec

from noc_alerts.engine.engine import Engine
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import NocError, StoreError
from noc_alerts.switches.protocol import Switch

log = logging.getLogger(__name__)

P = ParamSpec("P")


class OutdatedError(Exception):
    """Raised on a poll thread when its connection was changed, switched off or deleted meanwhile."""


class Reads:
    """Reads switches. `on_engine`: runs work on the engine thread and waits; `note`: has trouble of the store said at a place.

    `secret_changes`: grows when a password changed; an adapter that was opened before is opened anew.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        open_switch: Callable[[Connection], Switch],
        secret_changes: Callable[[], int],
        on_engine: Callable[[Callable[[], None]], None],
        note: Callable[[str, StoreError], None],
        stopping: threading.Event,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._open = open_switch
        self._secret_changes = secret_changes
        self._on_engine = on_engine
        self._note = note
        self._stopping = stopping
        self._switches: dict[int, tuple[Connection, int, Switch]] = {}

    def read(self, connection: Connection, cid: int, as_of: datetime) -> None:
        """Read what is now, then the records page by page, then have the rules judged.

        Raises OutdatedError when the connection was changed meanwhile: what it still gives is not taken.
        """
        next_try = as_of + connection.poll
        place = f"read {cid}"
        try:
            switch = self._switch(connection)
            state = switch.state(as_of)
            self._take(connection, self._engine.take_state, cid, state, as_of)
            for page in switch.pages(self._engine.store.calls.cursor(cid), as_of):
                self._take(connection, self._engine.ingest, cid, page, self._clock())
                if self._stopping.is_set():
                    return
            self._take(connection, self._engine.read_done, cid, as_of, next_try, self._clock())
        except OutdatedError:
            raise
        except StoreError as error:
            self._note(place, error)
        except NocError as error:
            self._read_failed(connection, error, next_try)
        except Exception:  # one bad switch stops nobody else: it goes blind and says so
            if self._stopping.is_set():  # the engine thread takes no more work while the program ends
                return
            log.exception("%s could not be read", connection.name)
            fault = NocError(f"{connection.name} could not be read because of a fault in this program. The log has the details.")
            self._read_failed(connection, fault, next_try)

    def _take(self, connection: Connection, work: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have the engine take what was read, and wait for it. Raises OutdatedError when it is no longer wanted."""

        def run() -> None:
            source = self._engine.sources.get(connection.id or 0)
            if source is None or source.connection != connection:
                raise OutdatedError
            work(*args, **kwargs)

        self._on_engine(run)

    def _read_failed(self, connection: Connection, error: NocError, next_try: datetime) -> None:
        try:
            self._take(connection, self._engine.read_failed, connection.id or 0, error, self._clock(), next_try)
        except StoreError as trouble:
            self._note(f"read {connection.id}", trouble)
        except RuntimeError:
            if not self._stopping.is_set():
                raise

    def _switch(self, connection: Connection) -> Switch:
        assert connection.id is not None  # only saved connections are read
        known, changes = self._switches.get(connection.id), self._secret_changes()
        if known is None or known[:2] != (connection, changes):
            if known is not None:
                known[2].close()
            known = (connection, changes, self._open(connection))
            self._switches[connection.id] = known
        return known[2]

    def close_all_but(self, wanted: Mapping[int, Connection]) -> None:
        """Close the adapters of connections that are not as wanted any more."""
        for cid, (connection, _, _) in list(self._switches.items()):
            if wanted.get(cid) != connection:
                self._switches.pop(cid)[2].close()
