"""What the purge of names will cost, told before it is decided."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from typing import Final

from app.domain.fate import Fate
from app.domain.plan import Plan
from app.domain.wiping import Cost
from app.steps.wipe.purge import MARGIN
from app.system.disk import open_folder
from app.system.journals import Log, LogKind, log_of
from app.system.volumes import volume_of

_A_SECOND: Final = 32 * 1024 * 1024
"""Bytes of a journal that a slow disk writes over in a second, by small changes."""
_NAMES_A_SECOND: Final = 20_000


def names_cost(plan: Plan) -> tuple[Cost, ...]:
    """Estimate, for each volume that files of the plan lie on, what purging their names takes.

    Changes nothing. A volume that can't be reached now is left out.
    """
    names: Counter[int] = Counter()
    places: dict[int, str] = {}
    for item in plan.with_fate(Fate.WIPE):
        names[item.stamp.device] += 1
        places.setdefault(item.stamp.device, item.path.rpartition(os.sep)[0] or os.sep)
    costs = []
    for device, place in places.items():
        with suppress(OSError):
            costs.append(cost_at(place, names[device]))
    return tuple(costs)


def cost_at(place: str, names: int) -> Cost:
    """Estimate what purging this many names takes on the volume that a folder lies on.

    Raises:
        OSError: when the folder can not be reached.
    """
    folder = open_folder(os.path.abspath(place))
    try:
        volume = volume_of(place if folder.fd is None else folder.fd)
        log = Log(LogKind.UNKNOWN) if folder.fd is None else log_of(volume, folder.fd)
    finally:
        folder.close()
    written = int(log.bytes * MARGIN)
    seconds = written / _A_SECOND + names / _NAMES_A_SECOND
    possible = log.kind is not LogKind.UNKNOWN
    return Cost(volume.mount, volume.file_system, names, written, round(seconds, 1), possible)
