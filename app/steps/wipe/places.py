"""Places: where the bytes of a file lie on its device."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.steps.wipe.pump import Run
from app.system.extents import Extent, ExtentFlag

_PLAIN: Final = int(ExtentFlag.LAST | ExtentFlag.MERGED)
"""All that may be said of an extent whose address is to be trusted."""


@dataclass(frozen=True, slots=True)
class Place:
    """A run of bytes of a file and where it lies on the device. `owner` is the index of the file."""

    physical: int
    length: int
    logical: int
    owner: int


def placed(runs: Iterable[Run], mapped: Sequence[Extent], owner: int = 0) -> list[Place] | None:
    """Where runs of a file lie; None unless every byte of them has a place that is to be trusted."""
    found = []
    for start, end in runs:
        at = start
        for extent in mapped:
            shift = at - extent.logical
            if not 0 <= shift < extent.length:
                continue
            if extent.flags & ~_PLAIN:
                return None
            length = min(end, extent.logical + extent.length) - at
            found.append(Place(extent.physical + shift, length, at, owner))
            at += length
            if at == end:
                break
        if at != end:
            return None
    return found


class Eye(Protocol):
    """Whoever may read devices for us."""

    def seen(self, places: Mapping[str, Sequence[Place]]) -> frozenset[str]:
        """The ids whose places all hold the last pass."""


def parent_of(path: str) -> str:
    """The folder a path lies in."""
    return path.rpartition(os.sep)[0] or os.sep
