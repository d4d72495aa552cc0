"""Charts that are open now: filled from the stored calls, kept up to date with each read. Engine thread only."""

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from noc_alerts.engine.news import ChartSpec, Frame
from noc_alerts.engine.source import ReadCalls, Source
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.metrics.series import Points, Timeline
from noc_alerts.model.companies import ReadingKind
from noc_alerts.model.connections import HealthState
from noc_alerts.store import Store


class Charts:
    """The open charts by id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._specs: dict[int, ChartSpec] = {}
        self._still: dict[int, Timeline] = {}

    def open(self, chart_id: int, spec: ChartSpec, source: Source, read: ReadCalls, now: datetime) -> Frame:
        """Open a chart and give its first frame. A chart with an end stands still; the others follow the source's reads."""
        self._specs[chart_id] = spec
        if spec.factor is not None:
            timeline = self._timeline(spec, source)
            end = spec.end or source.as_of or now
            source.open_timeline(chart_id, timeline, read, end)
            if spec.end is not None:
                self._still[chart_id] = source.timelines.pop(chart_id)
        return self._frame(chart_id, spec, source, now)

    def close(self, chart_id: int, sources: dict[int, Source]) -> None:
        """Forget a chart."""
        spec = self._specs.pop(chart_id, None)
        self._still.pop(chart_id, None)
        if spec is not None and spec.connection_id in sources:
            sources[spec.connection_id].timelines.pop(chart_id, None)

    def frames(self, source: Source, read: ReadCalls, now: datetime) -> Iterator[Frame]:
        """Give the newest frame of every chart that follows a source; one that lost its timeline is filled again."""
        for chart_id, spec in list(self._specs.items()):
            if spec.connection_id == source.id and spec.end is None:
                if spec.factor is not None and chart_id not in source.timelines:
                    source.open_timeline(chart_id, self._timeline(spec, source), read, source.as_of or now)
                yield self._frame(chart_id, spec, source, now)

    def _timeline(self, spec: ChartSpec, source: Source) -> Timeline:
        assert spec.factor is not None  # the callers ask
        window_ms, range_ms = (round(span.total_seconds() * 1000) for span in (spec.window, spec.range))
        return Timeline(
            spec.subject.parts, source.connection.clock, source.codes, FACTORS[spec.factor], window_ms, range_ms
        )

    def _frame(self, chart_id: int, spec: ChartSpec, source: Source, now: datetime) -> Frame:
        if spec.factor is None:
            points = self._readings(spec, now)
        else:
            timeline = self._still.get(chart_id) or source.timelines.get(chart_id)
            points = timeline.points() if timeline else _nothing()
            if spec.scale != 1.0:
                points = Points(points.at_ms, points.value * spec.scale, points.calls)
        return Frame(chart_id, spec, points, source.as_of, source.health(now).state is HealthState.BLIND)

    def _readings(self, spec: ChartSpec, now: datetime) -> Points:
        end = spec.end or now
        kind = spec.subject.company_kind
        name = spec.subject.parts[0][1] if spec.subject.parts else ""
        what = spec.reading or ReadingKind.BALANCE
        rows = self._store.calls.readings(spec.connection_id, what, kind, name, end - spec.range, end)
        at = np.array([to for to, _ in rows], dtype=np.int64)
        return Points(at, np.array([value for _, value in rows], dtype=np.float64), np.ones(len(rows), dtype=np.int64))


def _nothing() -> Points:
    empty = np.zeros(0, dtype=np.int64)
    return Points(empty, np.zeros(0), empty)

