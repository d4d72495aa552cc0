"""What a message is about: the alert of its alarm, its switch, or the alert that a test or report carries the title of.

Runs on the window's thread; reads the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from noc_alerts.model.alarms import RuleKind
from noc_alerts.model.errors import StoreError
from noc_alerts.store.outbox import DeliveryLine

if TYPE_CHECKING:
    from noc_alerts.store import Store
    from ui.context import ScreenContext


def alert_of(store: Store, title: str) -> int | None:
    """Return the alert that tests and reports carry the title of; None when there is none now. Raises StoreError."""
    return next((alert.id for alert in store.alerts.all() if alert.title == title), None)


def open_cause(context: ScreenContext, line: DeliveryLine) -> bool:
    """Open what a message is about; return whether there is such a thing. A store that cannot be read is said."""
    store = context.service.store
    try:
        alarm = store.alarms.get(line.alarm_id) if line.alarm_id is not None else None
        if alarm is not None and alarm.key.rule_kind is RuleKind.SWITCH:
            context.go("switches", alarm.key.connection_id)
        elif alarm is not None:
            context.go("alerts", ("alarm", alarm))
        else:
            alert_id = alert_of(store, line.title)
            if alert_id is None:
                return False
            context.go("alerts", alert_id)
    except StoreError as error:
        context.messages.fail("What the message is about was not opened", error.sentence)
    return True
