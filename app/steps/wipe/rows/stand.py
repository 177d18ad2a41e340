"""Where an SQLite file stood on its device before its rows were deleted, and what is there afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.outcome import Outcome, Reason
from app.steps.wipe.foresight import foresee
from app.steps.wipe.rows.needles import Search, Value
from app.steps.wipe.scene import Ground
from app.system.databases.sqlite import files_of
from app.system.device import WINDOW, Device, open_device
from app.system.extents import Extent, ExtentFlag, attributes, extents
from app.system.media import medium_of, stands_on
from app.system.volumes import volume_of

_PLAIN: Final = int(ExtentFlag.LAST | ExtentFlag.MERGED | ExtentFlag.UNWRITTEN)
_OVERLAP: Final = 4096


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be said of the file. `freed` is how many values the device still holds where it stood."""

    outcome: Outcome
    limits: tuple[Reason, ...]
    freed: int | None = None


@dataclass(frozen=True, slots=True)
class Stand:
    """The runs of bytes that the file, and what lay beside it, had on the device. `sizes` is of each file."""

    places: tuple[Extent, ...] | None
    sizes: tuple[int, ...]
    outcome: Outcome
    limits: tuple[Reason, ...]

    def judge(self, file: Path, search: Search, explained: Iterable[Value]) -> Verdict:
        """Grade the file. `explained` are values that stand in it still, for rows that stay hold them."""
        cut = any(now < then for now, then in zip(_sizes(file), self.sizes, strict=True))
        freed = self._on_device(file, search, set(explained))
        if freed is None:
            doubt = (Reason.FREED_BLOCKS,) if cut else ()
            worst = Outcome.RESIDUE_POSSIBLE if cut and self.outcome.good else self.outcome
            return Verdict(worst, (*doubt, *self.limits))
        limits = tuple(one for one in self.limits if one is not Reason.NOT_READ_FROM_DEVICE)
        if freed:
            return Verdict(Outcome.RESIDUE_POSSIBLE, (Reason.FREED_BLOCKS, *limits), freed)
        proven = Outcome.PROVEN if self.outcome is Outcome.OVERWRITTEN else self.outcome
        return Verdict(proven, limits, freed)

    def _on_device(self, file: Path, search: Search, explained: set[Value]) -> int | None:
        """How many values stand on the device where the file stood; None when it can't be read."""
        if self.places is None or any(one.flags & ~_PLAIN for one in self.places):
            return None
        device = open_device(volume_of(str(file)))
        if device is None:
            return None
        try:
            with device:
                found = {one for run in self.places for one in _in_run(device, run, search)}
        except OSError:
            return None
        return len(found - explained)


def _in_run(device: Device, run: Extent, search: Search) -> set[Value]:
    found: set[Value] = set()
    rest = b""
    for offset in range(run.physical, run.physical + run.length, WINDOW):
        data = rest + bytes(device.read(offset, min(WINDOW, run.physical + run.length - offset)))
        found |= search.in_data(data)
        rest = data[-_OVERLAP:]
    return found


def stand_of(file: Path) -> Stand | None:
    """See where the file and all beside it stand; None when one of these can't be opened.

    No connection to it may be open meanwhile.
    """
    try:
        return _stand(file)
    except OSError:
        return None


def _stand(file: Path) -> Stand:
    places: list[Extent] | None = []
    outcome, limits = Outcome.OVERWRITTEN, tuple[Reason, ...]()
    for path in files_of(file):
        try:
            fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except FileNotFoundError:
            continue
        try:
            mapped = extents(fd)
            if path == file:
                volume = volume_of(fd)
                ground = Ground(volume, medium_of(volume), stands_on(volume))
                outcome, limits = foresee(ground, mapped, attributes(fd), sparse=False, half=False)
            places = None if places is None or mapped is None else [*places, *mapped]
        finally:
            os.close(fd)
    return Stand(tuple(places) if places is not None else None, _sizes(file), outcome, limits)


def _sizes(file: Path) -> tuple[int, ...]:
    return tuple(path.stat().st_size if path.exists() else 0 for path in files_of(file))
