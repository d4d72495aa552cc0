"""The contrasts of the design language, the switch of themes, icons and marks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from ui import icons, marks
from ui.marks import Form, Mark
from ui.palette import DARK, HIGH_CONTRAST, LIGHT, Role, SystemColours, Tokens, contrast, from_system
from ui.theme import Appearance, Density, FontRole, style_sheet, theme

ROOT = Path(__file__).parents[2]
GROUNDS = (
    Role.RAISED,
    Role.SURFACE,
    Role.SUNKEN,
    Role.HOVER,
    Role.SELECT,
    Role.CRITICAL_WASH,
    Role.WARNING_WASH,
    Role.BLIND_WASH,
)

# language.md, section 2: contrast on raised and on the worst surface, dark then light.
PUBLISHED = {
    Role.LINE_STRONG: (3.8, 3.1, 3.8, 3.0),
    Role.TEXT: (12.7, 10.2, 16.4, 13.1),
    Role.MUTED: (6.6, 5.3, 6.4, 5.1),
    Role.ACCENT: (7.1, 5.7, 5.9, 4.7),
    Role.OK: (6.2, 5.0, 6.1, 4.9),
    Role.WARNING: (8.7, 7.0, 5.9, 4.7),
    Role.CRITICAL: (5.9, 4.8, 7.3, 5.8),
    Role.BLIND: (6.9, 5.5, 6.8, 5.4),
    Role.ACKED: (7.6, 6.1, 6.2, 5.0),
    Role.SHELVED: (5.9, 4.7, 5.8, 4.6),
    Role.BLOCKED: (11.6, 9.4, 10.4, 8.3),
}


@pytest.mark.parametrize("role", PUBLISHED)
def test_contrasts_are_the_published_ones(role: Role) -> None:
    dark_raised, dark_worst, light_raised, light_worst = PUBLISHED[role]
    for tokens, raised, worst in ((DARK, dark_raised, dark_worst), (LIGHT, light_raised, light_worst)):
        colours = tokens.colours
        assert contrast(colours[role], colours[Role.RAISED]) == pytest.approx(raised, abs=0.06)
        assert min(contrast(colours[role], colours[ground]) for ground in GROUNDS) == pytest.approx(worst, abs=0.06)


@pytest.mark.parametrize("tokens", [DARK, LIGHT, HIGH_CONTRAST], ids=lambda tokens: tokens.name)
def test_everything_that_informs_can_be_read_on_every_surface(tokens: Tokens) -> None:
    colours = tokens.colours
    for role in PUBLISHED:
        needed = 3.0 if role is Role.LINE_STRONG else 4.5
        for ground in GROUNDS:
            assert contrast(colours[role], colours[ground]) >= needed, (role, ground)
    assert contrast(colours[Role.ON_ACCENT], colours[Role.ACCENT]) >= 4.5
    assert contrast(colours[Role.ON_DANGER], colours[Role.DANGER]) >= 4.5
    assert contrast(colours[Role.INK_CRITICAL], colours[Role.MARK_CRITICAL]) >= 3.0
    assert contrast(colours[Role.INK_WARNING], colours[Role.MARK_WARNING]) >= 3.0


@pytest.mark.parametrize(
    ("tokens", "on_accent", "danger", "on_wash", "ink"),
    [(DARK, 8.1, 4.9, 5.5, (6.4, 9.5)), (LIGHT, 5.9, 5.9, 6.3, (3.9, 7.3))],
    ids=["dark", "light"],
)
def test_contrasts_of_fills_are_the_published_ones(
    tokens: Tokens, on_accent: float, danger: float, on_wash: float, ink: tuple[float, float]
) -> None:
    colours = tokens.colours
    pairs = (
        (Role.ON_ACCENT, Role.ACCENT, on_accent),
        (Role.ON_DANGER, Role.DANGER, danger),
        (Role.CRITICAL, Role.CRITICAL_WASH, on_wash),
        (Role.INK_CRITICAL, Role.MARK_CRITICAL, ink[0]),
        (Role.INK_WARNING, Role.MARK_WARNING, ink[1]),
    )
    for front, ground, published in pairs:
        assert contrast(colours[front], colours[ground]) == pytest.approx(published, abs=0.06)


def test_contrast_has_its_known_ends() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == pytest.approx(1)


def test_high_contrast_of_the_system_keeps_its_colours_and_drops_washes() -> None:
    system = SystemColours("#000000", "#000000", "#FFFF00", "#1AEBFF", "#000000", "#3FF23F")
    made = from_system(system)
    assert made.dark
    assert made.colours[Role.TEXT] == made.colours[Role.MUTED] == "#FFFF00"
    assert made.colours[Role.CRITICAL_WASH] == "#000000"
    assert made.colours[Role.CRITICAL] == DARK.colours[Role.CRITICAL]
    assert not from_system(SystemColours("#FFFFFF", "#FFFFFF", "#000000", "#000080", "#FFFFFF", "#606060")).dark


def test_a_colour_set_without_a_role_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks"):
        Tokens("half", True, {Role.TEXT: "#FFFFFF"})


def test_only_the_token_module_has_colour_literals() -> None:
    literal = re.compile(r"#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?\b|QColor\(\s*[\"'0-9]|Qt\.GlobalColor\.(?!transparent)")
    files = [path for path in (ROOT / "ui").rglob("*.py") if path.name != "palette.py"]
    files += [ROOT / "resources" / "style.qss", *(ROOT / "resources" / "icons" / f"{name}.svg" for name in icons.names())]
    assert len(files) > 80
    found = {str(path.relative_to(ROOT)): hit for path in files if (hit := literal.findall(path.read_text("utf-8")))}
    assert not found


def test_style_sheet_has_every_token_replaced() -> None:
    sheet = style_sheet(LIGHT, 1.5)
    assert "$" not in sheet
    assert LIGHT.colours[Role.ACCENT] in sheet
    assert "min-height: 39px" in sheet  # 26 at 150 %


def test_themes_change_without_restart(qtbot: QtBot, dressed: QApplication) -> None:
    label = QLabel("x")
    qtbot.addWidget(label)
    theme.set_font(label, FontRole.SECTION)
    theme.paint_role(label, Role.CRITICAL)
    label.show()
    before = label.font().pointSizeF()
    with qtbot.waitSignal(theme.changed):
        theme.set_appearance(Appearance.LIGHT, 1.5)
    assert dressed.palette().color(QPalette.ColorRole.Window) == QColor(LIGHT.colours[Role.SURFACE])
    assert theme.color(Role.TEXT) == QColor(LIGHT.colours[Role.TEXT])
    assert label.font().pointSizeF() == pytest.approx(before * 1.5)
    assert theme.px(28) == 42
    assert label.palette().color(QPalette.ColorRole.WindowText) == QColor(LIGHT.colours[Role.CRITICAL])
    theme.set_appearance(Appearance.HIGH_CONTRAST)
    assert theme.high_contrast
    theme.set_appearance(Appearance.SYSTEM, 1.0)
    assert theme.tokens in (DARK, LIGHT)


@pytest.mark.parametrize("scale", [0.89, 1.51])
def test_scale_outside_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="outside"):
        theme.set_appearance(Appearance.DARK, scale)


def test_sizes_of_rows_and_type() -> None:
    assert [int(density) for density in Density] == [24, 32, 40]
    assert [density.two_lines for density in Density] == [40, 48, 56]
    sizes = [theme.font(role).pointSizeF() for role in (FontRole.KEY_VALUE, FontRole.PAGE_TITLE, FontRole.CAPTION)]
    assert [size / theme.font(FontRole.BODY).pointSizeF() for size in sizes] == pytest.approx([2.0, 1.4, 0.9])


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_is_a_stroke_drawing_that_shows(name: str, dressed: QApplication) -> None:
    source = (ROOT / "resources" / "icons" / f"{name}.svg").read_text("utf-8")
    assert 'viewBox="0 0 24 24"' in source
    assert 'stroke="currentColor"' in source
    assert 'stroke-width="1.5"' in source
    image = icons.pixmap(name, 24, Role.CRITICAL, 2.0).toImage()
    assert image.width() == 48
    assert _count(image, theme.color(Role.CRITICAL)) > 4


def test_the_rails_icons_exist() -> None:
    wanted = {
        "overview", "alerts", "watchers", "charts", "companies", "blocks", "events",
        "deliveries", "templates", "scripts", "contacts", "switches", "settings",
    }  # fmt: skip
    assert wanted <= set(icons.names())


def test_an_unknown_icon_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        icons.pixmap("unicorn")


def _paint(mark: Mark, form: Form) -> QImage:
    image = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    marks.draw(painter, QRectF(0, 0, 64, 64), mark, form)
    painter.end()
    return image


def _count(image: QImage, colour: QColor) -> int:
    wanted = colour.rgb()
    return sum(
        image.pixelColor(x, y).alpha() == 255 and image.pixelColor(x, y).rgb() == wanted
        for x in range(image.width())
        for y in range(image.height())
    )


@pytest.mark.parametrize("mark", [Mark.CRITICAL, Mark.WARNING])
def test_a_mark_is_filled_until_somebody_takes_it_and_grey_when_cleared(mark: Mark) -> None:
    colour, muted = theme.color(marks.colour_role(mark)), theme.color(Role.MUTED)
    active, taken, cleared = (_paint(mark, form) for form in Form)
    assert _count(active, colour) > 1.5 * _count(taken, colour) > 0
    assert _count(cleared, colour) == 0
    assert _count(cleared, muted) > 0


def test_blind_is_never_filled() -> None:
    middle = _paint(Mark.BLIND, Form.ACTIVE).pixelColor(24, 20)
    assert middle.alpha() == 0


@pytest.mark.parametrize("mark", list(Mark))
def test_every_mark_shows_in_its_own_colour_and_shape(mark: Mark) -> None:
    image = _paint(mark, Form.ACTIVE)
    assert _count(image, theme.color(marks.colour_role(mark))) > 20
    others = [other for other in Mark if other is not mark]
    assert all(_paint(other, Form.CLEARED) != _paint(mark, Form.CLEARED) for other in others)


def test_words_beside_marks() -> None:
    assert marks.word_style(Mark.CRITICAL) == (Role.CRITICAL, True)
    assert marks.word_style(Mark.CRITICAL, Form.TAKEN) == (Role.MUTED, False)
    assert marks.word_style(Mark.OK) == (Role.MUTED, False)


def test_icons_are_sharp_at_200_percent(dressed: QApplication) -> None:
    image = QImage(64, 64, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(2.0)
    image.fill(0)
    painter = QPainter(image)
    icons.draw(painter, "minus", QPointF(16, 16), 16, Role.TEXT)
    painter.end()
    rows = [y for y in range(64) if image.pixelColor(32, y).alpha() > 200]
    assert 1 <= len(rows) <= 3  # a 1 px stroke at 16 px is two device pixels, not a blur over four


def test_what_the_theme_gives_may_be_changed_without_harm() -> None:
    theme.color(Role.ACCENT).setAlphaF(0.16)
    theme.font(FontRole.BODY).setUnderline(True)
    assert theme.color(Role.ACCENT).alpha() == 255
    assert not theme.font(FontRole.BODY).underline()


def test_what_follows_the_theme_stops_with_its_widget(qtbot: QtBot) -> None:
    label = QLabel("x")
    widths: list[int] = []

    def fit() -> None:
        label.setFixedWidth(theme.px(100))
        widths.append(label.width())

    theme.follow(label, fit)
    theme.set_appearance(Appearance.DARK, 1.5)
    assert widths == [100, 150]
    label.deleteLater()
    qtbot.waitUntil(lambda: not isValid(label))
    theme.set_appearance(Appearance.DARK, 1.0)
    assert widths == [100, 150]
