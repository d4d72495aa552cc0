"""Alerts as the form's fields hold them, and how a new one begins. Pure; the window's thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from noc_alerts.model.alerts import Alert, Area, NoticeLevel, Operator, Scope
from noc_alerts.model.companies import CompanyKind
from ui.alerts import words

DEFAULT_PERIOD = timedelta(minutes=5)
#: What the company field offers: (kind, by name).
ALL_CUSTOMERS, ALL_CARRIERS = (CompanyKind.CUSTOMER, False), (CompanyKind.CARRIER, False)
SOME_CUSTOMERS, SOME_CARRIERS = (CompanyKind.CUSTOMER, True), (CompanyKind.CARRIER, True)


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


def values_of(alert: Alert) -> dict[str, Any]:
    """Return an alert's values by field of the form."""
    names = alert.scope.names
    if alert.scope.kind is CompanyKind.CARRIER:
        kind = SOME_CARRIERS if names else ALL_CARRIERS
    else:
        kind = SOME_CUSTOMERS if names else ALL_CUSTOMERS
    values = {name: getattr(alert, name) for name in words.FIELD_WORDS if name not in ("kind", "names")}
    return values | {"kind": kind, "names": names}


def new_draft(kind: CompanyKind, names: tuple[str, ...], connection_id: int | None) -> dict[str, Any]:
    """Return how a new alert begins: ASR of these companies, no threshold yet."""
    by_name = bool(names)
    area, operator = Area.ASR, Operator.LT
    return {
        "title": words.suggested_title(area, operator, kind, names),
        "kind": (kind, by_name),
        "names": names,
        "area": area,
        "connection_id": connection_id,
        "sample_period": DEFAULT_PERIOD,
        "min_calls": area.facts.min_calls,
        "operator": operator,
        "threshold": None,
        "reset": None,
        "hold": timedelta(0),
        "keep": timedelta(0),
        "level": NoticeLevel.WARNING,
        "recipients": (),
        "tray": True,
        "tell_recovery": True,
    }
