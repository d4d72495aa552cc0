"""The way from the engine to one live chart: asks for frames while the chart can be seen, and says what is known about it.

Runs on the window's thread. `make_live_chart` is how other screens get a chart.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QObject, QTimer

from noc_alerts.engine.news import Frame, Snapshot
from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import Connection, HealthState
from noc_alerts.model.errors import StoreError
from noc_alerts.scheduler import Service, utc_now
from ui.charts.cursor import SharedCursor
from ui.charts.live_chart import LiveChart
from ui.charts.lookup import Rules, alarms_of, alerts_of, episodes_of, limits_of, other_limits, over, state_of
from ui.charts.metrics import ChartChoice
from ui.charts.parts import HeadState, LimitLine, Scale
from ui.charts.scales import moment
from ui.context import ScreenContext

TICK_MS = 1000


class ChartFeed(QObject):
    """Feed one chart. It asks for frames when `chart` is shown and stops when it is hidden or destroyed.

    `chart` is the widget to put into a layout. `rules` and `clock` are shared by the charts of a page.
    """

    def __init__(
        self,
        context: ScreenContext,
        chart: LiveChart,
        *,
        rules: Rules | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(chart)
        self.chart = chart
        self._context, self._clock = context, clock
        self._rules = rules or Rules(context.service.store)
        self._own_rules = rules is None
        self._choice: ChartChoice | None = None
        self._range = timedelta(hours=1)
        self._begin: datetime | None = None
        self._end: datetime | None = None
        self._connection: Connection | None = None
        self._own_limits: tuple[LimitLine, ...] | None = None
        self._alerts: tuple[Alert, ...] = ()
        self._open: list[int] = []  # at most one; a list, so that the closing of a dead chart sees it
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.timeout.connect(self._on_ticked)
        chart.installEventFilter(self)
        context.bridge.framed.connect(self._on_framed)
        context.bridge.rounded.connect(self._on_rounded)
        context.bridge.alarms_changed.connect(self._on_alarms_changed)
        service, still_open = context.service, self._open
        chart.destroyed.connect(lambda: _close_all(service, still_open))

    @property
    def choice(self) -> ChartChoice | None:
        """Return what is shown."""
        return self._choice

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """Return the alerts that judge what is shown, the worst level first."""
        return self._alerts

    def show(self, choice: ChartChoice | None) -> None:
        """Show another subject or metric; None shows nothing."""
        if choice == self._choice:
            return
        self._close()
        self._choice, self._own_limits, self._alerts = choice, None, ()
        if choice is None:
            self.chart.set_subject("", "", "", 0)
            self.chart.set_limits(())
            self.chart.set_other_limits("")
            self.chart.set_episodes(())
            self.chart.set_state(HeadState())
            return
        self._find_connection(choice)
        m = choice.facts
        self.chart.set_subject(choice.subject.label, m.short, self._unit(), m.decimals, rests_on=m.rests_on, is_share=m.is_share)
        self.chart.set_min_calls(m.min_calls)
        self.chart.set_range(self._range)
        self._learn()
        self._open_if_seen()

    def set_range(self, length: timedelta) -> None:
        """Show so much time."""
        if length != self._range:
            self._range = length
            self.chart.set_range(length)
            self._reopen()

    def set_limits(self, lines: tuple[LimitLine, ...] | None, min_calls: int | None = None) -> None:
        """Draw these limits instead of the saved alerts' (an editor's, not saved yet); None draws the saved ones again."""
        self._own_limits = lines
        if min_calls is not None:
            self.chart.set_min_calls(min_calls)
        self._learn()

    @property
    def scale(self) -> Scale:
        """Return unit and decimals of what is shown, for `lookup.limit_lines`."""
        return Scale(self._unit(), 0 if self._choice is None else self._choice.facts.decimals)

    # -- frames ----------------------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for frames while the chart is shown."""
        if watched is self.chart and not event.spontaneous():
            if event.type() is QEvent.Type.Show:
                if self._choice is not None:
                    self._find_connection(self._choice)
                self._learn()
                self._open_if_seen()
                self._timer.start()
            elif event.type() is QEvent.Type.Hide:
                self._close()
                self._timer.stop()
        return False

    def _open_if_seen(self) -> None:
        if self._choice is not None and not self._open and self.chart.isVisible():
            spec = self._choice.spec(self._range, self._end)
            self._open.append(self._context.service.open_chart(spec))

    def _close(self) -> None:
        _close_all(self._context.service, self._open)

    def _reopen(self) -> None:
        if self._open:
            self._close()
            self._open_if_seen()

    def _on_framed(self, frame: Frame) -> None:
        if frame.chart_id in self._open:
            before = self.chart.frame
            if self._choice is not None and frame.as_of is not None and (before is None or before.as_of is None):
                self._find_connection(self._choice)  # the first read is over: now it is known how far the records reach back
            self.chart.set_now(self._clock())
            self.chart.set_frame(frame)

    # -- what is known ---------------------------------------------------------------------------------------------------

    def _find_connection(self, choice: ChartChoice) -> None:
        """Learn name, interval, begin and end of the switch's records. Imported ones end where they end."""
        snapshot = self._context.bridge.snapshot
        lines = () if snapshot is None else snapshot.switches
        self._connection = next((line.connection for line in lines if line.connection.id == choice.connection_id), None)
        self._begin = self._end = None
        try:
            store = self._context.service.store
            if self._connection is None:
                self._connection = store.connections.get(choice.connection_id)
            found = store.calls.span([choice.connection_id])
        except StoreError as error:
            self._context.messages.fail("The chart was not opened", str(error))
            return
        if self._connection is None:
            return
        if found is not None and choice.facts.reading is None:
            self._begin = moment(found[0])
        if not self._connection.live:
            # One millisecond more: a window does not hold its end.
            self._end = self._clock() if found is None else moment(found[1] + 1)
        self.chart.set_source(self._connection.name, self._connection.poll, begin=self._begin, end=self._end)

    def _unit(self) -> str:
        """Return the unit, money in the company's currency."""
        if self._choice is None:
            return ""
        metric, subject, snapshot = self._choice.facts, self._choice.subject, self._context.bridge.snapshot
        currency = ""
        for line in () if snapshot is None else snapshot.companies:
            same = line.connection_id == self._choice.connection_id and line.kind is subject.company_kind
            if same and line.name == subject.parts[0][1]:
                currency = line.currency
        return metric.unit_in(currency)

    def _learn(self) -> None:
        """Put limits, episodes and state into the chart."""
        choice = self._choice
        if choice is None:
            return
        now, snapshot = self._clock(), self._context.bridge.snapshot
        self.chart.set_now(now)
        self.chart.set_unit(self._unit())  # the currency comes with the first snapshot
        self.chart.set_zone(self._context.zone())
        try:
            known = self._rules.refresh(() if snapshot is None else snapshot.alarms, now)
        except StoreError as error:
            self._context.messages.fail("The limits of the chart were not read", str(error))
            return
        about = (choice.facts, choice.subject, choice.connection_id)
        found = alerts_of(known, *about)
        judging = over(found, choice.window)
        # Those that judge what is drawn before the others: Enter opens the first.
        self._alerts = (*judging, *(alert for alert in found if alert not in judging))
        active = alarms_of(known.active, *about)
        if self._own_limits is not None:
            self.chart.set_limits(self._own_limits)
        else:
            self.chart.set_limits(limits_of(judging, active, self.scale))
            self.chart.set_min_calls(max((a.min_calls for a in judging), default=choice.facts.min_calls))
        self.chart.set_other_limits(other_limits(found, choice.window, self.scale) if self._own_limits is None else "")
        self.chart.set_episodes(episodes_of(known, *about))
        self.chart.set_state(self._state(state_of(known, *about, now, choice.window)))
        self._take_health(snapshot)

    def _state(self, state: HeadState) -> HeadState:
        """Return the state with what the connection adds: nothing is judged where nothing is live."""
        if self._connection is None:
            return HeadState(rest="The switch of this chart is gone")
        if self._end is not None:
            return HeadState(rest=f"From {self._connection.name}, not judged")
        return state

    def _take_health(self, snapshot: Snapshot | None) -> None:
        choice = self._choice
        for line in () if snapshot is None else snapshot.switches:
            if choice is not None and line.connection.id == choice.connection_id and self._end is None:
                self.chart.set_health(line.as_of, line.health.state is HealthState.BLIND)

    def _on_rounded(self, snapshot: Snapshot) -> None:
        if not self.chart.isVisible() or self._choice is None:
            return
        before, cid = self._connection, self._choice.connection_id
        now = next((line.connection for line in snapshot.switches if line.connection.id == cid), None)
        if now is not None and now != before:  # connected, or changed: its charts begin anew
            self._find_connection(self._choice)
            if before is None or self.chart.frame is None:
                self._reopen()
        elif self._begin is None and self._choice.facts.reading is None:
            self._find_connection(self._choice)  # its first records may have come
        self._learn()

    def _on_alarms_changed(self, _changes: object) -> None:
        if self._own_rules:
            self._rules.alarms_changed()
        if self.chart.isVisible():
            self._learn()

    def _on_ticked(self) -> None:
        self.chart.set_now(self._clock())


def _close_all(service: Service, still_open: list[int]) -> None:
    while still_open:
        service.close_chart(still_open.pop())


def make_live_chart(
    context: ScreenContext,
    choice: ChartChoice | None = None,
    *,
    name: str = "live_chart",
    compact: bool = False,
    labels: bool = False,
    length: timedelta = timedelta(hours=1),
    cursor: SharedCursor | None = None,
) -> ChartFeed:
    """Make one embedded chart; put `.chart` into a layout, `.show(choice)` another subject. It closes itself."""
    feed = ChartFeed(context, LiveChart(name, compact=compact, labels=labels, cursor=cursor))
    feed.set_range(length)
    feed.show(choice)
    return feed
