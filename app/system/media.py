"""Media: the device a volume stands on, as the system describes it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.medium import Medium
from app.system.volumes import IN_MEMORY, Volume, Writes, volume_of

_SYS: Final = Path("/sys")
_SECTOR: Final = 512
_DEPTH: Final = 4


def medium_of(volume: Volume) -> Medium:
    """Describe what `volume` stands on; empty or None where the system does not say.

    A loop device is followed to the device that holds its image file, and a
    partition to its disk.
    """
    if sys.platform == "win32":
        from app.system.windows.media import medium_of as on_windows

        return on_windows(volume)
    if sys.platform == "darwin":
        from app.system.macos.media import medium_of as on_mac

        return on_mac(volume)
    disk = _disk(volume.source)
    text, truth = _description(disk, _DEPTH)
    return Medium(
        device=volume.source,
        mount=volume.mount,
        file_system=volume.file_system,
        options=volume.options,
        model=text.get("model", ""),
        serial=text.get("serial", ""),
        bus=text.get("bus", ""),
        rotational=truth.get("rotational"),
        discard=truth.get("discard"),
        bytes=volume.bytes,
    )


def stands_on(volume: Volume) -> tuple[Writes, ...]:
    """What an overwrite does on each layer below a volume whose device is not a disk of its own.

    A loop device stands on the file system that holds its image, of which nothing is
    known where files can share blocks; a ZFS volume, an
    LVM snapshot or a thin pool puts new bytes elsewhere; a network block device
    asks a server. Empty for a plain disk, and where the system does not say.
    """
    if sys.platform == "win32":
        from app.system.windows.media import stands_on as on_windows

        return on_windows(volume)
    if sys.platform == "darwin":
        from app.system.macos.media import stands_on as on_mac

        return on_mac(volume)
    disk = _disk(volume.source)
    return tuple(_layers(disk, _DEPTH))


def _layers(disk: Path | None, depth: int) -> Iterator[Writes]:
    if disk is None:
        return
    if depth == 0:
        yield Writes.UNKNOWN
        return
    if image := _word(disk / "loop" / "backing_file"):
        try:
            under = volume_of(image)
        except OSError:
            yield Writes.UNKNOWN
            return
        # A copy of the image may share its blocks, now or when the file is overwritten, and the
        # file system in the image knows nothing of it.
        shared = under.may_share and under.writes is Writes.IN_PLACE
        yield Writes.UNKNOWN if shared else Writes.TWICE if under.journalled_data else under.writes
        yield from _layers(_disk(under.source), depth - 1)
    elif disk.name.startswith(("zd", "bcache")):
        yield Writes.ELSEWHERE
    elif disk.name.startswith(("nbd", "rbd", "drbd")):
        yield Writes.SERVER
    if _word(disk / "dm" / "uuid").endswith(("-real", "-cow", "-tpool")):
        yield Writes.ELSEWHERE
    for part in _parts(disk):
        yield from _layers(part, depth - 1)


def frees_into_files(volume: Volume) -> bool:
    """Whether a freed block goes back, as it is, to a file system below that holds the volume in a file.

    A loop device punches a hole into its file when it is trimmed; what stood there is then in
    free blocks below, where nobody finds and nobody overwrites it. Not so in memory.
    """
    return sys.platform == "linux" and _punched(_disk(volume.source), _DEPTH)


def _punched(disk: Path | None, depth: int) -> bool:
    if disk is None or depth == 0:
        return disk is not None
    if image := _word(disk / "loop" / "backing_file"):
        try:
            return volume_of(image).file_system not in IN_MEMORY
        except OSError:
            return True
    return any(_punched(part, depth - 1) for part in _parts(disk))


def _parts(disk: Path) -> list[Path]:
    """The whole disks that a mapped or RAID device is made of."""
    folder = disk / "slaves"
    found = [part.resolve() for part in sorted(folder.iterdir())] if folder.is_dir() else []
    return [part.parent if (part / "partition").exists() else part for part in found]


def _disk(source: str) -> Path | None:
    """The folder in /sys of the whole disk behind a block device."""
    if sys.platform != "linux":
        return None
    try:
        number = Path(source).stat().st_rdev
    except OSError:
        return None
    device = _SYS / "dev" / "block" / f"{os.major(number)}:{os.minor(number)}"
    if not number or not device.exists():
        return None
    real = device.resolve()
    return real.parent if (real / "partition").exists() else real


def _description(disk: Path | None, depth: int) -> tuple[dict[str, str], dict[str, bool]]:
    if disk is None or depth == 0:
        return {}, {}
    image = _word(disk / "loop" / "backing_file")
    if image:
        return _below(image, depth)
    parts = _parts(disk)
    if len(parts) == 1:
        return _description(parts[0], depth - 1)
    text = {
        "model": _word(disk / "device" / "model"),
        "serial": _word(disk / "device" / "serial") or _word(disk / "serial"),
        "bus": _bus(disk),
    }
    truth = {}
    if spins := _word(disk / "queue" / "rotational"):
        truth["rotational"] = spins == "1"
    if most := _word(disk / "queue" / "discard_max_bytes"):
        truth["discard"] = most != "0"
    return text, truth


def _below(image: str, depth: int) -> tuple[dict[str, str], dict[str, bool]]:
    try:
        under = _disk(volume_of(image).source)
    except OSError:
        return {"bus": "loop"}, {}
    text, truth = _description(under, depth - 1)
    return text | {"bus": f"loop on {text.get('bus') or 'unknown'}"}, truth


def _bus(disk: Path) -> str:
    found = re.findall(r"/(nvme|usb|ata|virtio|mmc|scsi)[^/]*", str(disk))
    return found[0] if found else ""


def _word(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
