"""How alarms, transitions and rule states look as rows of noc.db. No thread of its own."""

from typing import Any

from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState, Transition
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.companies import Subject


def key_row(key: RuleKey) -> dict[str, Any]:
    """Give the columns of a rule on a subject."""
    return {
        "rule_kind": key.rule_kind.value,
        "rule_id": key.rule_id,
        "connection_id": key.connection_id,
        "subject": key.subject.key,
    }


def _key(row: Any) -> RuleKey:
    return RuleKey(RuleKind(row.rule_kind), row.rule_id, row.connection_id, Subject.from_key(row.subject))


def alarm_row(value: Alarm) -> dict[str, Any]:
    """Give the columns of an alarm, without its id."""
    return {
        **key_row(value.key),
        "title": value.title,
        "level": value.level.value,
        "area": value.area,
        "unit": value.unit,
        "limit_text": value.limit,
        "raised_at": value.raised_at,
        "value": value.value,
        "calls": value.calls,
        "worst": value.worst,
        "value_at": value.value_at,
        "cleared_at": value.cleared_at,
        "cleared_reason": None if value.cleared_reason is None else value.cleared_reason.value,
        "acked_at": value.acked_at,
        "acked_by": value.acked_by,
        "ack_note": value.ack_note,
        "blind": value.blind,
        "message": value.message,
    }


def read_alarm(row: Any) -> Alarm:
    """Make an alarm from its row."""
    return Alarm(
        id=row.id,
        key=_key(row),
        title=row.title,
        level=NoticeLevel(row.level),
        area=row.area,
        unit=row.unit,
        limit=row.limit_text,
        raised_at=row.raised_at,
        value=row.value,
        calls=row.calls,
        worst=row.worst,
        value_at=row.value_at,
        cleared_at=row.cleared_at,
        cleared_reason=None if row.cleared_reason is None else Reason(row.cleared_reason),
        acked_at=row.acked_at,
        acked_by=row.acked_by,
        ack_note=row.ack_note,
        blind=row.blind,
        message=row.message,
    )


def transition_row(value: Transition) -> dict[str, Any]:
    """Give the columns of a transition, without its id."""
    return {
        **key_row(value.key),
        "at": value.at,
        "before": value.before.name,
        "after": value.after.name,
        "reason": value.reason.value,
        "value": value.value,
        "calls": value.calls,
        "text": value.text,
        "alarm_id": value.alarm_id,
        "told": str(value.told),
    }


def read_transition(row: Any) -> Transition:
    """Make a transition from its row."""
    return Transition(
        key=_key(row),
        at=row.at,
        before=Phase[row.before],
        after=Phase[row.after],
        reason=Reason(row.reason),
        value=row.value,
        calls=row.calls,
        text=row.text,
        alarm_id=row.alarm_id,
        told=row.told,
        id=row.id,
    )


def state_row(value: RuleState) -> dict[str, Any]:
    """Give the columns of a rule state."""
    return {
        **key_row(value.key),
        "phase": value.phase.name,
        "since": value.since,
        "held_ms": value.held_ms,
        "alarm_id": value.alarm_id,
        "inner": value.inner.name,
        "inner_held_ms": value.inner_held_ms,
    }


def read_state(row: Any) -> RuleState:
    """Make a rule state from its row."""
    return RuleState(_key(row), Phase[row.phase], row.since, row.held_ms, row.alarm_id, Phase[row.inner], row.inner_held_ms)
