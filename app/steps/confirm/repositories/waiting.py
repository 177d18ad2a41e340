"""Wait for what may never answer with signs of life in between, so that the wait can be broken off.

A library that asks a server, or a file on a disk that has stopped to answer, holds up the thread that
asked. Here that is never the step's own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Final, TypeVar, cast

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Beat, Run, Unusable
from app.system.drawing import SilentError, drawn

T = TypeVar("T")
E = TypeVar("E")

_OFTEN: Final = 0.05
_GRACE: Final = 10.0
"""Seconds in which a run that is broken off ends what it started."""


def waiting(call: Callable[[], T], patience: float | None = None) -> Run[T]:
    """Give what `call` gives. Broken off, nobody waits for it; it ends by the limits it has itself.

    Raises:
        Exception: what `call` raises.
        Unusable: TOOL_HUNG after so many seconds without an answer.
    """

    def ask() -> Generator[Beat, None, T]:
        yield from ()
        return call()

    run = watched(ask(), patience, grace=0)
    while True:
        try:
            next(run)
        except StopIteration as end:
            return cast("T", end.value)
        try:
            yield Beat()
        except GeneratorExit:
            run.close()
            raise


def watched(
    run: Generator[E, None, T], patience: float | None, *, grace: float = _GRACE
) -> Generator[E | None, None, T]:
    """Give what a run gives, drawn in a thread of its own; None while it says nothing.

    Closed, the run is closed too, and waited for up to `grace` seconds: it may hang.

    Raises:
        Exception: what the run raises.
        Unusable: TOOL_HUNG after so many seconds of waiting in which it said nothing.
    """
    try:
        return (yield from drawn(_seldom(run), grace=grace, patience=patience))
    except SilentError:
        raise Unusable(Reason.TOOL_HUNG) from None


def _seldom(run: Generator[E, None, T]) -> Generator[E, None, T]:
    """Leave out what is no more than a sign of life, where the last one was but now."""
    handed = 0.0
    with closing(run):
        while True:
            try:
                event = next(run)
            except StopIteration as end:
                return cast("T", end.value)
            now = time.monotonic()
            if isinstance(event, Beat) and now - handed < _OFTEN:
                continue
            handed = now
            yield event
