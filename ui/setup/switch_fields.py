"""The fields of one kind of switch: made from its spec, read as options and secrets, marked where something is wrong.

Runs on the window's thread. A secret is never shown: its field says that one is kept, and takes a new one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from noc_alerts.model.connections import SwitchKind
from ui.setup.kinds import KINDS, FieldSpec
from ui.theme import FontRole, Role
from ui.widgets.buttons import Button
from ui.widgets.fields import ComboBox, Field, TextField
from ui.widgets.labels import Label, line
from ui.widgets.page import global_below, row

KEPT_WORDS = "kept, type to replace it"


class SecretField(TextField):
    """A password: what is typed is not shown, what is kept is only said to be there."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.kept = False
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText | Qt.InputMethodHint.ImhNoPredictiveText)

    def set_kept(self, kept: bool) -> None:
        """Say whether one is kept."""
        self.kept = kept
        self.setPlaceholderText(KEPT_WORDS if kept else "none is kept")


class PathField(QWidget):
    """A path that can be typed or chosen."""

    left = Signal()

    def __init__(self, name: str, spec: FieldSpec, *, folders: bool) -> None:
        super().__init__()
        self.setObjectName(f"{name}_path")
        self.line = TextField(name, placeholder=spec.placeholder, required=spec.required)
        self.line.setAccessibleName(spec.label)
        self._button = Button("Choose…", f"{name}_choose", icon="folder", spoken=f"Choose {spec.label.lower()}")
        self._folders = folders
        across = QHBoxLayout(self)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(8)
        across.addWidget(self.line, 1)
        across.addWidget(self._button)
        self.setFocusProxy(self.line)
        self.line.left.connect(self.left)
        self._button.clicked.connect(self._on_clicked)

    def set_wrong(self, wrong: bool) -> None:
        """Draw the border in the error colour, or no longer."""
        self.line.set_wrong(wrong)

    def problem(self) -> str:
        """Return the sentence that says what is wrong, or nothing."""
        return self.line.problem()

    def _on_clicked(self) -> None:
        if not self._folders:
            self._choose(QFileDialog.FileMode.ExistingFile)
            return
        menu = QMenu(self)
        menu.addAction("A file…").triggered.connect(lambda: self._choose(QFileDialog.FileMode.ExistingFile))
        menu.addAction("A folder…").triggered.connect(lambda: self._choose(QFileDialog.FileMode.Directory))
        menu.popup(global_below(self._button))

    def _choose(self, mode: QFileDialog.FileMode) -> None:
        dialog = QFileDialog(self, self.line.accessibleName(), str(Path(self.line.text()).parent) if self.line.text() else "")
        dialog.setFileMode(mode)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.open()

    def _on_chosen(self, path: str) -> None:
        self.line.setText(path)
        self.left.emit()


class SwitchFields(QWidget):
    """All fields of one kind. `changed` is sent when the user changed one."""

    changed = Signal()

    def __init__(self, kind: SwitchKind) -> None:
        super().__init__()
        self.kind = kind
        self.setObjectName(f"switch_fields_{kind.value}")
        self._spec = KINDS[kind]
        self.fields: dict[str, Field] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for title, specs in self._spec.sections:
            column.addSpacing(8)
            column.addWidget(line())
            column.addSpacing(4)
            column.addWidget(Label(title, Role.TEXT, FontRole.SECTION))
            narrow: list[Field] = []
            for spec in specs:
                field = self._make(spec)
                if not spec.narrow:
                    column.addWidget(field)
                    continue
                narrow.append(field)
                if len(narrow) == 2:
                    column.addLayout(_pair(narrow))
                    narrow = []
            if narrow:
                column.addLayout(_pair(narrow))
        self._show_what_applies()

    def _make(self, spec: FieldSpec) -> Field:
        name = f"switch_{self.kind.value}_{spec.key}"
        content: QWidget
        if spec.secret:
            secret = SecretField(name)
            secret.set_kept(False)
            secret.textEdited.connect(self.changed)
            content = secret
        elif spec.choices:
            box = ComboBox(name)
            box.set_choices(list(spec.choices))
            box.chosen.connect(self._on_chosen)
            content = box
        elif spec.folder:
            path = PathField(name, spec, folders=spec.key == "path")
            path.line.textChanged.connect(self.changed)
            content = path
        else:
            line_edit = TextField(name, placeholder=spec.placeholder, required=spec.required)
            line_edit.textEdited.connect(self.changed)
            content = line_edit
        field = Field(spec.label, content, hint=spec.hint)
        self.fields[spec.key] = field
        return field

    # --- values -----------------------------------------------------------------------------------------------------------

    @property
    def options(self) -> dict[str, str]:
        """Return what the adapter is told: every field that applies and is not empty."""
        return {s.key: self._text(s) for s in self._spec.fields if not s.secret and self._applies(s) and self._text(s)}

    @property
    def typed_secrets(self) -> dict[str, str]:
        """Return the secrets that were typed, by field."""
        return {s.key: self._text(s) for s in self._spec.fields if s.secret and self._applies(s) and self._text(s)}

    @property
    def kept_secrets(self) -> set[str]:
        """Return the fields whose secret is kept."""
        return {key for key, field in self.fields.items() if isinstance(field.content, SecretField) and field.content.kept}

    def set_options(self, options: Mapping[str, str]) -> None:
        """Show saved options, without a signal; secrets that were typed are cleared."""
        for spec in self._spec.fields:
            content = self.fields[spec.key].content
            content.blockSignals(True)
            self.fields[spec.key].set_error("")
            value = "" if spec.secret else options.get(spec.key, spec.default)
            if isinstance(content, ComboBox):
                content.set_data(value or spec.default)
            elif isinstance(content, PathField):
                content.line.blockSignals(True)
                content.line.setText(value)
                content.line.blockSignals(False)
            elif isinstance(content, QLineEdit):
                content.setText(value)
            content.blockSignals(False)
        self._show_what_applies()

    def set_kept(self, keys: Collection[str]) -> None:
        """Say which secrets are kept."""
        for key, field in self.fields.items():
            if isinstance(field.content, SecretField):
                field.content.set_kept(key in keys)

    def forget_typed(self, keys: Collection[str]) -> None:
        """Clear secrets that are kept now."""
        for key in keys:
            content = self.fields[key].content
            if isinstance(content, SecretField):
                content.clear()
                content.set_kept(True)

    def labels_of_changes(self, options: Mapping[str, str]) -> list[str]:
        """Name the fields that differ from saved options, in lower case."""
        now = self.options
        changed = []
        for spec in self._spec.fields:
            if spec.secret:
                differs = bool(self._text(spec)) and self._applies(spec)
            else:
                differs = now.get(spec.key, "") != options.get(spec.key, spec.default if spec.choices else "")
                differs = differs and self._applies(spec)
            if differs:
                changed.append(spec.label[0].lower() + spec.label[1:] if not spec.label[:2].isupper() else spec.label)
        return changed

    # --- checking ---------------------------------------------------------------------------------------------------------

    def check(self) -> bool:
        """Check every field that applies, show what is wrong, return whether all is right."""
        results = [self.fields[spec.key].check() for spec in self._spec.fields if self._applies(spec)]
        return all(results)

    def show_problems(self, problems: Mapping[str, str]) -> list[str]:
        """Put sentences under their fields; return those that belong to none here."""
        for key, sentence in problems.items():
            if key in self.fields:
                self.fields[key].set_error(sentence)
        return [sentence for key, sentence in problems.items() if key not in self.fields]

    @property
    def wrong(self) -> int:
        """Return how many fields are marked as wrong."""
        return sum(bool(self.fields[s.key].error) for s in self._spec.fields if self._applies(s))

    # --- inner ------------------------------------------------------------------------------------------------------------

    def _text(self, spec: FieldSpec) -> str:
        content = self.fields[spec.key].content
        if isinstance(content, ComboBox):
            return str(content.currentData() or "")
        if isinstance(content, PathField):
            return content.line.text().strip()
        if isinstance(content, SecretField):
            return content.text()
        return content.text().strip() if isinstance(content, QLineEdit) else ""

    def _applies(self, spec: FieldSpec) -> bool:
        if spec.only is None:
            return True
        key, values = spec.only
        other = self.fields[key].content
        return isinstance(other, ComboBox) and other.currentData() in values

    def _on_chosen(self, _data: object) -> None:
        self._show_what_applies()
        self.changed.emit()

    def _show_what_applies(self) -> None:
        for spec in self._spec.fields:
            self.fields[spec.key].setVisible(self._applies(spec))


def _pair(fields: list[Field]) -> QHBoxLayout:
    made = row(list(fields), spacing=12)
    for at in range(len(fields)):
        made.setStretch(at, 1)
        made.setAlignment(fields[at], Qt.AlignmentFlag.AlignTop)
    if len(fields) == 1:
        made.addStretch(1)
    return made
