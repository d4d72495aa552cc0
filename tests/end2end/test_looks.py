"""Every page dark and light, small and large, at 100 and 150 %: nothing warns and no label or button is cut."""

from collections.abc import Callable

import pytest
from hands import Hands
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from scenes import PAGES

from ui.theme import theme
from ui.widgets.labels import ElidedLabel

pytestmark = [pytest.mark.end2end, pytest.mark.timeout(120)]
SMALL, LARGE = (1180, 720), (1600, 1000)


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


@pytest.mark.parametrize(
    ("words", "size", "steps"),
    [("Dark theme", SMALL, 0), ("Light theme", LARGE, 0), ("Light theme", SMALL, 5), ("Dark theme", LARGE, 5)],
    ids=["dark-small", "light-large", "light-small-150", "dark-large-150"],
)
def test_pages(
    open_window: Callable[..., Hands], request: pytest.FixtureRequest, words: str, size: tuple[int, int], steps: int
) -> None:
    see = open_window(demo=True, size=size)
    see.until(lambda: see.words("status_switch_1") == "OK: demo-1", 30, "the demo is read")
    find_command(see, words)
    for _ in range(steps):
        see.press("Ctrl++")
    assert round(theme.scale, 2) == round(1 + steps / 10, 2)
    assert theme.dark is (words == "Dark theme")
    wrong = []
    for page, keys in PAGES.items():
        if keys:
            see.press(keys)
        else:
            see.click(f"rail_{page}")
        QTest.qWait(300)  # for the picture: rows and charts that come by signal
        see.shot(f"08-{request.node.callspec.id}-{page}")
        wrong += [f"{page}: {each}" for each in cut(see.window)]
    see.press("Ctrl+2")
    see.press("N")
    see.until(lambda: see.look("alert_title"), 5, "the editor opens")
    see.shot(f"08-{request.node.callspec.id}-editor")
    wrong += [f"editor: {each}" for each in cut(see.window)]
    see.press("Ctrl+0")
    find_command(see, "Dark theme")
    assert not wrong, "\n".join(wrong)
