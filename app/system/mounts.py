"""What is mounted below a place, and which of it does not answer any more."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress

from app.system.paths import ANSWER, lies_in
from app.system.patience import each_within


def mounted_below(places: Iterable[str]) -> list[str]:
    """Give the mount points inside of these places, by the system's list: no disk is asked."""
    import psutil

    each = tuple(places)
    points = dict.fromkeys(row.mountpoint for row in psutil.disk_partitions(all=True)) if each else {}
    return [one for one in points if any(one != place and lies_in(one, place) for place in each)]


def silent_below(places: Iterable[str], seconds: float = ANSWER) -> frozenset[str]:
    """Those mount points inside of these places whose disk says nothing in the time of all.

    What the system knows of names by heart is no answer: the disk is asked how full it is.
    """
    points = mounted_below(places)
    given = each_within(seconds, _answers, points)
    return frozenset(one for at, one in enumerate(points) if at not in given)


def _answers(place: str) -> None:
    """Return once its disk has said anything, be it that it fails."""
    with suppress(OSError):
        getattr(os, "statvfs", os.stat)(place)
