"""Media: the device a volume stands on, as the system describes it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Final

from app.domain.medium import Medium
from app.system.volumes import Volume, volume_of

_SYS: Final = Path("/sys")
_SECTOR: Final = 512
_DEPTH: Final = 4


def medium_of(volume: Volume) -> Medium:
    """Describe what `volume` stands on; empty or None where the system does not say.

    A loop device is followed to the device that holds its image file, and a
    partition to its disk.
    """
    disk = _disk(volume.source) if sys.platform == "linux" else None
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


def _disk(source: str) -> Path | None:
    """The folder in /sys of the whole disk behind a block device."""
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
    parts = sorted((disk / "slaves").iterdir()) if (disk / "slaves").is_dir() else []
    if len(parts) == 1:
        under = parts[0].resolve()
        return _description(under.parent if (under / "partition").exists() else under, depth - 1)
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
