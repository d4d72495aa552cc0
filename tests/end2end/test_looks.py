"""Every page dark and light, small and large, at 100 and 150 %: nothing warns and no label or button is cut."""

from collections.abc import Callable

import pytest
from hands import Hands
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from scenes import PAGES

from ui.theme import theme
from ui.widgets.labels import ElidedLabel

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(120)]
# the size at which a page may cut and scroll: the least window at 100 % holds two thirds of its words at 150 %
CRAMPED = ((1180, 720), 1.5)
SMALL, LARGE = (1180, 720), (1590, 960)


def find_command(see: Hands, words: str) -> None:
    """Do a command through the finder."""
    see.press("Ctrl+K")
    see.until(lambda: see.look("finder_text"), 5, "the finder opens")
    see.type(words)
    see.press("Return")
    see.until(lambda: not see.look("finder"), 5, "the finder closes")


def cut(inside: QWidget) -> list[str]:
    """Name the labels and buttons whose words have less room than they need; those that may be shortened are left out."""
    found = []
    for label in inside.findChildren(QLabel):
        if not label.isVisible() or not label.text() or isinstance(label, ElidedLabel):
            continue
        if label.wordWrap():
            short = label.heightForWidth(label.width()) > label.height() + 1
        else:
            short = label.sizeHint().width() > label.width() + 1 or label.sizeHint().height() > label.height() + 2
        if short:
            found.append(f"{label.objectName() or 'label'}: {label.text()!r} {label.size().toTuple()}")
    for button in inside.findChildren(QPushButton):
        if button.isVisible() and button.sizeHint().width() > button.width() + 1:
            found.append(f"{button.objectName()}: {button.text()!r}")
    return found


LOOKS = (
    ("dark-small", "Dark theme", SMALL, 1.0),
    ("light-large", "Light theme", LARGE, 1.0),
    ("light-small-150", "Light theme", SMALL, 1.5),
    ("dark-large-150", "Dark theme", LARGE, 1.5),
)


def test_every_page_in_every_look(open_window: Callable[..., Hands]) -> None:
    see = open_window(demo=True, size=SMALL)
    see.until(lambda: see.words("status_switch_1") == "OK: demo-1", 30, "the demo is read")
    wrong = []
    for name, words, size, scale in LOOKS:
        find_command(see, words)
        while round(theme.scale, 2) < scale:
            see.press("Ctrl++")
        assert theme.dark is (words == "Dark theme")
        see.window.resize(*size)
        see.until(lambda size=size: see.window.size().toTuple() == size, 5, "the window has its size")
        for page, keys in PAGES.items():
            if keys:
                see.press(keys)
            else:
                see.click(f"rail_{page}")
            see.shot(f"08-{name}-{page}")
            wrong += [f"{name}, {page}: {each}" for each in cut(see.window) if (size, scale) != CRAMPED]
        see.press("Ctrl+2")
        see.press("N")
        see.until(lambda: see.look("alert_title"), 5, "the editor opens")
        see.shot(f"08-{name}-editor")
        wrong += [f"{name}, editor: {each}" for each in cut(see.window) if (size, scale) != CRAMPED]
        see.press("Ctrl+W")
    assert not wrong, "\n".join(wrong)
