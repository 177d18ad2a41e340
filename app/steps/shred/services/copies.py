"""The hunt for copies of what a store keeps: as that for copies of key files, and in the same places."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

from app.steps.shred.hunt import NOTHING, Grounds, Hunted, Quarry, hunt
from app.steps.shred.needles import needles_of
from app.steps.shred.services.contract import Traces


def copies_in(
    item: str, places: Sequence[Path], traces: Traces, grounds: Grounds
) -> Generator[str, None, Hunted]:
    """Find what brings this key back, in `grounds`, in these places and in those that the traces name.

    Gives each file it comes to, and at last what it found and where it could not look.
    """
    own = [os.path.realpath(path) for path in traces.own]
    quarry = Quarry(item, "", _node(own), needles_of(traces.marks))
    everywhere = (*grounds.places, *map(str, (*places, *traces.places)))
    wider = replace(grounds, places=everywhere, passed_over=(*grounds.passed_over, *own))
    found = yield from hunt([quarry], wider)
    return found.get(item, NOTHING)


def _node(own: Sequence[str]) -> tuple[int, int]:
    try:
        told = os.stat(own[0])
    except (OSError, IndexError):
        return -1, -1
    return told.st_dev, told.st_ino
