"""The preview beside the template: the message as each channel shows it, and how long it is there.

Runs on the window's thread; what it shows was written on the checker's.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QUrl
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QTextBrowser, QVBoxLayout, QWidget

from noc_alerts.model.errors import StoreError
from noc_alerts.notify.render import Message, part_length
from noc_alerts.notify.sms_text import sms_segments
from ui.palette import LIGHT
from ui.prefs import prefs
from ui.templates.checking import PART_WORDS, Checked, Subject, problem_words
from ui.templates.subjects import best_for, real_ones, samples
from ui.text import number, plural
from ui.theme import FontRole, Role, theme
from ui.widgets.buttons import SegmentedControl
from ui.widgets.fields import ComboBox
from ui.widgets.labels import Label, line
from ui.widgets.page import Panel
from ui.widgets.state_panel import PageState, StateKind, StatePanel

if TYPE_CHECKING:
    from datetime import datetime

    from ui.context import ScreenContext

_SINGLE = {"GSM-7": 160, "UCS-2": 70}
_JOINED = {"GSM-7": 153, "UCS-2": 67}  # a part of several carries a header (3GPP TS 23.040 section 9.2.3.24.1)


class View(Enum):
    """What is looked at; the value is its word and the parts of a template it shows."""

    MAIL = ("Mail", ("subject", "text"))
    HTML = ("HTML", ("html",))
    SMS = ("SMS", ("sms",))
    PUSH = ("Pushover", ("push_title", "push_message"))

    @property
    def word(self) -> str:
        """Return the word on its button."""
        return str(self.value[0])

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the parts it shows."""
        parts: tuple[str, ...] = self.value[1]
        return parts


class _Mail(QTextBrowser):
    """A mail's HTML on its own white page. Nothing is loaded, and no link is followed."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("template_preview_html")
        self.setAccessibleName("Preview, HTML")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        ground, ink, line_colour = (LIGHT.colours[role] for role in (Role.RAISED, Role.TEXT, Role.LINE_STRONG))
        # what is sent is read in a mail program, whose page is white whatever our theme is
        self.setStyleSheet(f"QTextBrowser {{ background: {ground}; color: {ink}; border: 1px solid {line_colour}; }}")

    def loadResource(self, _kind: int, _name: QUrl | str) -> object:
        """Load nothing: neither from the network nor from this computer."""
        return QByteArray()


class Preview(Panel):
    """Choose an alarm, look at the message about it. `changed` is called when another alarm was chosen."""

    def __init__(
        self,
        context: ScreenContext,
        name: Callable[[], str],
        changed: Callable[[], object],
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("template_preview", "Preview", parent=parent)
        self._context, self._name, self._changed, self._clock = context, name, changed, clock
        self._subjects: list[Subject] = []
        self._chosen: Subject | None = None
        self.chooser = ComboBox("template_subject")
        self.chooser.setAccessibleName("Alarm of the preview")
        theme.follow(self.chooser, lambda: self.chooser.setFixedWidth(theme.px(340)))
        self.chooser.chosen.connect(self._on_chosen)
        self.add_action(self.chooser)
        self.views = SegmentedControl(
            [(view.name, view.word) for view in View], "template_view", "What the preview shows", small=True
        )
        self.views.chosen.connect(lambda key: self.show_view(View[key]))
        self._lay_out()
        self.load_subjects()
        self.show_view(View.MAIL)

    def _lay_out(self) -> None:
        self.set_padding(12, 8)
        self.body.addWidget(self.views)
        self.subject = Label("", Role.TEXT, FontRole.BODY_STRONG, wrap=True, name="template_preview_subject")
        self.body.addWidget(self.subject)
        self.body.addWidget(line())
        self._stack = QStackedWidget()
        self.text = _plain("template_preview_text", "Preview, text", FontRole.BODY)
        self.html = _Mail()
        self._stack.addWidget(self.text)
        self._stack.addWidget(self.html)
        self._room = QWidget()
        column = QVBoxLayout(self._room)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack, 1)
        self.lengths = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name="template_lengths")
        column.addWidget(self.lengths)
        self._state = StatePanel("template_preview_state")
        self.body.addWidget(self._room, 1)
        self.body.addWidget(self._state, 1)
        self._message: Message | None = None
        self.view = View.MAIL

    # --- what it is about --------------------------------------------------------------------------------------------

    @property
    def chosen(self) -> Subject:
        """Return what the preview is about."""
        return self._chosen or samples()[0]

    def load_subjects(self) -> None:
        """Offer the messages of lately, newest first, and the samples; keep the choice where it is still there."""
        try:
            real = real_ones(self._context.service.store, self._clock(), prefs.zone)
        except StoreError:
            real = []  # the samples do
        self._subjects = real + samples()
        self.chooser.set_choices([(each.words, each.words) for each in self._subjects])
        self._chosen = next(
            (each for each in self._subjects if self._chosen is not None and each.words == self._chosen.words), None
        ) or best_for(self._name(), self._subjects)
        self.chooser.set_data(self._chosen.words)

    def _on_chosen(self, words: str) -> None:
        self._chosen = next(each for each in self._subjects if each.words == words)
        self._changed()

    def choose(self, words: str) -> None:
        """Show the message about another alarm."""
        if self.chooser.set_data(words):
            self._on_chosen(words)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_checked(self, checked: Checked) -> None:
        """Show the message, or why there is none."""
        self._message = checked.message
        self._room.setVisible(checked.message is not None)
        self.subject.setVisible(checked.message is not None)
        self.views.setEnabled(checked.message is not None)
        if checked.message is None:
            where = [PART_WORDS[each.part] for each in checked.problems[:1]]
            title = f"No preview while the part {where[0]} is wrong" if where else "No preview"
            said = problem_words(checked.problems[0]) if checked.problems else checked.sentence
            self._state.set_state(PageState(StateKind.ERROR, title, said))
            return
        self._state.set_state(None)
        self._fill()

    def show_part(self, part: str) -> None:
        """Look at what a part of the template becomes."""
        view = next(each for each in View if part in each.parts)
        if view is not self.view:
            self.show_view(view)

    def show_view(self, view: View) -> None:
        """Look at one channel."""
        self.view = view
        self.views.set_current(view.name)
        self._stack.setCurrentWidget(self.html if view is View.HTML else self.text)
        self._fill()

    def _fill(self) -> None:
        message = self._message
        if message is None:
            return
        match self.view:
            case View.MAIL | View.HTML:
                self._show(message.subject, message.text)
                self.html.setHtml(message.html)
            case View.SMS:
                self._show("", message.sms)
            case View.PUSH:
                self._show(message.push_title, message.push_message)
        words, over = length_words(message, self.view)
        self.lengths.set(words, Role.WARNING if over else Role.MUTED)

    def _show(self, subject: str, body: str) -> None:
        self.subject.set(subject)
        self.subject.setVisible(bool(subject))
        if self.text.toPlainText() != body:
            self.text.setPlainText(body)


def length_words(message: Message, view: View) -> tuple[str, bool]:
    """Return how long the parts of a channel are against what fits, and whether something is cut."""
    if view is View.SMS:
        return _sms_words(message)
    said, over = [], False
    names = {"subject": "Subject", "push_title": "Title", "push_message": "Message"}
    for part in View.MAIL.parts if view is View.HTML else view.parts:
        if part in names:
            used, allowed = part_length(message, part)
            cut = used > allowed
            over = over or cut
            said.append(f"{names[part]} {number(used)} of {number(allowed)} characters{', will be cut here' if cut else ''}")
    return ". ".join(said), over


def _sms_words(message: Message) -> tuple[str, bool]:
    used, most = part_length(message, "sms")
    segments, encoding = sms_segments(message.sms)
    room = _SINGLE[encoding] if segments == 1 else segments * _JOINED[encoding]
    if used > most:
        return f"{plural(segments, 'segment')}, {number(used)} of {number(most)} characters, will be cut here, {encoding}", True
    return f"{plural(segments, 'segment')}, {number(used)} of {number(room)} characters, {encoding}", False


def _plain(name: str, spoken: str, font: FontRole) -> QPlainTextEdit:
    made = QPlainTextEdit()
    made.setObjectName(name)
    made.setAccessibleName(spoken)
    made.setReadOnly(True)
    made.setTabChangesFocus(True)
    theme.set_font(made, font)
    return made
