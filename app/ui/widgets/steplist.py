"""The list of steps beside the pages: where the case stands, said by mark and by word."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.step import Step
from app.ui.widgets.plain import bold, scaled
from app.ui.words import say, translate


class State(Enum):
    """How a step stands."""

    DONE = "done"
    HERE = "here"
    BEGUN = "begun"
    OPEN = "open"
    CLOSED = "closed"


def state_word(state: State) -> str:
    """Put a step's state in words."""
    return {
        State.DONE: translate("StepList", "done"),
        State.HERE: translate("StepList", "here now"),
        State.BEGUN: translate("StepList", "begun"),
        State.OPEN: translate("StepList", "can begin"),
        State.CLOSED: translate("StepList", "later"),
    }[state]


class _Mark(QWidget):
    """A tick, a full disc, a half disc, a ring or a dotted ring."""

    def __init__(self) -> None:
        super().__init__()
        self.state = State.CLOSED
        self.setFixedSize(self.sizeHint())

    @override
    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height()
        return QSize(side, side)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height()) * 0.8
        box = QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        ink = self.palette().color(QPalette.ColorRole.Highlight)
        pen = QPen(ink, max(1.5, side / 9))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        if self.state is State.CLOSED:
            pen.setColor(self.palette().color(QPalette.ColorRole.Mid))
        painter.setPen(pen)
        if self.state is State.DONE:
            points = ((0.08, 0.55), (0.38, 0.85), (0.95, 0.18))
            painter.drawPolyline([QPointF(box.x() + x * side, box.y() + y * side) for x, y in points])
            return
        painter.drawEllipse(box)
        if self.state is State.HERE:
            painter.setBrush(ink)
            painter.drawEllipse(box.adjusted(side / 4, side / 4, -side / 4, -side / 4))
        elif self.state is State.BEGUN:
            painter.setBrush(ink)
            painter.drawPie(box, 90 * 16, 180 * 16)


class StepList(QWidget):
    """The eight steps, one below the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._states = dict.fromkeys(Step, State.CLOSED)
        self._lines: dict[Step, tuple[_Mark, QLabel, QLabel]] = {}
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        grid = QGridLayout()
        grid.setHorizontalSpacing(self.fontMetrics().horizontalAdvance("0"))
        grid.setVerticalSpacing(0)
        small = scaled(self.font(), 0.85)
        for step in Step:
            mark, name, state = _Mark(), QLabel(), QLabel()
            state.setFont(small)
            state.setForegroundRole(QPalette.ColorRole.PlaceholderText)
            at = step.index * 3
            grid.addWidget(mark, at, 0)
            grid.addWidget(name, at, 1)
            grid.addWidget(state, at + 1, 1)
            grid.setRowMinimumHeight(at + 2, self.fontMetrics().height() * 3 // 4)
            self._lines[step] = (mark, name, state)
        column = QVBoxLayout(self)
        margin = self.fontMetrics().height()
        column.setContentsMargins(margin, margin, margin, margin)
        column.addLayout(grid)
        column.addStretch(1)

    def show_states(self, states: dict[Step, State]) -> None:
        """Mark every step and say its state."""
        self._states = dict(states)
        plain = QFont(self.font())
        for step, (mark, name, state) in self._lines.items():
            mark.state = self._states[step]
            mark.update()
            title, word = say(step), state_word(mark.state)
            name.setText(title)
            name.setFont(bold(plain) if mark.state is State.HERE else plain)
            state.setText(word)
            mark.setAccessibleName(f"{step.index + 1}. {title}: {word}")
        self._keep_width(bold(plain))

    def states(self) -> dict[Step, State]:
        """How the list shows each step now."""
        return dict(self._states)

    def _keep_width(self, widest: QFont) -> None:
        """Leave room for the bold name of any step, so that the list doesn't jump."""
        metrics = QFontMetrics(widest)
        room = max(metrics.boundingRect(say(step)).width() for step in Step) + metrics.horizontalAdvance("0")
        for _, name, _ in self._lines.values():
            name.setMinimumWidth(room)
