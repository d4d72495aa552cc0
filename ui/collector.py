"""Keeps Python's cyclic collector on the window's thread.

Runs on the window's thread. Python runs its collector on whichever thread happens to allocate: the engine's and the switches'
threads would then take widgets apart that are in reference cycles, while Qt uses them. So the automatic collector is off, and a
timer collects here what is due. Imports nothing of the program.
"""

from __future__ import annotations

import gc
import logging
import time

from PySide6.QtCore import QObject, QTimer

log = logging.getLogger(__name__)

TICK_MS = 250

#: Objects that are new since the youngest generation was collected last.
YOUNG = 2000

#: So many collections of a generation before the next older one is collected with it, as Python does by itself.
ROUNDS = 10

#: A full collection looks at every object that lives; it may take this share of the time at most, and comes this seldom.
FULL_SHARE = 0.0005
FULL_EVERY_S = 60.0

#: After so long everything of the start is there; it is not looked at again.
SETTLED_AFTER_S = 20.0


class Collector(QObject):
    """Collect on this thread while it lives; `stop` gives collecting back to Python."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self.collect_due)
        self._rounds = [0, 0]
        self._settled = False
        self._started = self._next_full = 0.0

    @property
    def running(self) -> bool:
        """Return whether collecting happens here."""
        return self._timer.isActive()

    def start(self) -> None:
        """Collect on this thread from now on; the modules that are loaded by now are not looked at again."""
        gc.disable()
        gc.freeze()
        self._started = time.monotonic()
        self._next_full = self._started + FULL_EVERY_S
        self._timer.start()

    def stop(self) -> None:
        """Let Python collect by itself again; what was kept out of sight is seen again."""
        if self.running:
            self._timer.stop()
            gc.unfreeze()
            gc.enable()

    def collect_due(self) -> None:
        """Collect what is due: often the young objects, seldom everything."""
        if gc.get_count()[0] < YOUNG:
            return
        if not self._settled and time.monotonic() - self._started > SETTLED_AFTER_S:
            self._settle()
            return
        generation = 0
        self._rounds[0] += 1
        if self._rounds[0] > ROUNDS:
            self._rounds[0], generation = 0, 1
            self._rounds[1] += 1
            if self._rounds[1] > ROUNDS and time.monotonic() >= self._next_full:
                self._rounds[1], generation = 0, 2
        began = time.perf_counter()
        gc.collect(generation)
        took = time.perf_counter() - began
        if generation == 2:
            self._next_full = time.monotonic() + max(FULL_EVERY_S, took / FULL_SHARE)
            log.debug("full collection %.1f ms", took * 1000)

    def _settle(self) -> None:
        """Keep what the start made out of later collections: pages and tables live as long as the program.

        Not collected before that: to look at everything once would hold up the window for 0.1 s, and the start leaves little.
        """
        self._settled = True
        gc.freeze()
