"""Who is watched by what: the sources, the alerts applied to them, and what becomes of alarms when either changes.

Engine thread only. Judges nothing; reads no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from noc_alerts.engine.ledgers import Over, Sender, block_event, change_of_step, ended_change
from noc_alerts.engine.programs import Program
from noc_alerts.engine.snapshots import wanted_views
from noc_alerts.engine.source import ReadCalls, Source
from noc_alerts.engine.writer import Batch, Entry, Writer
from noc_alerts.metrics.columns import Calls
from noc_alerts.metrics.grouping import Where
from noc_alerts.model.alarms import Alarm, Phase, Reason, RuleKey, RuleKind, RuleState
from noc_alerts.model.alerts import Alert
from noc_alerts.model.connections import Connection
from noc_alerts.model.contacts import Contact
from noc_alerts.model.errors import NocError
from noc_alerts.model.events import Event
from noc_alerts.model.ledger import AlarmValue, Ledger
from noc_alerts.model.scripts import Script
from noc_alerts.rules.lifecycle import Step
from noc_alerts.settings import Messages, Watching, load
from noc_alerts.store import Store


@dataclass(frozen=True, slots=True)
class _Kept:
    """All that a load reads, read before anything is changed."""

    connections: Mapping[int, Connection]
    alerts: Mapping[int, Alert]
    alarms: Mapping[RuleKey, Alarm]
    states: Mapping[RuleKey, RuleState]
    new: Mapping[int, Source]


class Roster:
    """The sources and programs. `switch_alarms`: connection -> its living alarm "switch unreachable"."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self.sources: dict[int, Source] = {}
        self.programs: list[Program] = []
        self.alerts: list[Alert] = []
        self.switch_alarms: dict[int, Alarm] = {}
        self.watching = Watching()
        self.messages = Messages()
        self.contacts: tuple[Contact, ...] = ()
        self.scripts: dict[str, Script] = {}
        self.reported: dict[int, datetime] = {}  # alert -> the time its last scheduled report was made for
        self.replanned: set[int] = set()  # alerts whose reports have other times since the last round
        self._store = store
        self._writer = writer
        self._loaded = False

    # -- loading ---------------------------------------------------------------------------------------------------------

    def load(self, now: datetime) -> None:
        """Take connections, alerts and settings over as they are now; at the first time also what was going on before.

        Raises StoreError; a load that came half way is finished by the next one. Nothing may wait in the writer.
        """
        self.watching = load(self._store.settings, Watching)
        self.messages = load(self._store.settings, Messages)
        self.contacts = tuple(self._store.contacts.all())
        scripts = self._store.scripts.all()
        names = {script.id: script.name for script in scripts}
        renamed = {old: names[script.id] for old, script in self.scripts.items() if script.id in names}
        self.scripts = {script.name.casefold(): script for script in scripts}
        self.reported = self._store.reports.slots()
        kept = self._read()
        for cid in set(self.sources) - set(kept.connections):
            self._drop(cid, now)
        for cid, source in kept.new.items():
            old = self.sources.get(cid)
            self.programs = [p for p in self.programs if p.source is not old]
            self.sources[cid] = source
        self._change_programs(kept.alerts, renamed, now)
        self._restore(kept, now)
        self._loaded = True
        for source in self.sources.values():
            self.fill(source, now)

    def _read(self) -> _Kept:
        connections = {c.id: c for c in self._store.connections.all() if c.id is not None}
        new = {}
        for cid, connection in connections.items():
            old = self.sources.get(cid)
            if old is None or old.connection != connection:
                new[cid] = Source(connection, self._store.calls.bad_count(cid))
                new[cid].remember(self._store.companies.all(cid), self._store.companies.seen(cid))
        needed = new or not self._loaded
        return _Kept(
            connections,
            {a.id: a for a in self._store.alerts.all() if a.id is not None},
            {a.key: a for a in self._store.alarms.active()} if needed else {},
            {s.key: s for s in self._store.alarms.states()} if needed else {},
            new,
        )

    def _drop(self, cid: int, now: datetime) -> None:
        """End everything on a connection that was deleted."""
        connection, over = self.sources[cid].connection, []
        gone = [p for p in self.programs if p.source.id == cid]
        for program in gone:
            for row in program.track.active_rows():
                state = program.state(row, now)
                tell = program.alert.tell_recovery
                over.append(Over(state, program.alarms.get(row), Reason.RULE_DELETED, connection, tell, removed=True))
        alarm = self.switch_alarms.pop(cid, None)
        if alarm is not None:
            state = RuleState(alarm.key, Phase.RAISED, now, 0, alarm.id)
            over.append(Over(state, alarm, Reason.RULE_DELETED, connection, removed=True))
        self._end(over, now)
        self.programs = [p for p in self.programs if p not in gone]
        del self.sources[cid]

    def _change_programs(self, alerts: Mapping[int, Alert], renamed: Mapping[str, str], now: datetime) -> None:
        """Take changed alerts over. `renamed`: what the scripts of before are called now."""
        for program in list(self.programs):
            alert = alerts.get(program.rule_id)
            if alert is None:
                self._close(program, Reason.RULE_DELETED, now)
            elif not _applies(alert, program.source) or not program.same_rows(
                alert, renamed.get(program.alert.script.casefold(), "")
            ):
                disabled = program.alert.enabled and not alert.enabled
                self._close(program, Reason.RULE_DISABLED if disabled else Reason.RULE_CHANGED, now)
            elif alert != program.alert:
                disabled = program.alert.enabled and not alert.enabled
                program.told_at.clear()  # read anew: the repeat may be another one
                steps = program.replace_alert(alert)
                steps += program.end(Reason.RULE_DISABLED) if disabled else program.end_outside_scope()
                self.commit([(program, step) for step in steps], now)
        plans = {a.id: a.repeat for a in self.alerts if a.is_report}
        known = {a.id for a in self.alerts}
        self.replanned |= {i for i, a in alerts.items() if a.is_report and i in known and plans.get(i) != a.repeat}
        self.alerts = list(alerts.values())
        have = {(p.rule_id, p.source.id) for p in self.programs}
        for source in self.sources.values():
            for alert in self.alerts:
                if (alert.id, source.id) not in have and _applies(alert, source):
                    self.programs.append(Program(alert, source))

    def _close(self, program: Program, reason: Reason, now: datetime) -> None:
        self.commit([(program, step) for step in program.end(reason)], now)
        self.programs.remove(program)

    def _restore(self, kept: _Kept, now: datetime) -> None:
        """Give new sources the alarms and running hold and keep times of before; end those that have no rule any more."""
        by_key = {(p.rule_id, p.source.id): p for p in self.programs}
        over = []
        for key in {**kept.alarms, **kept.states}:
            if key.connection_id not in kept.new and (self._loaded or key.connection_id in self.sources):
                continue
            alarm = kept.alarms.get(key)
            raised_at = alarm.raised_at if alarm else now
            state = kept.states.get(key) or RuleState(key, Phase.RAISED, raised_at, 0, alarm.id if alarm else None)
            connection = kept.connections.get(key.connection_id)
            if key.rule_kind is RuleKind.SWITCH and connection is not None:
                if alarm is not None:
                    self.switch_alarms[key.connection_id] = alarm
                continue
            alert = kept.alerts.get(key.rule_id) if key.rule_kind is RuleKind.ALERT else None
            program = by_key.get((key.rule_id, key.connection_id))
            reason = _why_over(alert, program, key, alarm)
            if reason is None and program is not None:
                program.restore(state, alarm)
            else:
                tell = alert is None or alert.tell_recovery
                over.append(Over(state, alarm, reason or Reason.RULE_DELETED, connection, tell))
        self._end(over, now)

    def fill(self, source: Source, now: datetime) -> None:
        """Have the source's views hold what its rules and the lists need. Raises StoreError; then it stays stale."""
        source.require(wanted_views(p for p in self.programs if p.source is source), self.reader(source), now)

    def probe(self, alert: Alert, source: Source, now: datetime) -> Program:
        """Give an alert, saved or not, on a source with its values as they are now; no state is touched. Raises StoreError.

        Its windows stay open until the next load, so that a second look costs nothing.
        """
        program = Program(alert, source)
        wanted = wanted_views([*(p for p in self.programs if p.source is source), program])
        source.require(wanted, self.reader(source), now)
        for known in self.programs:
            if known.rule_id == program.rule_id and known.source is source and known.same_rows(alert):
                program.adopt(known)
        program.read()
        program.judged_at = source.as_of
        return program

    def reader(self, source: Source) -> ReadCalls:
        """Give what reads the stored calls of a source."""

        def read(from_ms: int, to_ms: int, where: Where = ()) -> Iterator[Calls]:
            return self._store.calls.read([source.id], from_ms, to_ms, source.connection.clock, dict(where))

        return read

    # -- writing ---------------------------------------------------------------------------------------------------------

    def commit(
        self,
        steps: list[tuple[Program, Step]],
        at: datetime,
        states: tuple[RuleState, ...] = (),
        values: tuple[AlarmValue, ...] = (),
    ) -> None:
        """Write steps of the lifecycle with all that follows from them, and newer states and values."""
        if steps or states or values:
            self._writer.put(partial(self._make, steps, at, states, values))

    def _make(
        self, steps: Iterable[tuple[Program, Step]], at: datetime, states: tuple[RuleState, ...], values: tuple[AlarmValue, ...]
    ) -> Batch:
        sender, entries, events = self.sender(), list[Entry](), list[Event]()
        for program, step in steps:
            try:
                thread = self._writer.thread(program.alarms.get(step.row))
                change = change_of_step(program, step, at, sender, thread)
                if change.block is not None and change.block.alarm_id and self._store.blocks.of_alarm(change.block.alarm_id):
                    change = replace(change, block=None)  # asked for when it was critical before
            except NocError:
                raise
            except Exception as error:  # noqa: BLE001  # one bad rule stops nobody else: shown and logged as its error, judged again
                program.fail(error)
                program.take_back(step)
                continue
            program.since[step.row] = at
            entries.append(Entry(change, partial(_keep, program, step.row, asked=change.block is not None)))
            if change.block is not None:
                events.append(block_event(program, change.block))
        changed = {e.change.state.key for e in entries}
        kept = tuple(s for s in states if s.key not in changed)
        return Batch(tuple(entries), Ledger(tuple(e.change for e in entries), kept, values, tuple(events)))

    def _end(self, over: list[Over], now: datetime) -> None:
        """End alarms and running times whose rule cannot go on."""

        def make() -> Batch:
            changes = [ended_change(o, now, self.sender(), self._writer.thread(o.alarm)) for o in over]
            return Batch(tuple(Entry(c, lambda _: None) for c in changes), Ledger(tuple(changes)))

        if over:
            self._writer.put(make)

    def sender(self) -> Sender:
        """Give what every message of this profile has in common."""
        messages = self.messages
        domain = messages.smtp.sender.rpartition("@")[2] if messages.smtp else ""
        recipients = messages.switch_recipients
        return Sender(domain or "noc-alerts.invalid", recipients, messages.tray, messages.brand, self.contacts)


def _keep(program: Program, row: int, alarm: Alarm, *, asked: bool) -> None:
    """Take an alarm over as the store has it, and whether its block was asked for with it."""
    if asked:
        program.blocked.add(row)
    program.keep_alarm(row, alarm)


def _applies(alert: Alert, source: Source) -> bool:
    return source.connection.live and alert.connection_id in (None, source.id)


def _why_over(alert: Alert | None, program: Program | None, key: RuleKey, alarm: Alarm | None) -> Reason | None:
    """Give why a rule cannot go on with a subject after a restart; None = it can."""
    if alert is None:
        return Reason.RULE_DELETED
    if not alert.enabled:
        return Reason.RULE_DISABLED
    here = program is not None and program.looks_at(key.subject)
    same = alarm is None or alarm.area == alert.area.value
    return None if here and same and not alert.is_report else Reason.RULE_CHANGED
