"""How far a hunt has come: told now and then, so that it is seen to live and can be broken off."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Final, TypeVar

from app.domain.event import Progressed
from app.domain.step import Step

T = TypeVar("T")

_EVERY: Final = 64
"""Files between two words of how far the hunt has come."""
_SILENCE: Final = 0.5
"""Seconds after which it says so anyway."""


def progress_of(hunting: Generator[str, None, T]) -> Generator[Progressed, None, T]:
    """Draw a hunt to its end, say how far it has come, and give what it found.

    It gives each file it comes to, and an empty text while it is at one for long. Broken off, it
    is closed, with whatever it has open.
    """
    looked, path, said = 0, "", time.monotonic()
    try:
        while True:
            try:
                here = next(hunting)
            except StopIteration as end:
                found: T = end.value
                return found
            looked, path = looked + bool(here), here or path
            if (here and looked % _EVERY == 0) or time.monotonic() - said > _SILENCE:
                said = time.monotonic()
                yield Progressed(Step.SHRED, looked, 0, "files", path)
    finally:
        hunting.close()


def drawn(hunting: Generator[str, None, T]) -> T:
    """Draw it to its end without a word, and give what it found."""
    while True:
        try:
            next(hunting)
        except StopIteration as end:
            found: T = end.value
            return found
