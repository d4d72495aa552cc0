"""What a message is tried out on when there is no real alarm: made-up facts for every event.

Pure: any thread. The numbers are from ranges that belong to nobody (ITU-T E.164 drama ranges, as printed by Ofcom and others).
"""

from datetime import UTC, datetime, timedelta

from noc_alerts.model.alarms import Reason
from noc_alerts.model.deliveries import Cause, Facts, FailedCall, Row

SAMPLE_NOW = datetime(2026, 3, 1, 4, 12, tzinfo=UTC)

_VALUES = {Cause.RAISED: 5.4, Cause.REPEAT: 7.9, Cause.EASED: 22.8, Cause.CLEARED: 44.1, Cause.REPORT: None, Cause.TEST: 28.3}
_REASONS = {Cause.RAISED: Reason.BREACHED, Cause.EASED: Reason.EASED, Cause.CLEARED: Reason.RECOVERED}
_AGES = {Cause.REPEAT: timedelta(minutes=30), Cause.EASED: timedelta(minutes=41), Cause.CLEARED: timedelta(minutes=112)}
_BUSY, _GONE, _NONE, _SLOW = (486, "Busy Here"), (503, "Service Unavailable"), (404, "Not Found"), (408, "Request Timeout")
_CODES = (_GONE, _BUSY, _GONE, _NONE, _SLOW)
_ROWS = (("bravo", 5.4, 294), ("echo", 31.2, 118), ("delta", 38.9, 1_204), ("alfa", 44.1, 873), ("charlie", None, 0))


def sample_facts(cause: Cause, now: datetime = SAMPLE_NOW) -> Facts:
    """Give the facts of a message of each event: an ASR alarm of a carrier, or a report of five carriers."""
    at = now
    if cause is Cause.REPORT:
        return Facts(
            cause=cause, title="ASR of the carriers", level="none", subject="5 carriers", company="", switch="sgp-1", area="ASR",
            operator="always", threshold=None, reset=None, value=None, unit="%", limit="", calls=None, rests_on="attempts",
            sample_period_s=3600, at=at, since=at, template="report", rows=_rows(), zone="Europe/Zurich",
        )  # fmt: skip
    eased = cause is Cause.EASED
    return Facts(
        cause=cause, title="Low ASR", level="warning" if eased else "critical", subject="carrier bravo", company="bravo",
        switch="sgp-1", area="ASR", operator="<", threshold=30.0 if eased else 15.0, reset=31.0 if eased else 16.0,
        value=_VALUES[cause], unit="%", limit="< 30.0\u2009%" if eased else "< 15.0\u2009%", calls=294, rests_on="attempts",
        sample_period_s=300, at=at, since=at - _AGES.get(cause, timedelta(0)), worst=5.4,
        reason=_REASONS[cause].value if cause in _REASONS else "",
        penalty="Asks for a block of 1\u2009h. Nothing is placed on the switch." if cause is Cause.RAISED else "",
    )  # fmt: skip


def sample_calls(now: datetime = SAMPLE_NOW) -> tuple[FailedCall, ...]:
    """Give ten failed calls, the newest first."""
    return tuple(
        FailedCall(now - timedelta(seconds=8 + 11 * number), f"44207946{number:04d}", f"1212555{100 + number:04d}", code, cause)
        for number in range(10)
        for code, cause in (_CODES[number % len(_CODES)],)
    )


def _rows() -> tuple[Row, ...]:
    return tuple(
        Row(f"carrier {name}", value, "%", f"{calls:,} attempts in 1\u2009h", "no calls" if value is None else "")
        for name, value, calls in _ROWS
    )
