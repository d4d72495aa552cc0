"""The stroke drawings of resources/icons, tinted by role when they are drawn.

Runs on the window's thread. A drawing is a 24 grid SVG with stroke 1.5, round caps and `currentColor`;
the stroke is kept at 1.5 px whatever the size, so that 16 px icons do not fade and 32 px ones do not shout.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from ui.theme import Role, theme

RAIL, BUTTON, FIELD, CAPTION = 18, 16, 14, 12  # sizes in logical pixels by place


@lru_cache(maxsize=128)
def _drawing(name: str) -> str:
    return resources.files("resources").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")


def names() -> tuple[str, ...]:
    """Return the names of all drawings, sorted; the program's own coloured icon is none of them."""
    folder = resources.files("resources").joinpath("icons")
    found = {item.name.removesuffix(".svg") for item in folder.iterdir() if item.name.endswith(".svg")}
    return tuple(sorted(found - {"app"}))


def _stroke(size: float) -> float:
    """Return the stroke in units of the 24 grid that is 1.5 px on the screen, like the marks, and a little less in captions."""
    return (1.5 if size >= BUTTON else 1.25) * 24 / size


@lru_cache(maxsize=512)
def _pixmap(name: str, size: float, colour: str, ratio: float, stroke: float) -> QPixmap:
    from PySide6.QtSvg import QSvgRenderer  # after first paint where possible: the module takes 10 ms to load

    source = _drawing(name).replace("currentColor", colour).replace('width="1.5"', f'width="{stroke:.2f}"')
    renderer = QSvgRenderer(QByteArray(source.encode()))
    side = max(1, round(size * ratio))
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, side, side))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, size: float = BUTTON, role: Role = Role.TEXT, ratio: float = 1.0) -> QPixmap:
    """Return the drawing at a logical size for a device pixel ratio; raise FileNotFoundError for an unknown name."""
    return _pixmap(name, size, theme.color(role).name(), ratio, _stroke(size))


def draw(painter: QPainter, name: str, centre: QPointF, size: float = BUTTON, role: Role | QColor = Role.TEXT) -> None:
    """Paint the drawing around a point, sharp at the painter's own pixel ratio."""
    colour = role if isinstance(role, QColor) else theme.color(role)
    device = painter.device()
    ratio = device.devicePixelRatioF() if device is not None else 1.0
    image = _pixmap(name, theme.px(size), colour.name(), ratio, _stroke(size))
    side = theme.px(size)
    left, top = round((centre.x() - side / 2) * ratio) / ratio, round((centre.y() - side / 2) * ratio) / ratio
    painter.drawPixmap(QPointF(left, top), image)


def icon(name: str, role: Role = Role.TEXT, size: int = BUTTON) -> QIcon:
    """Return a QIcon in the theme in force; who keeps one makes it anew on `theme.changed`."""
    made = QIcon()
    for ratio in (1.0, 1.5, 2.0, 3.0):
        made.addPixmap(pixmap(name, size, role, ratio))
        made.addPixmap(pixmap(name, size, Role.DISABLED, ratio), QIcon.Mode.Disabled)
    return made
