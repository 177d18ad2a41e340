"""A QR code on the screen or on paper, dark on light whatever the window's colours are."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

_QUIET: Final = 4
"""Modules of light around the code that readers need (ISO/IEC 18004)."""


class QrCode(QWidget):
    """Shows the QR code of a text that it does not keep."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[bytes, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show the code of a text; nothing for an empty one."""
        from app.steps.certify.page.qr import modules

        self._rows = modules(text) if text else ()
        self.updateGeometry()
        self.update()

    @property
    def empty(self) -> bool:
        """Whether nothing is shown."""
        return not self._rows

    @override
    def sizeHint(self) -> QSize:
        side = len(self._rows) + 2 * _QUIET
        scale = max(3, self.fontMetrics().height() * 14 // side)
        return QSize(side * scale, side * scale)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._rows:
            painter = QPainter(self)
            draw_code(painter, self._rows, QRectF(self.rect()))

    def draw(self, painter: QPainter, box: QRectF) -> None:
        """Draw the code elsewhere, on paper."""
        draw_code(painter, self._rows, box)


def draw_code(painter: QPainter, rows: tuple[bytes, ...], box: QRectF) -> None:
    """Draw a code with its quiet zone so that it fills a square box."""
    # A reader needs dark on light; a dark palette would turn the code over.
    light, dark = QColor.fromRgbF(1, 1, 1), QColor.fromRgbF(0, 0, 0)
    painter.fillRect(box, light)
    unit = box.width() / (len(rows) + 2 * _QUIET)
    for down, row in enumerate(rows):
        for along, module in enumerate(row):
            if module:
                left, top = box.x() + (along + _QUIET) * unit, box.y() + (down + _QUIET) * unit
                painter.fillRect(QRectF(left, top, unit, unit), dark)
