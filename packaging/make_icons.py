"""Draw packaging/noc-alerts.png and noc-alerts.ico from resources/icons/app.svg.

Started by hand after the drawing was changed: `.venv/bin/python packaging/make_icons.py`. Needs no display.
"""

import os
import struct
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

HERE = Path(__file__).resolve().parent
ICO_SIZES = (16, 24, 32, 48, 64, 256)


def draw(drawing: QSvgRenderer, size: int) -> bytes:
    """Return the drawing as a square PNG of `size` pixels with a clear background."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    drawing.render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub asks for bytes, the call refuses them
    return bytes(buffer.data().data())


def ico(pictures: dict[int, bytes]) -> bytes:
    """Return an ICO file of PNG pictures by size; a size of 256 is written as 0, as the format wants it."""
    head = struct.pack("<HHH", 0, 1, len(pictures))
    offset = len(head) + 16 * len(pictures)
    entries = b""
    for size, picture in pictures.items():
        entries += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(picture), offset)
        offset += len(picture)
    return head + entries + b"".join(pictures.values())


def main() -> None:
    """Write both files."""
    application = QGuiApplication([])
    drawing = QSvgRenderer(str(HERE.parent / "resources" / "icons" / "app.svg"))
    (HERE / "noc-alerts.png").write_bytes(draw(drawing, 256))
    (HERE / "noc-alerts.ico").write_bytes(ico({size: draw(drawing, size) for size in ICO_SIZES}))
    del application


if __name__ == "__main__":
    main()
