"""Who changed an alert, when, and what was there before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from noc_alerts.model.alerts import Alert, NoData, Penalty
from noc_alerts.model.plain import span_text

#: What a field is called that holds nothing.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Author:
    """Who does something, and when (aware UTC): the store reads no clock."""

    who: str
    at: datetime


class ChangeKind(StrEnum):
    """What was done to an alert."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field as it was and as it is, in words: `threshold`, `30 %`, `35 %`; "none" where there is nothing."""

    field: str
    old: str
    new: str

    @property
    def words(self) -> str:
        """Write it in one line."""
        return f"{self.field} {self.old} → {self.new}"


@dataclass(frozen=True, slots=True)
class AlertChange:
    """One change of one alert.

    `title`: as it was called afterwards (before, when it was deleted). `fields`: what differs; empty for created, deleted and
    restored. `before`, `after`: the whole alert, to go back to; None where there was none.
    """

    id: int
    alert_id: int
    title: str
    at: datetime
    who: str
    kind: ChangeKind
    fields: tuple[FieldChange, ...]
    before: Alert | None
    after: Alert | None


def field_changes(before: Alert, after: Alert, switches: Mapping[int, str] | None = None) -> tuple[FieldChange, ...]:
    """Say in words which fields differ, in the order of the form. `switches`: connection id -> name."""
    old, new = alert_words(before, switches), alert_words(after, switches)
    return tuple(FieldChange(field, old[field], new[field]) for field in old if old[field] != new[field])


def alert_words(alert: Alert, switches: Mapping[int, str] | None = None) -> dict[str, str]:
    """Give every field of an alert as field -> words."""
    switch = "every switch"
    if alert.connection_id is not None:
        switch = (switches or {}).get(alert.connection_id, f"switch {alert.connection_id}")
    unit = f" {alert.area.facts.unit}" if alert.area.facts.unit else ""
    after = alert.no_data is NoData.ALARM or alert.no_data_after != timedelta(minutes=10)
    no_data = alert.no_data.value + (f" after {span_text(alert.no_data_after)}" if after else "")
    zone = "" if alert.repeat.zone == "UTC" else f" {alert.repeat.zone}"
    return {
        "title": alert.title,
        "company": alert.scope.label,
        "switch": switch,
        "area": alert.area.value,
        "script": alert.script or NOTHING,
        "operator": alert.operator.sign,
        "threshold": _number_words(alert.threshold, unit),
        "reset": _number_words(alert.reset, unit),
        "warning threshold": _number_words(alert.warn_threshold, unit),
        "warning reset": _number_words(alert.warn_reset, unit),
        "strict": _yes(alert.strict),
        "sample period": NOTHING if alert.sample_period is None else span_text(alert.sample_period),
        "min calls": str(alert.min_calls),
        "hold": span_text(alert.hold),
        "keep": span_text(alert.keep),
        "no data": no_data,
        "level": alert.level.value,
        "repeat": alert.repeat.text + zone,
        "hours": "always" if alert.duty is None else alert.duty.text,
        "penalty": NOTHING if alert.penalty is None else _penalty_words(alert.penalty),
        "recipients": ", ".join(alert.recipients) or NOTHING,
        "template": alert.template,
        "desktop notice": _yes(alert.tray),
        "recovery message": _yes(alert.tell_recovery),
        "enabled": _yes(alert.enabled),
        "paused until": NOTHING if alert.paused_until is None else _moment_words(alert.paused_until),
    }


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _number_words(value: float | None, unit: str) -> str:
    if value is None:
        return NOTHING
    return f"{int(value) if float(value).is_integer() and abs(value) < 1e15 else value}{unit}"


def _penalty_words(penalty: Penalty) -> str:
    words = [span_text(penalty.length)]
    if penalty.after:
        words.append(f"after {span_text(penalty.after)} in alarm")
    if penalty.ask:
        words.append("asks first")
    if penalty.dry_run:
        words.append("dry run")
    return ", ".join(words)


def _moment_words(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(" ").replace("+00:00", " UTC")
