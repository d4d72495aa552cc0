"""The editor of one script: name, code, a run of it, and what of it is not saved.

Runs on the window's thread. Saves to the store; the run happens in the service.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from noc_alerts.engine.news import Snapshot
from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.model.scripts import MAX_NAME_LENGTH, Script, source_problem
from noc_alerts.scripts.limits import MIB, Limits
from ui.scripts.examples import FIRST
from ui.scripts.run_panel import RunPanel
from ui.setup.item_head import EditorHead, ask_leave, author
from ui.setup.item_versions import Versions
from ui.setup.two_sides import TwoSides
from ui.theme import FontRole, Role
from ui.widgets.buttons import PrimaryButton
from ui.widgets.code_editor import KEYS_HINT, CodeEditor, Language
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label
from ui.widgets.page import Page, Panel

if TYPE_CHECKING:
    from ui.context import ScreenContext

LEAST_WIDTH, HEIGHTS = 860, (420, 460)
_LIMITS = Limits()
HINT = (
    "main(data) gets company, companies, readings, factors, calls and now; it gives true or false, a number, or "
    "{ value, breached, message, rows }. console.log writes below the result, api.get(path) reads the switch. "
    f"A run has {_LIMITS.seconds:g} s and {_LIMITS.memory // MIB} MB and sees no files, no network and no other programs."
)


class ScriptEditor(Page):
    """One script in the making. `saved` carries it after each save; `state_changed` that commands may do other things now."""

    saved = Signal(object)
    state_changed = Signal()

    def __init__(
        self,
        context: ScreenContext,
        script: Script | None,
        draft: Script | None,
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        """Take the saved script, or None with the draft a new one begins with."""
        super().__init__("script_editor", script.name if script else "New script", crumb="Scripts", parent=parent)
        self._context, self._script, self._draft = context, script, draft
        self._versions: Versions[Script] = Versions(context, self, lambda: self._script, self._kept, self._begin_from)
        self._run = PrimaryButton("Run", "script_run_button", icon="play", hint="F5")
        self.name = TextField("script_name", required="The script needs a name.")
        self.name.setMaxLength(MAX_NAME_LENGTH)
        self._name_field = Field("Name", self.name)
        self.code = CodeEditor("script_code", Language.JAVASCRIPT, "JavaScript of the script", hint=False)
        self.run_panel = RunPanel(context, lambda: self.code.code, self._on_run_over, self.code.edit.go_to, clock)
        self.head = EditorHead(self, "script_editor", self.save, self.revert, main=self._run)
        self._run.clicked.connect(self.start_run)
        self._lay_out()
        self.name.textEdited.connect(self._on_name_edited)
        self.name.left.connect(self._tell)
        self.code.changed.connect(self._on_code_changed)
        self.revert()
        context.bridge.rounded.connect(self._take_snapshot)

    def _lay_out(self) -> None:
        left = Panel("script_panel")
        left.setAccessibleName("Script")
        left.set_padding(12, 12)
        left.body.addWidget(self._name_field)
        left.body.addWidget(self.code, 1)
        left.body.addWidget(Label(HINT, Role.MUTED, FontRole.CAPTION, wrap=True, name="script_hint"))
        left.body.addWidget(Label(KEYS_HINT, Role.MUTED, FontRole.CAPTION, wrap=True, name="script_keys"))
        self._sides = TwoSides(left, self.run_panel, "script_sides", least=LEAST_WIDTH, heights=HEIGHTS, shares=(4, 3))
        self.body.addWidget(self._sides, 1)

    # --- what it is about --------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Return the name it was saved under, `New script` before that."""
        return self._script.name if self._script else "New script"

    @property
    def _begun(self) -> Script | None:
        """Return what was shown first: the saved one, else the draft."""
        return self._script or self._draft

    @property
    def unsaved(self) -> list[str]:
        """Return what is not saved, in words; a new script is unsaved once something was typed or it came from an example."""
        begun = self._begun
        changed = []
        if self.name.text().strip() != (begun.name if begun else ""):
            changed.append("name")
        if self.code.code != (begun.source if begun else FIRST):
            changed.append("code")
        return changed or (["the new script"] if self._script is None and self._draft is not None else [])

    @property
    def wrong(self) -> int:
        """Return how many fields keep it from being saved; a script that fails when it runs can be saved."""
        return int(bool(self._name_field.error)) + int(source_problem(self.code.code) is not None)

    def focus_first(self) -> None:
        """Put the focus into the code of a script that has a name, else into its name."""
        (self.code if self.name.text() else self.name).setFocus()

    def panes(self) -> list[QWidget]:
        """Return what F6 goes round: name, code, run."""
        return [self.name, self.code.edit, self.run_panel.switch]

    # --- what is done ------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save what is typed; when something is wrong mark it and keep everything typed."""
        right = self._name_field.check()
        problem = source_problem(self.code.code)
        if problem:
            self.code.set_problems({}, problem)
        if not right or problem:
            self._tell()
            return
        self._versions.save(lambda: self._keep(then), self._fail)

    def _keep(self, then: Callable[[], object] | None) -> None:
        """Save what was found to be right."""
        script, store = self._script, self._context.service.store
        stock = self._begun.stock if self._begun else ""
        try:
            made = Script(script.id if script else None, self.name.text().strip(), self.code.code, stock=stock)
            saved = store.scripts.save(made, author(self._context))
        except BadInput as refusal:
            self._mark_refused(refusal)
            return
        except StoreError as error:
            self._fail(error)
            return
        self._script = saved
        self.set_title(saved.name)
        self.name.setText(saved.name)
        self._tell()
        self.saved.emit(saved)
        self._context.messages.say(f"Script {saved.name} saved")
        if then is not None:
            then()

    def _mark_refused(self, refusal: BadInput) -> None:
        if "name" in refusal.problems:
            self._name_field.set_error(refusal.problems["name"])
            self.name.setFocus()
        elif "source" in refusal.problems:
            self.code.set_problems({}, refusal.problems["source"])
        else:
            words = f"{refusal.sentence} What you typed is kept."
            self._context.messages.fail("The script was not saved", words, "", "Save as new", self._save_as_new)
        self._tell()

    def _fail(self, error: StoreError) -> None:
        self._context.messages.fail("The script was not saved", f"{error.sentence} What you typed is kept.")

    def _save_as_new(self) -> None:
        self._script = None
        self.save()

    def _kept(self) -> Script | None:
        """Return the script as the store has it, None where it has it no more. Raises StoreError."""
        key = self._script.id if self._script else None
        return next((each for each in self._context.service.store.scripts.all() if each.id == key), None)

    def _begin_from(self, script: Script) -> None:
        self._script = script

    def reread(self) -> bool:
        """Show what is saved now, by whomever, where nothing is unsaved; return whether there still is such a script."""
        return self._versions.reread()

    def revert(self) -> None:
        """Go back to what is saved."""
        begun = self._begun
        self.name.setText(begun.name if begun else "")
        self.code.set_code(begun.source if begun else FIRST)
        self._name_field.set_error("")
        self._tell()

    def start_run(self) -> None:
        """Run the script as it stands."""
        problem = source_problem(self.code.code)
        if problem:
            self.code.set_problems({}, problem)
            self._tell()
            return
        self.run_panel.start()
        self._sides.bring(self.run_panel)
        self._tell()

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when the editor may be closed."""
        ask_leave(self._context, self, self, then)

    def close_for_good(self) -> None:
        """Let go of news, before the editor is deleted."""
        self._context.bridge.rounded.disconnect(self._take_snapshot)
        self.run_panel.close_for_good()

    # --- slots -------------------------------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep F5 from the command that reads the switches: here it runs the script."""
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F5 and not event.modifiers():
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                self.start_run()
                return True
        return super().event(event)

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.run_panel.take_snapshot(snapshot)

    def _on_name_edited(self, _words: str) -> None:
        if self._name_field.error and not self.name.problem():
            self._name_field.set_error("")
        self._tell()

    def _on_code_changed(self) -> None:
        if self.code.error and source_problem(self.code.code) is None:
            self.code.set_problems({})
        self.run_panel.mark_old()
        self._tell()

    def _on_run_over(self, line: int | None, sentence: str) -> None:
        if self.run_panel.old:  # typed on meanwhile: that line may be another one now
            self.code.set_problems({})
        elif line is not None:
            self.code.set_problems({line: sentence})
        else:
            self.code.set_problems({}, sentence)
        self._tell()

    def _tell(self) -> None:
        self.head.show(self.wrong, self.unsaved, new=self._script is None)
        self._run.setEnabled(not self.run_panel.running)
        self.state_changed.emit()
