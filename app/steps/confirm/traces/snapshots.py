"""Snapshots of the volumes that hold records: what the system shows of them without being changed."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.limit import Limit, LimitKind
from app.system.volumes import Volume, volume_of

_BY_THEMSELVES: Final = frozenset({"bcachefs", "nilfs2", "apfs", "APFS", "ReFS"})
"""They can hold snapshots that this does not list."""
_BTRFS_FOLDERS: Final = (".snapshots", "@snapshots", "timeshift-btrfs", ".btrfs/snapshot", "@.snapshots")
_PATIENCE: Final = 30


def snapshots(paths: Sequence[Path], root: Path) -> Iterator[Limit]:
    """Tell the snapshots of every volume that holds one of `paths`, or that they could not be seen."""
    for volume in _volumes(paths):
        if volume.file_system == "btrfs":
            yield from btrfs(Path(volume.mount))
        elif volume.file_system == "zfs":
            yield from zfs(Path(volume.mount))
        elif volume.file_system in _BY_THEMSELVES:
            yield Limit(LimitKind.SNAPSHOT, volume.mount, seen=False, evidence=volume.file_system)
        yield from lvm(volume.source, root)


def _volumes(paths: Sequence[Path]) -> Iterator[Volume]:
    devices: set[int] = set()
    for path in paths:
        with suppress(OSError):
            device = os.stat(path).st_dev
            if device not in devices:
                devices.add(device)
                yield volume_of(path)


def btrfs(mount: Path) -> Iterator[Limit]:
    """Tell a btrfs volume's snapshots: by its own tool, else by the folders where tools keep them."""
    listed = _asked("btrfs", "subvolume", "list", "-s", str(mount))
    if listed is not None:
        for line in listed.splitlines():
            # The path ends the line, after numbers and a time.
            if found := re.search(r" path (.+)$", line):
                yield Limit(LimitKind.SNAPSHOT, f"{mount}: {found[1]}", evidence="btrfs subvolume list")
        return
    kept = [mount / name for name in _BTRFS_FOLDERS if _is_full(mount / name)]
    yield from (Limit(LimitKind.SNAPSHOT, str(one), evidence="folder") for one in kept)
    if not kept:
        yield Limit(LimitKind.SNAPSHOT, str(mount), seen=False, evidence="btrfs")


def zfs(mount: Path) -> Iterator[Limit]:
    """Tell a ZFS dataset's snapshots, which stand in a folder that no listing shows."""
    folder = mount / ".zfs/snapshot"
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        yield Limit(LimitKind.SNAPSHOT, str(mount), seen=False, evidence="zfs")
        return
    yield from (Limit(LimitKind.SNAPSHOT, f"{mount}@{name}", evidence=".zfs/snapshot") for name in names)


def lvm(source: str, root: Path) -> Iterator[Limit]:
    """Tell the snapshots of a logical volume, by how device-mapper stacks them (lvm(8)).

    The origin of an old-style snapshot stands on a hidden `-real` device, which each snapshot
    stands on too. A thin volume shares its pool with its snapshots, and nothing says with which.
    """
    name = os.path.basename(os.path.realpath(source))
    block = root / "sys/block"
    if not name.startswith("dm-") or not _told(block / name / "dm/uuid").startswith("LVM-"):
        return
    for below in _listed(block / name / "slaves"):
        uuid = _told(block / below / "dm/uuid")
        if uuid.endswith("-tpool"):
            pool = _told(block / below / "dm/name")
            yield Limit(LimitKind.SNAPSHOT, pool, seen=False, evidence="LVM thin pool")
        if uuid.endswith("-real"):
            for holder in _listed(block / below / "holders"):
                if holder != name:
                    called = _told(block / holder / "dm/name")
                    yield Limit(LimitKind.SNAPSHOT, called, evidence="device-mapper")


def _asked(*command: str) -> str | None:
    """Run a tool that only lists; None when it is not there or may not."""
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else os.fsdecode(done.stdout)


def _told(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_full(folder: Path) -> bool:
    return bool(_listed(folder))
