"""Volumes on the Mac: which file system a file lies on, and what an overwrite does there."""

from __future__ import annotations

import os
import struct
from enum import IntFlag
from typing import Final

from app.system.macos.api import Api, native
from app.system.volumes import Volume, Writes

_STATFS: Final = struct.Struct("=IiQQQQQiiIIII16s1024s1024sI28s")
_IN_PLACE: Final = frozenset({"hfs", "exfat", "msdos"})
_ELSEWHERE: Final = frozenset({"apfs", "zfs"})
_SERVER: Final = frozenset({"smbfs", "nfs", "afpfs", "webdav", "ftp"})
_COMMON_BLOCK: Final = 4096


class MountFlag(IntFlag):
    """How a volume is mounted (sys/mount.h)."""

    RDONLY = 0x1
    SYNCHRONOUS = 0x2
    CPROTECT = 0x80
    LOCAL = 0x1000
    JOURNALED = 0x800000
    SNAPSHOT = 0x40000000


def volume_of(place: int | str | os.PathLike[str], api: Api | None = None) -> Volume:
    """Find the volume of an open file or a path (statfs(2), f_fstypename).

    Raises:
        OSError: when `place` does not exist or can't be reached.
    """
    api = api or native()
    at = place if isinstance(place, int) else os.fspath(place)
    row = _STATFS.unpack_from(api.statfs(at))
    kind, mount, source = (_text(raw) for raw in row[13:16])
    flags = MountFlag(row[11])
    return Volume(
        api.device(at),
        mount,
        source,
        kind,
        _options(flags),
        _writes(kind, flags),
        row[0] or _COMMON_BLOCK,
        row[0] * row[2],
        # The journal of HFS+ holds metadata alone.
        journalled_data=False if kind in _IN_PLACE else None,
    )


def _writes(kind: str, flags: MountFlag) -> Writes:
    if kind in _SERVER or not flags & MountFlag.LOCAL:
        return Writes.SERVER
    if kind in _ELSEWHERE:
        return Writes.ELSEWHERE
    if kind in _IN_PLACE and not flags & MountFlag.SNAPSHOT:
        return Writes.IN_PLACE
    return Writes.UNKNOWN


def _options(flags: MountFlag) -> str:
    shown = (MountFlag.LOCAL, MountFlag.JOURNALED, MountFlag.CPROTECT, MountFlag.SNAPSHOT)
    words = [str(flag.name).lower() for flag in shown if flags & flag]
    return ",".join(["ro" if flags & MountFlag.RDONLY else "rw", *words])


def _text(raw: bytes) -> str:
    return os.fsdecode(raw.split(b"\0", 1)[0])
