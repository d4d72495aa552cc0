"""A text as it was sent: whole, selectable, as high as it is long, so that only what is round it scrolls.

Runs on the window's thread.
"""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QTextOption, QWheelEvent
from PySide6.QtWidgets import QTextEdit

from ui.theme import FontRole, theme


class TextBlock(QTextEdit):
    """Show a text that cannot be changed; a word without end (an address) breaks anywhere."""

    def __init__(self, words: str, name: str, spoken: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(spoken)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAcceptRichText(False)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        theme.set_font(self, FontRole.BODY)
        self.setPlainText(words.rstrip("\n"))
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        theme.changed.connect(self._fit)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height the text needs at the new width."""
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to the area round it."""
        event.ignore()

    def _fit(self) -> None:
        # a QPlainTextEdit breaks only the lines it shows, so it could not tell
        wanted = math.ceil(self.document().size().height()) + self.height() - self.viewport().height()
        if wanted != self.minimumHeight():
            self.setFixedHeight(wanted)
