"""The form of one switch: what it is, how it is reached, how it is read; save, revert, test, remove.

Runs on the window's thread. Secrets go to the keyring on an errand thread, because the system may ask to unlock it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from noc_alerts.model.connections import Clock, Connection, SwitchKind
from noc_alerts.model.errors import BadInput, NocError
from noc_alerts.switches.factory import SECRET_FIELDS, open_switch, secret_name
from ui import text
from ui.setup.errands import run_errand
from ui.setup.kinds import CLOCK_WORDS, KIND_WORDS, KINDS
from ui.setup.switch_fields import SwitchFields
from ui.setup.unlocking import keep_with_passphrase
from ui.theme import FontRole, Role
from ui.widgets.fields import CheckBox, ComboBox, DurationBox, Field, TextField
from ui.widgets.labels import Label, line
from ui.widgets.page import Panel, scrolled

if TYPE_CHECKING:
    from ui.context import ScreenContext

WIDTH = 480
POLLS = [timedelta(seconds=s) for s in (5, 10, 15, 30, 60, 120, 300)]
DEMO_REASON = "This is the demo's own switch. It is made anew at every start, so nothing here can be changed."
IMPORTED_REASON = (
    "It holds imported call records and is not read again, so there is nothing to set. Import more files to add to it."
)


class SwitchForm(Panel):
    """The editor. `changed`: the draft differs from what is saved, or no longer; `saved`: the connection as it is kept now."""

    changed = Signal()
    saved = Signal(object)

    def __init__(self, context: ScreenContext) -> None:
        super().__init__("switch_form")
        self._context = context
        self._connection: Connection | None = None
        self._kind = SwitchKind.KAMAILIO
        self._saving = False
        self.fields = {kind: SwitchFields(kind) for kind in KINDS}
        self._reason = Label("", Role.MUTED, FontRole.BODY, wrap=True, name="switch_read_only")
        self._problem = Label("", Role.CRITICAL, FontRole.BODY, wrap=True, name="switch_problem")
        self._kind_box = ComboBox("switch_kind")
        self._kind_box.set_choices([(kind, words) for kind, words in KIND_WORDS.items()])
        self._name = TextField("switch_name", placeholder="lon-1", required="Give the switch a name.")
        self._poll = DurationBox("switch_poll", POLLS, minimum=timedelta(seconds=1))
        self._clock = ComboBox("switch_clock")
        self._enabled = CheckBox("Read this switch", "switch_enabled")
        self._kind_field = Field("Kind", self._kind_box)
        self._name_field = Field("Name", self._name)
        self._poll_field = Field("Is read every", self._poll)
        self._clock_field = Field("A call counts", self._clock)
        self._lay_out()
        self._kind_box.chosen.connect(self._on_kind_chosen)
        self._name.textEdited.connect(self._on_edited)
        self._poll.changed.connect(self._on_edited)
        self._poll.editTextChanged.connect(self._on_edited)
        self._clock.chosen.connect(self._on_clock_chosen)
        self._enabled.toggled.connect(self._on_edited)
        for fields in self.fields.values():
            fields.changed.connect(self._on_edited)

    def _lay_out(self) -> None:
        self._content = QWidget()
        self._content.setObjectName("switch_form_content")
        column = QVBoxLayout(self._content)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(8)
        for label in (self._reason, self._problem):
            label.hide()
            column.addWidget(label)
        self._editor = QWidget()
        inner = QVBoxLayout(self._editor)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(8)
        inner.addWidget(Label("What it is", Role.TEXT, FontRole.SECTION))
        inner.addWidget(self._kind_field)
        inner.addWidget(self._name_field)
        for fields in self.fields.values():
            inner.addWidget(fields)
        inner.addSpacing(8)
        inner.addWidget(line())
        inner.addSpacing(4)
        inner.addWidget(Label("How it is read", Role.TEXT, FontRole.SECTION))
        inner.addWidget(self._poll_field)
        inner.addWidget(self._clock_field)
        inner.addWidget(self._enabled)
        column.addWidget(self._editor)
        column.addStretch(1)
        self.setMaximumWidth(WIDTH)
        self.setMinimumWidth(360)
        self.body.addWidget(scrolled(self._content, "switch_form_scroll"))
        self._content.setAutoFillBackground(False)  # QScrollArea switches it on; the panel shows through

    # --- what is shown ----------------------------------------------------------------------------------------------------

    @property
    def connection(self) -> Connection | None:
        """Return the saved connection that is edited, None for a new one."""
        return self._connection

    @property
    def read_only(self) -> str:
        """Return why the connection cannot be changed, or nothing."""
        connection = self._connection
        if connection is None:
            return ""
        return DEMO_REASON if connection.demo else "" if connection.live else IMPORTED_REASON

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""
        own = (self._name_field, self._poll_field, self._clock_field)
        return sum(bool(field.error) for field in own) + self._fields.wrong

    @property
    def _fields(self) -> SwitchFields:
        return self.fields[self._kind]

    def edit(self, connection: Connection | None) -> None:
        """Show a connection, None for a new one; what was typed before is gone."""
        self._connection = connection
        self._saving = False
        kind = connection.kind if connection is not None else SwitchKind.KAMAILIO
        self._name.setText(connection.name if connection is not None else "")
        for fields in self.fields.values():
            fields.set_options({})
            fields.set_kept(())
        self._choose_kind(kind)
        self._kind_box.set_data(kind)
        self._kind_box.setEnabled(connection is None)
        self._kind_field.set_hint("" if connection is None else "The kind of a saved switch stays as it is.")
        if connection is not None:
            self._fields.set_options(connection.options)
            self._poll.set_value(connection.poll)
            self._clock.set_data(connection.clock)
        self._say_clock()
        self._enabled.blockSignals(True)
        self._enabled.setChecked(connection is None or connection.enabled)
        self._enabled.blockSignals(False)
        for field in (self._name_field, self._poll_field, self._clock_field):
            field.set_error("")
        self._say_problem("")
        self._reason.set(self.read_only)
        self._reason.setVisible(bool(self.read_only))
        self._editor.setEnabled(not self.read_only)
        self._look_for_secrets()
        self.changed.emit()

    def revert(self) -> None:
        """Show what is saved again."""
        self.edit(self._connection)

    def focus_first(self) -> None:
        """Put the focus where typing begins."""
        (self._kind_box if self._connection is None else self._name).setFocus()

    @property
    def typed(self) -> bool:
        """Return whether anything was typed that would be lost."""
        return bool(self._name.text().strip() or self._fields.typed_secrets or self._fields.labels_of_changes({}))

    def changes(self) -> list[str]:
        """Name what is not saved, in the order of the form."""
        saved = self._connection
        if self.read_only:
            return []
        changed = []
        if self._name.text().strip() != (saved.name if saved else ""):
            changed.append("name")
        changed += self._fields.labels_of_changes(saved.options if saved else {})
        default = KINDS[self._kind]
        if self._poll.problem() or self._poll.value != (saved.poll if saved else default.poll):
            changed.append("read interval")
        if Clock(self._clock.currentData()) is not (saved.clock if saved else default.clocks[0][0]):
            changed.append("when a call counts")
        if self._enabled.isChecked() != (saved.enabled if saved else True):
            changed.append("read or not")
        return changed

    # --- save and test ----------------------------------------------------------------------------------------------------

    def draft(self) -> Connection | None:
        """Give the connection as it stands in the form; None when a field is wrong, which its sentence then says."""
        self._say_problem("")
        self._name_field.set_error("")
        right = [self._name_field.check(), self._poll_field.check(), self._fields.check()]
        if not all(right):
            self.changed.emit()
            return None
        try:
            made = self._make()
            self._try_adapter(made)
        except BadInput as error:
            self.show_problems(error)
            return None
        self.changed.emit()
        return made

    def _make(self) -> Connection:
        """Make the connection of what is typed. Raises BadInput."""
        saved, poll = self._connection, self._poll.value
        return Connection(
            id=saved.id if saved is not None else None,
            name=self._name.text().strip(),
            kind=self._kind,
            options=self._fields.options,
            clock=Clock(self._clock.currentData()),
            poll=poll if poll is not None else KINDS[self._kind].poll,
            enabled=self._enabled.isChecked(),
        )

    def _try_adapter(self, made: Connection) -> None:
        """Have the adapter check its options; nothing is opened by that. Raises BadInput."""
        held = {secret_name(made.id, key) for key in self._fields.kept_secrets} if made.id is not None else set()
        open_switch(made, lambda name: "kept" if name in held else None, self.typed_secrets).close()

    @property
    def typed_secrets(self) -> Mapping[str, str]:
        """Return the secrets that were typed, by field."""
        return self._fields.typed_secrets

    def show_problems(self, error: BadInput) -> None:
        """Put each sentence under its field; what belongs to no field stands on top."""
        own = {"name": self._name_field, "poll": self._poll_field, "clock": self._clock_field}
        rest = {}
        for key, sentence in error.problems.items():
            if key in own:
                own[key].set_error(sentence)
            else:
                rest[key] = sentence
        left_over = self._fields.show_problems(rest)
        self._say_problem(" ".join(left_over) if error.problems else error.sentence)
        self.changed.emit()

    def save(self) -> bool:
        """Keep the draft, then its secrets; return whether the draft was right."""
        made = self.draft()
        if made is None or self._saving:
            return False
        typed = dict(self.typed_secrets)
        try:
            kept = self._context.service.store.connections.save(made)
        except BadInput as error:
            self.show_problems(error)
            return False
        except NocError as error:
            self._context.messages.fail("The switch was not saved", f"{error.sentence} What you typed is kept here.")
            return False
        self._connection = kept
        self._kind_box.setEnabled(False)
        self._saving = True
        secrets, cid = self._context.service.secrets, kept.id or 0

        def keep() -> None:
            for key, value in typed.items():
                secrets.set(secret_name(cid, key), value)

        keep_with_passphrase(
            self._context, self, keep, lambda: self._on_kept(kept, typed), lambda error: self._on_not_kept(kept, error)
        )
        return True

    def _on_kept(self, kept: Connection, typed: Mapping[str, str]) -> None:
        if self._connection is not None and self._connection.id == kept.id:
            self._saving = False
            self._fields.forget_typed(typed)
        self._context.service.soon()
        self._context.messages.say(f"Switch {kept.name} saved")
        self.saved.emit(kept)
        self.changed.emit()

    def _on_not_kept(self, kept: Connection, error: NocError) -> None:
        """The switch is saved, its secrets are not: what was typed stays and is not marked wrong, so Save tries it again."""
        if self._connection is not None and self._connection.id == kept.id:
            self._saving = False
            self._say_problem(error.sentence)
        self._context.service.soon()
        self._context.messages.fail(
            f"Switch {kept.name} was saved without its password",
            f"{error.sentence} The switch cannot be read without it; it is still in the form, and Save tries again.",
        )
        self.saved.emit(kept)
        self.changed.emit()

    # --- inner ------------------------------------------------------------------------------------------------------------

    def _look_for_secrets(self) -> None:
        """Find out which secrets are kept; they are not read into the form."""
        connection = self._connection
        if connection is None or connection.id is None or not SECRET_FIELDS[connection.kind]:
            return
        cid, keys, secrets = connection.id, SECRET_FIELDS[connection.kind], self._context.service.secrets

        def look() -> set[str]:
            return {key for key in keys if secrets.get(secret_name(cid, key)) is not None}

        def found(kept: set[str]) -> None:
            if self._connection is not None and self._connection.id == cid:
                self._fields.set_kept(kept)
                self.changed.emit()

        def failed(error: NocError) -> None:
            if self._connection is not None and self._connection.id == cid:
                self._say_problem(error.sentence)

        self._context.bridge.run(run_errand(look), found, failed)

    def _choose_kind(self, kind: SwitchKind) -> None:
        self._kind = kind
        for each, fields in self.fields.items():
            fields.setVisible(each is kind)
        spec = KINDS[kind]
        self._clock.set_choices([(clock, CLOCK_WORDS[clock]) for clock, _ in spec.clocks])
        self._clock.set_data(spec.clocks[0][0])
        self._poll.set_value(spec.poll)
        self._say_clock()

    def _say_clock(self) -> None:
        reasons = dict(KINDS[self._kind].clocks)
        self._clock_field.set_hint(reasons.get(self._clock.currentData(), ""))

    def _say_problem(self, sentence: str) -> None:
        self._problem.set(sentence)
        self._problem.setVisible(bool(sentence))

    def _on_kind_chosen(self, kind: SwitchKind) -> None:
        self._choose_kind(SwitchKind(kind))
        self._on_edited()

    def _on_clock_chosen(self, _clock: object) -> None:
        self._say_clock()
        self._on_edited()

    def _on_edited(self, _value: object = None) -> None:
        """Take away sentences that no longer hold; a new check comes on leaving the field and on save."""
        for field in (self._name_field, self._poll_field, *self._fields.fields.values()):
            content = field.content
            if field.error and not (content.problem() if hasattr(content, "problem") else ""):
                field.set_error("")
        self.changed.emit()


def not_saved(changes: list[str]) -> str:
    """Say what is not saved: `Not saved: name, API key`."""
    if len(changes) > 3:
        return f"Not saved: {', '.join(changes[:2])} and {text.number(len(changes) - 2)} more"
    return f"Not saved: {', '.join(changes)}" if changes else ""
