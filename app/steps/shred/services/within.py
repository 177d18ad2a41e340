"""A limit of time on everything that is asked of a store."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from app.domain.outcome import Reason
from app.steps.shred.services.contract import Unanswered

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T]) -> T:
    """Give what `call` gives, unless it takes longer.

    A call that hangs in a library can't be ended: its thread is left behind, does not keep
    the program from ending, and what it says later is heard by nobody.

    Raises:
        Unanswered: NO_ANSWER when the time is over.
    """
    given: list[T] = []
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            given.append(call())
        except BaseException as error:  # noqa: BLE001 it is raised again in the thread that asked
            raised.append(error)

    thread = threading.Thread(target=ask, name="lethe-store", daemon=True)
    thread.start()
    thread.join(seconds)
    if raised:
        raise raised[0]
    if not given:
        raise Unanswered(Reason.NO_ANSWER)
    return given[0]
