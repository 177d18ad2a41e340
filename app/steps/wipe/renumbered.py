"""Volumes that have another number now than when the plan was signed, since the system was started anew."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Final

from app.domain.event import Noted
from app.domain.outcome import Evidence
from app.domain.plan import PlanItem
from app.domain.record import Stamp
from app.domain.step import Step
from app.system.disk import Disk, open_folder

RENUMBERED: Final = "renumbered"
_MOST_BYTES: Final = 64 * 1024 * 1024
_CHUNK: Final = 1 << 20


class Renumbered:
    """Items as they are to be found now. May be gone through again.

    A system gives a mounted volume a number, and btrfs or a stick may have another after the
    next start. That a volume is the one that was signed for is taken from one of its files that
    is the same in everything else: number in the volume, size, times to the nanosecond, and
    content. From then on each other file must be the one signed for by all but that number.
    """

    def __init__(self, items: Iterable[PlanItem], disk: Disk) -> None:
        self._items = items
        self._now = _numbers(items, disk)

    def told(self) -> Iterator[Noted]:
        """Say which volumes were known again, with the number each had and has."""
        for before, now in self._now.items():
            facts = (("volume_number_signed", str(before)), ("volume_number_found", str(now)))
            yield Noted(Step.WIPE, (), RENUMBERED, Evidence(RENUMBERED, (), facts))

    def __iter__(self) -> Iterator[PlanItem]:
        return map(self._found, self._items) if self._now else iter(self._items)

    def _found(self, item: PlanItem) -> PlanItem:
        now = self._now.get(item.stamp.device, item.stamp.device)
        return item if now == item.stamp.device else replace(item, stamp=replace(item.stamp, device=now))


def _numbers(items: Iterable[PlanItem], disk: Disk) -> Mapping[int, int]:
    """The number of each volume now, by the one it had, where it is another."""
    seen: set[int] = set()
    changed: dict[int, int] = {}
    for item in items:
        device = item.stamp.device
        if device not in seen:
            with suppress(OSError):
                now = os.lstat(item.path).st_dev
                if now == device:
                    seen.add(device)
                elif _is_the_same(item, now, disk):
                    seen.add(device)
                    changed[device] = now
    return changed


def _is_the_same(item: PlanItem, device: int, disk: Disk) -> bool:
    """Whether what stands at an item's place is what was signed for, but for the number of its volume."""
    if not item.sha256 or item.stamp.size > _MOST_BYTES:
        return False
    parent, _, name = item.path.rpartition(os.sep)
    folder = open_folder(parent or os.sep, item.location)
    try:
        fd = disk.open_to_read(folder, name)
    finally:
        folder.close()
    with open(fd, "rb") as file:
        told = os.fstat(fd)
        now = Stamp(device, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)
        if told.st_dev != device or now != replace(item.stamp, device=device):
            return False
        digest = hashlib.sha256()
        while data := file.read(_CHUNK):
            digest.update(data)
    return digest.hexdigest() == item.sha256
