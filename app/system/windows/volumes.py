"""Volumes on Windows: which file system a file lies on, and what an overwrite does there."""

from __future__ import annotations

import os
from enum import IntFlag
from typing import Final

from app.system.volumes import Volume, Writes
from app.system.windows.api import Api, CallFailed, VolumeAnswer, as_os_error, long, native, short

_REMOTE: Final = 4
_DRIVES: Final = {2: "removable", 3: "fixed", _REMOTE: "remote", 5: "cdrom", 6: "ramdisk"}
_IN_PLACE: Final = frozenset({"NTFS", "FAT", "FAT32", "exFAT"})
_COMMON_BLOCK: Final = 4096


class VolumeFlag(IntFlag):
    """What GetVolumeInformationW says a volume can do (winnt.h, FILE_SYSTEM_FLAGS)."""

    FILE_COMPRESSION = 0x10
    SPARSE_FILES = 0x40
    REPARSE_POINTS = 0x80
    IS_COMPRESSED = 0x8000
    ENCRYPTION = 0x20000
    NAMED_STREAMS = 0x40000
    READ_ONLY = 0x80000
    HARD_LINKS = 0x400000
    BLOCK_REFCOUNTING = 0x8000000
    DAX = 0x20000000


def volume_of(place: int | str | os.PathLike[str], api: Api | None = None) -> Volume:
    r"""Find the volume of an open file or a path (GetVolumePathNameW, GetVolumeInformationW, GetDriveTypeW).

    `source` is its `\\?\Volume{…}` name, or for a share the share itself. `options`
    are what the volume says of itself, `ro` first when it is read-only.

    Raises:
        OSError: when `place` does not exist or can't be reached.
    """
    api = api or native()
    at = place if isinstance(place, int) else os.fspath(place)
    with as_os_error():
        path = short(api.final_path(api.handle(at))) if isinstance(at, int) else at
        mount = api.volume_path(path)
        drive = api.drive_type(mount)
        told = api.volume_information(mount)
        device = api.device(at if isinstance(at, int) else long(at))
    block, size = _sizes(mount, api)
    return Volume(
        device,
        mount,
        _source(mount, drive, api),
        told.file_system,
        _options(told.flags, drive),
        _writes(told, drive),
        block,
        size,
        journalled_data=False if told.file_system in _IN_PLACE else None,
    )


def flags_at(path: str, api: Api) -> VolumeFlag:
    """What the volume of `path` says it can do.

    Raises:
        CallFailed: when it can't be asked.
    """
    return VolumeFlag(api.volume_information(api.volume_path(path)).flags)


def _writes(told: VolumeAnswer, drive: int) -> Writes:
    """NTFS logs no file contents but those that lie in the MFT, which `extents` shows as inline."""
    if drive == _REMOTE:
        return Writes.SERVER
    if told.file_system == "ReFS" or told.flags & VolumeFlag.BLOCK_REFCOUNTING:
        return Writes.ELSEWHERE
    if told.file_system not in _IN_PLACE or told.flags & VolumeFlag.IS_COMPRESSED or drive not in _DRIVES:
        return Writes.UNKNOWN
    return Writes.IN_PLACE


def _options(flags: int, drive: int) -> str:
    words = ["ro" if flags & VolumeFlag.READ_ONLY else "rw", _DRIVES.get(drive, "unknown")]
    shown = (
        VolumeFlag.IS_COMPRESSED,
        VolumeFlag.BLOCK_REFCOUNTING,
        VolumeFlag.NAMED_STREAMS,
        VolumeFlag.DAX,
    )
    return ",".join([*words, *(str(flag.name).lower() for flag in shown if flags & flag)])


def _source(mount: str, drive: int, api: Api) -> str:
    if drive == _REMOTE:
        return mount.rstrip("\\")
    try:
        return api.volume_name(mount).rstrip("\\")
    except CallFailed:
        return ""


def _sizes(mount: str, api: Api) -> tuple[int, int]:
    try:
        space = api.space(mount)
    except CallFailed:
        return _COMMON_BLOCK, 0
    block = space.sectors_per_cluster * space.bytes_per_sector
    return block or _COMMON_BLOCK, block * space.clusters
