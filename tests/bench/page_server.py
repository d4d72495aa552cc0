"""A ConnexCS account in a process of its own that answers `POST cdr` with bytes made beforehand.

Run as `python -m tests.bench.page_server RECORDS NOW_MS`: prints its port, serves until its standard input closes.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np

from tests.bench.loopback import serving
from tests.bench.traffic import CODES, World

CUSTOMERS, CARRIERS = 2000, 30
#: Records lie so far apart, so that a page of 3,000 spans a minute.
STEP_MS = 20
#: The newest record is so old: its call has ended long ago.
AGE_MS = 900_000


def rows(count: int, now_ms: int) -> tuple[list[str], list[bytes]]:
    """Make records as the account writes them: their `dt`, ascending, and the JSON of each."""
    world = World(CUSTOMERS)
    rng = world.rng
    who = world.pick(count)
    answered = rng.random(count) < world.answers[who]
    talk = np.where(answered, np.minimum(rng.exponential(1, count) * world.talks_s[who], 600), 0).astype(np.int64)
    pdd = rng.integers(300, 5000, count)
    carrier, code = rng.integers(1, CARRIERS + 1, count), rng.integers(0, CODES, count)
    sip = np.where(answered, 200, rng.choice([486, 404, 503, 480], count))
    number, call_id = rng.integers(10**8, 10**9, count), rng.integers(2**62, 2**63, count)
    first = now_ms - AGE_MS - count * STEP_MS
    times, made = [], []
    for i in range(count):
        dt = datetime.fromtimestamp((first + i * STEP_MS) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
        row: dict[str, Any] = {
            "dt": dt,
            "callid": f"{call_id[i]:016x}@192.0.2.10",
            "callid_b": f"b{i:010x}",
            "source_cli": f"442055{number[i] % 10000:04d}",
            "dest_number": f"{100 + code[i]}{number[i]}",
            "duration": int(talk[i]),
            "customer_id": str(1000 + who[i]),
            "customer_charge": round(float(talk[i]) * 0.0003, 5),
            "customer_duration": int(talk[i]),
            "customer_card_currency": "USD",
            "customer_card_dest_code": f"{100 + code[i]}",
            "customer_card_dest_name": f"Destination {code[i]} Mobile",
            "provider_id": int(carrier[i]),
            "provider_charge": f"{talk[i] * 0.0002:.5f}",
            "pdd_in": int(pdd[i]) + 40,
            "pdd_out": int(pdd[i]),
            "ring_duration": int(rng.integers(1, 9)),
            "sip_code": int(sip[i]),
            "sip_reason": "OK" if answered[i] else "Temporarily Unavailable",
            "release_reason": "caller" if i % 3 else "callee",
        }
        times.append(dt)
        made.append(msgspec.json.encode(row))
    return times, made


class Account:
    """The records, and the answers to the questions about them that were asked before."""

    def __init__(self, count: int, now_ms: int) -> None:
        self._times, self._rows = rows(count, now_ms)
        self._kept: dict[tuple[int, int], bytes] = {}
        self._lists = {
            "customer": [{"id": str(1000 + i), "name": f"customer {i}", "credit": "100.00"} for i in range(CUSTOMERS)],
            "carrier": [{"id": str(i + 1), "name": f"carrier {i}"} for i in range(CARRIERS)],
        }

    def answer(self, path: str, body: bytes) -> bytes:
        """Answer a request."""
        last = path.split("?")[0].rstrip("/").rpartition("/")[2]
        if last == "cdr":
            return self._cdr(body)
        return msgspec.json.encode(self._lists.get(last, []))

    def _cdr(self, body: bytes) -> bytes:
        asked = msgspec.json.decode(body)
        since, until = "", "9"
        for rule in asked["where"]["rules"]:
            if rule["field"] == "dt":
                since, until = (rule["data"], until) if rule["condition"] == ">=" else (since, rule["data"])
            elif rule["field"] == "sip_code":
                return msgspec.json.encode([{"dt": self._times[0], "sip_code": 486}])
        begin, end = bisect_left(self._times, since), bisect_left(self._times, until)
        end = min(end, begin + int(asked["limit"]))
        if (begin, end) not in self._kept:
            self._kept[begin, end] = b"[" + b",".join(self._rows[begin:end]) + b"]"
        return self._kept[begin, end]


def main() -> None:
    """Serve until the one who started us closes our standard input or is gone."""
    account = Account(int(sys.argv[1]), int(sys.argv[2]))
    with serving(account.answer) as port:
        print(port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
