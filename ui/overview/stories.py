"""What the store holds about the alarms shown: alerts by id, and each alarm's transitions and deliveries.

Runs on the window's thread. An alarm's story is read once, and again when news of it came.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from noc_alerts.model.alarms import Alarm, Phase, RuleKind, Transition
from noc_alerts.model.alerts import Alert
from noc_alerts.model.deliveries import DeliveryState
from noc_alerts.model.errors import StoreError
from noc_alerts.model.ledger import Change
from noc_alerts.settings import Watching, load
from noc_alerts.store import Store
from ui.overview.words import Story

AT_ONCE = 40
_MAX_DELIVERIES = 200
_LOOK_BACK = 200  # transitions of a rule looked through for what came before an alarm


class Stories:
    """Keep what was read; `alerts`: by id, as of the last `refresh`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._revisions: tuple[int, int] | None = None
        self._kept: dict[int, Story] = {}
        self.alerts: dict[int, Alert] = {}
        self.silent_after: timedelta = Watching().silent_after

    def refresh(self) -> None:
        """Read alerts and settings anew if they were changed. Raises StoreError."""
        revisions = (self._store.alerts.revision(), self._store.settings.revision())
        if revisions == self._revisions:
            return
        self.alerts = {alert.id: alert for alert in self._store.alerts.all() if alert.id is not None}
        self.silent_after = load(self._store.settings, Watching).silent_after
        self._revisions = revisions

    def of(self, alarms: Iterable[Alarm]) -> tuple[dict[int, Story], bool]:
        """Return the stories by alarm id, and whether all are there; forget those of other alarms. Raises StoreError.

        At most AT_ONCE are read in one call, so that a flood of alarms does not hold the window.
        """
        found: dict[int, Story] = {}
        left, complete = AT_ONCE, True
        for alarm in alarms:
            if alarm.id is None:
                continue
            story = self._kept.get(alarm.id)
            if story is None and left:
                story, left = self._read(alarm.id), left - 1
            if story is None:
                complete = False
            else:
                found[alarm.id] = story
        self._kept = found
        return found, complete

    def full(self, alarm: Alarm) -> Story:
        """Return the story of one alarm read anew, with the wait for its hold time before it was raised. Raises StoreError."""
        if alarm.id is None:
            return Story()
        story = self._read(alarm.id)
        self._kept[alarm.id] = story
        before = self._waited(alarm, story.transitions)
        return Story((*before, *story.transitions), story.deliveries)

    def forget_changed(self, changes: Iterable[Change]) -> None:
        """Read the stories of these alarms anew next time."""
        for change in changes:
            if change.transition.alarm_id is not None:
                self._kept.pop(change.transition.alarm_id, None)

    def forget_undelivered(self) -> None:
        """Read the stories anew that can change by what the deliverer does: those with messages not sent yet."""
        for alarm_id, story in list(self._kept.items()):
            if any(each.state is not DeliveryState.SENT for each in story.deliveries):
                del self._kept[alarm_id]

    def _read(self, alarm_id: int) -> Story:
        transitions = self._store.alarms.transitions(alarm_id)
        deliveries = self._store.outbox.list(_MAX_DELIVERIES, alarm_id=alarm_id)
        return Story(tuple(transitions), tuple(reversed(deliveries)))

    def _waited(self, alarm: Alarm, transitions: Iterable[Transition]) -> tuple[Transition, ...]:
        """Return the transition into pending that led to the alarm; it has no alarm id, because there was none yet."""
        first = next(iter(transitions), None)
        if first is None or first.before is not Phase.PENDING or alarm.key.rule_kind is not RuleKind.ALERT:
            return ()
        earlier = self._store.alarms.transitions_of(alarm.key.rule_kind, alarm.key.rule_id, _LOOK_BACK)
        for change in earlier:  # newest first
            if change.key == alarm.key and change.after is Phase.PENDING and change.at <= first.at:
                return (change,)
        return ()


def any_connection(store: Store) -> bool:
    """Tell whether there is a connection, before the first snapshot; when the store cannot say, as if there were."""
    try:
        return bool(store.connections.all())
    except StoreError:
        return True  # the frame says what is wrong with the store
