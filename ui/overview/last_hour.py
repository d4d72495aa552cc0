"""The last hour of the alarms shown: charts asked of the service, their frames, and the sparklines made of them.

Runs on the window's thread. Charts are open only while somebody looks: `want_rows` opens and closes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from noc_alerts.engine.news import ChartSpec, Frame
from noc_alerts.metrics.series import Points
from noc_alerts.model.alarms import RuleKind
from noc_alerts.model.alerts import Alert
from ui.charts.metrics import ChartChoice
from ui.overview.rows import AlarmRow, RowKey
from ui.overview.words import MARK_ROLES
from ui.sparkline import Spark
from ui.theme import Role

if TYPE_CHECKING:
    from ui.context import ScreenContext

HOUR = timedelta(hours=1)
MAX_CHARTS = 30
_STEPS = 90
_HOUR_MS = 3_600_000


def spec_of(row: AlarmRow) -> ChartSpec | None:
    """Return the chart of what the row's alert looks at; None for switches and for alerts that are gone.

    The chart of a cleared alarm ends when it cleared.
    """
    alarm, alert = row.alarm, row.alert
    if alarm is None or alert is None or alarm.key.rule_kind is not RuleKind.ALERT or not alarm.key.subject.parts:
        return None
    return ChartChoice.of_alert(alert, alarm.key.subject, alarm.key.connection_id).spec(HOUR, alarm.cleared_at)


def spark_of(points: Points, alert: Alert, role: Role, blind: bool) -> Spark:
    """Return a sparkline of the last hour at even steps; values that rest on too few calls are gaps."""
    if not len(points.at_ms):
        return Spark((), alert.threshold, role, blind)
    end = int(points.at_ms[-1])
    edges = np.linspace(end - _HOUR_MS, end, _STEPS + 1)
    at = np.searchsorted(points.at_ms, edges, side="right") - 1
    values = np.where(at >= 0, points.value[np.maximum(at, 0)], np.nan)
    if not alert.area.is_reading and alert.min_calls:
        calls = points.calls[np.maximum(at, 0)]
        values = np.where(calls >= alert.min_calls, values, np.nan)
    line = tuple(float(each) if np.isfinite(each) else None for each in values)
    return Spark(line, alert.threshold, role, blind)


class LastHour(QObject):
    """Hold a chart for each row wanted. `changed` carries the key whose frame is newer."""

    changed = Signal(object)

    def __init__(self, context: ScreenContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = context.service
        self._specs: dict[RowKey, ChartSpec] = {}
        self._ids: dict[RowKey, int] = {}
        self._keys: dict[int, RowKey] = {}
        self._frames: dict[RowKey, Frame] = {}
        self._sparks: dict[RowKey, tuple[int, Alert, bool, Spark]] = {}
        context.bridge.framed.connect(self._on_framed)

    def want_rows(self, rows: Iterable[AlarmRow]) -> None:
        """Have charts of these rows, at most MAX_CHARTS of them from the first one on; the others are closed."""
        specs: dict[RowKey, ChartSpec] = {}
        for row in rows:
            spec = spec_of(row) if len(specs) < MAX_CHARTS else None
            if spec is not None:
                specs[row.key] = spec
        self._want(specs)

    def _want(self, specs: Mapping[RowKey, ChartSpec]) -> None:
        for key in [key for key, spec in self._specs.items() if specs.get(key) != spec]:
            self._close(key)
        for key, spec in specs.items():
            if key not in self._specs:
                self._specs[key] = spec
                chart_id = self._service.open_chart(spec)
                self._ids[key], self._keys[chart_id] = chart_id, key

    def forget(self, keep: set[RowKey]) -> None:
        """Forget frames of rows that are gone."""
        for key in set(self._frames) - keep:
            del self._frames[key]
            self._sparks.pop(key, None)

    def with_spark(self, row: AlarmRow) -> AlarmRow:
        """Return the row with its sparkline, as it is before the first frame."""
        frame = self._frames.get(row.key)
        if frame is None or row.alert is None or row.spark is not None:
            return row
        role = MARK_ROLES.get(row.mark, Role.MUTED)
        made = self._sparks.get(row.key)
        if made is None or made[:3] != (id(frame), row.alert, row.blind):
            made = self._sparks[row.key] = (id(frame), row.alert, row.blind, spark_of(frame.points, row.alert, role, row.blind))
        return replace(row, spark=made[3])

    @property
    def open(self) -> int:
        """Return how many charts are open."""
        return len(self._ids)

    def _close(self, key: RowKey) -> None:
        chart_id = self._ids.pop(key)
        del self._keys[chart_id], self._specs[key]
        self._service.close_chart(chart_id)

    def _on_framed(self, frame: Frame) -> None:
        key = self._keys.get(frame.chart_id)
        if key is not None:
            self._frames[key] = frame
            self.changed.emit(key)
