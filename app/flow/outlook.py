"""The outlook: what a wipe will meet and take, told before two people sign for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.domain.fate import Fate
from app.domain.medium import Medium
from app.domain.plan import Plan
from app.domain.wiping import Cost
from app.flow.services import is_file
from app.steps.wipe.cost import cost_at
from app.system.media import medium_of
from app.system.volumes import volume_of


@dataclass(frozen=True, slots=True)
class Touched:
    """One volume that an act will touch.

    `files` and `bytes` are of the files that are wiped or shredded there; `cost` is what
    purging the names of the wiped ones takes, None where none is wiped.
    """

    medium: Medium
    files: int
    bytes: int
    cost: Cost | None

    @property
    def spins(self) -> bool:
        """Whether it is known to be a magnetic disk."""
        return self.medium.rotational is True


def outlook(plan: Plan) -> tuple[Touched, ...]:
    """Look at each volume that files to be wiped, or keys to be shredded, lie on. Changes nothing.

    A volume that can't be reached now is left out.
    """
    files: dict[int, list[int]] = {}
    places: dict[int, str] = {}
    for item in plan.with_fate(Fate.WIPE, Fate.SHRED):
        if item.rows or not is_file(item):
            continue
        count = files.setdefault(item.stamp.device, [0, 0, 0])
        count[0] += 1
        count[1] += item.stamp.size
        count[2] += item.fate is Fate.WIPE
        places.setdefault(item.stamp.device, item.path.rpartition(os.sep)[0] or os.sep)
    found = []
    for device, place in places.items():
        with suppress(OSError):
            found.append(_touched(place, *files[device]))
    return tuple(found)


def outlook_of_places(places: Iterable[Path]) -> tuple[Touched, ...]:
    """Look at the volumes of declared places, of whose files nothing is known yet."""
    found: dict[str, Touched] = {}
    for place in places:
        with suppress(OSError):
            folder = place if place.is_dir() else place.parent
            one = _touched(str(folder), 0, 0, 0, empty=True)
            found.setdefault(one.medium.mount, one)
    return tuple(found.values())


def _touched(place: str, files: int, octets: int, wiped: int, *, empty: bool = False) -> Touched:
    medium = medium_of(volume_of(place))
    return Touched(medium, files, octets, cost_at(place, wiped) if wiped or empty else None)
