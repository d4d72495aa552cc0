"""One round: records in, rules judged at one moment, facts written in one transaction, listeners told.

Runs on the engine thread only, which is the only writer of facts. Reads no clock: `now` is always an argument.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from noc_alerts.engine.charts import Charts
from noc_alerts.engine.ledgers import Sender, Thread, change_of_step, switch_change
from noc_alerts.engine.news import AlarmsChanged, ChartSpec, EventsAdded, Listener, Rounded, Snapshot, StoreTrouble
from noc_alerts.engine.programs import Program
from noc_alerts.engine.snapshots import VALUE_PERIOD, snapshot, wanted_views
from noc_alerts.engine.source import Source
from noc_alerts.metrics.columns import Calls, find_bad
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKind, RuleState, Transition
from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import BadRecord, Connection, Health, HealthState
from noc_alerts.model.deliveries import Cause, Channel
from noc_alerts.model.errors import BadInput, NocError, StoreError
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import AlarmValue, Change, Ledger
from noc_alerts.rules.conditions import worse
from noc_alerts.rules.lifecycle import Step
from noc_alerts.settings import Messages, Watching, load
from noc_alerts.store import Store
from noc_alerts.switches.protocol import Page, State

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Entry:
    """A change on its way to the store, with where its alarm belongs."""

    program: Program | None
    row: int
    change: Change


class Engine:
    """The rules over all connections. `listener` is told what happened; it must return at once."""

    def __init__(self, store: Store, listener: Listener, *, demo: bool = False) -> None:
        self.store = store
        self.sources: dict[int, Source] = {}
        self.programs: list[Program] = []
        self.alerts: list[Alert] = []
        self.charts = Charts(store)
        self._listener = listener
        self._demo = demo
        self._switch_alarms: dict[int, Alarm] = {}
        self._watching = Watching()
        self._messages = Messages()
        self._unwritten: tuple[list[_Entry], Ledger] | None = None
        self._trouble = ""
        self._values_at: datetime | None = None
        self._revisions: tuple[int, int] | None = None
        self._healths: tuple[Health, ...] = ()

    # -- what is watched -------------------------------------------------------------------------------------------------

    def load(self, now: datetime) -> None:
        """Read connections, alerts and settings anew; at the first time also take over what was going on before."""
        first = self._revisions is None
        self._watching = load(self.store.settings, Watching)
        self._messages = load(self.store.settings, Messages)
        self._load_sources(now)
        self._load_programs(now)
        for source in self.sources.values():
            source.require(wanted_views(p for p in self.programs if p.source is source), self._reader(source), now)
        if first:
            self._restore(now)
        self._revisions = (self.store.alerts.revision(), self.store.settings.revision())
        self.publish(now)

    def _load_sources(self, now: datetime) -> None:
        connections = {c.id: c for c in self.store.connections.all() if c.id is not None}
        for cid in set(self.sources) - set(connections):
            self._close_programs([p for p in self.programs if p.source.id == cid], Reason.RULE_DELETED, now)
            orphan = self._switch_alarms.pop(cid, None)
            if orphan is not None:
                self._end_alarms([orphan], Reason.RULE_DELETED, now)
            del self.sources[cid]
        for cid, connection in connections.items():
            old = self.sources.get(cid)
            if old is None or old.connection != connection:
                if old is not None:
                    self.programs = [p for p in self.programs if p.source is not old]
                source = Source(connection, self.store.calls.bad_count(cid))
                source.companies = {(c.kind, c.name): c for c in self.store.companies.all(cid)}
                self.sources[cid] = source
                if old is not None:
                    self._adopt(source, now)

    def _adopt(self, source: Source, now: datetime) -> None:
        """Judge a changed connection on from where its rules stood in the store."""
        for alert in self.alerts:
            self._add_program(alert, source)
        source.require(wanted_views(p for p in self.programs if p.source is source), self._reader(source), now)
        self._restore(now, only=source.id)
        self.charts.refill(source, self._reader(source), now)

    def _load_programs(self, now: datetime) -> None:
        alerts = {a.id: a for a in self.store.alerts.all()}
        for program in list(self.programs):
            alert = alerts.get(program.alert.id)
            if alert is None:
                self._close_programs([program], Reason.RULE_DELETED, now)
            elif not alert.enabled and program.alert.enabled:
                program.replace_alert(alert)
                self._close_programs([program], Reason.RULE_DISABLED, now, keep=True)
            elif not self._applies(alert, program.source) or not program.same_rows(alert):
                self._close_programs([program], Reason.RULE_CHANGED, now)
            elif alert != program.alert:
                program.replace_alert(alert)
                self._commit_steps([(program, s) for s in program.end_outside_scope()], now)
        self.alerts = list(alerts.values())
        have = {(p.rule_id, p.source.id) for p in self.programs}
        for source in self.sources.values():
            for alert in self.alerts:
                if (alert.id, source.id) not in have:
                    self._add_program(alert, source)

    def _applies(self, alert: Alert, source: Source) -> bool:
        return source.connection.live and alert.connection_id in (None, source.id)

    def _add_program(self, alert: Alert, source: Source) -> None:
        if self._applies(alert, source):
            self.programs.append(Program(alert, source))

    def _restore(self, now: datetime, only: int | None = None) -> None:
        """Take over alarms and running hold and keep times from the store; end those whose rule is gone."""
        alarms = {a.key: a for a in self.store.alarms.active() if only in (None, a.key.connection_id)}
        states = {s.key: s for s in self.store.alarms.states() if only in (None, s.key.connection_id)}
        by_key = {(p.rule_id, p.source.id): p for p in self.programs}
        orphans = []
        for key in set(alarms) | set(states):
            alarm = alarms.get(key)
            state = states.get(key) or RuleState(key, Phase.RAISED, alarm.raised_at if alarm else now, 0, None)
            if key.rule_kind is RuleKind.SWITCH and alarm is not None and key.connection_id in self.sources:
                self._switch_alarms[key.connection_id] = alarm
                continue
            program = by_key.get((key.rule_id, key.connection_id)) if key.rule_kind is RuleKind.ALERT else None
            if program is not None and program.alert.enabled and key.subject.company_kind is program.alert.scope.kind:
                program.restore(state, alarm)
            elif alarm is not None:
                orphans.append(alarm)
        self._end_alarms(orphans, Reason.RULE_DELETED, now)

    def _reader(self, source: Source) -> Callable[[int, int], Iterator[Calls]]:
        def read(from_ms: int, to_ms: int) -> Iterator[Calls]:
            return self.store.calls.read([source.id], from_ms, to_ms, source.connection.clock)

        return read

    # -- what comes in ---------------------------------------------------------------------------------------------------

    def take_state(self, connection_id: int, state: State, now: datetime) -> None:
        """Take what a switch says about the present."""
        source = self.sources.get(connection_id)
        if source is None:
            return
        before = source.health(now).restarted_at
        source.take_state(state)
        if state.companies is not None:
            self.store.companies.upsert(connection_id, state.companies, now)
        if state.readings:
            self.store.calls.add_readings(state.readings)
        restarted = source.health(now).restarted_at
        if restarted is not None and restarted != before:
            name = source.connection.name
            text = f"{name} restarted at {restarted:%H:%M:%S} UTC. Its counters begin at 0; calls in progress may be lost."
            self._say(Event(now, EventType.MESSAGE, name, f"switch {name}", text, connection_id=connection_id))

    def ingest(self, connection_id: int, page: Page, now: datetime) -> int:
        """Store a page with its cursor in one transaction, then count what is new. Gives the number of new records.

        Raises StoreError; then nothing of the page was kept and its cursor has not moved.
        """
        source = self.sources.get(connection_id)
        if source is None:
            return 0
        calls, bad = page.calls, list(page.bad)
        wrong = find_bad(calls, round(now.timestamp() * 1000))
        if wrong:
            bad += [BadRecord(f"record {calls.ids[i]}", reason) for i, reason in sorted(wrong.items())]
            good = np.ones(len(calls), dtype=bool)
            good[list(wrong)] = False
            calls = calls.take(good)
        bad_before = self.store.calls.bad_count(connection_id) if bad else 0
        new = self.store.calls.ingest(connection_id, calls, page.cursor, bad, now=now)
        if bad:
            source.count_bad(self.store.calls.bad_count(connection_id) - bad_before)
        fresh = calls.take(new)
        if len(fresh):
            source.add(fresh)
        return len(fresh)

    def read_failed(self, connection_id: int, error: NocError, now: datetime, next_try: datetime) -> None:
        """Note that a switch could not be read: nothing on it is judged, nothing fires or clears."""
        source = self.sources.get(connection_id)
        if source is None:
            return
        if source.failed(error.sentence, now, next_try):
            name = source.connection.name
            log.info("%s could not be read: %s", name, error.sentence)
            self._say(Event(now, EventType.ERROR, name, f"switch {name}", error.sentence, connection_id=connection_id))
        for program in self.programs:
            if program.source is source:
                program.skip()
        self.round(now)

    def read_done(self, connection_id: int, as_of: datetime, next_try: datetime, now: datetime) -> None:
        """Judge every rule on a switch that was read completely; its data is true for `as_of`."""
        source = self.sources.get(connection_id)
        if source is None:
            return
        span = self.store.calls.span([connection_id])
        newest = datetime.fromtimestamp(span[1] / 1000, as_of.tzinfo) if span else None
        if source.read_done(as_of, newest, next_try):
            name = source.connection.name
            text = f"{name} answers again. Its rules are judged again."
            self._say(Event(now, EventType.MESSAGE, name, f"switch {name}", text, connection_id=connection_id))
        if self._write_what_waits():
            self._judge(source, as_of)
        self.round(now)
        for frame in self.charts.frames(source, now):
            self._listener(frame)

    # -- judging ---------------------------------------------------------------------------------------------------------

    def _judge(self, source: Source, as_of: datetime) -> None:
        steps: list[tuple[Program, Step]] = []
        programs = [p for p in self.programs if p.source is source]
        for program in programs:
            if not program.alert.is_active(as_of):
                program.skip()
                continue
            try:
                steps += [(program, step) for step in program.judge(as_of)]
                program.error = ""
            except Exception as error:  # one bad rule stops nobody else: shown as its error, logged once
                if program.error != str(error):
                    log.exception("alert %s could not be judged", program.alert.title)
                program.error = str(error)
        values = self._newer_values(programs, as_of)
        states = tuple(s for p in programs for s in p.waiting_states())
        self._commit_steps(steps, as_of, states, values)

    def _newer_values(self, programs: list[Program], as_of: datetime) -> tuple[AlarmValue, ...]:
        """Bring the alarms' values up to date; give those to be stored, now and then."""
        values = []
        for program in programs:
            for row, alarm in program.alarms.items():
                value, calls = program.value(row)
                worst = worse(program.alert.operator, alarm.worst, value)
                program.alarms[row] = replace(alarm, value=value, calls=calls, worst=worst, value_at=as_of, blind=False)
                if alarm.id is not None:
                    values.append(AlarmValue(alarm.id, value, calls, worst, as_of, False))
        if self._values_at is not None and as_of - self._values_at < VALUE_PERIOD:
            return ()
        self._values_at = as_of
        return tuple(values)

    def _commit_steps(
        self,
        steps: list[tuple[Program, Step]],
        at: datetime,
        states: tuple[RuleState, ...] = (),
        values: tuple[AlarmValue, ...] = (),
    ) -> None:
        sender = self.sender()
        entries = []
        for program, step in steps:
            alarm = program.alarms.get(step.row)
            change = change_of_step(program, step, at, sender, self._thread(alarm))
            program.since[step.row] = at
            entries.append(_Entry(program, step.row, change))
        in_changes = {e.change.state.key for e in entries}
        kept = tuple(s for s in states if s.key not in in_changes)
        self._write(entries, Ledger(tuple(e.change for e in entries), kept, values))

    def _close_programs(self, programs: list[Program], reason: Reason, now: datetime, *, keep: bool = False) -> None:
        for program in programs:
            self._commit_steps([(program, step) for step in program.end(reason)], now)
        if not keep:
            self.programs = [p for p in self.programs if p not in programs]

    def _end_alarms(self, alarms: list[Alarm], reason: Reason, now: datetime) -> None:
        """End alarms whose rule does not exist any more, without telling anybody."""
        entries = []
        for alarm in alarms:
            text = "The rule no longer exists."
            ended = replace(alarm, cleared_at=now, cleared_reason=reason, blind=False)
            transition = Transition(alarm.key, now, Phase.RAISED, Phase.NORMAL, reason, None, None, text, alarm.id)
            event = Event(now, EventType.ALARM, alarm.title, alarm.key.subject.label, text, alarm.id, alarm.key.connection_id)
            state = RuleState(alarm.key, Phase.NORMAL, now, 0, alarm.id)
            entries.append(_Entry(None, 0, Change(transition, state, ended, event)))
        self._write(entries, Ledger(tuple(e.change for e in entries)))

    # -- writing ---------------------------------------------------------------------------------------------------------

    def _write(self, entries: list[_Entry], ledger: Ledger) -> None:
        """Write a ledger; when the store cannot, keep it and judge nothing more until it can."""
        if not ledger:
            return
        if self._unwritten is not None:
            waiting, old = self._unwritten
            entries = waiting + entries
            ledger = Ledger(
                old.changes + ledger.changes, old.states + ledger.states, old.values + ledger.values, old.events + ledger.events
            )
        self._unwritten = (entries, ledger)
        self._write_what_waits()

    def _write_what_waits(self) -> bool:
        """Write what an earlier round could not. Gives whether nothing waits any more."""
        if self._unwritten is None:
            return True
        entries, ledger = self._unwritten
        try:
            written = self.store.alarms.commit(ledger)
        except StoreError as error:
            self._have_trouble(error.sentence)
            return False
        self._unwritten = None
        self._have_trouble("")
        for entry, change in zip(entries, written.changes, strict=True):
            alarm = change.alarm
            if entry.program is None or alarm is None:
                continue
            if alarm.active:
                entry.program.alarms[entry.row] = alarm
            else:
                entry.program.alarms.pop(entry.row, None)
        if written.changes:
            self._listener(AlarmsChanged(written.changes))
        return True

    def _have_trouble(self, sentence: str) -> None:
        if sentence != self._trouble:
            self._trouble = sentence
            if sentence:
                log.info("the store cannot keep anything: %s", sentence)
            self._listener(StoreTrouble(sentence))

    def store_failed(self, error: StoreError) -> None:
        """Note that a page could not be kept: it is read again, its cursor has not moved, and nothing is judged until then."""
        self._have_trouble(error.sentence)

    def _say(self, event: Event) -> None:
        """Put a line into the log; a store in trouble is not asked twice in a round."""
        try:
            self.store.events.add(event)
        except StoreError as error:
            self._have_trouble(error.sentence)
            return
        self._listener(EventsAdded())

    def sender(self) -> Sender:
        """Give what every message of this profile has in common."""
        smtp = self._messages.smtp
        domain = smtp.sender.rpartition("@")[2] if smtp else ""
        return Sender(domain or "noc-alerts.invalid", self._messages.switch_recipients, self._messages.tray)

    def _thread(self, alarm: Alarm | None) -> Thread:
        """Give who was told of an alarm, and the first mail to each."""
        if alarm is None or alarm.id is None:
            return Thread()
        told = [d for d in self.store.outbox.list(1000, alarm_id=alarm.id) if d.facts.cause is Cause.RAISED]
        return Thread(
            [(d.channel, d.recipient) for d in told],
            tuple((d.recipient, d.message_id) for d in told if d.channel is Channel.EMAIL),
        )

    # -- the round -------------------------------------------------------------------------------------------------------

    def round(self, now: datetime) -> None:
        """See to what time alone brings: changed rules, sources that went blind; tell how all stands when that changed."""
        if self._revisions is not None:
            revisions = (self.store.alerts.revision(), self.store.settings.revision())
            if revisions != self._revisions:
                self.load(now)
                return
        if self._write_what_waits():
            for source in self.sources.values():
                self._watch_switch(source, now)
        healths = tuple(source.health(now) for source in self.sources.values())
        if healths != self._healths:
            self._healths = healths
            self.publish(now)

    def _watch_switch(self, source: Source, now: datetime) -> None:
        health = source.health(now)
        if health.state is HealthState.BLIND:
            for program in self.programs:
                if program.source is source:
                    program.alarms = {row: replace(a, blind=True) for row, a in program.alarms.items()}
        alarm = self._switch_alarms.get(source.id)
        silent = health.blind_since is not None and now - health.blind_since >= self._watching.silent_after
        raise_it = alarm is None and health.state is HealthState.BLIND and silent
        clear_it = alarm is not None and health.state in (HealthState.FRESH, HealthState.OFF)
        if not raise_it and not clear_it:
            return
        sentence = health.sentence if raise_it else f"{source.connection.name} answers again."
        change = switch_change(source.connection, alarm, sentence, now, self.sender(), self._thread(alarm), self._demo)
        self._write([_Entry(None, 0, change)], Ledger((change,)))
        if raise_it:
            active = [a for a in self.store.alarms.active() if a.key == change.state.key]
            if active:
                self._switch_alarms[source.id] = active[0]
        else:
            del self._switch_alarms[source.id]

    def active_alarms(self) -> list[Alarm]:
        """Give the alarms that are alive, the oldest first."""
        alarms = [alarm for p in self.programs for alarm in p.alarms.values()]
        return sorted([*alarms, *self._switch_alarms.values()], key=lambda a: (a.raised_at, a.id or 0))

    def snapshot(self, now: datetime) -> Snapshot:
        """Give how everything stands."""
        waiting = self.store.outbox.waiting()
        return snapshot(now, self.sources.values(), self.programs, self.alerts, self.active_alarms(), waiting)

    def publish(self, now: datetime) -> None:
        """Tell listeners how everything stands."""
        self._listener(Rounded(self.snapshot(now)))

    def acknowledge(self, alarm_id: int, who: str, note: str, now: datetime, *, back: bool = False) -> None:
        """Note that a person took an alarm, or gave it `back`. Raises BadInput when it is not alive."""
        if all(a.id != alarm_id for a in self.active_alarms()):
            raise BadInput("The alarm has cleared in the meantime, so there is nothing to acknowledge.")
        if back:
            kept = self.store.alarms.unacknowledge(alarm_id, who, now)
        else:
            kept = self.store.alarms.acknowledge(alarm_id, who, note, now)

        def taken(alarm: Alarm) -> Alarm:
            if alarm.id != alarm_id:
                return alarm
            return replace(alarm, acked_at=kept.acked_at, acked_by=kept.acked_by, ack_note=kept.ack_note)

        for program in self.programs:
            program.alarms = {row: taken(alarm) for row, alarm in program.alarms.items()}
        self._switch_alarms = {cid: taken(alarm) for cid, alarm in self._switch_alarms.items()}
        self._listener(EventsAdded())
        self.publish(now)

    def open_chart(self, chart_id: int, spec: ChartSpec, now: datetime) -> None:
        """Open a chart; its frames go to the listener. A chart of a switch that is gone stays empty."""
        source = self.sources.get(spec.connection_id)
        if source is not None:
            self._listener(self.charts.open(chart_id, spec, source, self._reader(source), now))

    def close_chart(self, chart_id: int) -> None:
        """Forget a chart."""
        self.charts.close(chart_id, self.sources)

    def connections(self) -> list[Connection]:
        """Give the connections that are to be read."""
        return [s.connection for s in self.sources.values() if s.connection.enabled]
