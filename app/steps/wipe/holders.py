"""Holders: who keeps the blocks that a file shared: a clone, a snapshot, another file of the plan."""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.plan import PlanItem
from app.steps.wipe.overwrite import Overwritten
from app.steps.wipe.places import parent_of
from app.steps.wipe.scene import Scene, Terms
from app.steps.wipe.verdict import Done
from app.system.extents import ExtentFlag
from app.system.sharing import (
    Run,
    Sharer,
    name_on_btrfs,
    sharers_among,
    sharers_on_btrfs,
    snapshots_on_btrfs,
    tree_of,
)
from app.system.volumes import volume_of
from app.system.walk import Walk

NOT_FOUND: Final = "not found"
"""Looked for everywhere on the volume: whoever held them is gone, or is overwritten by now."""
NOT_SEARCHED: Final = "not searched"
"""Nobody may ask, or the time was up before everything was looked at."""
_MOST_NAMED: Final = 8
_NAME: Final = re.compile(r"(?:subvolume (\d+) )?inode (\d+)")


@dataclass(frozen=True, slots=True)
class Holding:
    """Who holds old blocks of one file; None when that could not be found out."""

    sharers: frozenset[Sharer] | None
    own_tree: int = 0


def held(written: Sequence[Overwritten], scene: Scene) -> dict[str, Holding]:
    """Look who holds, now that they are overwritten and synced, the blocks that files had shared.

    Gives it by id. btrfs is asked; elsewhere every file of the volume is mapped, as
    far as the patience for the whole step goes.
    """
    found: dict[str, Holding] = {}
    others: dict[str, list[Overwritten]] = {}
    for one in written:
        volume = one.ground.volume
        on_btrfs = volume.file_system == "btrfs"
        if on_btrfs and (shared(one) or _inline(one)):
            found[one.item.id] = _asked(one, scene)
        elif shared(one):
            others.setdefault(volume.mount, []).append(one)
    for mount, together in others.items():
        found |= _mapped(mount, together, scene.terms)
    return found


def shared(one: Overwritten) -> list[Run]:
    """Where the blocks lay that a file shared, as (first byte, the one after the last)."""
    return [
        (place.physical, place.physical + place.length)
        for place in one.places or ()
        if place.has(ExtentFlag.SHARED)
    ]


def _inline(one: Overwritten) -> bool:
    """Whether some of it lay in the tree of the file system, which snapshots share."""
    return any(place.has(ExtentFlag.INLINE) for place in one.places or ())


def _asked(one: Overwritten, scene: Scene) -> Holding:
    try:
        folder, _ = scene.place(one.item)
        fd = -1 if folder.fd is None else folder.fd
        tree = tree_of(fd)
        sharers = sharers_on_btrfs(fd, shared(one))
        if _inline(one):
            stamp = one.item.stamp
            sharers |= snapshots_on_btrfs(fd, stamp.inode, (stamp.size, stamp.mtime_ns, stamp.ctime_ns))
    except OSError:
        return Holding(None)
    return Holding(frozenset(sharers - {Sharer(tree, one.item.stamp.inode)}), tree)


def _mapped(mount: str, together: Sequence[Overwritten], terms: Terms) -> dict[str, Holding]:
    began = time.monotonic()
    walk = Walk(mount, seconds=terms.patience.seconds)
    pieces = _pieces([run for one in together for run in shared(one)])
    who = sharers_among(walk, pieces)
    terms.patience.seconds -= time.monotonic() - began
    found = {}
    for one in together:
        mine = [who[piece] for piece in who if any(a <= piece[0] and piece[1] <= b for a, b in shared(one))]
        sharers = frozenset().union(*mine) - {Sharer(0, one.item.stamp.inode)}
        found[one.item.id] = Holding(sharers if sharers or walk.whole else None)
    return found


def _pieces(runs: Iterable[Run]) -> list[Run]:
    """Cut runs, which may overlap, where any of them begins or ends; in order, none overlapping."""
    edges: Counter[int] = Counter()
    for first, end in runs:
        edges[first] += 1
        edges[end] -= 1
    pieces, depth = [], 0
    for first, end in pairwise(sorted(edges)):
        depth += edges[first]
        if depth:
            pieces.append((first, end))
    return pieces


def said(done: Iterable[Done], holdings: Mapping[str, Holding], terms: Terms) -> list[Done]:
    """Say of files who holds their old blocks: SURVIVES, unless it is to be wiped itself by this plan."""
    numbers = {sharer.inode for one in holdings.values() for sharer in one.sharers or ()}
    planned = _planned(numbers, terms.items) if numbers else {}
    return [_said(one, holdings[one.item.id], planned) if one.item.id in holdings else one for one in done]


def _planned(numbers: set[int], items: Iterable[PlanItem]) -> dict[tuple[int, Sharer], PlanItem]:
    """The items of the plan with one of these numbers, by the device they lie on and what they are there."""
    found = {}
    for item in items:
        if item.stamp.inode in numbers:
            tree = 0
            with suppress(OSError):
                fd = os.open(parent_of(item.path), os.O_RDONLY)
                try:
                    tree = tree_of(fd)
                finally:
                    os.close(fd)
            found[item.stamp.device if not tree else 0, Sharer(tree, item.stamp.inode)] = item
    return found


def _said(done: Done, holding: Holding, planned: Mapping[tuple[int, Sharer], PlanItem]) -> Done:
    if holding.sharers is None:
        return done.held((NOT_SEARCHED,), done.verdict.outcome)
    names, survives = [], False
    for sharer in sorted(holding.sharers, key=lambda one: (one.tree, one.inode)):
        item = planned.get((0 if sharer.tree else done.item.stamp.device, sharer))
        names.append(item.id if item else _named(sharer))
        survives |= item is None or item.fate is not Fate.WIPE
        if sharer.tree != holding.own_tree:
            done = done.doubted(Reason.SNAPSHOT)
    if len(names) > _MOST_NAMED:
        names[_MOST_NAMED:] = [f"and {len(names) - _MOST_NAMED} more"]
    outcome = Outcome.SURVIVES if survives else done.verdict.outcome
    return done.held(tuple(names) or (NOT_FOUND,), outcome)


def _named(sharer: Sharer) -> str:
    # A path may hold a person's name, so the journal has what leads to it.
    return f"{f'subvolume {sharer.tree} ' if sharer.tree else ''}inode {sharer.inode}"


def where_held(place: str, holder: str) -> str | None:
    """Find the path of a holder as the journal names it; on btrfs from the top of its volume.

    `place` is any folder on the volume. None when it is not there any more, may not be
    asked for, or is not found in time.
    """
    told = _NAME.fullmatch(holder)
    if not told:
        return None
    sharer = Sharer(int(told[1] or 0), int(told[2]))
    if not sharer.tree:
        walk = Walk(volume_of(place).mount)
        return next((entry.path for entry in walk if entry.inode() == sharer.inode), None)
    try:
        fd = os.open(place, os.O_RDONLY)
        try:
            return name_on_btrfs(fd, sharer)
        finally:
            os.close(fd)
    except OSError:
        return None
