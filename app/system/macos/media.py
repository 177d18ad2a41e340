"""Media on the Mac: the disk a volume stands on, as diskutil and system_profiler describe it."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator, Mapping
from typing import Any, Final
from xml.parsers.expat import ExpatError

from app.domain.medium import Medium
from app.system.macos.api import Api, native
from app.system.volumes import Volume, Writes

_Told = Mapping[str, Any]
# Behind another bus a disk that spins and one that does not look alike.
_SPEAKS_FOR_ITSELF: Final = frozenset({"SATA", "ATA", "SAS", "PCI", "PCI-Express", "Apple Fabric", "NVMe"})
_MADE_UP: Final = frozenset({"Disk Image", "Virtual Interface", "RAM Disk"})
_JOINED: Final = ("RAIDMaster", "RAIDSetUUID", "CoreStorageLVFUUID", "CoreStorageUUID", "Fusion")
_PROFILES: Final = ("SPNVMeDataType", "SPSerialATADataType", "SPUSBDataType")
_STORE: Final = "APFSPhysicalStore"


def medium_of(volume: Volume, api: Api | None = None) -> Medium:
    """Describe what `volume` stands on (`diskutil info -plist`); empty or None where nobody says.

    An APFS volume is followed to the disk of its container, if it is one alone.
    """
    api = api or native()
    disk = None if volume.network else _disk(volume.source, api)
    known: _Told = disk or {}
    more = _profile(str(known.get("DeviceIdentifier", "")), api) if known else {}
    bus = str(known.get("BusProtocol", ""))
    trim = next((value for key, value in more.items() if key.endswith("trim_support")), None)
    return Medium(
        device=volume.source,
        mount=volume.mount,
        file_system=volume.file_system,
        options=volume.options,
        model=str(more.get("device_model") or known.get("MediaName", "")).strip(),
        serial=str(more.get("device_serial", "")).strip(),
        bus=bus,
        rotational=_spins(known.get("SolidState"), bus),
        discard={"Yes": True, "No": False}.get(str(trim)),
        bytes=volume.bytes,
    )


def stands_on(volume: Volume, api: Api | None = None) -> tuple[Writes, ...]:
    """What an overwrite does on each layer below a volume whose device is not a disk of its own.

    UNKNOWN for a disk image, a set of disks, and what can't be asked.
    """
    if volume.network:
        return ()
    disk = _disk(volume.source, api or native())
    if not disk or not disk.get("BusProtocol") or disk["BusProtocol"] in _MADE_UP:
        return (Writes.UNKNOWN,)
    return ()


def _spins(solid: object, bus: str) -> bool | None:
    """Trust what is said of flash; that a disk spins only when the disk itself said so."""
    if solid is True:
        return False
    return True if solid is False and bus in _SPEAKS_FOR_ITSELF else None


def _disk(source: str, api: Api) -> _Told | None:
    """What diskutil says of the one whole disk behind a device; None when there is not one."""
    told = _info(source, api)
    if told is None or any(told.get(key) for key in _JOINED):
        return None
    stores = told.get("APFSPhysicalStores")
    if stores:
        if len(stores) != 1:
            return None
        told = _info(str(stores[0].get(_STORE, "")), api)
        if told is None or any(told.get(key) for key in _JOINED):
            return None
    whole = told.get("ParentWholeDisk")
    return told if told.get("WholeDisk") or not whole else _info(str(whole), api)


def _info(device: str, api: Api) -> _Told | None:
    if not device:
        return None
    try:
        told = plistlib.loads(api.run("/usr/sbin/diskutil", "info", "-plist", device))
    except (OSError, ValueError, ExpatError):
        return None
    return told if isinstance(told, dict) else None


def _profile(disk: str, api: Api) -> _Told:
    try:
        told = plistlib.loads(api.run("/usr/sbin/system_profiler", "-xml", *_PROFILES))
    except (OSError, ValueError, ExpatError):
        return {}
    return next((each for each in _dicts(told) if each.get("bsd_name") == disk), {})


def _dicts(told: object) -> Iterator[_Told]:
    if isinstance(told, dict):
        yield told
        for inner in told.values():
            yield from _dicts(inner)
    elif isinstance(told, list):
        for inner in told:
            yield from _dicts(inner)
