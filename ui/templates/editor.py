"""The editor of one template: its parts, a preview that lives, the variables, and what of it is not saved.

Runs on the window's thread. What is wrong and what the message looks like is found on the checker's thread; a template with
something wrong in it is not saved.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget

from noc_alerts.model.errors import BadInput, StoreError
from noc_alerts.model.templates import MAX_NAME, PARTS, Template
from noc_alerts.notify.render import STOCK_NAMES, stock_template
from noc_alerts.settings import Messages, load
from ui import marks
from ui.marks import Mark
from ui.messages import Choice, Question, Weight
from ui.setup.item_head import EditorHead, ask_leave, author
from ui.setup.item_versions import Versions
from ui.setup.two_sides import TwoSides
from ui.templates.checking import PART_WORDS, Checked, Checker, Request, problem_words
from ui.templates.preview import Preview
from ui.templates.variables import VariablesPanel
from ui.theme import GAP_DOWN, FontRole, Role, theme
from ui.widgets.buttons import Button
from ui.widgets.code_editor import KEYS_HINT, CodeEditor, Language
from ui.widgets.fields import Field, TextField
from ui.widgets.labels import Label
from ui.widgets.page import Page, Panel

if TYPE_CHECKING:
    from ui.context import ScreenContext

PART_HINTS = {
    "subject": "One line: what a mail program shows in its list.",
    "text": "The plain mail. Where the parts for SMS and Pushover are empty, they begin with its first lines.",
    "html": "The inside of the mail's page; values are made safe for HTML. Empty: made from the text.",
    "sms": "Empty: the first lines of the text. SMS is not sent until a gateway is set up.",
    "push_title": "Empty: the subject. Also the title of the message in the notification area.",
    "push_message": "Empty: the first lines of the text. Also the message in the notification area.",
}
LEAST_WIDTH, HEIGHTS = 860, (420, 620)
_NEW = ("{{ level_word }}: {{ name }}", "{{ headline }}: {{ name }}\n{{ subject }}, {{ area }} {{ value }}\n{{ link }}\n")


class TemplateEditor(Page):
    """One template in the making. `saved` carries it after each save; `state_changed` that commands may do other things now."""

    saved = Signal(object)
    state_changed = Signal()

    def __init__(
        self,
        context: ScreenContext,
        template: Template | None,
        draft: Template | None,
        clock: Callable[[], datetime],
        parent: QWidget | None = None,
    ) -> None:
        """Take the saved template (a stock one as it came has no id), or None with the draft a new one begins with."""
        super().__init__("template_editor", template.name if template else "New template", crumb="Templates", parent=parent)
        self._context, self._template = context, template
        self._versions: Versions[Template] = Versions(context, self, lambda: self._template, self._kept, self._begin_from)
        self._draft = draft or Template(None, "-", *_NEW)
        self._given_draft = draft is not None
        self._saving: Callable[[], object] | None = None
        self._problems: dict[str, list[tuple[int | None, str]]] = {}
        self._link_base = self._read_link_base()
        self.name = TextField("template_name", required="Give the template a name.")
        self.name.setMaxLength(MAX_NAME)
        self._name_field = Field("Name", self.name)
        self._reset = Button("Reset to stock", "template_reset", icon="history")
        self._reset.clicked.connect(self.ask_reset)
        self.head = EditorHead(self, "template_editor", self.save, self.revert, (self._reset,))
        self._make_parts()
        self.preview = Preview(context, lambda: self._begun.name, self._check_now, clock)
        self.variables = VariablesPanel(self._insert)
        self.checker = Checker(context.bridge, self._request, self)
        self.checker.checked.connect(self._on_checked)
        self._lay_out()
        self.name.textEdited.connect(self._on_name_edited)
        self.name.left.connect(self._tell)
        self.revert()

    def _make_parts(self) -> None:
        self.tabs = QTabBar()
        self.tabs.setObjectName("template_parts")
        self.tabs.setAccessibleName("Parts of the template")
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(True)
        self.tabs.setDrawBase(False)
        self._stack = QStackedWidget()
        self.editors: dict[str, CodeEditor] = {}
        for part in PARTS:
            language = Language.TEMPLATE_HTML if part == "html" else Language.TEMPLATE
            editor = CodeEditor(f"template_{part}", language, f"{PART_WORDS[part]} of the template", hint=False)
            editor.changed.connect(self._on_edited)
            self.editors[part] = editor
            self._stack.addWidget(editor)
            self.tabs.addTab(PART_WORDS[part])
        self._hint = Label("", Role.MUTED, FontRole.CAPTION, wrap=True, name="template_hint")
        self.tabs.currentChanged.connect(self._on_part)

    def _lay_out(self) -> None:
        left = Panel("template_panel")
        left.setAccessibleName("Template")
        left.set_padding(12, 12)
        left.body.addWidget(self._name_field)
        left.body.addWidget(self.tabs)
        left.body.addWidget(self._stack, 1)
        left.body.addWidget(self._hint)
        left.body.addWidget(Label(KEYS_HINT, Role.MUTED, FontRole.CAPTION, wrap=True, name="template_keys"))
        right = QWidget()
        right.setObjectName("template_right")
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GAP_DOWN)
        column.addWidget(self.preview, 3)
        column.addWidget(self.variables, 2)
        self.body.addWidget(TwoSides(left, right, "template_sides", least=LEAST_WIDTH, heights=HEIGHTS), 1)
        theme.follow(self.tabs, self._mark_tabs)

    def _read_link_base(self) -> str:
        try:
            return load(self._context.service.store.settings, Messages).link_base
        except StoreError:
            return ""  # only the preview's link is without its beginning then

    # --- what it is about --------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """Return the name it was saved under, `New template` before that."""
        return self._template.name if self._template else "New template"

    @property
    def is_stock(self) -> bool:
        """Return whether it comes with the program, changed or not."""
        return self._template is not None and self._template.name in STOCK_NAMES

    @property
    def can_reset(self) -> bool:
        """Return whether it is a stock template that was changed."""
        return self.is_stock and self._template is not None and self._template.id is not None

    @property
    def part(self) -> str:
        """Return the part that is edited."""
        return PARTS[self.tabs.currentIndex()]

    @property
    def texts(self) -> tuple[str, ...]:
        """Return the parts as they stand."""
        return tuple(self.editors[part].code for part in PARTS)

    @property
    def _begun(self) -> Template:
        return self._template or self._draft

    @property
    def unsaved(self) -> list[str]:
        """Return what is not saved, in words."""
        begun = self._begun
        name = begun.name if self._template or self._given_draft else ""
        changed = ["name"] if self.name.text().strip() != name else []
        changed += [PART_WORDS[part] for part in PARTS if self.editors[part].code != getattr(begun, part)]
        return changed or (["the new template"] if self._template is None and self._given_draft else [])

    @property
    def wrong(self) -> int:
        """Return how many fields keep it from being saved."""
        return int(bool(self._name_field.error)) + len(self._problems)

    def focus_first(self) -> None:
        """Put the focus into the text of a template that has a name, else into its name."""
        (self.editors[self.part] if self.name.text() else self.name).setFocus()

    def panes(self) -> list[QWidget]:
        """Return what F6 goes round: name, text, preview, variables."""
        return [self.name, self.editors[self.part].edit, self.preview.chooser, self.variables.area.view]

    # --- what is done ------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Check what is typed and save it; when something is wrong mark it and keep everything typed."""
        if not self._name_field.check():
            self._tell()
            return
        self._saving = then or (lambda: None)
        self._check_now()

    def _keep(self, then: Callable[[], object]) -> None:
        template = self._template
        if self.is_stock and self.texts == _texts(stock_template(self.title)):
            self._on_reset()  # as it came: nothing of it is kept
            then()
            return
        try:
            made = Template(template.id if template else None, self.name.text().strip(), *self.texts)
            saved = self._context.service.store.templates.save(made, author(self._context))
        except BadInput as refusal:
            if "name" in refusal.problems:
                self._name_field.set_error(refusal.problems["name"])
                self.name.setFocus()
            else:
                words = f"{refusal.sentence} What you typed is kept."
                self._context.messages.fail("The template was not saved", words, "", "Save as new", self._save_as_new)
            self._tell()
            return
        except StoreError as error:
            self._fail(error)
            return
        self._take(saved)
        self.saved.emit(saved)
        self._context.messages.say(f"Template {saved.name} saved")
        then()

    def _take(self, template: Template) -> None:
        self._template = template
        self.set_title(template.name)
        self.name.setText(template.name)
        self._show_kind()
        self._tell()

    def _fail(self, error: StoreError) -> None:
        self._context.messages.fail("The template was not saved", f"{error.sentence} What you typed is kept.")

    def _kept(self) -> Template | None:
        """Return the template as the store has it, None where it has it no more. Raises StoreError."""
        store, mine = self._context.service.store.templates, self._template
        if self.is_stock:
            return store.get(self.title) or stock_template(self.title)
        return next((each for each in store.all() if mine is not None and each.id == mine.id), None)

    def _begin_from(self, template: Template) -> None:
        self._template = template

    def reread(self) -> bool:
        """Show what is saved now, by whomever, where nothing is unsaved; return whether there still is such a template."""
        return self._versions.reread()

    def _save_as_new(self) -> None:
        if self._template is not None:
            self._template = replace(self._template, id=None)
            self.save()

    def revert(self) -> None:
        """Go back to what is saved."""
        begun = self._begun
        self.name.setText(begun.name if self._template or self._given_draft else "")
        for part in PARTS:
            self.editors[part].set_code(getattr(begun, part))
        self._name_field.set_error("")
        self._show_kind()
        self._on_part()
        self._check_now()
        self._tell()

    def ask_reset(self) -> None:
        """Ask, then put the texts back that come with the program."""
        template = self._template
        if template is None or not self.is_stock:
            return
        question = Question(
            "reset_template",
            f"Reset the template {template.name} to stock?",
            "Your changes to it are thrown away. Messages that wait go out with the texts that come with the program.",
            (Choice("keep", "Keep mine"), Choice("reset", f"Reset template {template.name}", Weight.DANGER)),
            harmless="keep",
        )
        self._context.messages.ask(self, question, lambda answer: self._on_reset() if answer == "reset" else None)

    def _on_reset(self) -> None:
        template = self._template
        assert template is not None  # asked for one
        try:
            if template.id is not None:
                self._context.service.store.templates.delete(template.id, author(self._context))
        except (BadInput, StoreError) as error:
            self._context.messages.fail("The template was not reset", error.sentence)
            return
        self._template = stock_template(template.name)
        self.revert()
        self.saved.emit(self._template)
        self._context.messages.say(f"Template {template.name} is as it came")

    def ask_leave(self, then: Callable[[], object]) -> None:
        """Call `then` when the editor may be closed."""
        ask_leave(self._context, self, self, then)

    def close_for_good(self) -> None:
        """Take no more checks, before the editor is deleted."""
        self.checker.close_for_good()

    # --- checks ------------------------------------------------------------------------------------------------------

    def _request(self) -> Request:
        return Request(self.texts, self.preview.chosen, self._link_base)

    def _check_now(self) -> None:
        self.checker.ask_now()

    def _on_checked(self, checked: Checked) -> None:
        if checked.request.parts != self.texts:
            self.checker.ask()  # typed on since
            return
        self._problems = {}
        for each in checked.problems:
            self._problems.setdefault(each.part, []).append((each.line, problem_words(each)))
        for part, editor in self.editors.items():
            found = self._problems.get(part, [])
            lines = {line: words for line, words in reversed(found) if line is not None}
            general = next((words for line, words in found if line is None), "")
            editor.set_problems(lines, general)
        self._mark_tabs()
        self.preview.show_checked(checked)
        then, self._saving = self._saving, None
        if then is not None and not self._problems:
            self._versions.save(partial(self._keep, then), self._fail)
        elif then is not None:
            self._go_to_problem()
        self._tell()

    def _go_to_problem(self) -> None:
        """Show the first part that is wrong, at its line."""
        part = next(each for each in PARTS if each in self._problems)
        self.tabs.setCurrentIndex(PARTS.index(part))
        line = next((line for line, _ in self._problems[part] if line is not None), 1)
        self.editors[part].edit.go_to(line)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _show_kind(self) -> None:
        stock, template = self.is_stock, self._template
        self.name.setReadOnly(stock)
        self._name_field.set_hint("It comes with the program and keeps its name. Duplicate it to make your own." if stock else "")
        self._reset.setVisible(stock)
        self._reset.setEnabled(self.can_reset)
        self.set_tag("" if not stock else "Stock" if template is not None and template.id is None else "Changed")

    def _mark_tabs(self) -> None:
        for at, part in enumerate(PARTS):
            wrong = part in self._problems
            self.tabs.setTabIcon(at, marks.icon(Mark.CRITICAL, size=12) if wrong else QIcon())
            self.tabs.setTabToolTip(at, self._problems[part][0][1] if wrong else "")

    def _insert(self, words: str) -> None:
        self.editors[self.part].insert(words)

    def _on_part(self, _at: int = 0) -> None:
        self._stack.setCurrentWidget(self.editors[self.part])
        self._hint.set(PART_HINTS[self.part])
        self.preview.show_part(self.part)

    def _on_edited(self) -> None:
        self._saving = None
        self.checker.ask()
        self._tell()

    def _on_name_edited(self, _words: str) -> None:
        if self._name_field.error and not self.name.problem():
            self._name_field.set_error("")
        self._tell()

    def _tell(self) -> None:
        self.head.show(self.wrong, self.unsaved, new=self._template is None)
        self.state_changed.emit()


def _texts(template: Template) -> tuple[str, ...]:
    return tuple(getattr(template, part) for part in PARTS)


def next_part(editor: TemplateEditor, step: int) -> None:
    """Go to the next part, round and round, with the focus in its text."""
    editor.tabs.setCurrentIndex((editor.tabs.currentIndex() + step) % len(PARTS))
    editor.editors[editor.part].setFocus(Qt.FocusReason.ShortcutFocusReason)
