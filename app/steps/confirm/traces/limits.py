"""What no search of files reaches: swap, hibernation, snapshots, sync folders and search indexes."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.limit import Limit, LimitKind
from app.steps.confirm.traces.clouds import sync_folders
from app.steps.confirm.traces.search import Places, homes
from app.steps.confirm.traces.snapshots import snapshots
from app.system.limits import limits_of

_INDEXES: Final = (
    "cache:tracker3",
    "cache:tracker",
    "data:tracker",
    "data:baloo/index",
    "home:.recoll/xapiandb",
    "cache:zeitgeist",
    "data:zeitgeist",
)
"""GNOME, KDE, Recoll, and the log of activities of older desktops."""
_NAMES: Final = ("var/lib/plocate/plocate.db", "var/lib/mlocate/mlocate.db", "var/cache/locate/locatedb")
"""Databases of all file names on the machine."""


def system_limits(
    paths: Sequence[Path], *, home: Path | None = None, root: Path = Path("/")
) -> tuple[Limit, ...]:
    """Name what may hold content of `paths` and no wipe of a file reaches; nothing is changed.

    Swap, hibernation and search indexes are told whatever the paths; a snapshot when it is of
    their volumes; a sync folder when a path lies in it or it lies below one; a sync program
    that does not say which folders are its own, always, with `seen` False. `home` is as for
    `find_traces`. `root` is where the running system's files are read.

    Linux's own are read from /proc and /sys; the other systems are asked for theirs.
    """
    places = homes(home)
    found = [limit for one in places for limit in (*sync_folders(one, paths), *_search_indexes(one))]
    if sys.platform == "linux":
        found += [*swap(root), *hibernation(root), *snapshots(paths, root), *_name_databases(root)]
    found += limits_of(paths)
    return tuple(dict.fromkeys(sorted(found, key=lambda one: (one.kind.value, one.name))))


def swap(root: Path) -> Iterator[Limit]:
    """Tell each swap area in use (proc_swaps(5)), but for one that is compressed memory alone."""
    listing = _text(root / "proc/swaps")
    for line in listing.splitlines()[1:]:
        name = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), line.split()[0])
        if not _in_memory(root, name):
            yield Limit(LimitKind.SWAP, name, evidence="/proc/swaps")
    if not listing:
        yield Limit(LimitKind.SWAP, "", seen=False, evidence="/proc/swaps")


def _in_memory(root: Path, name: str) -> bool:
    device = re.fullmatch(r"/dev/(zram\d+)", name)
    return device is not None and _text(root / f"sys/block/{device[1]}/backing_dev").strip() == "none"


def hibernation(root: Path) -> Iterator[Limit]:
    """Tell where the memory is written when the machine hibernates, if it can."""
    if "disk" not in _text(root / "sys/power/state").split():
        return
    modes = _text(root / "sys/power/disk")
    if not modes or "[disabled]" in modes:
        return
    named = re.search(r"\bresume=(\S+)", _text(root / "proc/cmdline"))
    device = _text(root / "sys/power/resume").strip()
    if named:
        yield Limit(LimitKind.HIBERNATION, named[1], evidence="/proc/cmdline")
    elif device not in ("", "0:0"):
        yield Limit(LimitKind.HIBERNATION, device, evidence="/sys/power/resume")
    else:
        # A boot loader or systemd may still say where at the moment it happens.
        yield Limit(LimitKind.HIBERNATION, "", seen=False, evidence="/sys/power/disk")


def _search_indexes(places: Places) -> Iterator[Limit]:
    for one in _INDEXES:
        base, _, below = one.partition(":")
        path: Path = getattr(places, base) / below
        with suppress(OSError):
            if path.exists():
                yield Limit(LimitKind.SEARCH_INDEX, str(path))


def _name_databases(root: Path) -> Iterator[Limit]:
    for name in _NAMES:
        with suppress(OSError):
            if (root / name).exists():
                yield Limit(LimitKind.SEARCH_INDEX, f"/{name}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
