"""What the tabs of Settings share: the room of a tab, its sections, and a mail address as an entry.

Runs on the window's thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from noc_alerts.model.errors import BadInput
from noc_alerts.notify.smtp_settings import checked_address
from ui.text import InputError
from ui.theme import FontRole, Role, theme
from ui.widgets.fields import Field
from ui.widgets.labels import Label, line
from ui.widgets.page import Panel, scrolled
from ui.widgets.tag_field import Entry

WIDTH = 720


def address_entry(typed: str) -> Entry:
    """Make an entry of a mail address. Raises InputError."""
    try:
        return Entry(checked_address(typed.strip()), typed.strip(), "mail")
    except BadInput as error:
        raise InputError(error.sentence) from error


def tab_room(name: str, sections: Sequence[tuple[str, Sequence[QWidget]]]) -> Panel:
    """Return a panel with titled sections, one below the other, that scrolls where it must."""
    content = QWidget()
    content.setObjectName(f"{name}_content")
    column = QVBoxLayout(content)
    column.setContentsMargins(16, 16, 16, 16)
    column.setSpacing(10)
    for at, (title, widgets) in enumerate(sections):
        if at:
            column.addSpacing(6)
            column.addWidget(line())
            column.addSpacing(6)
        column.addWidget(Label(title, Role.TEXT, FontRole.SECTION))
        for widget in widgets:
            column.addWidget(widget)
    column.addStretch(1)
    panel = Panel(name)
    theme.follow(panel, lambda: panel.setMaximumWidth(theme.px(WIDTH)))
    panel.body.addWidget(scrolled(content, f"{name}_scroll"))
    content.setAutoFillBackground(False)  # QScrollArea switches it on; the panel shows through
    return panel


def beside(words: str, content: QWidget, hint: str = "") -> Field:
    """Return a field with its label at the left, as Settings have them."""
    return Field(words, content, hint=hint, beside=True)


def leftmost(widget: QWidget) -> QWidget:
    """Return a host that keeps a narrow widget at the left."""
    host = QWidget()
    host.setObjectName(f"{widget.objectName()}_room")
    across = QHBoxLayout(host)
    across.setContentsMargins(0, 0, 0, 0)
    across.addWidget(widget)
    across.addStretch(1)
    host.setFocusProxy(widget)
    host.setAccessibleName(widget.accessibleName())
    return host
