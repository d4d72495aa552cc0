"""The tabs General and Look of Settings: applied at once, each with Undo; and About.

Runs on the window's thread. Kept in the window's own preferences, which lie in the profile's folder.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from PySide6.QtCore import QObject, Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QCompleter, QWidget

from noc_alerts import __version__
from ui import text
from ui.frame_commands import change_look
from ui.prefs import prefs
from ui.setup.settings_parts import beside, leftmost, tab_room
from ui.text import InputError
from ui.theme import Appearance, Density, Role, theme
from ui.widgets.buttons import Button, SegmentedControl
from ui.widgets.fields import ComboBox, TextField
from ui.widgets.labels import ElidedLabel, KeyValues
from ui.widgets.page import Panel, row

if TYPE_CHECKING:
    from ui.context import ScreenContext

SCALES = (90, 100, 110, 125, 150)
LIBRARIES = (
    "PySide6-Essentials",
    "pyqtgraph",
    "numpy",
    "SQLAlchemy",
    "alembic",
    "APScheduler",
    "msgspec",
    "Jinja2",
    "requests",
    "keyring",
    "cryptography",
    "psycopg",
)


class ZoneField(TextField):
    """The name of a time zone, completed while it is typed."""

    def __init__(self, name: str) -> None:
        super().__init__(name, placeholder="Europe/London")
        names = ["UTC", *sorted(zone for zone in available_timezones() if "/" in zone)]
        completer = QCompleter(names, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.setCompleter(completer)

    def problem(self) -> str:
        """Return the sentence that says why there is no such zone, or nothing."""
        try:
            text.find_zone(self.text().strip() or "UTC")
        except InputError as error:
            return str(error)
        return ""


class GeneralTab(QObject):
    """Who sits here, which zone times are in, where the data is. `panel` is the widget."""

    def __init__(self, context: ScreenContext, folder: Path) -> None:
        super().__init__()
        self._context = context
        self._operator = TextField("settings_operator", placeholder="mira")
        self._zone = ZoneField("settings_zone")
        self._other = ZoneField("settings_other_zone")
        self._other.setPlaceholderText("this computer's")
        self._zone_field = beside("Times are shown in", self._zone)
        self._other_field = beside("Tooltips add", self._other, "A second zone, for talks with carriers far away.")
        where = self._folder_row(folder)
        hint = "Rules, alarms, messages and call records. Name another one with --profile when the program starts."
        operator = beside("Your name", self._operator, "Stands beside the alarms you acknowledge.")
        sections: list[tuple[str, list[QWidget]]] = [
            ("Operator", [operator]),
            ("Time", [self._zone_field, self._other_field]),
            ("Data", [beside("Data folder", where, hint)]),
        ]
        self.panel: Panel = tab_room("settings_general", sections)
        self.setParent(self.panel)  # lives as long, so that no signal reaches it later
        self.show()
        self._operator.left.connect(self._on_operator)
        self._operator.returnPressed.connect(self._on_operator)
        for zone in (self._zone, self._other):
            zone.left.connect(self._on_zone)
            zone.returnPressed.connect(self._on_zone)
        self.setParent(self.panel)  # so that it lets go of the preferences together with what it shows
        prefs.changed.connect(self._on_pref_changed)

    def _folder_row(self, folder: Path) -> QWidget:
        """Return the folder, cut in the middle where there is no room for it, beside what copies it whole."""
        where = ElidedLabel(str(folder), Role.TEXT, name="settings_folder", mode=Qt.TextElideMode.ElideMiddle)
        where.setAccessibleName(f"Data folder {folder}")
        copy = Button("Copy", "settings_folder_copy", icon="copy", spoken="Copy the data folder's path")
        copy.clicked.connect(lambda: self._copy(str(folder)))
        host = row([where, copy])
        made = QWidget()
        made.setObjectName("settings_folder_room")
        made.setAccessibleName(f"Data folder {folder}")
        host.setContentsMargins(0, 0, 0, 0)
        host.setStretch(0, 1)
        made.setLayout(host)
        return made

    def _copy(self, path: str) -> None:
        QGuiApplication.clipboard().setText(path)
        self._context.messages.say("The path of the data folder is copied")

    def show(self) -> None:
        """Show what is kept."""
        self._operator.setText(prefs.get("operator"))
        self._zone.setText(prefs.get("zone", "UTC"))
        self._other.setText(prefs.get("other_zone"))
        now = datetime.now(UTC)
        self._zone_field.set_hint(f"It is {text.clock(now, prefs.zone)} {text.zone_name(prefs.zone, now)} now.")

    def _on_pref_changed(self, name: str) -> None:
        if name in ("operator", "zone", "other_zone"):
            self.show()

    def _on_operator(self) -> None:
        before, name = prefs.get("operator"), self._operator.text().strip()
        if name == before:
            return
        self._keep_operator(name)
        words = f"You are {name} now" if name else "No operator is named now"
        self._context.messages.say(words, undo=lambda: self._keep_operator(before))

    def _keep_operator(self, name: str) -> None:
        prefs.put("operator", name)

    def _on_zone(self) -> None:
        zone, other = self._zone.text().strip() or "UTC", self._other.text().strip()
        before = (prefs.get("zone", "UTC"), prefs.get("other_zone"))
        if (zone, other) == before or self._zone.problem() or (other and self._other.problem()):
            return
        self._keep_zone(zone, other)
        self._context.messages.say(f"Times are shown in {zone} now", undo=lambda: self._keep_zone(*before))

    def _keep_zone(self, zone: str, other: str) -> None:
        prefs.set_zone(zone, other)


class LookTab(QObject):
    """Theme, scale, row height."""

    def __init__(self, context: ScreenContext) -> None:
        super().__init__()
        self._context = context
        choices = [(appearance.name, appearance.value) for appearance in Appearance]
        self._theme = SegmentedControl(choices, "settings_theme", "Theme")
        self._scale = ComboBox("settings_scale")
        self._scale.setFixedWidth(120)
        self._density = SegmentedControl([(d.name, d.word) for d in Density], "settings_density", "Row height")
        theme_field = beside("Theme", leftmost(self._theme))
        scale_field = beside("Size", leftmost(self._scale), "Of texts and controls, on top of the system's own scale.")
        self._scale.setAccessibleName("Size")
        density_field = beside("Rows", leftmost(self._density), "Compact shows most, roomy is easiest to read.")
        self.panel: Panel = tab_room(
            "settings_look", [("Colours and size", [theme_field, scale_field]), ("Tables", [density_field])]
        )
        self._theme.chosen.connect(self._on_theme)
        self._scale.chosen.connect(self._on_scale)
        self._density.chosen.connect(self._on_density)
        theme.follow(self.panel, self.show)
        self.setParent(self.panel)  # so that it lets go of the preferences together with what it shows
        prefs.changed.connect(self._on_pref_changed)

    def show(self) -> None:
        """Show what is in force."""
        self._theme.set_current(theme.appearance.name)
        scale = round(theme.scale * 100)
        sizes = sorted({*SCALES, scale})
        self._scale.set_choices([(size, f"{size}{text.THIN}%") for size in sizes])
        self._scale.set_data(scale)
        self._density.set_current(prefs.density.name)

    def _on_pref_changed(self, name: str) -> None:
        if name == "density":
            self.show()

    def _on_theme(self, name: str) -> None:
        before, wanted = theme.appearance, Appearance[name]
        if wanted is before:
            return
        self._apply(wanted, theme.scale)
        words = "The theme follows the system now" if wanted is Appearance.SYSTEM else f"The theme is {wanted.value.lower()} now"
        self._context.messages.say(words, undo=lambda: self._apply(before, theme.scale))

    def _on_scale(self, percent: int) -> None:
        before = theme.scale
        if abs(before * 100 - percent) < 0.5:
            return
        self._apply(theme.appearance, percent / 100)
        self._context.messages.say(f"The size is {percent} % now", undo=lambda: self._apply(theme.appearance, before))

    def _on_density(self, name: str) -> None:
        before, wanted = prefs.density, Density[name]
        if wanted is before:
            return
        self._set_density(wanted)
        self._context.messages.say(f"Rows are {wanted.word.lower()} now", undo=lambda: self._set_density(before))

    def _apply(self, appearance: Appearance, scale: float) -> None:
        change_look(appearance, scale)

    def _set_density(self, density: Density) -> None:
        prefs.density = density


class AboutTab:
    """Version, licence, libraries."""

    def __init__(self) -> None:
        program, libraries = KeyValues("settings_about_program"), KeyValues("settings_about_libraries")
        program.put("noc_alerts", __version__)
        program.put("Licence", "MIT")
        program.put("Python", platform.python_version())
        program.put("Qt", str(qVersion()))
        program.put("System", f"{platform.system()} {platform.release()}")
        for name in LIBRARIES:
            libraries.put(name, _version(name))
        for values in (program, libraries):
            values.setMaximumWidth(420)
        self.panel: Panel = tab_room("settings_about", [("This program", [program]), ("Libraries", [libraries])])


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not told"  # packed without its metadata
