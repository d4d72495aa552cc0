"""What a person has: eyes and hands. Finds widgets by the names screen readers know, clicks and types, waits, takes pictures.

Runs on the window's thread. Nothing here calls a method of a screen: only what can be seen, clicked or typed.
"""

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiosmtpd.controller import Controller
from PySide6.QtCore import QModelIndex, QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QTableView,
    QWidget,
)

from noc_alerts.paths import hold, open_profile
from ui.app import App
from ui.frame_commands import kept_look
from ui.prefs import prefs
from ui.theme import theme

W = TypeVar("W", bound=QWidget)
KEYS = Qt.KeyboardModifier


class Hands:
    """The running program on a profile, and the person before it."""

    def __init__(self, profile: Path, shots: Path, *, demo: bool, size: tuple[int, int]) -> None:
        self.profile, self._shots, self.demo = profile, shots, demo
        self._stack = ExitStack()
        folder = open_profile(profile)
        self._stack.enter_context(hold(folder))
        prefs.use(QSettings(str(folder.folder / "window.ini"), QSettings.Format.IniFormat))
        _dress()
        self.app: App | None = App(folder, self._stack, demo=demo)
        window = self.app.window
        window.resize(*size)
        window.show()
        self.app.build()
        window.activateWindow()
        assert QTest.qWaitForWindowActive(window, 5000)
        for kept in ("geometry", "page"):
            prefs.put(kept, "")

    @property
    def window(self) -> Any:
        """Return the main window."""
        assert self.app is not None
        return self.app.window

    def quit(self) -> None:
        """End the program as its Quit does, and wait until everything of it is gone."""
        if self.app is None:
            return
        app, self.app = self.app, None
        app.quit()
        self._stack.close()
        app.destroy()
        for widget in QApplication.topLevelWidgets():
            widget.hide()
        prefs.use(None)

    # --- eyes -------------------------------------------------------------------------------------------------------------

    def find(self, name: str, kind: type[W] = QWidget) -> W:  # type: ignore[assignment]  # QWidget is the widest W
        """Return the visible widget of this name. AssertionError when there is none."""
        found = self.look(name, kind)
        assert found is not None, f"nothing visible is named {name}; there are {self._visible_names()}"
        return found

    def look(self, name: str, kind: type[W] = QWidget) -> W | None:  # type: ignore[assignment]  # as above
        """Return the visible widget of this name, None while there is none."""
        for top in reversed(QApplication.topLevelWidgets()):
            if not top.isVisible():
                continue
            if top.objectName() == name and isinstance(top, kind):
                return top
            for each in top.findChildren(kind, name):
                if each.isVisible():
                    return each  # type: ignore[no-any-return]  # findChildren gives a list of kind
        return None

    def _visible_names(self) -> list[str]:
        return sorted({w.objectName() for w in QApplication.allWidgets() if w.isVisible() and w.objectName()})

    def words(self, name: str) -> str:
        """Return what a label, button or field says, thin spaces made plain; nothing while it is not to be seen."""
        widget = self.look(name)
        if widget is None:
            return ""
        said = widget.text() if isinstance(widget, QLabel | QAbstractButton | QLineEdit) else ""
        return plain(str(said) or widget.accessibleName())

    def all_words(self, inside: str = "main_window") -> str:
        """Return everything that labels and buttons inside a widget say, one a line; nothing while it is not to be seen."""
        top = self.look(inside)
        if top is None:
            return ""
        parts = [w.text() for w in top.findChildren(QLabel) if w.isVisible()]
        parts += [w.text() or w.accessibleName() for w in top.findChildren(QAbstractButton) if w.isVisible()]
        return plain("\n".join(parts))

    def rows(self, table: str) -> list[str]:
        """Return the rows of a table as a screen reader has them: all cells' texts, in order."""
        view = self.find(table, QTableView)
        model = view.model()
        columns = range(model.columnCount())
        return [plain(" | ".join(_said(model.index(at, column)) for column in columns)) for at in range(model.rowCount())]

    def row_of(self, table: str, *parts: str) -> str:
        """Return the row that has all these words; empty when there is none."""
        return next((row for row in self.rows(table) if all(part in row for part in parts)), "")

    def until(self, condition: Callable[[], Any], seconds: float, what: str) -> Any:
        """Wait until something is so; fail with `what` when the time is over."""
        got = wait_for(condition, seconds)
        if not got:
            self.shot("failed")
            pytest.fail(f"not within {seconds} s: {what}")
        return got

    def shot(self, name: str) -> Path:
        """Take a picture of the whole screen."""
        QTest.qWait(150)  # so that the last paint is on it; nothing is judged by this time
        path = self._shots / f"{name}.png"
        screen = QGuiApplication.primaryScreen()
        assert screen is not None
        assert screen.grabWindow(0).save(str(path))
        return path

    # --- hands ------------------------------------------------------------------------------------------------------------

    def _reach(self) -> None:
        """Wait until the window manager gave the keys to the window that takes them: a dialog that just opened, else ours."""
        wanted = QApplication.activeModalWidget() or self.window
        if QApplication.activePopupWidget() is None and wanted.isVisible() and not wanted.isActiveWindow():
            wanted.activateWindow()
            assert wait_for(wanted.isActiveWindow, 5), f"{wanted.objectName()} does not become the active window"

    def click(self, name: str, button: Qt.MouseButton = Qt.MouseButton.LeftButton) -> None:
        """Click the middle of a widget that can be seen and used."""
        self._reach()
        widget = self.find(name)
        assert widget.isEnabled(), f"{name} cannot be used"
        _bring_into_view(widget)
        QTest.mouseClick(widget, button, KEYS.NoModifier, _middle(widget))

    def click_row(self, table: str, *parts: str, column: int = 0, double: bool = False) -> None:
        """Click the row that has these words."""
        view = self.find(table, QTableView)
        at = next((n for n, row in enumerate(self.rows(table)) if all(part in row for part in parts)), None)
        assert at is not None, f"no row of {table} has {parts}: {self.rows(table)}"
        index = view.model().index(at, column)
        view.scrollTo(index)
        place = view.visualRect(index).center()
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, KEYS.NoModifier, place)
        if double:
            QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, KEYS.NoModifier, place)

    def press(self, keys: str) -> None:
        """Press a key or a combination, as `Ctrl+K`, wherever the focus is."""
        self._reach()
        popup = QApplication.activePopupWidget()
        target = (popup.focusWidget() or popup) if popup is not None else QApplication.focusWidget() or self.window
        QTest.keySequence(target, QKeySequence(keys))

    def type(self, words: str) -> None:
        """Type where the focus is."""
        target = QApplication.focusWidget()
        assert target is not None, "nothing has the focus"
        QTest.keyClicks(target, words)

    def fill(self, name: str, words: str) -> None:
        """Click into a field, select what is in it, type."""
        self.click(name)
        self.press("Ctrl+A")
        if not words:
            self.press("Del")
        self.type(words)
        assert self.find(name, QLineEdit).text() == words, f"{name} holds {self.find(name, QLineEdit).text()!r}"

    def choose(self, name: str, words: str) -> None:
        """Open a list by a click, go to the entry with the arrow keys, press Enter."""
        self._reach()
        box = self.find(name, QComboBox)
        _bring_into_view(box)
        at = next((n for n in range(box.count()) if box.itemText(n).startswith(words)), None)
        assert at is not None, f"{name} has no {words}: {[box.itemText(n) for n in range(box.count())]}"
        QTest.mouseClick(box, Qt.MouseButton.LeftButton, KEYS.NoModifier, _middle(box))
        view = box.view()
        assert wait_for(view.isVisible, 2), f"{name} does not open"
        for _ in range(abs(at - view.currentIndex().row())):
            QTest.keyClick(view, Qt.Key.Key_Down if at > view.currentIndex().row() else Qt.Key.Key_Up)
        QTest.keyClick(view, Qt.Key.Key_Return)
        assert wait_for(lambda: not view.isVisible(), 2), f"{name} does not close"
        assert box.currentText().startswith(words), box.currentText()


@dataclass
class Mailbox:
    """A mail server that keeps what it is given; it can be stopped and started on its port."""

    port: int
    mails: list[Message] = field(default_factory=list)
    _controller: Any = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # aiosmtpd's own name
        """Keep a mail."""
        self.mails.append(BytesParser(policy=default).parsebytes(envelope.content))
        return "250 2.0.0 kept"

    def start(self) -> None:
        """Take mail."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Take no more."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def subjects(self) -> list[str]:
        """Give the subjects as they came."""
        return [str(mail["Subject"]) for mail in self.mails]


def wait_for(condition: Callable[[], Any], seconds: float) -> Any:
    """Run the window's loop until something is so or the time is over; give what the condition gave last."""
    end = time.monotonic() + seconds
    while not (got := condition()) and time.monotonic() < end:
        QTest.qWait(20)
    return got


def free_port() -> int:
    """Give a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def plain(words: str) -> str:
    """Replace the spaces that typography needs and a test does not."""
    for special in "\u00a0\u2009\u202f\u200a":
        words = words.replace(special, " ")
    return words.replace("\u2212", "-")


def _dress() -> None:
    """Put the kept look on, as the program does at its start; the application of a test run is dressed once."""
    application = QApplication.instance()
    assert application is not None
    if not application.property("dressed"):
        application.setProperty("dressed", True)
        theme.start(*kept_look())
    elif (theme.appearance, theme.scale) != kept_look():
        theme.set_appearance(*kept_look())


def _said(index: QModelIndex) -> str:
    """Return a cell's words and what a screen reader says of it: the second line, the mark."""
    words = [str(index.data(role) or "") for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole)]
    return words[1] if words[0] in words[1] else ", ".join(filter(None, words))


def _middle(widget: QWidget) -> QPoint:
    return widget.rect().center()


def _bring_into_view(widget: QWidget) -> None:
    """Scroll as a person would with the wheel."""
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(widget)
        above = above.parentWidget()
