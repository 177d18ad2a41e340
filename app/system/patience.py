"""A limit of time on calls that can't be ended: into a library, to a service, or to a disk."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

A = TypeVar("A")
T = TypeVar("T")

_NEXT: Final = 0.05
"""Seconds after which, while a call says nothing, the next is made beside it."""


def within(seconds: float, call: Callable[[], T]) -> T:
    """Give what `call` gives, unless it takes longer.

    A call that hangs in a library can't be ended: its thread is left behind, does not keep
    the program from ending, and what it says later is heard by nobody.

    Raises:
        TimeoutError: when the time is over.
    """
    given = each_within(seconds, lambda one: one(), [call])
    if not given:
        raise TimeoutError(seconds)
    return given[0]


def each_within(seconds: float, call: Callable[[A], T], each: Sequence[A]) -> dict[int, T]:
    """Give what `call` gives of each, by its place in the row; what says nothing in the time is left out.

    The time is that of all together: one that hangs, as `within` has it, holds up no other.
    """
    until, given = time.monotonic() + seconds, dict[int, T]()
    raised: list[BaseException] = []
    todo, done = queue.SimpleQueue[int](), threading.Event()
    for at in range(len(each)):
        todo.put(at)

    def ask() -> None:
        while (at := _next_of(todo)) is not None:
            try:
                given[at] = call(each[at])
            except BaseException as error:  # noqa: BLE001 it is raised again in the thread that asked
                raised.append(error)
                break
        if raised or len(given) == len(each):
            done.set()

    while len(given) < len(each) and not raised and (left := until - time.monotonic()) > 0:
        if todo.empty():
            done.wait(left)
        else:
            threading.Thread(target=ask, name="lethe-asking", daemon=True).start()
            done.wait(min(left, _NEXT))
    if raised:
        raise raised[0]
    return dict(given)


def _next_of(todo: queue.SimpleQueue[int]) -> int | None:
    try:
        return todo.get_nowait()
    except queue.Empty:
        return None
