"""Start, stop, and how far a step has come."""

from __future__ import annotations

import time
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.event import Progressed
from app.ui.widgets.plain import Button, PathLabel
from app.ui.widgets.spoken import Spoken
from app.ui.words import count, size

_SCALE: Final = 1000
_ETA_AFTER: Final = 3.0
"""Seconds before a rest is estimated; earlier it only jumps about."""


class RunBar(Spoken, QWidget):
    """A start button, a stop button, a bar, a line of numbers and what is worked on now.

    Signals:
        start: the officer wants the step to begin or go on.
        stop: the officer wants it to stop.
    """

    start = Signal()
    stop = Signal()

    def __init__(self, *, starts: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._starts = starts
        self._running = False
        self._stopping = False
        self._enabled = True
        self._last: Progressed | None = None
        self._since = 0.0
        self._told = 0
        self.go, self.halt = Button(), Button()
        self.go.setVisible(starts)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(self.fontMetrics().height() * 3 // 4)
        self.numbers, self.now = QLabel(), PathLabel()
        self._lay_out()
        self.go.clicked.connect(self.start)
        self.halt.clicked.connect(self.stop)
        self.retranslate()
        self._update()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.go)
        row.addWidget(self.bar, 1)
        row.addWidget(self.halt)
        below = QHBoxLayout()
        below.addWidget(self.numbers)
        below.addWidget(self.now, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addLayout(below)

    def name(self, label: str) -> None:
        """Put the start button's verb in words."""
        self.go.setText(label)
        self.go.setAccessibleName(label.replace("&", ""))
        self.bar.setAccessibleName(self.tr("Progress"))

    def allow(self, allowed: bool) -> None:
        """Let the start button be pressed, or not."""
        self._enabled = allowed
        self._update()

    def began(self) -> None:
        """The step is under way."""
        self._running, self._stopping = True, False
        self._since, self._told, self._last = time.monotonic(), 0, None
        self.bar.setRange(0, 0)
        self._update()

    def stopping(self) -> None:
        """A stop was asked for; it comes between two events."""
        self._stopping = True
        self._update()

    def ended(self, done: bool) -> None:
        """The step is over for now; `done` when it came to its end."""
        self._running, self._stopping = False, False
        self.bar.setRange(0, _SCALE)
        last = self._last
        share = last.done / last.total if last and last.total else 0
        self.bar.setValue(_SCALE if done else int(_SCALE * min(1, share)))
        self.now.setText("")
        if last is None or not last.total:
            self.say("")
        self._update()
        self._say_numbers()

    def progress(self, event: Progressed) -> None:
        """Show how far it has come."""
        self._last = event
        if event.total:
            self.bar.setRange(0, _SCALE)
            share = min(1.0, event.done / event.total)
            self.bar.setValue(int(_SCALE * share))
            self._announce(share)
        self.now.setText(event.now)
        self._say_numbers()

    def say(self, text: str) -> None:
        """Show a line of the page's own in place of the numbers."""
        self._last = None
        self.numbers.setText(text)

    @override
    def retranslate(self) -> None:
        self.halt.setText(self.tr("Stop"))
        self.halt.setAccessibleName(self.tr("Stop"))
        self.now.setAccessibleName(self.tr("Worked on now"))
        self._say_numbers()

    def _update(self) -> None:
        self.go.setEnabled(self._enabled and not self._running)
        self.go.setVisible(self._starts)
        self.halt.setVisible(self._running)
        self.halt.setEnabled(not self._stopping)
        if self._stopping:
            self.numbers.setText(self.tr("Stopping at the next safe point…"))

    def _say_numbers(self) -> None:
        event = self._last
        if event is None or self._stopping:
            return
        units = {
            "files": self.tr("Files: {n}"),
            "bytes": self.tr("Read or written: {n}"),
            "keys": self.tr("Keys: {n}"),
            "pages": self.tr("Pages: {n}"),
            "records": self.tr("Records: {n}"),
        }
        write = size if event.unit == "bytes" else count
        amount = write(event.done)
        if event.total:
            amount = self.tr("{done} of {total}").format(done=amount, total=write(event.total))
        text = units.get(event.unit, "{n}").format(n=amount)
        self.numbers.setText(text + self._rest(event))

    def _rest(self, event: Progressed) -> str:
        past = time.monotonic() - self._since
        if not self._running or not event.total or not event.done or past < _ETA_AFTER:
            return ""
        left = int(past * (event.total - event.done) / event.done)
        minutes, seconds = divmod(max(0, left), 60)
        return "   " + self.tr("about {minutes}:{seconds:02} left").format(minutes=minutes, seconds=seconds)

    def _announce(self, share: float) -> None:
        """Tell a screen reader at each quarter, not at each tick."""
        quarter = int(share * 4)
        if quarter > self._told:
            self._told = quarter
            text = self.tr("{percent} percent done").format(percent=quarter * 25)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))
