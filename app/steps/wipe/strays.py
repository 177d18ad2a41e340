"""Strays: files that are not where a stopped run had left them. It removed them, or somebody moved them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from app.domain.plan import PlanItem
from app.steps.wipe.examine import ours, same_file
from app.steps.wipe.places import parent_of
from app.steps.wipe.scene import Terms
from app.system.disk import open_folder
from app.system.volumes import volume_of
from app.system.walk import Walk


def strays(items: Iterable[PlanItem], terms: Terms) -> frozenset[str]:
    """Look for overwritten files under another name; gives the ids of those found, or not well looked for.

    Their locations are looked through as a whole, or they are not well looked for; and
    what time allows of the volumes these lie on.
    """
    found: set[str] = set()
    by_location: dict[str, dict[int, PlanItem]] = {}
    for item in items:
        by_location.setdefault(item.location or parent_of(item.path), {})[item.stamp.inode] = item
    mounts: dict[str, dict[int, PlanItem]] = {}
    for location, wanted in by_location.items():
        walk = Walk(location)
        found |= _among(walk, wanted, terms)
        if not walk.whole:
            found |= {item.id for item in wanted.values()}
        with suppress(OSError):
            mounts.setdefault(volume_of(location).mount or location, {}).update(wanted)
    for mount, wanted in mounts.items():
        found |= _among(Walk(mount), wanted, terms)
    return frozenset(found)


def _among(walk: Walk, wanted: Mapping[int, PlanItem], terms: Terms) -> set[str]:
    return {
        wanted[number].id
        for entry in walk
        if (number := entry.inode()) in wanted and _holds_ours(entry.path, wanted[number], terms)
    }


def _holds_ours(path: str, item: PlanItem, terms: Terms) -> bool:
    """Whether it is the file, and not another one that was given its number since."""
    disk = terms.disk
    try:
        parent, _, name = path.rpartition(os.sep)
        folder = open_folder(parent or os.sep)
        try:
            fd = disk.open_to_read(folder, name)
        finally:
            folder.close()
        try:
            told = os.fstat(fd)
            if not item.stamp.size:  # nothing was written to it, so it has its time still
                return (told.st_size, told.st_mtime_ns) == (0, item.stamp.mtime_ns)
            blocks = list(ours(disk, fd, told.st_size, [terms.last(item)]))
            return same_file(told, item.stamp) and bool(blocks) and all(blocks)
        finally:
            os.close(fd)
    except FileNotFoundError:
        return False
    except OSError:
        return True
