"""Alerts as the form's fields hold them, and how a new one begins. Pure; the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from noc_alerts.model.alerts import STOCK_TEMPLATE, Alert, Area, NoData, NoticeLevel, Operator, Penalty, Scope
from noc_alerts.model.companies import CompanyKind
from noc_alerts.model.schedules import Repeat
from ui.alerts import words
from ui.alerts.form_shape import DECIDES, Whom

DEFAULT_PERIOD = timedelta(minutes=5)
DEFAULT_NO_DATA_AFTER = timedelta(minutes=10)
#: What the company field offers: (kind, how).
ALL_CUSTOMERS, ALL_CARRIERS = (CompanyKind.CUSTOMER, Whom.ALL), (CompanyKind.CARRIER, Whom.ALL)
SOME_CUSTOMERS, SOME_CARRIERS = (CompanyKind.CUSTOMER, Whom.NAMED), (CompanyKind.CARRIER, Whom.NAMED)
TAGGED_CUSTOMERS, TAGGED_CARRIERS = (CompanyKind.CUSTOMER, Whom.TAGGED), (CompanyKind.CARRIER, Whom.TAGGED)

#: What the form calls attributes of Alert that it holds in several fields.
_OWN = ("kind", "names", "tag", "operator", "penalty", "penalty_after", "penalty_ask", "penalty_dry_run")


@dataclass(frozen=True, slots=True)
class Watched:
    """What the chart shows of the form as it stands; a number is None while what is typed is none.

    `min_calls`: 0 where every value is judged. `period` None for readings.
    """

    scope: Scope
    connection_id: int | None
    area: Area
    period: timedelta | None
    min_calls: int
    operator: Operator
    threshold: float | None
    reset: float | None
    level: NoticeLevel
    warn_threshold: float | None = None
    warn_reset: float | None = None


def values_of(alert: Alert) -> dict[str, Any]:
    """Return an alert's values by field of the form."""
    scope, penalty = alert.scope, alert.penalty
    how = Whom.TAGGED if scope.tag else Whom.NAMED if scope.names else Whom.ALL
    decides = alert.area is Area.SCRIPT and alert.threshold is None and alert.operator.has_limit
    values = {name: getattr(alert, name) for name in words.FIELD_WORDS if name not in _OWN}
    return values | {
        "kind": (scope.kind, how),
        "names": scope.names,
        "tag": scope.tag,
        "operator": DECIDES if decides else alert.operator,
        "penalty": penalty.length if penalty else None,
        "penalty_after": (penalty.after or None) if penalty else None,
        "penalty_ask": penalty is not None and penalty.ask,
        "penalty_dry_run": penalty is not None and penalty.dry_run,
    }


def new_draft(kind: CompanyKind, names: tuple[str, ...], connection_id: int | None, area: Area = Area.ASR) -> dict[str, Any]:
    """Return how a new alert begins: ASR of these companies, no threshold yet."""
    operator = usual_operator(area)
    return {
        "title": words.suggested_title(area, operator, kind, names),
        "kind": (kind, Whom.NAMED if names else Whom.ALL),
        "names": names,
        "tag": "",
        "area": area,
        "connection_id": connection_id,
        "script": "",
        "sample_period": None if area.is_reading else DEFAULT_PERIOD,
        "min_calls": area.facts.min_calls,
        "operator": operator,
        "threshold": None,
        "reset": None,
        "warn_threshold": None,
        "warn_reset": None,
        "strict": False,
        "hold": timedelta(0),
        "keep": timedelta(0),
        "no_data": NoData.KEEP,
        "no_data_after": DEFAULT_NO_DATA_AFTER,
        "duty": None,
        "level": NoticeLevel.WARNING,
        "repeat": Repeat(),
        "penalty": None,
        "penalty_after": None,
        "penalty_ask": False,
        "penalty_dry_run": False,
        "recipients": (),
        "template": STOCK_TEMPLATE,
        "tray": True,
        "tell_recovery": True,
    }


def usual_operator(area: Area) -> Operator:
    """Return on which side an area's bad values lie, for the alerts most people make."""
    high = (Area.PDD, Area.CPS, Area.CHANNELS, Area.SPEND, Area.CONSECUTIVE_FAILURES)
    return Operator.GT if area in high else Operator.LT


def penalty_of(values: dict[str, Any]) -> Penalty | None:
    """Take the form's penalty fields out of the values and return the penalty they make."""
    length = values.pop("penalty", None)
    after, ask, dry_run = (values.pop(f"penalty_{part}", None) for part in ("after", "ask", "dry_run"))
    if length is None:
        return None
    return Penalty(length, bool(dry_run), after or timedelta(0), bool(ask))


def scope_of(values: dict[str, Any], fixed: tuple[CompanyKind, str] | None) -> Scope:
    """Take the form's company fields out of the values and return the scope they make."""
    (kind, how), names, tag = values.pop("kind"), values.pop("names", ()), values.pop("tag", "")
    if fixed is not None:
        return Scope(fixed[0], (fixed[1],))
    return Scope(kind, names if how is Whom.NAMED else (), tag if how is Whom.TAGGED else "")


def not_applying(base: Alert | None) -> dict[str, Any]:
    """Return what an alert gets where a field does not apply; what would come back with the field is kept as saved."""
    return {
        "connection_id": base.connection_id if base is not None else None,
        "sample_period": None,
        "min_calls": 0,
        "threshold": None,
        "reset": None,
        "warn_threshold": None,
        "warn_reset": None,
        "strict": False,
        "hold": timedelta(0),
        "keep": timedelta(0),
        "no_data": NoData.KEEP,
        "no_data_after": base.no_data_after if base is not None else DEFAULT_NO_DATA_AFTER,
        "penalty": None,
        "script": "",
        "tell_recovery": base.tell_recovery if base is not None else True,
    }
