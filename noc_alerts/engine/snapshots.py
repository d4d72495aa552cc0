"""How everything stands after a round, as one immutable picture for the window and the command line. Reads, changes nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import isnan

from noc_alerts.engine.alert_lines import alert_line
from noc_alerts.engine.news import CompanyLine, Sampled, Snapshot, SwitchLine
from noc_alerts.engine.programs import Program
from noc_alerts.engine.source import Source, ViewKey
from noc_alerts.metrics.factors import FACTORS, Factor
from noc_alerts.metrics.rings import View, Window
from noc_alerts.model.alarms import Alarm
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind, CompanyStatus, Dimension, ReadingKind

HOUR_MS, MINUTE_MS = 3_600_000, 60_000
ASR, ACD, PDD = FACTORS["asr"], FACTORS["acd_std"], FACTORS["pdd"]
TOTAL, CPS = FACTORS["records_total"], FACTORS["cps"]

#: What the Companies list and the switch strip always show.
STANDING: Mapping[ViewKey, frozenset[Window]] = {
    ((Dimension.CLIENT,), ()): frozenset({Window(HOUR_MS, (ASR, ACD, PDD, TOTAL)), Window(MINUTE_MS, (CPS,))}),
    ((Dimension.GATEWAY,), ()): frozenset({Window(HOUR_MS, (ASR, ACD, PDD, TOTAL)), Window(MINUTE_MS, (CPS,))}),
    ((), ()): frozenset({Window(MINUTE_MS, (CPS,))}),
}


def snapshot(
    now: datetime,
    sources: Iterable[Source],
    programs: Iterable[Program],
    alerts: Iterable[Alert],
    alarms: Iterable[Alarm],
    waiting: int,
) -> Snapshot:
    """Give how everything stands at `now`."""
    sources, programs, alarms = list(sources), list(programs), list(alarms)
    switches = tuple(_switch_line(s, now) for s in sources)
    checked = [p.judged_at for p in programs if p.judged_at is not None]
    tries = [line.health.next_try_at for line in switches if line.health.next_try_at is not None]
    by_alert: dict[int, list[Program]] = {}
    for program in programs:
        by_alert.setdefault(program.rule_id, []).append(program)
    return Snapshot(
        at=now,
        switches=switches,
        companies=tuple(_company_lines(sources, programs, alarms)),
        alerts=tuple(alert_line(alert, by_alert.get(alert.id or 0, []), now) for alert in alerts),
        alarms=tuple(alarms),
        waiting=waiting,
        checked_at=max(checked, default=None),
        next_at=min(tries, default=None),
    )


def _switch_line(source: Source, now: datetime) -> SwitchLine:
    values, _ = source.view(((), ())).values(CPS, MINUTE_MS)
    cps = float(values[0]) if source.as_of else None
    return SwitchLine(source.connection, source.health(now), source.as_of, cps, source.channels)


_Company = tuple[int, Dimension, str]


def _company_lines(sources: list[Source], programs: list[Program], alarms: list[Alarm]) -> Iterable[CompanyLine]:
    in_alarm = Counter((a.key.connection_id, *a.key.subject.parts[0]) for a in alarms if len(a.key.subject.parts) == 1)
    for source in sources:
        for kind in CompanyKind:
            yield from _lines_of(source, kind, [p for p in programs if p.source is source], in_alarm)


def _lines_of(
    source: Source, kind: CompanyKind, programs: list[Program], in_alarm: Mapping[_Company, int]
) -> Iterable[CompanyLine]:
    view, dim = source.view(((kind.dimension,), ())), kind.dimension
    asr, acd, pdd, total = (_samples(view, factor) for factor in (ASR, ACD, PDD, TOTAL))
    cps: list[float] = view.values(CPS, MINUTE_MS)[0].tolist()
    rows = {subject.parts[0][1]: row for row, subject in enumerate(view.grouping.subjects)}
    scopes = [p.alert.scope for p in programs if p.alert.scope.kind is kind]
    everyone = sum(scope.everybody for scope in scopes)
    named = Counter(
        name for scope in scopes for name in (source.tagged(kind, scope.tag) if scope.tag else scope.names)
    )
    balances, channels = (source.board(what, kind) for what in (ReadingKind.BALANCE, ReadingKind.CHANNELS))
    listed = [name for (k, name) in source.companies if k is kind]
    read = [subject.parts[0][1] for board in (balances, channels) for subject in board.subjects]
    for name in dict.fromkeys([*listed, *rows, *read]):
        row = rows.get(name, -1)
        company = source.companies.get((kind, name))
        balance, up = balances.get(name), channels.get(name)
        yield CompanyLine(
            connection_id=source.id,
            kind=kind,
            name=name,
            status=company.status if company else CompanyStatus.UNKNOWN,
            currency=(balance.currency if balance else "") or (company.currency if company else ""),
            asr=NOTHING if row < 0 else asr[row],
            acd=NOTHING if row < 0 else acd[row],
            pdd=NOTHING if row < 0 else pdd[row],
            attempts=0 if row < 0 else total[row].calls,
            cps=0.0 if row < 0 else cps[row],
            channels=up.value if up else None,
            balance=balance.value if balance else None,
            alarms=in_alarm.get((source.id, dim, name), 0),
            alerts=everyone + named[name],
        )


def _samples(view: View, factor: Factor) -> list[Sampled]:
    """Give a factor of the last hour for every row, in the unit of the lists (ACD in s)."""
    values, calls = view.values(factor, HOUR_MS)
    numbers, counts = (values * (60.0 if factor is ACD else 1.0)).tolist(), calls.tolist()
    return [Sampled(None if isnan(v) else v, n) for v, n in zip(numbers, counts, strict=True)]


NOTHING = Sampled(None, 0)


def wanted_views(programs: Iterable[Program]) -> dict[ViewKey, set[Window]]:
    """Give the views and windows that the programs of one source and the standing lists need."""
    wanted: dict[ViewKey, dict[int, set[str]]] = {}
    for key, windows in STANDING.items():
        for window in windows:
            wanted.setdefault(key, {}).setdefault(window.length_ms, set()).update(f.name for f in window.factors)
    for program in programs:
        for key, asked in program.needs().items():
            for window in asked:
                names = wanted.setdefault(key, {}).setdefault(window.length_ms, set())
                names.update(f.name for f in window.factors)
    return {
        key: {Window(length, tuple(FACTORS[n] for n in sorted(names))) for length, names in lengths.items()}
        for key, lengths in wanted.items()
    }


#: How long a stored-value update of a live alarm may wait for a change to travel with.
VALUE_PERIOD = timedelta(seconds=15)
