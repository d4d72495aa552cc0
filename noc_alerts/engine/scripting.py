"""What a script is given: companies, readings and factors as the engine has them, and the newest calls (docs/scripts.md).

`job_of` runs on the engine thread, `data_of` on the script thread. Judges nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Any

import msgspec
import numpy as np

from noc_alerts.engine.newest import backwards
from noc_alerts.engine.programs import SCRIPT_EVERY, Program
from noc_alerts.engine.roster import Roster
from noc_alerts.engine.sights import SCRIPT_FACTORS
from noc_alerts.engine.source import Source, ViewKey, to_ms
from noc_alerts.metrics.columns import MICRO, NO_TIME, Calls
from noc_alerts.metrics.factors import FACTORS
from noc_alerts.model.alerts import Alert
from noc_alerts.model.companies import CompanyKind, Dimension, ReadingKind
from noc_alerts.model.connections import Connection
from noc_alerts.model.errors import ScriptError
from noc_alerts.model.scripts import Outcome
from noc_alerts.store import Store

#: Calls and groups a script is given at most; what was left out is said in the data.
MAX_CALLS, MAX_GROUPS = 5_000, 5_000
#: Factors in minutes that people know in seconds.
_SECONDS = {"acd": 60.0}


@dataclass(frozen=True, slots=True)
class ScriptJob:
    """One run of a script for an alert on a source. `facts`: what the engine knew at `as_of`, without the calls."""

    rule_id: int
    connection: Connection
    name: str
    source: str
    as_of: datetime
    period: timedelta
    company: tuple[CompanyKind, str] | None
    facts: Mapping[str, Any]


#: Reads do not come at the very second.
SLACK = timedelta(seconds=5)
#: Has a script run on another thread; what comes of it is given back to the engine.
RunScript = Callable[[ScriptJob], None]
#: What came of a run.
ScriptEnd = Outcome | ScriptError


class Scripts:
    """Which scripts run, and when the next run of each is due. Engine thread only."""

    def __init__(self, roster: Roster, run: RunScript | None) -> None:
        self._roster = roster
        self._run = run
        self._running: dict[tuple[int, int], datetime] = {}  # (alert, connection) -> as of when
        self._began: dict[tuple[int, int], datetime] = {}

    def want(self, program: Program, as_of: datetime) -> None:
        """Run a program's script when it is due: at most every SCRIPT_EVERY, never twice at once."""
        key = (program.rule_id, program.source.id)
        began = self._began.get(key)
        early = began is not None and timedelta(0) <= as_of - began < SCRIPT_EVERY - SLACK
        if self._run is None or key in self._running or early:
            return
        script = self._roster.scripts.get(program.alert.script.casefold())
        if script is None:
            program.refuse(f"Its script {program.alert.script} is not there. Choose another one.")
            return
        self._run(job_of(program, script.name, script.source, as_of))
        self._running[key] = self._began[key] = as_of

    def hurry(self, programs: Iterable[Program], now: datetime) -> None:
        """Run the scripts a report waits for, where the last run is not under way."""
        for program in programs:
            if program.is_script and program.source.as_of is not None and not program.source.failing:
                self.again(program)
                self.want(program, max(program.source.as_of, now))

    def done(self, job: ScriptJob, programs: Iterable[Program]) -> Program | None:
        """Note that a run is over; give its program, None when it is gone or would be run otherwise by now."""
        self._running.pop((job.rule_id, job.connection.id or 0), None)
        for program in programs:
            if (program.rule_id, program.source.id) != (job.rule_id, job.connection.id) or not program.is_script:
                continue
            script = self._roster.scripts.get(program.alert.script.casefold())
            now = (program.source.connection, script.source if script else "", *_asked(program.alert))
            if now == (job.connection, job.source, job.period, job.company):
                return program
            self.again(program)
        return None

    def again(self, program: Program) -> None:
        """Have a program's script run at the next read: what it said could not be judged."""
        self._began.pop((program.rule_id, program.source.id), None)


def _asked(alert: Alert) -> tuple[timedelta, tuple[CompanyKind, str] | None]:
    """Give the period and the company (None = all) that an alert's script is asked about."""
    names = alert.scope.names
    return alert.sample_period or timedelta(minutes=5), (alert.scope.kind, names[0]) if len(names) == 1 else None


def job_of(program: Program, name: str, text: str, as_of: datetime) -> ScriptJob:
    """Take down what the engine knows now. The program's windows must be open."""
    alert, source = program.alert, program.source
    period, company = _asked(alert)
    window_ms = round(period.total_seconds() * 1000)
    companies = _companies(source)
    facts = {
        "now": _iso(as_of),
        "company": next((c for c in companies if company and (c["kind"], c["name"]) == (company[0].value, company[1])), None)
        or (None if company is None else _company(source, *company)),
        "companies": companies[:MAX_GROUPS],
        "readings": _readings(source),
        "period_s": round(period.total_seconds()),
        "factors": {
            "by_customer": _factors(source, ((Dimension.CLIENT,), ()), window_ms),
            "by_carrier": _factors(source, ((Dimension.GATEWAY,), ()), window_ms),
            "total": _factors(source, ((), ()), window_ms).get("", None),
        },
    }
    return ScriptJob(program.rule_id, source.connection, name, text, as_of, period, company, facts)


def data_of(job: ScriptJob, store: Store) -> bytes:
    """Give the JSON a script's main is called with: the job's facts, and the newest calls of its period. Raises StoreError."""
    calls, total = _newest_calls(job, store)
    whole = {**job.facts, "calls": calls, "calls_total": total, "calls_cut": total > len(calls)}
    return msgspec.json.encode(whole)


def _iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def _companies(source: Source) -> list[dict[str, Any]]:
    """Give every company of the switch that is not gone."""
    gone = {kind: source.gone(kind) for kind in CompanyKind}
    return [_company(source, kind, name) for kind, name in source.companies if name not in gone[kind]]


def _company(source: Source, kind: CompanyKind, name: str) -> dict[str, Any]:
    known = source.companies.get((kind, name))
    balance = source.board(ReadingKind.BALANCE, kind).get(name)
    channels = source.board(ReadingKind.CHANNELS, kind).get(name)
    return {
        "name": name,
        "kind": kind.value,
        "balance": balance.value if balance else None,
        "currency": (balance.currency if balance else "") or (known.currency if known else ""),
        "channels": channels.value if channels else None,
        "status": known.status.value if known else "unknown",
        "tags": list(known.tags) if known else [],
    }


def _readings(source: Source) -> list[dict[str, Any]]:
    found = []
    for (what, kind), board in source.boards.items():
        for subject in board.subjects:
            reading = board.get(subject.parts[0][1])
            if reading is not None:
                found.append(
                    {"what": what.value, "kind": kind.value, "name": reading.name, "value": reading.value,
                     "currency": reading.currency, "at": _iso(reading.at)}
                )  # fmt: skip
    return found


def _factors(source: Source, key: ViewKey, window_ms: int) -> dict[str, dict[str, float | int | None]]:
    """Give name -> factors of every group that had calls in the window, the busiest ones when there are too many."""
    view = source.view(key)
    columns = {word: view.column(FACTORS[name], window_ms) for word, name in SCRIPT_FACTORS.items()}
    attempts = columns["attempts"].value
    rows = np.flatnonzero(attempts > 0)
    if len(rows) > MAX_GROUPS:
        rows = rows[np.argsort(-attempts[rows], kind="stable")[:MAX_GROUPS]]
    subjects = view.grouping.subjects
    found: dict[str, dict[str, float | int | None]] = {}
    for row in rows.tolist():
        name = subjects[row].parts[0][1] if subjects[row].parts else ""
        values = {word: float(column.value[row]) * _SECONDS.get(word, 1.0) for word, column in columns.items()}
        found[name] = {word: None if isnan(value) else value for word, value in values.items()}
    return found


def _newest_calls(job: ScriptJob, store: Store) -> tuple[list[dict[str, Any]], int]:
    """Give the newest calls that ended in the period, newest first, and how many there were where that was looked at."""
    where = {job.company[0].dimension: job.company[1]} if job.company else {}
    count, lines = 0, list[dict[str, Any]]()
    whole = True
    for calls in backwards(store, job.connection.id or 0, where, to_ms(job.as_of), to_ms(job.as_of - job.period)):
        lines += _lines(calls)
        count += len(calls)
        if count >= MAX_CALLS:
            whole = False
            break
    lines.sort(key=lambda line: line["at"], reverse=True)
    return lines[:MAX_CALLS], count if whole else max(count, MAX_CALLS + 1)


def _lines(calls: Calls) -> list[dict[str, Any]]:
    """Write calls as a script reads them."""
    words = (Dimension.SRC, Dimension.DST, Dimension.CLIENT, Dimension.GATEWAY, Dimension.CODE, Dimension.CODE_NAME)
    answered = (calls.answer_ms != NO_TIME).tolist()
    rows = zip(
        *(calls.dimension(dim) for dim in words), calls.setup_ms.tolist(), calls.sip_code.tolist(), calls.q850.tolist(),
        answered, calls.talk_ms.tolist(), calls.pdd_ms.tolist(), calls.cost_u.tolist(), strict=True,
    )  # fmt: skip
    return [
        {
            "at": _iso(datetime.fromtimestamp(setup / 1000, UTC)), "from": src, "to": dst, "customer": client,
            "carrier": gateway, "code": code, "code_name": code_name, "sip_code": sip, "cause": q850, "answered": ok,
            "talk_s": talk / 1000, "pdd_s": None if pdd == NO_TIME else pdd / 1000, "cost": cost / MICRO,
        }
        for src, dst, client, gateway, code, code_name, setup, sip, q850, ok, talk, pdd, cost in rows
    ]  # fmt: skip
