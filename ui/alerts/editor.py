"""The editor of one alert: form, live chart, test, and what of it is not saved.

Runs on the window's thread. Saves to the store and asks the service for soon; the test runs in the service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.alerts import Alert, Scope
from noc_alerts.model.companies import CompanyKind, Subject
from noc_alerts.model.errors import BadInput, StoreError
from ui import text
from ui.alerts import list_words
from ui.alerts.chart_pane import ChartPane
from ui.alerts.explain import explain, row_of
from ui.alerts.form import AlertForm
from ui.alerts.form_banner import BothDialog, ChangedBanner, open_both
from ui.alerts.form_fields import Offers
from ui.alerts.form_offers import Elsewhere, Tagged, gone_names, read_offers
from ui.alerts.form_words import count_words, state_role, unsaved_words
from ui.alerts.rows import AlertRow
from ui.alerts.test_panel import TestPanel
from ui.prefs import prefs
from ui.theme import GAP_ACROSS, GAP_DOWN, FontRole, Role, theme
from ui.widgets.buttons import Button, PrimaryButton
from ui.widgets.labels import Label
from ui.widgets.page import Page, Panel, scrolled

if TYPE_CHECKING:
    from ui.context import ScreenContext

FORM_WIDTH = 472  # with its padding; editors are up to 480 px wide
CHART_WIDTH = 420  # beside the form the chart has at least this, else it goes under it
FORM_HEIGHT, CHART_HEIGHT, TEST_HEIGHT = 400, 320, 232  # the least, one under the other
CHART_BESIDE = 240  # the least beside the form
_NO_LIMIT = 16_777_215  # Qt's QWIDGETSIZE_MAX


class AlertEditor(Page):
    """One alert in the making. `saved` carries it after each save; `state_changed` that commands may do other things now."""

    saved = Signal(object)
    state_changed = Signal()

    def __init__(
        self,
        context: ScreenContext,
        alert: Alert | None,
        find_row: Callable[[int], AlertRow | None],
        clock: Callable[[], datetime],
        *,
        draft: dict[str, Any] | None = None,
        subject: Subject | None = None,
        fixed: tuple[CompanyKind, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """Take the saved alert, or None with the draft a new one begins with; the chart begins with `subject`.

        `fixed`: the company (kind, name) of a customer's own view, which is not asked then; an alert that watches others too
        asks all the same, or saving it would take the others out.
        """
        super().__init__("alert_editor", "New alert", crumb="Alerts", parent=parent)
        self._context, self._find_row, self._clock = context, find_row, clock
        self._alert, self._draft = alert, draft
        only = fixed is not None and (alert is None or alert.scope == Scope(fixed[0], (fixed[1],)))
        self._fixed = fixed if only else None
        self._elsewhere = Elsewhere(context.service.store)
        self._offers, self._tagged = Offers(zone=context.zone()), Tagged()
        self._make_head()
        self.form = AlertForm(self._read_offers(), clock, fixed=self._fixed)
        self.chart = ChartPane(context, clock, subject)
        self.chart.know_tags(self._tagged)
        self.test = TestPanel(context, self.form.alert, clock)
        self.banner = ChangedBanner()
        self._lay_out()
        self._connect()
        self._show_title()
        self._elsewhere.begin(alert)
        self._take_snapshot(context.bridge.snapshot)
        self.form.load(alert, new=alert is None, draft=draft)
        context.bridge.rounded.connect(self._take_snapshot)

    def _connect(self) -> None:
        self.form.edited.connect(self._on_edited)
        self.form.judged.connect(self._on_judged)
        self.form.watching.scripts_link.clicked.connect(lambda: self._context.go("scripts", None))
        self.form.told.edit.clicked.connect(self._on_edit_template)
        self.banner.both_asked.connect(self.show_both)
        self.banner.mine_asked.connect(lambda: self.keep_mine())
        self.banner.theirs_asked.connect(self.take_theirs)

    def _make_head(self) -> None:
        self._unsaved = Label("", Role.MUTED, FontRole.BODY, name="alert_editor_unsaved")
        self._explain = Button("Explain", "alert_editor_explain", hint="E")
        self._revert = Button("Revert", "alert_editor_revert", icon="revert")
        self._save = PrimaryButton("Save", "alert_editor_save", hint="Ctrl+S")
        self._explain.clicked.connect(self.explain)
        self._revert.clicked.connect(self.revert)
        self._save.clicked.connect(lambda: self.save())
        for widget in (self._unsaved, self._explain, self._revert, self._save):
            self.add_action(widget)

    def _lay_out(self) -> None:
        self._left = Panel("alert_form_panel")
        self._left.setAccessibleName("Alert")
        self._left.body.addWidget(self.form)
        right = QVBoxLayout()
        right.setSpacing(GAP_DOWN)
        right.addWidget(self.chart, 3)
        right.addWidget(self.test, 2)
        self._host = QWidget()
        self._host.setObjectName("alert_editor_room")
        self._across = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._host)
        self._across.setContentsMargins(0, 0, 0, 0)
        self._across.setSpacing(GAP_ACROSS)
        self._across.addWidget(self._left)
        self._across.addLayout(right, 1)
        self.body.addWidget(self.banner)
        self.body.addWidget(scrolled(self._host, "alert_editor_scroll"), 1)
        theme.follow(self._host, self._fit)

    def showEvent(self, event: QShowEvent) -> None:
        """Offer the templates, scripts and people there are, which may have been made on other pages meanwhile."""
        super().showEvent(event)
        self.form.know(self._read_offers())
        self.chart.know_tags(self._tagged)
        self._check_elsewhere()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the chart beside the form, or under it where there is no room for both."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        stacked = self.width() < theme.px(FORM_WIDTH + CHART_WIDTH)
        directions = QBoxLayout.Direction
        self._across.setDirection(directions.TopToBottom if stacked else directions.LeftToRight)
        heights = (FORM_HEIGHT, CHART_HEIGHT, TEST_HEIGHT) if stacked else (0, CHART_BESIDE, TEST_HEIGHT)
        for part, height in zip((self._left, self.chart, self.test), heights, strict=True):
            part.setMinimumHeight(theme.px(height))
        self._left.setMinimumWidth(0 if stacked else theme.px(FORM_WIDTH))
        self._left.setMaximumWidth(_NO_LIMIT if stacked else theme.px(FORM_WIDTH))

    # --- what it is about --------------------------------------------------------------------------------------------

    @property
    def alert_id(self) -> int | None:
        """Return the id of the alert, None while it was never saved."""
        return self._alert.id if self._alert else None

    @property
    def title(self) -> str:
        """Return the title it was saved under, `New alert` before that."""
        return self._alert.title if self._alert else "New alert"

    @property
    def unsaved(self) -> list[str]:
        """Return what is not saved, in words; a new alert is unsaved as a whole once something was typed."""
        return self.form.unsaved

    def _show_title(self) -> None:
        """Show the title, after the company where the editor is a company's own."""
        title = self.title
        who = f"{self._fixed[0].value} {self._fixed[1]}" if self._fixed is not None else ""
        self.set_title(f"{who}: {title}" if who and who not in title else title)

    def select_title(self) -> None:
        """Put the focus into the title with all of it selected, to be typed over."""
        self.form.inputs.title.setFocus(Qt.FocusReason.OtherFocusReason)
        self.form.inputs.title.selectAll()

    def focus_first(self) -> None:
        """Put the focus into the form: the threshold of a new alert that has its title already, else the title."""
        new = self._alert is None and bool(self.form.inputs.title.text())
        (self.form.inputs.threshold if new else self.form.inputs.title).setFocus()

    def show_subject(self, subject: Subject) -> None:
        """Chart this subject of the alert."""
        self.chart.choose(subject)

    # --- what is done ------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> bool:
        """Save what is typed, then call `then`; when something is wrong mark it, keep everything typed and return False."""
        if self._check_elsewhere():
            self.banner.both.setFocus(Qt.FocusReason.OtherFocusReason)
            return False
        alert = self.form.alert()
        if alert is None:
            return False
        if gone := gone_names(alert, self._alert, self._read_offers()):
            self.form.mark_refused(gone)
            return False
        store = self._context.service.store
        try:
            if alert.id is not None and (kept := store.alerts.get(alert.id)) is not None:
                # The list may have switched or paused it while it was open here.
                alert = replace(alert, enabled=kept.enabled, paused_until=kept.paused_until)
            saved = store.alerts.save(alert, by=self._context.author(self._clock()))
        except BadInput as refusal:
            if refusal.problems:
                self.form.mark_refused(refusal.problems)
            else:
                self._context.messages.fail("The alert was not saved", refusal.sentence, "", "Save as new", self._save_as_new)
            return False
        except StoreError as error:
            self._context.messages.fail("The alert was not saved", f"{error.sentence} What you typed is kept.")
            return False
        self._take_saved(saved)
        if then is not None:
            then()
        return True

    def _save_as_new(self) -> None:
        if self._alert is None:
            return
        self._alert = None
        self.form.forget_id()
        self.save()

    def _take_saved(self, saved: Alert) -> None:
        self._show_saved(saved)
        self._context.service.soon()
        self.saved.emit(saved)
        self._context.messages.say(f"Alert {saved.title} saved")

    def _show_saved(self, saved: Alert) -> None:
        self._alert = saved
        self._elsewhere.begin(saved)
        self.banner.hide()
        self._show_title()
        self.form.load(saved)

    # --- changed elsewhere -------------------------------------------------------------------------------------------

    def _check_elsewhere(self) -> bool:
        """Return whether somebody else saved this alert since it was loaded and it is not decided which version counts.

        Where nothing is typed here, theirs is shown at once.
        """
        change = self._elsewhere.look()
        if change is None:
            return self._elsewhere.theirs is not None
        at = text.time_of(change.at, self._clock(), prefs.zone) if change.at is not None else "another place"
        if not self.unsaved:
            self.take_theirs()
            self._context.messages.say(f"{change.who} saved {self.title} at {at}, shown as it is now")
            return False
        if names := self._elsewhere.new_names(self.unsaved):
            self.form.know(self._read_offers())
            self.keep_mine(names)
            return False
        self.banner.say(change.who, at)
        return True

    def show_both(self) -> BothDialog | None:
        """Show the fields in which their version and what is typed here differ."""
        theirs, base = self._elsewhere.theirs, self._alert
        if theirs is None or base is None:
            return None
        values, wrong = self.form.values()
        mine = None if wrong else replace(base, **values)
        return open_both(base, theirs, mine, self._offers.connections, self.window())

    def keep_mine(self, but: Iterable[str] = ()) -> None:
        """Go on with what is typed, `but` in fields of these names; saving it replaces theirs."""
        theirs = self._elsewhere.theirs
        if theirs is not None:
            self._alert = theirs
            self._elsewhere.begin(theirs)
            self.banner.hide()
            self.form.rebase(theirs, but)

    def take_theirs(self) -> None:
        """Show what somebody else saved, in place of what is typed."""
        theirs = self._elsewhere.theirs
        if theirs is not None:
            self._show_saved(theirs)

    # --- what else is done -------------------------------------------------------------------------------------------

    def revert(self) -> None:
        """Go back to what is saved, by whomever."""
        if self._elsewhere.theirs is not None:
            self.take_theirs()
            return
        self.form.load(self._alert, new=self._alert is None, draft=self._draft)

    def start_test(self) -> None:
        """Send the test messages of the alert as it stands in the form."""
        self.test.start()

    def explain(self) -> None:
        """Say why the alert is in its state."""
        alert = self._alert
        if alert is not None:
            explain(self._context, row_of(alert, self._find_row(alert.id or 0)), self._clock(), self)

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when the editor may be closed: nothing is unsaved, or it was saved or discarded."""

        def leave() -> None:
            self.close_for_good()
            then()

        if not self.unsaved:
            leave()
            return

        def on_answer(answer: str) -> None:
            if answer == "discard" or (answer == "save" and self.save()):
                leave()

        self._context.messages.ask_leave(self, unsaved_words(self.unsaved), on_answer)

    def close_for_good(self) -> None:
        """Let go of the chart and of news, before the editor is deleted."""
        self._context.bridge.rounded.disconnect(self._take_snapshot)
        self.chart.close_for_good()
        self.test.close_for_good()

    def tick(self, now: datetime) -> None:
        """Let ages run, and see whether somebody else saved this alert."""
        self._tell_state(now)
        self.chart.tick(now)
        self.form.inputs.repeat_at.tick()
        self._check_elsewhere()

    def panes(self) -> list[QWidget]:
        """Return what F6 goes round: form, chart, test."""
        return [self.form.inputs.title, self.chart.first_input, self.test.button]

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _take_snapshot(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            self.form.know_companies(((each.kind, each.name) for each in snapshot.companies), self._tagged.keys())
        self.chart.take_snapshot(snapshot)
        self.test.offer(self.chart.offered)
        self._tell_state(self._clock())

    def _on_edited(self) -> None:
        self.chart.show_form(self.form.watched(), self._alert, self._row())
        self.test.offer(self.chart.offered)
        self._tell_unsaved()

    def _read_offers(self) -> Offers:
        """Return what the form offers now; what was offered before where the store cannot say."""
        try:
            self._offers, self._tagged = read_offers(self._context.service.store, self._context.zone())
        except StoreError as error:
            self._context.messages.fail("What the form offers was not read", error.sentence)
        return self._offers

    def _on_edit_template(self) -> None:
        self._context.go("templates", self.form.inputs.template.currentData())

    def _on_judged(self) -> None:
        self._tell_unsaved()

    def _row(self) -> AlertRow | None:
        return self._find_row(self._alert.id) if self._alert is not None and self._alert.id is not None else None

    def _tell_unsaved(self) -> None:
        wrong, unsaved = self.form.wrong, self.unsaved
        if wrong:
            self._unsaved.set(count_words(len(wrong)), Role.CRITICAL)
        elif self._alert is None:
            self._unsaved.set("Not saved yet", Role.MUTED)
        else:
            self._unsaved.set(f"Not saved: {unsaved_words(unsaved)}" if unsaved else "", Role.MUTED)
        self._unsaved.setVisible(bool(self._unsaved.text()))
        self._revert.setEnabled(bool(unsaved))
        self._save.setEnabled(not wrong)
        self._explain.setEnabled(self._alert is not None)
        self.state_changed.emit()

    def _tell_state(self, now: datetime) -> None:
        row = self._row()
        if self._alert is None or row is None:
            self.set_tag("")
            self.set_sentence("")
            return
        verdict, word, second = list_words.state_words(row.alert, row.line, now, prefs.zone)
        role = state_role(verdict, row.alert.level, taken=row.taken)
        self.set_tag(word if verdict else "", role)
        self.set_sentence(second)
        self.chart.show_row(row)
