"""What every test of the window has: an offscreen application, recorded messages, nothing kept, no Qt warnings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication

from ui.messages import Recorder, messages
from ui.prefs import prefs
from ui.theme import Appearance, theme

# Said by the offscreen plug-in about itself, not about our windows.
_HARMLESS = ("This plugin does not support",)


@pytest.fixture(scope="session")
def dressed(qapp: QApplication) -> QApplication:
    """Give the application our theme once."""
    theme.start(Appearance.DARK)
    return qapp


@pytest.fixture(autouse=True)
def clean(dressed: QApplication) -> Iterator[None]:
    """Start each test dark, at 100 %, with nothing kept and nothing left open."""
    prefs.use(None)
    if theme.appearance is not Appearance.DARK or theme.scale != 1.0:
        theme.set_appearance(Appearance.DARK, 1.0)
    yield
    for widget in dressed.topLevelWidgets():
        widget.hide()
        widget.deleteLater()
    dressed.processEvents()


@pytest.fixture(autouse=True)
def no_qt_warnings(qtlog: Any) -> Iterator[None]:
    """Fail a test in which Qt warned."""
    yield
    said = [
        record.message.strip()
        for record in qtlog.records
        if record.log_type_name in ("QtWarningMsg", "QtCriticalMsg") and not record.message.startswith(_HARMLESS)
    ]
    assert not said, "Qt warned: " + "; ".join(said)


@pytest.fixture(autouse=True)
def recorder() -> Iterator[Recorder]:
    """Record messages instead of opening dialogs; set `recorder.answers[name]` to answer."""
    made = Recorder()
    messages.record(made)
    yield made
    messages.record(None)
