"""Media on Windows: the disks a volume stands on, as their drivers describe them."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.medium import Medium
from app.system.volumes import Volume, Writes
from app.system.windows.api import (
    IOCTL_STORAGE_QUERY_PROPERTY,
    IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
    SHARE_READ,
    SHARE_WRITE,
    Api,
    CallFailed,
    native,
)
from app.system.windows.shadows import shadows

# STORAGE_PROPERTY_ID of winioctl.h
_DEVICE: Final = 0
_SEEK_PENALTY: Final = 7
_TRIM: Final = 8
_QUERY: Final = struct.Struct("<IIB3x")
_DESCRIPTOR: Final = struct.Struct("<II4B4III")
_TRUTH: Final = struct.Struct("<IIB")
_EXTENTS_HEAD: Final = 8
_EXTENT: Final = struct.Struct("<I4xqq")
_NOTHING: Final = 0xFFFFFFFF

_BUSES: Final = {
    1: "scsi",
    2: "atapi",
    3: "ata",
    4: "1394",
    6: "fibre",
    7: "usb",
    8: "raid",
    9: "iscsi",
    10: "sas",
    11: "sata",
    12: "sd",
    13: "mmc",
    14: "virtual",
    15: "file",
    16: "spaces",
    17: "nvme",
    18: "scm",
    19: "ufs",
}
_BELOW: Final = {
    "iscsi": Writes.SERVER,
    "virtual": Writes.UNKNOWN,
    "file": Writes.UNKNOWN,
    "spaces": Writes.UNKNOWN,
    "raid": Writes.UNKNOWN,
}
# A driver that is not the disk's own says of a seek penalty what it was told to say.
_SPEAKS_FOR_ITSELF: Final = frozenset({"ata", "sata", "sas", "scsi", "nvme"})
_MADE_UP: Final = re.compile(r"virtual|vmware|vbox|qemu|xen|red hat|msft", re.IGNORECASE)
_SHADOWED: Final = frozenset({"NTFS", "ReFS"})


@dataclass(frozen=True, slots=True)
class Disk:
    """What one physical disk says of itself. Empty or None where it does not."""

    model: str = ""
    serial: str = ""
    bus: str = ""
    rotational: bool | None = None
    discard: bool | None = None


def medium_of(volume: Volume, api: Api | None = None) -> Medium:
    """Describe what `volume` stands on (IOCTL_STORAGE_QUERY_PROPERTY); empty or None where nobody says.

    A volume on several disks has a model and serial only if they agree, and it
    spins only if all do.
    """
    disks = _disks(volume, api or native()) or (Disk(),)
    first = disks[0]
    return Medium(
        device=volume.source,
        mount=volume.mount,
        file_system=volume.file_system,
        options=volume.options,
        model=first.model if all(disk.model == first.model for disk in disks) else "",
        serial=first.serial if all(disk.serial == first.serial for disk in disks) else "",
        bus=first.bus if all(disk.bus == first.bus for disk in disks) else "",
        rotational=first.rotational if all(disk.rotational is first.rotational for disk in disks) else None,
        discard=first.discard if all(disk.discard is first.discard for disk in disks) else None,
        bytes=volume.bytes,
    )


def stands_on(volume: Volume, api: Api | None = None) -> tuple[Writes, ...]:
    """What an overwrite does on each layer below the file system.

    A shadow copy keeps the old bytes elsewhere; storage spaces, a RAID controller
    or a virtual disk do nobody knows what. UNKNOWN too for what can't be asked.
    """
    if volume.network:
        return ()
    return tuple(_layers(volume, api or native()))


def _layers(volume: Volume, api: Api) -> Iterator[Writes]:
    if volume.file_system in _SHADOWED:
        found = shadows(api)
        if found is None:
            yield Writes.UNKNOWN
        elif any(shadow.volume.lower() == volume.source.lower() for shadow in found):
            yield Writes.ELSEWHERE
    disks = _disks(volume, api)
    if not disks:
        yield Writes.UNKNOWN
    for disk in disks:
        if not disk.bus or disk.bus in _BELOW or _MADE_UP.search(disk.model):
            yield _BELOW.get(disk.bus, Writes.UNKNOWN)


def _disks(volume: Volume, api: Api) -> tuple[Disk, ...]:
    """The disks of a volume (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS); none when one of them can't be asked."""
    if volume.network or not volume.source:
        return ()
    try:
        numbers = _numbers(volume.source, api)
        return tuple(_disk(f"\\\\.\\PhysicalDrive{number}", api) for number in numbers)
    except (CallFailed, struct.error):
        return ()


def _numbers(source: str, api: Api) -> list[int]:
    room = _EXTENTS_HEAD + 64 * _EXTENT.size
    data = _ask(source, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, b"", room, api)
    (count,) = struct.unpack_from("<I", data)
    rows = (_EXTENT.unpack_from(data, _EXTENTS_HEAD + i * _EXTENT.size) for i in range(count))
    return sorted({row[0] for row in rows})


def _disk(path: str, api: Api) -> Disk:
    data = _ask(path, IOCTL_STORAGE_QUERY_PROPERTY, _QUERY.pack(_DEVICE, 0, 0), 4096, api)
    row = _DESCRIPTOR.unpack_from(data)
    vendor, product, serial = _text(data, row[6]), _text(data, row[7]), _text(data, row[9])
    model, bus = f"{vendor} {product}".strip(), _BUSES.get(row[10], "")
    spins = _truth(path, _SEEK_PENALTY, api)
    if spins and (bus not in _SPEAKS_FOR_ITSELF or _MADE_UP.search(model)):
        spins = None
    return Disk(model, serial, bus, spins, _truth(path, _TRIM, api))


def _truth(path: str, what: int, api: Api) -> bool | None:
    """DEVICE_SEEK_PENALTY_DESCRIPTOR and DEVICE_TRIM_DESCRIPTOR: one BOOLEAN; None when not offered."""
    try:
        data = _ask(path, IOCTL_STORAGE_QUERY_PROPERTY, _QUERY.pack(what, 0, 0), _TRUTH.size + 3, api)
        return bool(_TRUTH.unpack_from(data)[2])
    except (CallFailed, struct.error):
        return None


def _ask(path: str, code: int, question: bytes, room: int, api: Api) -> bytes:
    handle = api.open(path, 0, SHARE_READ | SHARE_WRITE, 0)
    try:
        return api.control(handle, code, question, room).data
    finally:
        api.close(handle)


def _text(data: bytes, offset: int) -> str:
    if offset in (0, _NOTHING) or offset >= len(data):
        return ""
    return data[offset:].split(b"\0", 1)[0].decode("ascii", "replace").strip()
