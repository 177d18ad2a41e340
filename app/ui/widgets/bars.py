"""Two small pictures: bars that compare counts, and one bar that is divided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from app.ui.words import count

_PATTERNS: Final = (
    Qt.BrushStyle.SolidPattern,
    Qt.BrushStyle.BDiagPattern,
    Qt.BrushStyle.Dense5Pattern,
    Qt.BrushStyle.HorPattern,
    Qt.BrushStyle.DiagCrossPattern,
    Qt.BrushStyle.VerPattern,
    Qt.BrushStyle.Dense6Pattern,
    Qt.BrushStyle.CrossPattern,
)
"""Told apart by pattern, so that nothing hangs on colour alone."""


@dataclass(frozen=True, slots=True)
class Part:
    """One bar, or one part of the divided bar. `pattern` keeps its look when others come and go."""

    label: str
    amount: int
    pattern: int = 0


class Bars(QWidget):
    """A bar for each part, the longest first, with its label and its number."""

    def __init__(self, most: int = 8, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._most = most
        self._parts: list[Part] = []
        self._empty = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def say_when_empty(self, text: str) -> None:
        """What stands there while there is nothing to compare."""
        self._empty = text
        self.update()

    def show_parts(self, parts: list[Part]) -> None:
        """Draw these parts; only the first few of them fit."""
        ordered = sorted(parts, key=lambda part: -part.amount)[: self._most]
        if ordered != self._parts:
            self._parts = ordered
            self.setAccessibleDescription(describe(ordered))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        line = self._line()
        return QSize(self.fontMetrics().horizontalAdvance("0") * 34, line * max(1, len(self._parts)))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("0") * 26, self.sizeHint().height())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics, line = self.fontMetrics(), self._line()
        middle_left = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
        if not self._parts:
            painter.setPen(self.palette().color(QPalette.ColorRole.PlaceholderText))
            painter.drawText(QRect(0, 0, self.width(), line), middle_left, self._empty)
            return
        names = max((metrics.horizontalAdvance(part.label) for part in self._parts), default=0)
        # Widths are rounded: a text that fits exactly must not be shortened.
        names = min(names + 2, self.width() * 5 // 8)
        numbers = max((metrics.horizontalAdvance(count(part.amount)) for part in self._parts), default=0)
        gap = metrics.horizontalAdvance("0")
        room = max(1, self.width() - names - numbers - 3 * gap)
        longest = max((part.amount for part in self._parts), default=1) or 1
        for place, part in enumerate(self._parts):
            top = place * line
            label = metrics.elidedText(part.label, Qt.TextElideMode.ElideRight, names)
            painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
            painter.drawText(QRect(0, top, names, line), middle_left, label)
            length = max(2, room * part.amount // longest)
            bar = QRect(names + gap, top + line // 4, length, line - line // 2)
            painter.fillRect(bar, self.palette().brush(QPalette.ColorRole.Highlight))
            beside = QRect(bar.right() + gap, top, numbers + gap, line)
            painter.drawText(beside, middle_left, count(part.amount))

    def _line(self) -> int:
        return self.fontMetrics().height() * 3 // 2


class Divided(QWidget):
    """One bar divided by amount, with a legend of label and number for each part."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: list[Part] = []
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_parts(self, parts: list[Part]) -> None:
        """Draw these parts in this order; those of nothing are left out."""
        some = [part for part in parts if part.amount]
        if some != self._parts:
            self._parts = some
            self.setAccessibleDescription(describe(some))
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("0") * 60, self.heightForWidth(self.width()))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance("0") * 30, self.heightForWidth(self.width()))

    @override
    def heightForWidth(self, width: int) -> int:
        rows = self._legend(width)[-1][1] + 1 if self._parts else 1
        return self._bar_height() + self._line() * rows

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        total = sum(part.amount for part in self._parts)
        frame = QRect(0, 0, self.width() - 1, self._bar_height() - self._line() // 4)
        edge = self.palette().color(QPalette.ColorRole.Mid)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        left, seen = 0, 0
        for part in self._parts:
            seen += part.amount
            right = frame.width() * seen // total
            self._fill(painter, QRect(left, 0, right - left, frame.height()), part)
            left = right
        painter.setPen(edge)
        painter.drawRect(frame)
        side = self.fontMetrics().ascent()
        for part, (x, row) in zip(self._parts, self._legend(self.width()), strict=True):
            top = self._bar_height() + row * self._line()
            swatch = QRect(x, top + (self._line() - side) // 2, side, side)
            self._fill(painter, swatch, part)
            painter.setPen(edge)
            painter.drawRect(swatch)
            painter.setPen(text)
            spot = QRect(swatch.right() + side // 2, top, self.width(), self._line())
            flags = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
            painter.drawText(spot, flags, f"{part.label} {count(part.amount)}")

    def _fill(self, painter: QPainter, where: QRect, part: Part) -> None:
        painter.fillRect(where, self.palette().color(QPalette.ColorRole.Base))
        ink = QColor(self.palette().color(QPalette.ColorRole.Highlight))
        painter.fillRect(where, QBrush(ink, _PATTERNS[part.pattern % len(_PATTERNS)]))

    def _legend(self, width: int) -> list[tuple[int, int]]:
        """Where each part's swatch stands: x and row."""
        spots: list[tuple[int, int]] = []
        metrics, x, row = self.fontMetrics(), 0, 0
        for part in self._parts:
            need = metrics.ascent() * 2 + metrics.horizontalAdvance(f"{part.label} {count(part.amount)}")
            need += metrics.horizontalAdvance("0") * 3
            if x and x + need > width:
                x, row = 0, row + 1
            spots.append((x, row))
            x += need
        return spots

    def _bar_height(self) -> int:
        return self.fontMetrics().height() * 2

    def _line(self) -> int:
        return self.fontMetrics().height() * 3 // 2


def describe(parts: list[Part]) -> str:
    """Say what a picture shows, for a screen reader."""
    return "; ".join(f"{part.label} {count(part.amount)}" for part in parts)
