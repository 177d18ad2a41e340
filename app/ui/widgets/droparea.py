"""A frame in which one file can be dropped, with a button that chooses it and a line that shows it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from typing_extensions import override

from app.ui.widgets.filebox import PathBox, Wants


class DropArea(QWidget):
    """Takes one file.

    Signals:
        given: a file was dropped or chosen, or its path typed and Enter pressed.
        edited: the path is another one.
    """

    given = Signal()
    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._over = False
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.box = PathBox(Wants.FILE)
        # The whole frame takes the drop; the line would only paste its address.
        self.box.line.setAcceptDrops(False)
        column = QVBoxLayout(self)
        gap = self.fontMetrics().height()
        column.setContentsMargins(gap, gap, gap, gap)
        column.addWidget(self.about)
        column.addWidget(self.box)
        self.setFocusProxy(self.box.line)
        self.box.changed.connect(self.edited)
        self.box.chosen.connect(self.given)
        self.box.line.returnPressed.connect(self.given)

    def path(self) -> Path | None:
        """The file, None where none is given."""
        return self.box.path()

    def give(self, path: Path) -> None:
        """Take a file as if it were dropped."""
        self.box.set_path(path)
        self.given.emit()

    def name(self, about: str, label: str) -> None:
        """Put what can be dropped in words, and name the line for a screen reader."""
        self.about.setText(about)
        self._make_room()
        self.box.line.setAccessibleName(label)
        self.box.line.setAccessibleDescription(about)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._light(on=True)

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(on=False)

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        self._light(on=False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.give(paths[0])

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.EnabledChange:
            self.update()
        super().changeEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        role = QPalette.ColorRole.Highlight if self._over else QPalette.ColorRole.Mid
        pen = QPen(self.palette().color(role), 2 if self._over else 1)
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(self.palette().brush(QPalette.ColorRole.Base))
        round_ = self.fontMetrics().height() / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), round_, round_)

    def _make_room(self) -> None:
        """Keep all its lines in sight where the window is low."""
        self.about.setMinimumHeight(self.about.heightForWidth(self.about.width()))

    def _light(self, *, on: bool) -> None:
        self._over = on
        self.update()
