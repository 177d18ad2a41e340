"""Draw what comes slowly in a thread of its own, so that whoever waits for it can say so and can stop."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from typing import Final, Generic, TypeVar

from typing_extensions import override

T = TypeVar("T")
E = TypeVar("E")

_BEAT: Final = 0.1
"""Seconds without anything after which a sign of life is given."""


class SilentError(Exception):
    """Nothing was said for too long."""


class _Apart(threading.Thread, Generic[E, T]):
    """Draws from a run, one event ahead, until it ends or nobody wants any more."""

    def __init__(self, run: Generator[E, None, T]) -> None:
        super().__init__(name="lethe-drawing", daemon=True)
        self._run = run
        self.drawn: queue.Queue[tuple[E] | None] = queue.Queue(1)
        """What was drawn; None is the end."""
        self.unwanted = threading.Event()
        self.answers: list[T] = []
        self.errors: list[BaseException] = []

    @override
    def run(self) -> None:
        """Draw; what is left of the run is closed here, and in no other thread."""
        try:
            while not self.unwanted.is_set():
                try:
                    event = next(self._run)
                except StopIteration as end:
                    self.answers.append(end.value)
                    return
                self._hand((event,))
            self._run.close()
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that asked
            self.errors.append(error)
        finally:
            self._hand(None)

    def _hand(self, event: tuple[E] | None) -> None:
        while not self.unwanted.is_set():
            try:
                self.drawn.put(event, timeout=_BEAT)
            except queue.Full:
                continue
            return


def drawn(
    run: Generator[E, None, T],
    *,
    grace: float,
    patience: float | None = None,
    stop: Callable[[], None] = lambda: None,
) -> Generator[E | None, None, T]:
    """Give what a run gives, drawn in a thread of its own; None while it says nothing.

    At the end, and when nobody wants any more, `stop` is called, which makes what the run waits for
    come to its end; the run is closed, and waited for up to `grace` seconds. What hangs even then is
    left to its thread, and heard by nobody.

    Raises:
        Exception: what the run raises.
        SilentError: after so many seconds of waiting in which it said nothing.
    """
    apart = _Apart(run)
    apart.start()
    silent = 0.0
    try:
        while True:
            began = time.monotonic()
            try:
                one = apart.drawn.get(timeout=_BEAT)
            except queue.Empty:
                # The time that the other side took before it drew again does not count.
                silent += time.monotonic() - began
                if patience is not None and silent > patience:
                    grace = 0.0
                    raise SilentError from None
                yield None
                continue
            if one is None:
                break
            silent = 0.0
            yield one[0]
    finally:
        apart.unwanted.set()
        stop()
        apart.join(grace)
    if apart.errors:
        raise apart.errors[0]
    return apart.answers[0]
