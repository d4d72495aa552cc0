"""What an alarm brings while it lives: it is told again, and its block becomes due after a while. Engine thread only."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from noc_alerts.engine.facts import facts_of
from noc_alerts.engine.ledgers import Sender, Thread, block_event, block_of, deliveries_to
from noc_alerts.engine.programs import Program
from noc_alerts.engine.writer import Batch, Writer
from noc_alerts.model.alarms import Alarm, Phase
from noc_alerts.model.blocks import Block
from noc_alerts.model.deliveries import Cause, Delivery
from noc_alerts.model.errors import NocError
from noc_alerts.model.ledger import Ledger
from noc_alerts.model.schedules import RepeatKind
from noc_alerts.notify.policy import decide
from noc_alerts.rules.schedules import missed
from noc_alerts.store import Store

#: A last time that lies further ahead than this comes from a wrong clock.
FAR_AHEAD = timedelta(days=1)


def follow_up(programs: Iterable[Program], as_of: datetime, sender: Sender, writer: Writer, store: Store) -> None:
    """Tell living alarms again and make their blocks due, where it is time. Raises StoreError."""
    if writer.waiting:
        return
    for program in programs:
        if not program.alarms or (program.alert.penalty is None and program.alert.repeat.kind is RepeatKind.NONE):
            continue
        try:
            ledger = followups(program, as_of, sender, writer.thread, store)
        except NocError:
            raise
        except Exception as error:  # noqa: BLE001  # one bad rule stops nobody else: shown as its error, logged once
            program.fail(error)
            continue
        if ledger:
            writer.put(partial(Batch, ledger=ledger))


def followups(
    program: Program, as_of: datetime, sender: Sender, thread: Callable[[Alarm], Thread], store: Store
) -> Ledger:
    """Give the messages and blocks that are due for a program's living alarms, judged just now.

    Raises StoreError; then nothing is noted as done, and all of it is due again.
    """
    deliveries: list[Delivery] = []
    blocks: list[Block] = []
    told, asked = list[int](), list[int]()
    for row, alarm in program.alarms.items():
        if alarm.id is None or program.track.phase(row) is not Phase.RAISED:
            continue
        if _is_repeat_due(program, row, alarm, as_of, store):
            deliveries += _repeat(program, row, alarm, as_of, sender, thread(alarm))
            told.append(row)
        if _is_block_due(program, row, alarm, as_of):
            # it may have been asked for before the program was started anew
            block = None if store.blocks.of_alarm(alarm.id) else block_of(program, row, alarm, as_of)
            blocks += [block] if block is not None else []
            asked.append(row)
    program.told_at.update(dict.fromkeys(told, as_of))
    program.blocked.update(asked)
    events = [block_event(program, block) for block in blocks]
    return Ledger(deliveries=tuple(deliveries), blocks=tuple(blocks), events=tuple(events))


def _is_repeat_due(program: Program, row: int, alarm: Alarm, as_of: datetime, store: Store) -> bool:
    """Tell whether an alarm that nobody has taken is to be told again."""
    repeat = program.alert.repeat
    if repeat.kind is RepeatKind.NONE or alarm.acked_at is not None:
        return False
    if row not in program.told_at:
        told = [d.created_at for d in store.outbox.list(1000, alarm_id=alarm.id)]
        program.told_at[row] = max([alarm.raised_at, *told])
    if program.told_at[row] > as_of + FAR_AHEAD:
        program.told_at[row] = as_of  # the clock had been far ahead: it must not be quiet until then
    anchor = min(alarm.raised_at, program.told_at[row])
    return missed(repeat, program.told_at[row], as_of, anchor) is not None


def _repeat(
    program: Program, row: int, alarm: Alarm, as_of: datetime, sender: Sender, before: Thread
) -> list[Delivery]:
    """Tell an alarm again: to whom it would be told if it began now, so also to those whom it did not reach."""
    alert = program.alert
    value, calls = program.value(row)
    facts = facts_of(
        Cause.REPEAT, program, alarm.key.subject, value, calls, as_of, alarm, unit=program.unit(row), brand=sender.brand
    )
    named = sender.targets(alert.recipients)
    _, targets = decide(Cause.RAISED, alarm.level, named, alert.tray, alert.tell_recovery, ())
    return deliveries_to(facts, targets, as_of, sender, before, alarm.id)


def _is_block_due(program: Program, row: int, alarm: Alarm, as_of: datetime) -> bool:
    """Tell whether an alarm has lasted for the penalty's time and rests on a value; each alarm asks once."""
    penalty = program.alert.penalty
    if alarm.level is not program.alert.level:
        program.severe_since.pop(row, None)  # only a warning, or one again
        return False
    if penalty is None or row in program.blocked or alarm.value is None or program.track.outer.is_silent(row):
        return False
    began = program.since.get(row, as_of) if program.alert.two_levels else alarm.raised_at
    return as_of - program.severe_since.setdefault(row, began) >= penalty.after
