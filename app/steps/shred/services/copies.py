"""The hunt for copies of what a store keeps, in the places that the case names for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Final

from app.steps.shred.services.contract import Traces

LARGEST: Final = 256 << 20
"""Bytes of the largest file that is read; a longer one is no copy of a key store that Lethe knows."""


def copies_in(places: Sequence[Path], traces: Traces) -> Generator[str, None, tuple[str, ...]]:
    """Find the files in and below these places, and those that the traces name, that bring the key back.

    Gives each file it comes to. One that can't be read is taken for no copy, as no verdict
    rests on there being none.
    """
    own = {os.path.realpath(path) for path in traces.own}
    seen: dict[str, bool] = {}
    for path in _files((*places, *traces.places)):
        if path not in seen and os.path.realpath(path) not in own:
            yield path
            seen[path] = _holds(path, traces.is_copy)
    return tuple(path for path, held in seen.items() if held)


def remaining(found: Sequence[str], traces: Traces) -> tuple[str, ...]:
    """The copies that were found and still stand."""
    return tuple(path for path in found if _holds(path, traces.is_copy))


def _files(places: Sequence[Path]) -> Iterator[str]:
    for place in places:
        if place.is_file():
            yield str(place)
        for folder, _, names in os.walk(place):
            yield from (os.path.join(folder, name) for name in sorted(names))


def _holds(path: str, is_copy: Callable[[bytes], bool]) -> bool:
    try:
        if not os.path.isfile(path) or os.path.getsize(path) > LARGEST:
            return False
        with open(path, "rb") as file:
            return is_copy(file.read())
    except OSError:
        return False
