"""A plain model of the lifecycle, a company at a time, written from docs/alerts.md: what an alert must say of any values."""

from dataclasses import dataclass, field
from datetime import timedelta

from noc_alerts.model.alerts import Alert, NoData, NoticeLevel, Operator


@dataclass
class Limit:
    """One limit on one company: off, waiting (hold runs), on, leaving (keep runs)."""

    state: str = "off"
    spent: timedelta = timedelta(0)
    counts: bool = False  # the judgement before was one of this wait, so that the time since belongs to it
    quiet: bool = False  # on because there was no value

    @property
    def alive(self) -> bool:
        return self.state in ("on", "leaving")

    def go(self, state: str) -> None:
        self.state, self.spent, self.counts = state, timedelta(0), state in ("waiting", "leaving")
        if not self.alive:
            self.quiet = False

    def judge(self, value: float | None, past: bool, over: bool, gap: timedelta, alert: Alert) -> None:
        """`past`: the limit. `over`: past the reset. `gap`: the time since the last judgement, 0 when it is not known."""
        if value is None and alert.no_data is not NoData.CLEAR:
            self.counts = False
            return
        over = over or value is None or (self.quiet and not past)
        if self.state in ("waiting", "leaving"):
            if not (past if self.state == "waiting" else over):
                self.go("off" if self.state == "waiting" else "on")
            else:
                self.spent += gap if self.counts else timedelta(0)
                self.counts = True
                if self.state == "waiting" and self.spent >= alert.hold:
                    self.go("on")
                elif self.state == "leaving" and self.spent >= alert.keep:
                    self.go("off")
        elif self.state == "off" and past:
            self.go("waiting" if alert.hold else "on")
        elif self.state == "on" and over:
            self.go("leaving" if alert.keep else "off")
        if past:
            self.quiet = False


@dataclass
class Life:
    """An alert on one company."""

    mild: Limit = field(default_factory=Limit)
    bad: Limit = field(default_factory=Limit)
    silence: timedelta | None = None
    silence_counts: bool = False

    def judge(self, alert: Alert, value: float | None, gap: timedelta, listens: bool) -> None:
        self._one(self.mild, alert, alert.threshold if alert.warn_threshold is None else alert.warn_threshold,
                  alert.reset if alert.warn_threshold is None else alert.warn_reset, value, gap)  # fmt: skip
        self._one(self.bad, alert, alert.threshold, alert.reset, value, gap)
        self._listen(alert, value, gap, listens)
        if not self.mild.alive and self.bad.alive:
            self.bad.go("off")

    def _one(
        self, limit: Limit, alert: Alert, at: float | None, reset: float | None, value: float | None, gap: timedelta
    ) -> None:
        assert at is not None
        sign = -1.0 if alert.operator in (Operator.GT, Operator.GE) else 1.0
        equal = alert.operator in (Operator.LE, Operator.GE)
        past = over = False
        if value is not None:
            past = sign * value < sign * at or (equal and value == at)
            over = not past if reset is None else sign * value > sign * reset
        limit.judge(value, past, over, gap, alert)

    def _listen(self, alert: Alert, value: float | None, gap: timedelta, listens: bool) -> None:
        if alert.no_data is not NoData.ALARM or value is not None or self.mild.alive or not listens:
            self.silence = None
            return
        if self.silence is None:
            self.silence = timedelta(0)
        elif self.silence_counts:
            self.silence += gap
        self.silence_counts = True
        if self.silence >= alert.no_data_after:
            self.silence = None
            for limit in (self.mild, self.bad):
                limit.go("on")
                limit.quiet = True

    def pause(self) -> None:
        self.mild.counts = self.bad.counts = self.silence_counts = False

    @property
    def level(self) -> NoticeLevel | None:
        if not self.mild.alive:
            return None
        return NoticeLevel.CRITICAL if self.bad.alive else NoticeLevel.WARNING
