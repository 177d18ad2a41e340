"""The one bridge from a step's thread to the window."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.event import Progressed

_PAUSE: Final = 50
"""Milliseconds between two Progressed that reach the window: 20 a second."""


class Task(QObject):
    """One iterator of events, drawn on a thread of its own.

    Signals:
        happened: one event. Progressed is thinned to 20 a second; the last one said
            arrives even when nothing follows it for long. Every other event arrives, in order.
        stopped: the iterator is closed; True when it came to its end by itself,
            False when `stop` was called before.
        failed: the iterator raised this exception; `stopped` does not follow.
    """

    happened = Signal(object)
    stopped = Signal(bool)
    failed = Signal(object)

    def __init__(self, events: Iterator[object], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._events = events
        self._wish = threading.Event()
        self._held: Progressed | None = None
        self._holding = threading.Lock()
        # Lives on the window's thread: a large file may be long under way, and till then
        # nothing else would let go of what was said last.
        self._tick = QTimer(self, interval=_PAUSE)
        self._tick.timeout.connect(self._release)
        self.stopped.connect(self._tick.stop)
        self.failed.connect(self._tick.stop)
        # Not a daemon: a daemon may die before the journal is synced.
        self._thread = threading.Thread(target=self._run, name="lethe-step", daemon=False)

    @classmethod
    def of(cls, call: Callable[[], object], parent: QObject | None = None) -> Task:
        """Make a task of one slow call; its result is the one event."""

        def once() -> Generator[object]:
            yield call()

        return cls(once(), parent)

    @property
    def running(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin to draw events."""
        self._tick.start()
        self._thread.start()

    def stop(self) -> None:
        """Ask for the end: the iterator is closed between two events, on its own thread."""
        self._wish.set()

    def join(self) -> None:
        """Wait until the iterator is closed. What it said meanwhile still arrives as signals."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            ended = self._draw()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            self.failed.emit(error)
        else:
            self.stopped.emit(ended)

    def _draw(self) -> bool:
        while not self._wish.is_set():
            try:
                event = next(self._events)
            except StopIteration:
                self._release()
                return True
            self._pass_on(event)
        self._release()
        close = getattr(self._events, "close", None)
        if close is not None:
            close()
        return False

    def _pass_on(self, event: object) -> None:
        if isinstance(event, Progressed):
            with self._holding:
                self._held = event
        else:
            self.happened.emit(event)

    def _release(self) -> None:
        with self._holding:
            held, self._held = self._held, None
        if held is not None:
            self.happened.emit(held)
