"""What a script would do instead: one `GROUP BY` a rule over the raw records in SQLite."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

from noc_alerts.metrics.columns import NER_CODES, NO_TIME
from noc_alerts.model.alerts import Alert, Area
from tests.bench.figures import Figure, middle, timed_ms
from tests.bench.ticks import HOUR_RECORDS, RULES
from tests.bench.traffic import BEGIN, World, rules, to_ms

MEASURED = 32

_VALUE = {
    Area.ASR: "100.0 * sum(answer_ms is not null) / count(*)",
    Area.NER: f"100.0 * sum(sip_code in ({', '.join(map(str, sorted(NER_CODES)))})) / count(*)",
    Area.PDD: "avg(pdd_ms) / 1000.0",
    Area.ACD: "sum(talk_ms) / 1000.0 / sum(answer_ms is not null)",
}
_RESTS_ON = {Area.ASR: "count(*)", Area.NER: "count(*)", Area.PDD: "count(pdd_ms)", Area.ACD: "sum(answer_ms is not null)"}


def query(alert: Alert) -> str:
    """Write a rule as SQL over the records of its window; the operators are the same words."""
    value, calls = _VALUE[alert.area], _RESTS_ON[alert.area]
    return (
        f"SELECT client, {value}, {calls} FROM cdr WHERE end_ms >= ? AND end_ms < ? GROUP BY client "
        f"HAVING {calls} >= {alert.min_calls} AND {value} {alert.operator.value} {alert.threshold}"
    )


def fill(conn: sqlite3.Connection) -> None:
    """Keep an hour of raw records, with the index that answers these questions without touching the rows."""
    conn.execute("PRAGMA cache_size = -400000")
    conn.execute(
        "CREATE TABLE cdr (id TEXT PRIMARY KEY, client TEXT, gateway TEXT, code TEXT, setup_ms INTEGER, answer_ms INTEGER, "
        "end_ms INTEGER, pdd_ms INTEGER, talk_ms INTEGER, sip_code INTEGER) WITHOUT ROWID"
    )
    world = World(2000)
    for _ in range(HOUR_RECORDS // 5000):
        calls = world.page(5000, to_ms(BEGIN) - 3_600_000, to_ms(BEGIN))
        columns = [calls.ids, *calls.text.values()]
        numbers = (calls.setup_ms, calls.answer_ms, calls.end_ms, calls.pdd_ms, calls.talk_ms, calls.sip_code)
        values = [[None if v == NO_TIME else v for v in column.tolist()] for column in numbers]
        conn.executemany("INSERT INTO cdr VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", zip(*columns, *values, strict=True))
    conn.execute("CREATE INDEX cdr_at ON cdr (end_ms, client, answer_ms, sip_code, pdd_ms, talk_ms)")
    conn.execute("ANALYZE")
    conn.commit()


def measure() -> list[Figure]:
    """Measure the queries of some rules and take the median a rule times the number of rules."""
    with tempfile.TemporaryDirectory(prefix="noc_alerts-bench-") as folder:
        conn = sqlite3.connect(Path(folder) / "cdr.db")
        try:
            fill(conn)
            took = []
            for alert in rules(MEASURED):
                assert alert.sample_period is not None  # all made rules have one
                span = (to_ms(BEGIN) - round(alert.sample_period.total_seconds() * 1000), to_ms(BEGIN))
                sql = query(alert)
                conn.execute(sql, span).fetchall()  # once before, so that the pages lie in memory
                took.append(timed_ms(lambda sql=sql, span=span: conn.execute(sql, span).fetchall()))  # type: ignore[misc]  # bound now
        finally:
            conn.close()
    mean = sum(took) / len(took)
    how = (
        f"{MEASURED} rules measured (4 areas x 4 windows twice) on {HOUR_RECORDS:,} records, covering index, in memory: median "
        f"{middle(took):.1f} ms a rule x {RULES:,}; by the mean, {mean:.1f} ms, {mean:.0f} s"
    )
    return [Figure("sqlite", "SQLite: GROUP BY over the raw records, a rule x 1,000", middle(took) * RULES / 1000, "s", how=how)]
