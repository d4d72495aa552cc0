"""One round: records in, rules judged at one moment, facts written in one transaction, listeners told.

Runs on the engine thread only, which is the only writer of facts. Reads no clock: `now` is always an argument.
"""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from noc_alerts.engine.charts import Charts
from noc_alerts.engine.followups import follow_up
from noc_alerts.engine.ledgers import Sender, switch_change
from noc_alerts.engine.news import ChartSpec, EventsAdded, Listener, Rounded, Snapshot
from noc_alerts.engine.programs import Program
from noc_alerts.engine.report_turns import Reports
from noc_alerts.engine.roster import Roster
from noc_alerts.engine.scripting import RunScript, ScriptEnd, ScriptJob, Scripts
from noc_alerts.engine.snapshots import VALUE_PERIOD, snapshot
from noc_alerts.engine.source import Source
from noc_alerts.engine.writer import Batch, Entry, Writer
from noc_alerts.metrics.columns import find_bad
from noc_alerts.model.alarms import Alarm, Reason, RuleState
from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import BadRecord, Connection, HealthState
from noc_alerts.model.errors import BadInput, NocError, ScriptError, StoreError
from noc_alerts.model.events import Event, EventType
from noc_alerts.model.ledger import AlarmValue, Ledger
from noc_alerts.rules.lifecycle import Step
from noc_alerts.rules.schedules import duty_changes_after, on_duty
from noc_alerts.store import Store
from noc_alerts.switches.protocol import Page, State

log = logging.getLogger(__name__)

#: Rounds come every second. A longer break was the computer's sleep or a clock that jumped, not a switch's silence.
NAP = timedelta(seconds=30)


class Engine:
    """The rules over all connections. `listener` is told what happened; it must return at once."""

    def __init__(
        self, store: Store, listener: Listener, *, demo: bool = False, run_script: RunScript | None = None
    ) -> None:
        """`run_script` has a script run elsewhere and gives its end to `take_script`; None = scripts are not run here."""
        self.store = store
        self.charts = Charts(store)
        self._listener = listener
        self._demo = demo
        self._writer = Writer(store, listener)
        self._roster = Roster(store, self._writer)
        self._scripts = Scripts(self._roster, run_script)
        self._reports = Reports(self._roster, self._writer, self._scripts)
        self._values_at: dict[int, datetime] = {}
        self._revision: int | None = None
        self._shown: object = None
        self._round_at: datetime | None = None
        self._awake_since: datetime | None = None

    # -- what is watched -------------------------------------------------------------------------------------------------

    @property
    def sources(self) -> dict[int, Source]:
        """Give the connections as the engine sees them, by id."""
        return self._roster.sources

    @property
    def programs(self) -> list[Program]:
        """Give every alert on every source it looks at."""
        return self._roster.programs

    @property
    def alerts(self) -> list[Alert]:
        """Give the alerts, oldest first."""
        return self._roster.alerts

    def connections(self) -> list[Connection]:
        """Give the connections that are to be read."""
        return [s.connection for s in self.sources.values() if s.connection.enabled]

    def sender(self) -> Sender:
        """Give what every message of this profile has in common."""
        return self._roster.sender()

    def load(self, now: datetime) -> bool:
        """Read connections, alerts and settings anew; at the first time also take over what was going on before.

        Gives False when something waits for the store: then nothing was taken over. Raises StoreError; call again then.
        """
        if not self._writer.flush():
            return False
        revision = self.store.revision()
        self._roster.load(now)
        self._revision = revision
        self.publish(now)
        return True

    def _programs_on(self, source: Source) -> list[Program]:
        return [p for p in self.programs if p.source is source]

    # -- what comes in ---------------------------------------------------------------------------------------------------

    def take_state(self, connection_id: int, state: State, now: datetime) -> None:
        """Take what a switch says about the present."""
        source = self.sources.get(connection_id)
        if source is None or source.off:
            return
        before = source.health(now).restarted_at
        source.take_state(state)
        if state.companies is not None and source.believed and source.is_news(state.companies, now):
            self.store.companies.upsert(connection_id, state.companies, now)
            source.companies_kept = (state.companies, now)
        if state.readings:
            self.store.calls.add_readings(state.readings)
        restarted = source.health(now).restarted_at
        if restarted is not None and restarted != before:
            name = source.connection.name
            text = f"{name} restarted at {restarted:%H:%M:%S} UTC. Its counters begin at 0; calls in progress may be lost."
            self._say(source, EventType.MESSAGE, text, now)

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
        try:
            if bad:
                source.count_bad(self.store.calls.bad_count(connection_id) - bad_before)
            fresh = calls.take(new)
            if len(fresh):
                source.add(fresh)
        except Exception:
            source.empty_views(source.as_of)  # the page is kept but not counted: count anew before anything is judged
            raise
        return len(fresh)

    def read_failed(self, connection_id: int, error: NocError, now: datetime, next_try: datetime) -> None:
        """Note that a switch could not be read: nothing on it is judged, nothing fires or clears."""
        source = self.sources.get(connection_id)
        if source is None or source.off:
            return
        if source.failed(error.sentence, now, next_try):
            log.info("%s could not be read: %s", source.connection.name, error.sentence)
            self._say(source, EventType.ERROR, error.sentence, now)
        for program in self._programs_on(source):
            program.skip()
        self._look_around(now)

    def read_done(self, connection_id: int, as_of: datetime, next_try: datetime, now: datetime) -> None:
        """Judge every rule on a switch that was read completely; its data is true for `as_of`. Raises StoreError."""
        source = self.sources.get(connection_id)
        if source is None or source.off:
            return
        if source.as_of is not None and as_of < source.as_of:
            source.empty_views(as_of)  # the clock went back: what the windows had let go of belongs into them again
        if source.stale:
            self._roster.fill(source, as_of)
        span = self.store.calls.span([connection_id])
        newest = datetime.fromtimestamp(span[1] / 1000, as_of.tzinfo) if span else None
        if source.read_done(as_of, newest, next_try, now - as_of):
            text = f"{source.connection.name} answers again. Its rules are judged again."
            self._say(source, EventType.MESSAGE, text, now)
        self.store_works(f"read {connection_id}")
        if self._writer.flush():
            self._judge(source, as_of)
        self._look_around(now)
        for frame in self.charts.frames(source, self._roster.reader(source), now):
            self._listener(frame)

    def _say(self, source: Source, kind: EventType, text: str, now: datetime) -> None:
        name = source.connection.name
        self._writer.say(Event(now, kind, name, f"switch {name}", text, connection_id=source.id))

    # -- judging ---------------------------------------------------------------------------------------------------------

    def _judge(self, source: Source, as_of: datetime) -> None:
        steps: list[tuple[Program, Step]] = []
        states: list[RuleState] = []
        programs = self._programs_on(source)
        judged = []
        for program in programs:
            try:
                steps += [(program, step) for step in self._steps(program, as_of)]
                if program.judged_at == as_of:
                    states += program.waiting_states()
                    judged.append(program)
            except Exception as error:  # noqa: BLE001  # one bad rule stops nobody else: shown as its error, logged once
                program.fail(error)
        self._roster.commit(steps, as_of, tuple(states), self._newer_values(source, programs, as_of))
        follow_up(judged, as_of, self.sender(), self._writer, self.store)

    def _steps(self, program: Program, as_of: datetime) -> list[Step]:
        """Judge one program, where it is to be judged now."""
        alert = program.alert
        on = not alert.enabled or on_duty(alert.duty, as_of)
        program.off_until = None if on else duty_changes_after(alert.duty, as_of)
        if not on:
            program.skip()
            return program.end(Reason.OFF_HOURS)
        if not alert.is_active(as_of):
            program.skip()
            return []
        if program.is_script:
            if program.gone():
                program.skip()
            else:
                self._scripts.want(program, as_of)
            return program.end_outside_scope()
        steps = program.judge(as_of)
        program.error = ""
        return steps

    def take_script(self, job: ScriptJob, end: ScriptEnd) -> None:
        """Take what came of a script that was run for an alert, and judge it."""
        program = self._scripts.done(job, self.programs)
        if program is None or not program.alert.is_active(job.as_of) or program.off_until is not None:
            return
        if not on_duty(program.alert.duty, job.as_of):
            return
        if program.source.failing or program.source.off or self._writer.waiting or program.gone():
            self._scripts.again(program)
            return
        wrong = end.sentence if isinstance(end, ScriptError) else program.cannot_judge(end)
        if isinstance(end, ScriptError) or wrong:
            program.refuse(wrong)
            program.judged_at = job.as_of
            return
        try:
            steps = program.judge_outcome(end, job.as_of)
            program.error = ""
        except Exception as error:  # noqa: BLE001  # as in _judge
            program.fail(error)
            return
        states = tuple(program.waiting_states())
        values = self._values_of(program, job.as_of)
        self._roster.commit([(program, step) for step in steps], job.as_of, states, values)
        follow_up([program], job.as_of, self.sender(), self._writer, self.store)

    def _newer_values(self, source: Source, programs: list[Program], as_of: datetime) -> tuple[AlarmValue, ...]:
        """Bring the alarms' values up to date; give those to be stored, now and then."""
        values = [value for program in programs for value in self._values_of(program, as_of)]
        last = self._values_at.get(source.id)
        if last is not None and timedelta(0) <= as_of - last < VALUE_PERIOD:
            return ()
        self._values_at[source.id] = as_of
        return tuple(values)

    def _values_of(self, program: Program, as_of: datetime) -> tuple[AlarmValue, ...]:
        """Bring a program's alarms up to date; give their values to be stored."""
        values = []
        for row, alarm in program.alarms.items():
            if program.judged_at != as_of or program.error:
                if not program.is_script:  # a script is judged apart from the others
                    program.alarms[row] = replace(alarm, blind=False)
                continue
            value, calls = program.value(row)
            worst = program.worst(row, alarm, value)
            message = program.outcome.message if program.outcome else ""
            newer = replace(alarm, value=value, calls=calls, worst=worst, value_at=as_of, blind=False, message=message)
            program.alarms[row] = newer
            if alarm.id is not None:
                values.append(AlarmValue(alarm.id, value, calls, worst, as_of, False, message))
        return tuple(values)

    # -- a store in trouble ----------------------------------------------------------------------------------------------

    def store_failed(self, place: str, error: StoreError) -> None:
        """Note that the store failed at a `place` of the program; what was read is read again, nothing is judged until then."""
        self._writer.trouble(place, error.sentence)

    def store_works(self, place: str) -> None:
        """Note that the store works at a place where it may have failed before."""
        self._writer.trouble(place, "")

    # -- the round -------------------------------------------------------------------------------------------------------

    def round(self, now: datetime) -> None:
        """See to what time alone brings: changed rules, sources that went blind; tell how all stands when that changed."""
        self._writer.flush()
        self._look_around(now)

    def _look_around(self, now: datetime) -> None:
        if self._round_at is None or not -NAP <= now - self._round_at <= NAP:
            self._awake_since = now
        self._round_at = now
        if not self._writer.waiting:
            if self._revision is not None and self.store.revision() != self._revision:
                self.load(now)
                return
            self._reports.make(now, self._awake_since)
            for source in self.sources.values():
                self._watch_switch(source, now)
        healths = tuple(source.health(now) for source in self.sources.values())
        shown = (healths, tuple(alarm.id for alarm in self._roster.switch_alarms.values()))
        if shown != self._shown:
            self._shown = shown
            self.publish(now)

    def _watch_switch(self, source: Source, now: datetime) -> None:
        health = source.health(now)
        if health.state in (HealthState.BLIND, HealthState.OFF):
            for program in self._programs_on(source):
                program.alarms = {row: replace(a, blind=True) for row, a in program.alarms.items()}
        alarm = self._roster.switch_alarms.get(source.id)
        since = max(filter(None, (health.blind_since, self._awake_since)), default=now)
        silent = health.blind_since is not None and now - since >= self._roster.watching.silent_after
        raise_it = alarm is None and health.state is HealthState.BLIND and silent
        clear_it = alarm is not None and health.state in (HealthState.FRESH, HealthState.OFF)
        if not raise_it and not clear_it:
            return
        name = source.connection.name
        sentence = f"{name} answers again." if health.state is HealthState.FRESH else health.sentence
        if source.off:
            sentence = f"{name} was switched off in noc_alerts, so it is not read any more."

        def make() -> Batch:
            thread = self._writer.thread(alarm)
            change = switch_change(source.connection, alarm, sentence, now, self.sender(), thread, self._demo)
            return Batch((Entry(change, lambda kept: self._keep_switch_alarm(source.id, kept)),), Ledger((change,)))

        self._writer.put(make)

    def _keep_switch_alarm(self, connection_id: int, alarm: Alarm) -> None:
        if alarm.active:
            self._roster.switch_alarms[connection_id] = alarm
        else:
            self._roster.switch_alarms.pop(connection_id, None)

    def active_alarms(self) -> list[Alarm]:
        """Give the alarms that are alive, the oldest first."""
        alarms = [alarm for p in self.programs for alarm in p.alarms.values()]
        return sorted([*alarms, *self._roster.switch_alarms.values()], key=lambda a: (a.raised_at, a.id or 0))

    def snapshot(self, now: datetime) -> Snapshot:
        """Give how everything stands."""
        waiting = self.store.outbox.waiting()
        return snapshot(now, self.sources.values(), self.programs, self.alerts, self.active_alarms(), waiting)

    def publish(self, now: datetime) -> None:
        """Tell listeners how everything stands."""
        self._listener(Rounded(self.snapshot(now)))

    # -- what a person asks for ------------------------------------------------------------------------------------------

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
        for cid, alarm in list(self._roster.switch_alarms.items()):
            self._roster.switch_alarms[cid] = taken(alarm)
        self._listener(EventsAdded())
        self.publish(now)

    def probe(self, alert: Alert, source: Source, now: datetime) -> Program:
        """Give an alert, saved or not, on a source with its values as they are now; no state is touched. Raises StoreError."""
        return self._roster.probe(alert, source, now)

    def open_chart(self, chart_id: int, spec: ChartSpec, now: datetime) -> None:
        """Open a chart; its frames go to the listener. A chart of a switch that is gone stays empty."""
        source = self.sources.get(spec.connection_id)
        if source is not None:
            self._listener(self.charts.open(chart_id, spec, source, self._roster.reader(source), now))

    def close_chart(self, chart_id: int) -> None:
        """Forget a chart."""
        self.charts.close(chart_id, self.sources)
