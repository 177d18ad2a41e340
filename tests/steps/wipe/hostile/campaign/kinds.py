"""The register of hostile kinds: each makes one case in a yard, on the grounds that can have it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from campaign.grounds import GROUNDS
from campaign.yard import Case, Yard

Maker = Callable[[Yard, Case], None]

ONCE = tuple(name for name in GROUNDS if GROUNDS[name].once)
EXT = tuple(
    name for name in GROUNDS if GROUNDS[name].kind == "ext4" and not GROUNDS[name].below and name not in ONCE
)
XFS = ("xfs", "xfs no reflink")
BTRFS = tuple(name for name in GROUNDS if GROUNDS[name].kind == "btrfs")
NESTED = tuple(name for name in GROUNDS if GROUNDS[name].below and GROUNDS[name].below != "fuse")
DISKS = (*EXT, *XFS, *BTRFS, *NESTED)
ALL = tuple(GROUNDS)


@dataclass(frozen=True)
class Kind:
    """One kind of case. `weight` is how often it comes beside the others of its ground."""

    name: str
    make: Maker
    on: tuple[str, ...]
    weight: int = 2


KINDS: dict[str, Kind] = {}


def kind(name: str, on: Iterable[str], weight: int = 2) -> Callable[[Maker], Maker]:
    """Register a kind."""

    def registered(make: Maker) -> Maker:
        KINDS[name] = Kind(name, make, tuple(on), weight)
        return make

    return registered


def kinds_on(ground: str) -> list[Kind]:
    """The kinds that a ground can have."""
    from campaign import kinds_content, kinds_meddling, kinds_others, kinds_places  # noqa: F401 they register

    return [one for one in KINDS.values() if ground in one.on]
