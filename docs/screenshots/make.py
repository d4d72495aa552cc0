"""Make every picture of the documents from the running program: `python3 docs/screenshots/make.py`; takes three minutes.

Started by any Python it goes over to the checkout's virtual environment and to a screen of its own (Xvfb), so nothing of
the desktop gets into a picture; a notification service stands on that screen's own session bus, as on a desktop. The
demo switch plays the same incidents each time; clock times and counts are those of the day. Needs what
`python3 bootstrap.py test` sets up. Pictures are written beside this file, at most 256 colours each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VENV_PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
INNER = "--on-its-own-screen"
PARTS = ("empty", "demo")
SIZE = (1600, 1000)
MOST_BYTES = 150_000
COLOURS = 256
SETTLES_MS = 800

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from noc_alerts.engine.news import Snapshot
    from ui.app import App


def on_own_screen() -> int:
    """Start this file again in the virtual environment, on a screen of its own; give its exit code."""
    if not VENV_PYTHON.exists():
        sys.exit("Run `python3 bootstrap.py test` once: it sets up what this needs.")
    sys.path.insert(0, str(ROOT / "packaging"))
    from screen import screen  # type: ignore[import-not-found]  # lies beside the packaging files

    try:
        with screen(os.environ) as inner:
            inner["PYTHONPATH"] = str(ROOT)
            inner["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # never the keyring of whoever runs this
            inner["QT_SCALE_FACTOR"] = "1"
            for part in PARTS:
                # each window in a process of its own, as it is at the user's
                done = subprocess.run([str(VENV_PYTHON), __file__, INNER, part], env=inner, cwd=ROOT, check=False)
                if done.returncode:
                    return done.returncode
            return 0
    except (OSError, RuntimeError) as error:
        sys.exit(f"No screen could be started ({error}). Run `python3 bootstrap.py test` once: it installs Xvfb.")


def make(part: str) -> None:
    """Make the pictures of an empty profile or of the demo; end with a sentence when something does not come."""
    from PySide6.QtWidgets import QApplication

    application = QApplication(sys.argv[:1])
    application.setApplicationName("noc_alerts")
    application.setQuitOnLastWindowClosed(False)
    with (
        tempfile.TemporaryDirectory(prefix="noc_alerts-pictures-") as folder,
        program(Path(folder), demo=part == "demo") as app,
    ):
        if part == "demo":
            threading.Thread(target=run_desktop, daemon=True).start()
            demo_pictures(app)
        else:
            picture(app, "welcome")


@contextmanager
def program(folder: Path, *, demo: bool) -> Iterator[App]:
    """Run the program in its window on a new profile."""
    from PySide6.QtCore import QPoint, QSettings
    from PySide6.QtGui import QCursor

    from noc_alerts.logs import start_logging
    from noc_alerts.paths import hold, open_profile
    from ui.app import App
    from ui.frame_commands import kept_look
    from ui.prefs import prefs
    from ui.theme import theme

    profile = open_profile(folder)
    start_logging(profile.log_folder)
    with ExitStack() as stack:
        stack.enter_context(hold(profile))
        prefs.use(QSettings(str(profile.folder / "window.ini"), QSettings.Format.IniFormat))
        prefs.put("operator", "Night shift")
        theme.start(*kept_look())
        app = App(profile, stack, demo=demo)
        app.window.resize(*SIZE)
        app.window.show()
        app.build()
        app.window.activateWindow()
        QCursor.setPos(QPoint(SIZE[0] - 1, SIZE[1] - 1))  # nothing lies under the pointer
        until(app.window.isActiveWindow, 10, "the window is active")
        yield app
        app.quit()
    app.destroy()
    prefs.use(None)  # lets go of window.ini, which would otherwise be written anew after the folder is gone


def demo_pictures(app: App) -> None:
    """Wait for the first alarm of the demo, let it stand for half a minute, then go from page to page."""
    from noc_alerts.model.companies import CompanyKind, Subject
    from ui.charts.metrics import SETTINGS_KEY, ChartSet, write_set
    from ui.frame_commands import change_look
    from ui.theme import Appearance

    context = app.context
    assert context is not None

    def snapshot() -> Snapshot | None:
        return context.bridge.snapshot

    def collapsed() -> Any:
        now = datetime.now(UTC)
        alarms = snapshot().alarms if snapshot() else ()  # type: ignore[union-attr]  # asked for just before
        old = timedelta(seconds=30)
        return [a for a in alarms if a.key.subject.label == "carrier bravo" and now - a.raised_at > old]

    alarm = until(collapsed, 240, "bravo's ASR alarm")[0]
    context.go("overview", None)
    picture(app, "overview-dark")
    change_look(Appearance.LIGHT, 1.0)
    picture(app, "overview-light")
    change_look(Appearance.DARK, 1.0)
    context.go("alerts", None)
    picture(app, "alerts")
    context.go("alerts", ("alarm", alarm))
    picture(app, "alert-editor")
    context.go("alerts", balance_alert(app))
    picture(app, "alert-two-levels")
    context.go("templates", "alert")
    picture(app, "template")
    context.go("scripts", "CLI blocks")
    run_script(app)
    picture(app, "script")
    context.go("deliveries", None)
    picture(app, "deliveries")
    connection_id = snapshot().switches[0].connection.id  # type: ignore[union-attr]  # there is one, or no alarm came
    context.service.store.settings.set(SETTINGS_KEY, write_set(ChartSet(range=timedelta(hours=1))))
    for name in ("bravo", "alpha", "charlie", "delta"):
        context.go("charts", (connection_id, Subject.company(CompanyKind.CARRIER, name).key, "ASR", timedelta(minutes=1)))
    picture(app, "charts")
    for page in ("companies", "events"):
        context.go(page, None)
        picture(app, page)
    context.go("switches", connection_id)
    picture(app, "switches")
    context.go("settings", "messages")
    picture(app, "settings-messages")


def balance_alert(app: App) -> int:
    """Give the id of the demo's alert with two limits."""
    assert app.context is not None
    return next(alert.id for alert in app.context.service.store.alerts.all() if alert.two_levels)  # type: ignore[return-value]  # saved


def run_script(app: App) -> None:
    """Run the script that is open, as its button does, and wait for what it says."""
    from PySide6.QtWidgets import QPushButton

    from ui.scripts.run_panel import RunPanel

    button = next(b for b in app.window.findChildren(QPushButton, "script_run_button") if b.isVisible())
    button.click()
    panel = next(p for p in app.window.findChildren(RunPanel) if p.isVisible())
    until(lambda: not panel.running, 20, "the script's result")


def run_desktop() -> None:
    """Be the desktop's notification service (Desktop Notifications Specification 1.2): take messages, number them."""
    import asyncio

    from dbus_fast import BusType, Message, MessageType
    from dbus_fast.aio import MessageBus

    async def serve() -> None:
        bus = await MessageBus(bus_type=BusType.SESSION).connect()
        taken = 0

        def answer(message: Message) -> Message | None:
            nonlocal taken
            if message.message_type is not MessageType.METHOD_CALL or message.member != "Notify":
                return None
            taken += 1
            return Message.new_method_return(message, "u", [taken])

        bus.add_message_handler(answer)
        await bus.request_name("org.freedesktop.Notifications")
        await asyncio.Event().wait()  # until the program ends

    asyncio.run(serve())


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Run the window's loop until something is so; give what the condition gave. Ends the program when it does not come."""
    from PySide6.QtCore import QDeadlineTimer
    from PySide6.QtTest import QTest

    deadline = QDeadlineTimer(round(seconds * 1000))
    while not (got := condition()):
        if deadline.hasExpired():
            sys.exit(f"It did not come within {seconds:.0f} s: {what}.")
        QTest.qWait(50)
    return got


def picture(app: App, name: str) -> None:
    """Write what the window shows once its charts have their points and it has settled."""
    from PySide6.QtGui import QImageWriter
    from PySide6.QtTest import QTest

    from ui.charts.live_chart import LiveChart

    QTest.qWait(SETTLES_MS)  # a chart of a page that just opened asks for its points first
    charts = [chart for chart in app.window.findChildren(LiveChart) if chart.isVisible()]
    until(lambda: all(chart.frame is not None for chart in charts), 60, f"the points of the charts in {name}")
    QTest.qWait(SETTLES_MS)
    path = HERE / f"{name}.png"
    image = with_few_colours(app.window.grab().toImage())
    writer = QImageWriter(str(path), b"png")
    writer.setCompression(100)
    if not writer.write(image):
        sys.exit(f"{path.name} could not be written: {writer.errorString()}.")
    sys.stdout.write(f"{path.name}: {image.width()} x {image.height()}, {path.stat().st_size:,} bytes\n")
    sys.stdout.flush()
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path.name} is larger than {MOST_BYTES:,} bytes.")


def with_few_colours(image: QImage) -> QImage:
    """Return the image with a palette: its most frequent colours that differ, each other one as the nearest of them."""
    import numpy as np
    from PySide6.QtGui import QImage

    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    height, width = plain.height(), plain.width()
    pixels = np.frombuffer(plain.constBits(), np.uint32).reshape(height, -1)[:, :width] & 0xFFFFFF
    colours, where, counts = np.unique(pixels, return_inverse=True, return_counts=True)
    parts = np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=1).astype(np.int32)
    chosen: list[int] = []
    away = np.full(len(colours), np.iinfo(np.int32).max)
    while len(chosen) < min(COLOURS, len(colours)) and away.max() > 0:
        # a colour earns its place by how often it is there and how badly the nearest one taken stands for it
        best = int(np.argmax(np.sqrt(counts) * np.minimum(away, 4096))) if chosen else int(np.argmax(counts))
        chosen.append(best)
        away = np.minimum(away, ((parts - parts[best]) ** 2).sum(axis=1))
    taken = parts[chosen]
    nearest = np.array([int(((taken - part) ** 2).sum(axis=1).argmin()) for part in parts], dtype=np.uint8)
    indexed = np.ascontiguousarray(nearest[where].reshape(height, width))
    small = QImage(indexed.data, width, height, width, QImage.Format.Format_Indexed8)
    small.setColorTable([0xFF000000 | int(colours[at]) for at in chosen])
    return small.copy()  # the copy owns its bytes; `indexed` goes with this call


if __name__ == "__main__":
    if INNER in sys.argv[1:]:
        make(sys.argv[-1])
    else:
        sys.exit(on_own_screen())
