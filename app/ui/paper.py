"""What the window puts on paper itself: one sheet with the first key of a journal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import QApplication

from app.ui.widgets.plain import bold
from app.ui.widgets.qrcode import QrCode

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

_TITLE, _TEXT, _WORD = 16.0, 10.0, 15.0
"""Sizes of type, in points."""
_CODE_MM: Final = 60
_MM: Final = 25.4
_COLUMNS: Final = 3
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
_WRAPPED: Final = _LEFT | int(Qt.TextFlag.TextWordWrap)


def print_key(printer: QPrinter, title: str, about: str, code: QrCode, words: Sequence[str]) -> None:
    """Print one sheet: the title, what the key is for, its code, its words with their numbers."""
    painter = QPainter()
    if not painter.begin(printer):
        return
    page = QRectF(printer.pageLayout().paintRectPixels(printer.resolution()))
    page.moveTo(0, 0)
    unit = printer.resolution() / _MM
    top = _write(painter, QRectF(page), bold(_sized(_TITLE)), title) + 6 * unit
    top = _write(painter, QRectF(0, top, page.width(), page.height()), _sized(_TEXT), about) + 8 * unit
    side = _CODE_MM * unit
    code.draw(painter, QRectF(0, top, side, side))
    top += side + 10 * unit
    painter.setFont(bold(_sized(_WORD)))
    each, width = -(-len(words) // _COLUMNS), page.width() / _COLUMNS
    for place, word in enumerate(words):
        row, column = place % each, place // each
        painter.drawText(QRectF(column * width, top + row * 12 * unit, width, 12 * unit), _LEFT, word)
    painter.end()


def _write(painter: QPainter, box: QRectF, font: QFont, text: str) -> float:
    """Write a paragraph; give where it ends."""
    painter.setFont(font)
    painter.drawText(box, _WRAPPED, text)
    return painter.boundingRect(box, _WRAPPED, text).bottom()


def _sized(points: float) -> QFont:
    font = QFont(QApplication.font())
    font.setPointSizeF(points)
    return font
