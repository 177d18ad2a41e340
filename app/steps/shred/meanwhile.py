"""Draw what comes slowly apart, so that whoever waits for it can say so and can stop."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, TypeVar

from app.system.drawing import drawn

T = TypeVar("T")

_GRACE: Final = 5.0
"""Seconds for which its end is waited for: a read of a disk that hangs has none, and is left behind."""


def meanwhile(things: Callable[[], Iterable[T]], stop: Callable[[], None]) -> Iterator[T | None]:
    """Give what `things` gives, and None whenever nothing came for a moment.

    `stop` is called at the end, and when nobody wants any more: it makes whatever `things` is
    waiting for come to its end. What does not end then is left to its thread, heard by nobody.
    """

    def each() -> Generator[T, None, None]:
        yield from things()

    yield from drawn(each(), grace=_GRACE, stop=stop)
