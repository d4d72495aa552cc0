"""The detail pane: one message as it was sent, every try with the answer, and the alarm it tells of.

Runs on the window's thread; reads the store when a message is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.alarms import Alarm, RuleKind
from noc_alerts.model.alerts import NoticeLevel
from noc_alerts.model.deliveries import Attempt, Cause, Delivery, DeliveryState
from noc_alerts.model.errors import StoreError
from noc_alerts.store import Store
from noc_alerts.store.outbox import DeliveryLine
from ui import text
from ui.deliveries.columns import CHANNELS, MARKS, WHY
from ui.deliveries.opening import alert_of
from ui.deliveries.text_block import TextBlock
from ui.marks import Form, Mark, MarkLabel
from ui.prefs import prefs
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button
from ui.widgets.labels import Label, line
from ui.widgets.page import Panel, scrolled

_LEVEL_MARKS = {NoticeLevel.CRITICAL: Mark.CRITICAL, NoticeLevel.WARNING: Mark.WARNING, NoticeLevel.NONE: Mark.NOTICE}
_TEXT_HEADS = {
    DeliveryState.SENT: "Text as sent",
    DeliveryState.WAITING: "Text of the last try; the next one writes it anew",
    DeliveryState.FAILED: "Text of the last try",
    DeliveryState.DROPPED: "Text as it would have been sent",
}


class DetailPanel(Panel):
    """One message. `open_asked` is sent by its button: open what the message is about."""

    open_asked = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__("deliveries_detail", "Message")
        self._store = store
        self._shown: DeliveryLine | None = None
        self._copied = ""
        self._alarm: Alarm | None = None
        self._content = QWidget()
        self._content.setObjectName("deliveries_detail_content")
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(16, 12, 16, 16)
        self._column.setSpacing(4)
        self.copy_button = Button("Copy text", "deliveries_copy_text", icon="copy", height=24)
        self.copy_button.clicked.connect(self.copy_text)
        self.add_action(self.copy_button)
        self._area = scrolled(self._content, "deliveries_detail_scroll")
        self._area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._area.setAccessibleName("The chosen message")
        self.body.addWidget(self._area)
        self.setFocusProxy(self._area)
        self.show_line(None)

    @property
    def has_text(self) -> bool:
        """Return whether there is a text to copy."""
        return bool(self._copied)

    def show_line(self, shown: DeliveryLine | None) -> None:
        """Show a message, None says how to choose one."""
        place = self._area.verticalScrollBar().value() if shown and self._shown and shown.id == self._shown.id else 0
        self._shown, self._copied, self._alarm = shown, "", None
        self._clear()
        if shown is None:
            self.set_mark(None)
            self.set_note("")
            self._say("Choose a message to see its text, and what became of every try.", Role.MUTED)
        else:
            self._read(shown)
        self._column.addStretch(1)
        self.copy_button.setEnabled(self.has_text)
        self._column.activate()
        self._area.verticalScrollBar().setValue(place)

    def refresh(self, now_shown: DeliveryLine | None) -> None:
        """Show it anew if the message had another try or its alarm went on."""
        if now_shown != self._shown or self._alarm_went_on():
            self.show_line(now_shown)

    def _alarm_went_on(self) -> bool:
        if self._shown is None or self._shown.alarm_id is None:
            return False
        try:
            return self._store.alarms.get(self._shown.alarm_id) != self._alarm
        except StoreError:
            return False  # the list says so

    def copy_text(self) -> None:
        """Put subject and text on the clipboard as they were sent."""
        if self._copied:
            QGuiApplication.clipboard().setText(self._copied)

    def _read(self, shown: DeliveryLine) -> None:
        try:
            delivery = self._store.outbox.get(shown.id)
            tries = self._store.outbox.attempts(shown.id)
            alarm = self._alarm = self._store.alarms.get(shown.alarm_id) if shown.alarm_id is not None else None
            opens = alarm is not None or alert_of(self._store, shown.title) is not None
        except StoreError as error:
            self._say(error.sentence, Role.CRITICAL)
            return
        if delivery is None:
            self.set_mark(None)
            self.set_note("")
            self._say("This message is no longer kept.", Role.MUTED)
            return
        self._show_head(delivery)
        self._show_text(delivery)
        self._rule()
        self._show_tries(delivery, tries)
        self._rule()
        self._show_cause(delivery, alarm)
        if opens:
            self._offer_open(alarm)

    def _show_head(self, delivery: Delivery) -> None:
        mark, form = MARKS.get(delivery.state, (None, Form.ACTIVE))
        self.set_mark(mark, form)
        self.set_note(f"{CHANNELS[delivery.channel]} of {_at(delivery.created_at)}")
        facts = delivery.facts
        self._say(delivery.subject or f"{facts.title}, {facts.subject}".strip(", "), Role.TEXT, FontRole.BODY_STRONG)
        self._say(f"{WHY[facts.cause]}, to {delivery.recipient}", Role.MUTED)
        self._say(_state_words(delivery), Role.CRITICAL if delivery.state is DeliveryState.FAILED else Role.TEXT)

    def _show_text(self, delivery: Delivery) -> None:
        self._column.addSpacing(8)
        if not delivery.body and not delivery.subject:
            self._say("The text is not written yet: that is done when it is sent.", Role.MUTED)
            return
        self._copied = "\n\n".join(part for part in (delivery.subject, delivery.body) if part)
        self._say(_TEXT_HEADS[delivery.state], Role.MUTED, FontRole.CAPTION)
        self._column.addWidget(TextBlock(delivery.body, "deliveries_text", _TEXT_HEADS[delivery.state]))

    def _show_tries(self, delivery: Delivery, tries: Sequence[Attempt]) -> None:
        head = text.plural(len(tries), "try", "tries").capitalize() if tries else "Not tried yet"
        self._say(head, Role.TEXT, FontRole.BODY_STRONG)
        if not tries:
            return
        host = QWidget()
        grid = QGridLayout(host)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for row, attempt in enumerate(tries):
            time = Label(_at(attempt.at), Role.MUTED)
            time.setToolTip(text.both_zones(attempt.at, prefs.zone, prefs.other_zone))
            words, role = _try_words(attempt, delivery.state)
            cell = QVBoxLayout()
            cell.setSpacing(1)
            cell.addWidget(_wrapped(f"{words}, took {_took(attempt.took_ms)}", role, "deliveries_try"))
            if attempt.answer:
                cell.addWidget(_wrapped(attempt.answer, Role.MUTED, "deliveries_try_answer"))
            grid.addWidget(time, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
            grid.addLayout(cell, row, 1)
        self._column.addWidget(host)

    def _show_cause(self, delivery: Delivery, alarm: Alarm | None) -> None:
        if alarm is not None:
            self._show_alarm(alarm)
            return
        named = {Cause.TEST: "A test: it belongs to no alarm.", Cause.REPORT: "A scheduled report: it belongs to no alarm."}
        self._say(delivery.facts.title, Role.TEXT, FontRole.BODY_STRONG)
        self._say(named.get(delivery.facts.cause, "Its alarm is no longer kept."), Role.MUTED)

    def _offer_open(self, alarm: Alarm | None) -> None:
        of_switch = alarm is not None and alarm.key.rule_kind is RuleKind.SWITCH
        words, icon = ("Open the switch", "switches") if of_switch else ("Open the alert", "alerts")
        button = Button(words, "deliveries_open", icon=icon, hint="Enter")
        button.clicked.connect(self.open_asked)
        self._column.addSpacing(4)
        self._column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def _show_alarm(self, alarm: Alarm) -> None:
        form = Form.CLEARED if not alarm.active else Form.TAKEN if alarm.acked_at is not None else Form.ACTIVE
        mark = Mark.BLIND if alarm.key.rule_kind is RuleKind.SWITCH else _LEVEL_MARKS[alarm.level]
        across = QHBoxLayout()
        across.setSpacing(8)
        sign = MarkLabel(mark, form)
        sign.setObjectName("deliveries_alarm_mark")
        across.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(_wrapped(alarm.title, Role.TEXT, "deliveries_alarm", FontRole.BODY_STRONG), 1)
        host = QWidget()
        across.setContentsMargins(0, 0, 0, 0)
        host.setLayout(across)
        self._column.addWidget(host)
        self._say(f"{alarm.key.subject.label}, {alarm.area} {alarm.limit}".strip(", "), Role.MUTED)
        if alarm.cleared_at is None:
            self._say(f"In alarm since {_at(alarm.raised_at)}", Role.MUTED)
        else:
            self._say(
                f"Was in alarm for {text.span(alarm.cleared_at - alarm.raised_at)}, from {_at(alarm.raised_at)}", Role.MUTED
            )

    def _say(self, words: str, role: Role, font: FontRole = FontRole.BODY) -> None:
        if words:
            self._column.addWidget(_wrapped(words, role, "deliveries_words", font))

    def _rule(self) -> None:
        self._column.addSpacing(8)
        self._column.addWidget(line())
        self._column.addSpacing(8)

    def _clear(self) -> None:
        while (item := self._column.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.setParent(None)
                widget.deleteLater()


def _wrapped(words: str, role: Role, name: str, font: FontRole = FontRole.BODY) -> Label:
    label = Label(words, role, font, wrap=True, name=name)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setMinimumWidth(1)  # a word without end in an answer must not widen the pane
    return label


def _at(moment: datetime) -> str:
    return text.time_of(moment, datetime.now(UTC), prefs.zone, with_seconds=True)


def _took(milliseconds: int) -> str:
    if milliseconds < 1000:
        return f"{milliseconds}{text.THIN}ms"
    return text.seconds(milliseconds / 1000).joined


def _try_words(attempt: Attempt, state: DeliveryState) -> tuple[str, Role]:
    if attempt.ok:
        return "Taken", Role.TEXT
    if state is DeliveryState.DROPPED:
        return "Not sent", Role.TEXT
    return "Not taken", Role.CRITICAL


def _state_words(delivery: Delivery) -> str:
    """Say where a message stands; why is in its tries."""
    match delivery.state:
        case DeliveryState.SENT:
            return f"Sent at {_at(delivery.sent_at)}." if delivery.sent_at is not None else "Sent."
        case DeliveryState.FAILED:
            return "Failed: it is not tried again."
        case DeliveryState.DROPPED:
            return "Dropped: it was decided not to send it."
        case DeliveryState.WAITING if delivery.next_at > datetime.now(UTC):
            return f"Waits; next try at {_at(delivery.next_at)}."
    return "Waits; it is sent next, after earlier messages to the same recipient."
