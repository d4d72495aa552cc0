"""How alerts look as rows of noc.db. No thread of its own."""

from datetime import timedelta
from typing import Any

import msgspec

from noc_alerts.model.alerts import Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import Duty, Repeat

MICROSECOND = timedelta(microseconds=1)


def names_text(values: tuple[str, ...]) -> str:
    """Write texts as one."""
    return msgspec.json.encode(values).decode()


def read_names(text: str) -> tuple[str, ...]:
    """Read what `names_text` wrote."""
    return msgspec.json.decode(text, type=tuple[str, ...])


def title_key(title: str) -> str:
    """Give what two titles (or names) must not share: case and outer blanks do not count."""
    return title.strip().casefold()


def alert_row(value: Alert) -> dict[str, Any]:
    """Give the columns of an alert, without its id."""
    penalty = value.penalty
    return {
        "title": value.title,
        "title_key": title_key(value.title),
        "scope_kind": value.scope.kind.value,
        "scope_names": names_text(value.scope.names),
        "scope_tag": value.scope.tag,
        "area": value.area.value,
        "operator": value.operator.value,
        "threshold": value.threshold,
        "reset": value.reset,
        "warn_threshold": value.warn_threshold,
        "warn_reset": value.warn_reset,
        "strict": value.strict,
        "sample_period_us": None if value.sample_period is None else value.sample_period // MICROSECOND,
        "min_calls": value.min_calls,
        "hold_us": value.hold // MICROSECOND,
        "keep_us": value.keep // MICROSECOND,
        "no_data": value.no_data.value,
        "no_data_after_us": value.no_data_after // MICROSECOND,
        "duty": "" if value.duty is None else value.duty.text,
        "repeat": value.repeat.text,
        "repeat_zone": value.repeat.zone,
        "penalty_us": None if penalty is None else penalty.length // MICROSECOND,
        "penalty_dry": penalty is not None and penalty.dry_run,
        "penalty_after_us": 0 if penalty is None else penalty.after // MICROSECOND,
        "penalty_ask": penalty is not None and penalty.ask,
        "template": value.template,
        "script": value.script,
        "level": value.level.value,
        "recipients": names_text(value.recipients),
        "tray": value.tray,
        "tell_recovery": value.tell_recovery,
        "enabled": value.enabled,
        "paused_until": value.paused_until,
        "connection_id": value.connection_id,
    }


def read_alert(row: Any) -> Alert:
    """Make an alert from its row."""
    return Alert(
        id=row.id,
        title=row.title,
        scope=Scope(CompanyKind(row.scope_kind), read_names(row.scope_names), row.scope_tag),
        area=Area(row.area),
        operator=Operator(row.operator),
        threshold=row.threshold,
        reset=row.reset,
        warn_threshold=row.warn_threshold,
        warn_reset=row.warn_reset,
        strict=row.strict,
        sample_period=None if row.sample_period_us is None else row.sample_period_us * MICROSECOND,
        min_calls=row.min_calls,
        hold=row.hold_us * MICROSECOND,
        keep=row.keep_us * MICROSECOND,
        no_data=NoData(row.no_data),
        no_data_after=row.no_data_after_us * MICROSECOND,
        duty=Duty.parse(row.duty) if row.duty else None,
        repeat=Repeat.parse(row.repeat, row.repeat_zone),
        penalty=_read_penalty(row),
        template=row.template,
        script=row.script,
        level=NoticeLevel(row.level),
        recipients=read_names(row.recipients),
        tray=row.tray,
        tell_recovery=row.tell_recovery,
        enabled=row.enabled,
        paused_until=row.paused_until,
        connection_id=row.connection_id,
    )


def _read_penalty(row: Any) -> Penalty | None:
    if row.penalty_us is None:
        return None
    return Penalty(row.penalty_us * MICROSECOND, row.penalty_dry, row.penalty_after_us * MICROSECOND, row.penalty_ask)
