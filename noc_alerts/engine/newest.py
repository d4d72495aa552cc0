"""The newest stored calls without reading a day of them: for scripts, and for the failed calls that a message lists."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import numpy as np

from noc_alerts.engine.source import to_ms
from noc_alerts.metrics.columns import NO_TIME, Calls
from noc_alerts.model.companies import Dimension, Subject
from noc_alerts.model.connections import Clock
from noc_alerts.model.deliveries import Facts, FailedCall
from noc_alerts.store import Store

_FIRST_LOOK_MS = 300_000
#: So far back a message looks for failed calls, at least.
LOOK_BACK = timedelta(hours=1)
#: What the commonest final SIP replies mean (RFC 3261 section 21), for calls whose record has no words.
_SIP_WORDS = {
    400: "bad request", 401: "unauthorized", 403: "forbidden", 404: "not found", 408: "request timeout",
    480: "temporarily unavailable", 484: "address incomplete", 486: "busy here", 487: "request terminated",
    488: "not acceptable here", 500: "server internal error", 502: "bad gateway", 503: "service unavailable",
    504: "server time-out", 600: "busy everywhere", 603: "decline", 604: "does not exist anywhere",
}  # fmt: skip


def backwards(
    store: Store, connection_id: int, where: Mapping[Dimension, str], end_ms: int, begin_ms: int
) -> Iterator[Calls]:
    """Give the calls that ended in [begin, end], piece by piece from the newest, each once, in growing steps.

    Stop when there is enough. Raises StoreError.
    """
    upto, step = end_ms + 1, _FIRST_LOOK_MS
    while upto > begin_ms:
        start = max(begin_ms, upto - step)
        yield from list(store.calls.read([connection_id], start, upto, Clock.END, where))
        upto, step = start, step * 4


def failed_calls(store: Store, facts: Facts, limit: int = 10) -> tuple[FailedCall, ...]:
    """Give the last failed calls of what a message is about, newest first, up to its time. Raises StoreError."""
    if facts.connection_id is None:
        return ()
    try:
        parts = Subject.from_key(facts.subject_key).parts
    except ValueError:
        return ()
    back = max(LOOK_BACK, timedelta(seconds=facts.sample_period_s or 0))
    found: list[tuple[int, FailedCall]] = []
    for calls in backwards(store, facts.connection_id, dict(parts), to_ms(facts.at), to_ms(facts.at - back)):
        failed = np.flatnonzero(calls.answer_ms == NO_TIME).tolist()
        src, dst = calls.dimension(Dimension.SRC), calls.dimension(Dimension.DST)
        for i in failed:
            code = int(calls.sip_code[i])
            cause = (calls.sip_reason[i] if calls.sip_reason else "") or _SIP_WORDS.get(code, "")
            if not cause and calls.q850[i]:
                cause = f"Q.850 cause {int(calls.q850[i])}"
            at = datetime.fromtimestamp(int(calls.end_ms[i]) / 1000, UTC)
            found.append((int(calls.end_ms[i]), FailedCall(at, src[i], dst[i], code, cause)))
        if len(found) >= limit:
            break
    found.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(call for _, call in found[:limit])
