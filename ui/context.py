"""What every screen is given when it is made. GUI thread."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from noc_alerts.model.changes import Author
from noc_alerts.scheduler import Service
from ui.bridge import Bridge
from ui.commands import Commands
from ui.main_window import MainWindow
from ui.messages import Messages
from ui.theme import Theme


@dataclass(frozen=True, slots=True)
class ScreenContext:
    """The program as a screen sees it.

    `window`: opens pages and items of pages (editors). `go(page, item)`: open a page, and have its `show_item(item)` show
    the item if it is not None. `operator()`: the name of whoever sits here, for acknowledgements. `zone()`: the time zone's name.
    """

    service: Service
    bridge: Bridge
    theme: Theme
    messages: Messages
    commands: Commands
    window: MainWindow
    go: Callable[[str, object | None], None]
    operator: Callable[[], str]
    zone: Callable[[], str]

    def author(self, now: datetime) -> Author:
        """Return who sits here as the author of a change made now; nobody's name is known before it was asked for."""
        return Author(self.operator() or "somebody", now)
