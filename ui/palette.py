"""The colour tokens of the window: the only module with colour literals.

Pure values; any thread may read them. Imports nothing of Qt, so that the core's message charts could be given the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a colour is for; the value is the token's name in the style sheet."""

    SURFACE = "surface"
    RAISED = "raised"
    SUNKEN = "sunken"
    HOVER = "hover"
    SELECT = "select"
    LINE = "line"
    LINE_STRONG = "line_strong"
    TEXT = "text"
    MUTED = "text_muted"
    DISABLED = "disabled"
    ACCENT = "accent"
    ON_ACCENT = "on_accent"
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    BLIND = "blind"
    ACKED = "acked"
    SHELVED = "shelved"
    BLOCKED = "blocked"
    DANGER = "danger"
    ON_DANGER = "on_danger"
    CRITICAL_WASH = "critical_wash"
    WARNING_WASH = "warning_wash"
    BLIND_WASH = "blind_wash"
    MARK_CRITICAL = "mark_critical"
    MARK_WARNING = "mark_warning"
    MARK_BLIND = "mark_blind"
    INK_CRITICAL = "ink_critical"
    INK_WARNING = "ink_warning"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One set of colours: every role once, `#RRGGBB`; `dark` says which way the lightness runs."""

    name: str
    dark: bool
    colours: dict[Role, str]

    def __post_init__(self) -> None:
        missing = set(Role) - set(self.colours)
        if missing:
            raise ValueError(f"colour set {self.name} lacks {sorted(missing)}")


DARK = Tokens(
    "dark",
    True,
    {
        Role.SURFACE: "#14181C",
        Role.RAISED: "#1B2025",
        Role.SUNKEN: "#0F1215",
        Role.HOVER: "#232A31",
        Role.SELECT: "#1D3242",
        Role.LINE: "#2D353D",
        Role.LINE_STRONG: "#6F7C88",
        Role.TEXT: "#DDE3E8",
        Role.MUTED: "#9AA6B1",
        Role.DISABLED: "#6B7681",
        Role.ACCENT: "#56B4E9",
        Role.ON_ACCENT: "#0B1318",
        Role.OK: "#35B389",
        Role.WARNING: "#EDB422",
        Role.CRITICAL: "#FB7240",
        Role.BLIND: "#D992BB",
        Role.ACKED: "#A7B2BD",
        Role.SHELVED: "#909CA8",
        Role.BLOCKED: "#D3DAE1",
        Role.DANGER: "#C24A12",
        Role.ON_DANGER: "#FFFFFF",
        Role.CRITICAL_WASH: "#33211C",
        Role.WARNING_WASH: "#2B261A",
        Role.BLIND_WASH: "#2A222B",
        Role.MARK_CRITICAL: "#FB7240",
        Role.MARK_WARNING: "#EDB422",
        Role.MARK_BLIND: "#D992BB",
        Role.INK_CRITICAL: "#14181C",
        Role.INK_WARNING: "#14181C",
    },
)

LIGHT = Tokens(
    "light",
    False,
    {
        Role.SURFACE: "#F1F3F5",
        Role.RAISED: "#FFFFFF",
        Role.SUNKEN: "#FFFFFF",
        Role.HOVER: "#E8ECF0",
        Role.SELECT: "#D6E8F5",
        Role.LINE: "#D3D9DF",
        Role.LINE_STRONG: "#78848F",
        Role.TEXT: "#1A2026",
        Role.MUTED: "#55606A",
        Role.DISABLED: "#8A949D",
        Role.ACCENT: "#0069A6",
        Role.ON_ACCENT: "#FFFFFF",
        Role.OK: "#00704F",
        Role.WARNING: "#865D00",
        Role.CRITICAL: "#9E2F00",
        Role.BLIND: "#95386F",
        Role.ACKED: "#56626D",
        Role.SHELVED: "#5C6771",
        Role.BLOCKED: "#37414A",
        Role.DANGER: "#B23C00",
        Role.ON_DANGER: "#FFFFFF",
        Role.CRITICAL_WASH: "#FCEBE3",
        Role.WARNING_WASH: "#FBF3DF",
        Role.BLIND_WASH: "#F8EBF3",
        Role.MARK_CRITICAL: "#D55E00",
        Role.MARK_WARNING: "#E69F00",
        Role.MARK_BLIND: "#CC79A7",
        Role.INK_CRITICAL: "#FFFFFF",
        Role.INK_WARNING: "#1A2026",
    },
)

# Used when the user asks for high contrast and the system gives no palette of its own for it.
HIGH_CONTRAST = Tokens(
    "high contrast",
    True,
    DARK.colours
    | {
        Role.SURFACE: "#000000",
        Role.RAISED: "#000000",
        Role.SUNKEN: "#000000",
        Role.HOVER: "#262626",
        Role.SELECT: "#002B45",
        Role.LINE: "#8C8C8C",
        Role.LINE_STRONG: "#FFFFFF",
        Role.TEXT: "#FFFFFF",
        Role.MUTED: "#FFFFFF",
        Role.DISABLED: "#A6A6A6",
        Role.ACKED: "#FFFFFF",
        Role.SHELVED: "#FFFFFF",
        Role.BLOCKED: "#FFFFFF",
        Role.DANGER: "#A33600",
        Role.CRITICAL_WASH: "#000000",
        Role.WARNING_WASH: "#000000",
        Role.BLIND_WASH: "#000000",
        Role.INK_CRITICAL: "#000000",
        Role.INK_WARNING: "#000000",
    },
)


@dataclass(frozen=True, slots=True)
class SystemColours:
    """The few colours a system's own palette gives, `#RRGGBB`: what a high contrast scheme of the system is built from."""

    window: str
    base: str
    text: str
    highlight: str
    highlighted_text: str
    disabled: str


def from_system(system: SystemColours) -> Tokens:
    """Return a high contrast set built on the system's colours: its surfaces and text, our marks, no washes."""
    dark = luminance(system.base) < luminance(system.text)
    ground = DARK if dark else LIGHT
    plain = dict.fromkeys((Role.RAISED, Role.SUNKEN, Role.CRITICAL_WASH, Role.WARNING_WASH, Role.BLIND_WASH), system.base)
    worded = dict.fromkeys(
        (Role.TEXT, Role.MUTED, Role.LINE, Role.LINE_STRONG, Role.ACKED, Role.SHELVED, Role.BLOCKED), system.text
    )
    own = {
        Role.SURFACE: system.window,
        Role.ACCENT: system.highlight,
        Role.ON_ACCENT: system.highlighted_text,
        Role.DISABLED: system.disabled,
    }
    return Tokens("system high contrast", dark, ground.colours | plain | worded | own)


def luminance(colour: str) -> float:
    """Return the relative luminance 0..1 of `#RRGGBB` (WCAG 2.2, "relative luminance")."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))

    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio 1..21 of two colours `#RRGGBB` (WCAG 2.2, "contrast ratio")."""
    first, second = sorted((luminance(one), luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)
