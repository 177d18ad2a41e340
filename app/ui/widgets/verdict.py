"""The verdict, big: a sign, a word, a sentence; and the small signs of single checks."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPalette, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from app.ui.widgets.plain import bold, scaled
from app.ui.widgets.spoken import Spoken


class Sign(Enum):
    """A sign with its own outline, so that it is told without its colour. The value is its hue in degrees."""

    TICK = 145
    """A tick in a disc."""
    PART = 38
    """An exclamation mark in a triangle."""
    CROSS = 358
    """A cross in an octagon."""
    STRANGER = 285
    """A question mark in a diamond."""
    UNSEEN = -1
    """A dash in a dotted ring."""


_CORNERS: Final = {
    Sign.PART: ((0.5, 0.02), (1, 0.94), (0, 0.94)),
    Sign.CROSS: ((0.3, 0), (0.7, 0), (1, 0.3), (1, 0.7), (0.7, 1), (0.3, 1), (0, 0.7), (0, 0.3)),
    Sign.STRANGER: ((0.5, 0), (1, 0.5), (0.5, 1), (0, 0.5)),
}
_STROKES: Final = {
    Sign.TICK: (((0.26, 0.53), (0.44, 0.71), (0.76, 0.33)),),
    Sign.PART: (((0.5, 0.36), (0.5, 0.64)), ((0.5, 0.79), (0.5, 0.8))),
    Sign.CROSS: (((0.32, 0.32), (0.68, 0.68)), ((0.68, 0.32), (0.32, 0.68))),
    Sign.STRANGER: (
        ((0.39, 0.4), (0.42, 0.31), (0.5, 0.28), (0.59, 0.32), (0.61, 0.41), (0.51, 0.51), (0.5, 0.6)),
        ((0.5, 0.73), (0.5, 0.74)),
    ),
    Sign.UNSEEN: (((0.34, 0.5), (0.66, 0.5)),),
}


def colour_of(sign: Sign, palette: QPalette) -> QColor:
    """The sign's colour, dark on a light window and light on a dark one, so that it stands out on both."""
    if sign.value < 0:
        return palette.color(QPalette.ColorRole.WindowText)
    dark = palette.color(QPalette.ColorRole.Window).lightnessF() < 0.5
    return QColor.fromHslF(sign.value / 360, 0.72, 0.68 if dark else 0.29)


def draw_sign(painter: QPainter, sign: Sign, box: QRectF, palette: QPalette) -> None:
    """Draw a sign that fills the box."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    ink, paper = colour_of(sign, palette), palette.color(QPalette.ColorRole.Base)
    hollow = sign is Sign.UNSEEN
    pen = QPen(ink, max(1.2, box.width() / 14))
    if hollow:
        pen.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(pen if hollow else Qt.PenStyle.NoPen)
    painter.setBrush(Qt.BrushStyle.NoBrush if hollow else ink)
    if sign in _CORNERS:
        painter.drawPolygon(QPolygonF([_at(box, spot) for spot in _CORNERS[sign]]))
    else:
        painter.drawEllipse(box.adjusted(1, 1, -1, -1) if hollow else box)
    stroke = QPen(ink if hollow else paper, max(1.4, box.width() / 10))
    stroke.setCapStyle(Qt.PenCapStyle.RoundCap)
    stroke.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(stroke)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for points in _STROKES[sign]:
        painter.drawPolyline([_at(box, spot) for spot in points])
    painter.restore()


def sign_icon(sign: Sign, side: int, palette: QPalette, ratio: float = 1.0) -> QIcon:
    """Give a sign as an icon of `side` pixels."""
    pixmap = QPixmap(QSize(side, side) * ratio)
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(palette.color(QPalette.ColorRole.Base))
    transparent = QColor(palette.color(QPalette.ColorRole.Base))
    transparent.setAlpha(0)
    pixmap.fill(transparent)
    painter = QPainter(pixmap)
    draw_sign(painter, sign, QRectF(1, 1, side - 2, side - 2), palette)
    painter.end()
    return QIcon(pixmap)


def _at(box: QRectF, spot: tuple[float, float]) -> QPointF:
    return QPointF(box.x() + spot[0] * box.width(), box.y() + spot[1] * box.height())


class _Face(QWidget):
    """The sign itself."""

    def __init__(self) -> None:
        super().__init__()
        self.sign = Sign.UNSEEN
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    @override
    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height() * 3
        return QSize(side, side)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        draw_sign(painter, self.sign, QRectF(2, 2, self.width() - 4, self.height() - 4), self.palette())


class VerdictBanner(Spoken, QFrame):
    """A framed sign with one word and one sentence; hidden until there is a verdict."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self._said: Callable[[], tuple[str, str]] | None = None
        self._face, self.word, self.sentence = _Face(), QLabel(), QLabel()
        self.word.setFont(bold(scaled(self.font(), 1.8)))
        for label in (self.word, self.sentence):
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        beside = QVBoxLayout()
        beside.setSpacing(0)
        beside.addWidget(self.word)
        beside.addWidget(self.sentence)
        row = QHBoxLayout(self)
        gap = self.fontMetrics().height()
        row.setContentsMargins(gap, gap * 2 // 3, gap, gap * 2 // 3)
        row.setSpacing(gap)
        row.addWidget(self._face, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(beside, 1)
        self.hide()

    @property
    def sign(self) -> Sign:
        """The sign shown."""
        return self._face.sign

    def show_verdict(self, sign: Sign, said: Callable[[], tuple[str, str]]) -> None:
        """Show a sign with its word and its sentence; both are asked for again when the language changes."""
        self._face.sign, self._said = sign, said
        palette = self.word.palette()
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
            palette.setColor(role, colour_of(sign, self.palette()))
        self.word.setPalette(palette)
        self._face.update()
        self.retranslate()
        self.show()

    def clear(self) -> None:
        """Show nothing."""
        self._said = None
        self.hide()

    @override
    def retranslate(self) -> None:
        if self._said is not None:
            word, sentence = self._said()
            self.word.setText(word)
            self.sentence.setText(sentence)
            self.setAccessibleName(f"{word}. {sentence}")
            self._face.setAccessibleName(word)
