"""What the detail pane shows: the key, its row wherever it is now, and its story. Runs on the window's thread."""

from __future__ import annotations

from datetime import datetime, timedelta

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.errors import StoreError
from noc_alerts.store import Store
from ui.overview.alarm_table import AlarmPanel
from ui.overview.cleared_panel import MAX_ROWS, SHIFT
from ui.overview.rows import AlarmRow, RowKey, make_row
from ui.overview.stories import Stories
from ui.overview.words import NO_STORY, Story

_JUST_NOW = timedelta(minutes=1)


class Picked:
    """Hold the key of the alarm shown. `cleared`: what cleared in the shift, newest first, as of the last `read_cleared`."""

    def __init__(self, store: Store, stories: Stories, alarms: AlarmPanel) -> None:
        self._store, self._stories, self._alarms = store, stories, alarms
        self.key: RowKey | None = None
        self.story: Story = NO_STORY
        self.cleared: list[Alarm] = []

    def row(self, snapshot: Snapshot | None, now: datetime) -> AlarmRow | None:
        """Return the row: an active one, or one made of an alarm that cleared; None when there is neither."""
        row = self._alarms.row(self.key)
        if row is not None or self.key is None or self.key[0] != "alarm" or snapshot is None:
            return row
        alarm = next((each for each in self.cleared if each.id == self.key[1]), None) or self._find(self.key[1])
        if alarm is None:
            return None
        switches = {line.health.connection_id: line for line in snapshot.switches}
        return make_row(alarm, switches, self._stories.alerts, self.story, now)

    def read_story(self, snapshot: Snapshot | None, now: datetime) -> None:
        """Read the story anew. Raises StoreError."""
        row = self.row(snapshot, now)
        self.story = NO_STORY if row is None or row.alarm is None else self._stories.full(row.alarm)

    def read_cleared(self, now: datetime) -> None:
        """Read anew what cleared in the shift. Raises StoreError."""
        self.cleared = self._store.alarms.cleared(now - SHIFT, MAX_ROWS)

    def outdated(self, now: datetime) -> bool:
        """Tell whether the oldest of what cleared is no longer of this shift."""
        last = self.cleared[-1].cleared_at if self.cleared else None
        return last is not None and last < now - SHIFT

    def stay_on_gone(self, now: datetime) -> None:
        """Stay on what was shown after its row went away: a switch that answers again becomes its cleared alarm."""
        if self.key is None or self.key[0] != "switch":
            return
        for alarm in self.cleared:
            of_it = alarm.key.rule_kind is RuleKind.SWITCH and alarm.key.connection_id == self.key[1]
            if of_it and alarm.id is not None and alarm.cleared_at is not None and now - alarm.cleared_at <= _JUST_NOW:
                self.key = ("alarm", alarm.id)
                return

    def _find(self, alarm_id: int) -> Alarm | None:
        try:
            return self._store.alarms.get(alarm_id)
        except StoreError:
            return None  # the pane then shows nothing; the frame says what is wrong with the store
