"""Which scheduled report is due, and that each of its times brings one message. Engine thread only; reads no clock."""

from dataclasses import replace
from datetime import datetime
from functools import partial

from noc_alerts.engine.followups import FAR_AHEAD
from noc_alerts.engine.programs import Program
from noc_alerts.engine.reports import due_slot, is_ready, report
from noc_alerts.engine.roster import Roster
from noc_alerts.engine.scripting import Scripts
from noc_alerts.engine.writer import Batch, Writer
from noc_alerts.model.alerts import Alert
from noc_alerts.model.errors import NocError
from noc_alerts.model.ledger import Ledger, ReportSent
from noc_alerts.rules.schedules import on_duty


class Reports:
    """Makes the reports of a roster's alerts."""

    def __init__(self, roster: Roster, writer: Writer, scripts: Scripts) -> None:
        self._roster = roster
        self._writer = writer
        self._scripts = scripts

    def make(self, now: datetime, awake_since: datetime | None) -> None:
        """Make those whose time has come; each time is remembered with the message, so that it comes once.

        `awake_since`: since when the program has been running without a break.
        """
        for alert in self._roster.alerts:
            if not alert.is_report or alert.id is None:
                continue
            last = self._roster.reported.get(alert.id)
            if last is None or last > now + FAR_AHEAD or alert.id in self._roster.replanned:
                # times count from now: also where the clock had been far ahead, or others were chosen
                self._roster.replanned.discard(alert.id)
                self._remember(alert.id, now, Ledger())
                continue
            programs = [p for p in self._roster.programs if p.rule_id == alert.id]
            try:
                self._make(alert, alert.id, programs, last, now, awake_since)
            except NocError:
                raise
            except Exception as error:  # noqa: BLE001  # one bad rule stops nobody else; it is due again at the next round
                for program in programs:
                    program.fail(error)

    def _make(
        self, alert: Alert, alert_id: int, programs: list[Program], last: datetime, now: datetime, awake_since: datetime | None
    ) -> None:
        """Make an alert's report, where one is due and all is there that it needs. `last`: the time it was made for last."""
        slot = due_slot(alert, last, now)
        if slot is None:
            return
        if not programs or not alert.is_active(now) or not on_duty(alert.duty, slot):
            self._remember(alert_id, slot, Ledger())
        elif is_ready(programs, slot, now - max(slot, awake_since or slot)):
            deliveries, event = report(alert, programs, slot, now, self._roster.sender())
            self._remember(alert_id, slot, Ledger(deliveries=tuple(deliveries), events=(event,)))
        else:
            self._scripts.hurry(programs, now)

    def _remember(self, alert_id: int, slot: datetime, ledger: Ledger) -> None:
        self._roster.reported[alert_id] = slot
        self._writer.put(partial(Batch, ledger=replace(ledger, reports=(ReportSent(alert_id, slot),))))
