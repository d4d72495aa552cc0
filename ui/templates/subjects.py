"""What a preview can be made of: messages that went out or were to go out lately, and samples of every event.

Any thread.
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import cache, partial

from noc_alerts.engine.newest import failed_calls
from noc_alerts.model.deliveries import Cause, Delivery
from noc_alerts.notify.render import template_name
from noc_alerts.notify.samples import SAMPLE_NOW, sample_calls, sample_facts
from noc_alerts.store import Store
from ui import text
from ui.templates.checking import Subject

LATELY = 80  # deliveries that are looked at
_REAL = 12  # of them that are offered

CAUSE_WORDS = {
    Cause.RAISED: "raised",
    Cause.REPEAT: "repeat",
    Cause.EASED: "eased",
    Cause.CLEARED: "cleared",
    Cause.REPORT: "report",
    Cause.TEST: "test",
}


def samples() -> list[Subject]:
    """Give a made-up message of every event."""
    return [Subject(f"Sample: {words}", sample_facts(cause), SAMPLE_NOW, sample_calls) for cause, words in CAUSE_WORDS.items()]


def real_ones(store: Store, now: datetime, zone: tzinfo) -> list[Subject]:
    """Give the last messages, each event once, the newest first; their failed calls are read when asked. Raises StoreError."""
    found: dict[tuple[object, ...], Subject] = {}
    for delivery in store.outbox.list(LATELY):
        key = (delivery.alarm_id, delivery.facts.cause, delivery.facts.title, delivery.facts.subject, delivery.facts.at)
        if len(found) < _REAL and key not in found:
            found[key] = _subject(store, delivery, now, zone)
    return list(found.values())


def _subject(store: Store, delivery: Delivery, now: datetime, zone: tzinfo) -> Subject:
    facts = delivery.facts
    at = text.time_of(delivery.created_at, now, zone)
    about = f"{facts.title}, {facts.subject}" if facts.subject and facts.subject not in facts.title else facts.title
    words = f"{CAUSE_WORDS[facts.cause].capitalize()} {at}: {about}"
    calls = cache(partial(failed_calls, store, facts))  # the calls of then: read once, not with each pause in typing
    return Subject(words, facts, delivery.created_at, calls, delivery.alarm_id)


def best_for(name: str, subjects: list[Subject]) -> Subject:
    """Choose what a template is shown with at first: the newest message by it, else a sample that fits."""
    by_it = [each for each in subjects if not each.words.startswith("Sample") and template_name(each.facts) == name]
    cause = Cause.REPORT if name == "report" else Cause.RAISED
    fitting = [each for each in subjects if each.words.startswith("Sample") and each.facts.cause is cause]
    return (by_it or fitting or subjects)[0]
