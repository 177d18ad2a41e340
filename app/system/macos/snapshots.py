"""Snapshots of an APFS volume: what it looked like before, Time Machine's among them."""

from __future__ import annotations

import os
import plistlib
import re
import struct
from typing import Final
from xml.parsers.expat import ExpatError

from app.system.macos.api import Api
from app.system.volumes import Volume

_ENTRY: Final = struct.Struct("=I5IiI")
_NAME_AT: Final = 24
"""Where the reference to the name stands, which its offset counts from (getattrlistbulk(2))."""
_ATTR_CMN_NAME: Final = 0x1
_LISTED: Final = re.compile(r"^(com\.apple\.\S+)", re.MULTILINE)


def snapshots(volume: Volume, api: Api) -> tuple[str, ...] | None:
    """The names of every snapshot of a volume; none on what is not APFS. None when nobody can say.

    Asks fs_snapshot_list(2), which needs an administrator, then
    `diskutil apfs listSnapshots`, then `tmutil listlocalsnapshots`. The last knows
    Time Machine's alone, so that it lists none says nothing.
    """
    if volume.file_system != "apfs":
        return ()
    try:
        return tuple(name_in(entry) for entry in api.snapshots(volume.mount))
    except (OSError, struct.error, ValueError):
        pass
    try:
        return names_in_diskutil(
            api.run("/usr/sbin/diskutil", "apfs", "listSnapshots", "-plist", volume.source)
        )
    except (OSError, ValueError, ExpatError):
        pass
    try:
        text = api.run("/usr/bin/tmutil", "listlocalsnapshots", volume.mount)
    except OSError:
        return None
    return names_in_tmutil(text.decode("utf-8", "replace")) or None


def name_in(entry: bytes) -> str:
    """Read one entry of fs_snapshot_list.

    Raises:
        ValueError: when it holds no name.
        struct.error: when it was cut off.
    """
    row = _ENTRY.unpack_from(entry)
    start, length = _NAME_AT + row[6], row[7]
    name = entry[start : start + length].split(b"\0", 1)[0]
    if not row[1] & _ATTR_CMN_NAME or not name:
        raise ValueError("a snapshot without a name")
    return os.fsdecode(name)


def names_in_diskutil(data: bytes) -> tuple[str, ...]:
    """Read the property list of `diskutil apfs listSnapshots -plist`.

    Raises:
        ValueError: when it is not one that lists snapshots.
    """
    told = plistlib.loads(data)
    rows = told.get("Snapshots") if isinstance(told, dict) else None
    names = [_named(row) for row in rows] if isinstance(rows, list) else [""]
    if not all(names):
        raise ValueError("no list of snapshots")
    return tuple(names)


def _named(row: object) -> str:
    return str(row.get("SnapshotName") or row.get("SnapshotUUID") or "") if isinstance(row, dict) else ""


def names_in_tmutil(text: str) -> tuple[str, ...]:
    """Read what `tmutil listlocalsnapshots` prints: a heading, or none, and a name a line."""
    return tuple(_LISTED.findall(text))
