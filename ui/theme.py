"""Colours, fonts and sizes of the window at this moment, and the switch between the themes.

Runs on the window's thread. `theme` is the one instance: widgets ask it while they paint and hear `theme.changed`.
Must not import other modules of `ui` than `palette`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum, IntEnum
from functools import lru_cache
from importlib import resources
from string import Template

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from ui.palette import DARK, HIGH_CONTRAST, LIGHT, Role, SystemColours, Tokens, from_system

__all__ = [
    "CONTROL",
    "CONTROL_LARGE",
    "CONTROL_SMALL",
    "GAP_ACROSS",
    "GAP_DOWN",
    "MAX_SCALE",
    "MENU_BAR",
    "MIN_SCALE",
    "PAGE_HEAD",
    "PAGE_MARGIN",
    "PANEL_HEAD",
    "RADIUS",
    "RAIL",
    "RAIL_NARROW",
    "STATUS_BAR",
    "TABLE_HEAD",
    "Appearance",
    "Density",
    "FontRole",
    "Role",
    "Theme",
    "theme",
]

MIN_SCALE, MAX_SCALE = 0.9, 1.5

# Logical pixels at a scale of 100 %; `theme.px` applies the user's scale.
GRID = 8
PAGE_MARGIN = 16
GAP_ACROSS, GAP_DOWN = 16, 12
RADIUS = 4
CONTROL_SMALL, CONTROL, CONTROL_LARGE = 24, 28, 36
RAIL, RAIL_NARROW = 176, 48
MENU_BAR, PAGE_HEAD, PANEL_HEAD, STATUS_BAR, TABLE_HEAD = 32, 56, 40, 28, 28


class Appearance(Enum):
    """What the user asked for."""

    SYSTEM = "Follow the system"
    DARK = "Dark"
    LIGHT = "Light"
    HIGH_CONTRAST = "High contrast"


class Density(IntEnum):
    """Row height in the tables; the value is the one-line height in logical pixels."""

    COMPACT = 24
    NORMAL = 32
    ROOMY = 40

    @property
    def word(self) -> str:
        """Return the word shown in the status bar and in View."""
        return self.name.capitalize()

    @property
    def two_lines(self) -> int:
        """Return the height of a two-line row in logical pixels."""
        return int(self) + 16


class FontRole(Enum):
    """Point size and weight of each kind of text."""

    KEY_VALUE = (20.0, True)
    PAGE_TITLE = (14.0, True)
    SECTION = (11.0, True)
    LEAD = (11.0, False)
    BODY = (10.0, False)
    BODY_STRONG = (10.0, True)
    CAPTION = (9.0, False)
    CAPTION_STRONG = (9.0, True)
    MONO = (9.5, False)
    BOARD_CLOCK = (64.0, True)
    BOARD_VALUE = (26.0, True)
    BOARD_SUBJECT = (22.0, True)
    BOARD_TIME = (18.0, False)
    BOARD_SECOND = (13.0, False)


class Theme(QObject):
    """Hold the tokens in force and put them on the application.

    `changed` is emitted after the application has its new palette, style sheet and fonts.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tokens = DARK
        self._appearance = Appearance.DARK
        self._scale = 1.0
        self._colours: dict[Role, QColor] = {}
        self._fonts: dict[FontRole, QFont] = {}
        self._system_palette: QPalette | None = None

    @property
    def appearance(self) -> Appearance:
        """Return what the user asked for."""
        return self._appearance

    @property
    def scale(self) -> float:
        """Return the user's scale, 0.9 to 1.5."""
        return self._scale

    @property
    def dark(self) -> bool:
        """Return whether the tokens in force are dark ones."""
        return self._tokens.dark

    @property
    def high_contrast(self) -> bool:
        """Return whether washes are dropped and every line is strong."""
        return self._tokens is HIGH_CONTRAST or self._tokens.name == "system high contrast"

    @property
    def tokens(self) -> Tokens:
        """Return the colour set in force, for what is drawn by other libraries."""
        return self._tokens

    def start(self, appearance: Appearance, scale: float = 1.0) -> None:
        """Dress the running application for the first time and follow the system from now on."""
        app = _application()
        self._system_palette = QPalette(app.palette())
        app.setStyle(QStyleFactory.create("Fusion"))
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)
        accessibility = getattr(hints, "accessibility", None)  # Qt 6.10 and later
        if accessibility is not None:
            accessibility().contrastPreferenceChanged.connect(self._on_system_changed)
        self.set_appearance(appearance, scale)

    def set_appearance(self, appearance: Appearance, scale: float | None = None) -> None:
        """Change theme and scale while the window is open; raise ValueError outside 90 to 150 %."""
        wanted = self._scale if scale is None else scale
        if not MIN_SCALE <= wanted <= MAX_SCALE:
            raise ValueError(f"scale {wanted} is outside {MIN_SCALE} to {MAX_SCALE}")
        self._appearance, self._scale = appearance, wanted
        self._apply()

    def color(self, role: Role) -> QColor:
        """Return the colour of a role in the theme in force: a copy, its alpha may be changed."""
        found = self._colours.get(role)
        if found is None:
            found = self._colours[role] = QColor(self._tokens.colours[role])
        return QColor(found)

    def font(self, role: FontRole) -> QFont:
        """Return the font of a role: platform family, tabular figures, the user's scale; a copy, it may be changed."""
        found = self._fonts.get(role)
        if found is None:
            found = self._fonts[role] = self._make_font(role)
        return QFont(found)

    def px(self, pixels: float) -> int:
        """Return a size in logical pixels at the user's scale."""
        return round(pixels * self._scale)

    def set_font(self, widget: QWidget, role: FontRole) -> None:
        """Give a widget the font of a role, now and after every change of scale."""
        widget.setProperty("font_role", role.name)
        widget.setFont(self.font(role))

    def paint_role(self, widget: QWidget, role: Role) -> None:
        """Colour a label's text by role, now and after every change of theme."""
        if widget.property("role") == role.value:
            return
        widget.setProperty("role", role.value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()

    def follow(self, widget: QWidget, run: Callable[[], object]) -> None:
        """Call `run` now and after every change of theme or scale, as long as the widget lives.

        For functions and lambdas: connected to `changed` directly they would outlive what they touch.
        """
        connection = self.changed.connect(run)
        widget.destroyed.connect(lambda: QObject.disconnect(connection))
        run()

    def _on_system_changed(self, _: object = None) -> None:
        if self._appearance is Appearance.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        app = _application()
        self._tokens = self._choose()
        self._colours.clear()
        self._fonts.clear()
        app.setPalette(self._palette())
        app.setFont(self.font(FontRole.BODY))
        app.setStyleSheet(style_sheet(self._tokens, self._scale))
        for widget in app.allWidgets():
            name = widget.property("font_role")
            if name is not None:
                widget.setFont(self.font(FontRole[name]))
        self.changed.emit()

    def _choose(self) -> Tokens:
        match self._appearance:
            case Appearance.DARK:
                return DARK
            case Appearance.LIGHT:
                return LIGHT
            case Appearance.HIGH_CONTRAST:
                return HIGH_CONTRAST
            case Appearance.SYSTEM:
                return self._from_the_system()

    def _from_the_system(self) -> Tokens:
        hints = QGuiApplication.styleHints()
        accessibility = getattr(hints, "accessibility", None)  # Qt 6.10 and later
        if accessibility is not None and accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast:
            return from_system(_system_colours(self._system_palette or QPalette()))
        if hints.colorScheme() == Qt.ColorScheme.Light:
            return LIGHT
        return DARK  # a night shift's tool: dark also where the system does not say

    def _make_font(self, role: FontRole) -> QFont:
        points, strong = role.value
        if role is FontRole.MONO:
            font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        else:
            font = QFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).families())
        screen = QGuiApplication.primaryScreen()
        # A point is 1/72 inch of 96 logical dots everywhere; macOS counts 72, which would make the text too small for the grid.
        dots = screen.logicalDotsPerInch() if screen is not None else 96.0
        font.setPointSizeF(points * self._scale * 96.0 / dots)
        font.setWeight(QFont.Weight.DemiBold if strong else QFont.Weight.Normal)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def _palette(self) -> QPalette:
        palette = QPalette()
        parts = QPalette.ColorRole
        for part, role in (
            (parts.Window, Role.SURFACE),
            (parts.WindowText, Role.TEXT),
            (parts.Base, Role.RAISED),
            (parts.AlternateBase, Role.RAISED),
            (parts.Text, Role.TEXT),
            (parts.PlaceholderText, Role.DISABLED),
            (parts.Button, Role.RAISED),
            (parts.ButtonText, Role.TEXT),
            (parts.BrightText, Role.ON_DANGER),
            (parts.Highlight, Role.SELECT),
            (parts.HighlightedText, Role.TEXT),
            (parts.Accent, Role.ACCENT),
            (parts.Link, Role.ACCENT),
            (parts.LinkVisited, Role.ACCENT),
            (parts.ToolTipBase, Role.HOVER),
            (parts.ToolTipText, Role.TEXT),
            (parts.Light, Role.LINE),
            (parts.Midlight, Role.LINE),
            (parts.Mid, Role.LINE),
            (parts.Dark, Role.LINE),
            (parts.Shadow, Role.SURFACE),
        ):
            palette.setColor(part, self.color(role))
        for part in (parts.WindowText, parts.Text, parts.ButtonText, parts.HighlightedText):
            palette.setColor(QPalette.ColorGroup.Disabled, part, self.color(Role.DISABLED))
        return palette


def style_sheet(tokens: Tokens, scale: float) -> str:
    """Return the style sheet with the names of tokens and `pxN` sizes replaced."""
    sizes = {f"px{n}": f"{math.floor(n * scale + 0.5)}px" for n in range(1, 65)}
    return _template().substitute({role.value: colour for role, colour in tokens.colours.items()} | sizes)


@lru_cache(maxsize=1)
def _template() -> Template:
    return Template(resources.files("resources").joinpath("style.qss").read_text(encoding="utf-8"))


def _system_colours(palette: QPalette) -> SystemColours:
    parts = QPalette.ColorRole
    disabled = palette.color(QPalette.ColorGroup.Disabled, parts.Text)
    return SystemColours(
        window=palette.color(parts.Window).name(),
        base=palette.color(parts.Base).name(),
        text=palette.color(parts.Text).name(),
        highlight=palette.color(parts.Highlight).name(),
        highlighted_text=palette.color(parts.HighlightedText).name(),
        disabled=disabled.name(),
    )


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("the theme needs a running QApplication")
    return app


theme = Theme()
