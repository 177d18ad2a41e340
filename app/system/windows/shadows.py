"""Shadow copies: what a volume looked like before, kept by the volsnap driver below the file system."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from app.system.windows.api import Api, CallFailed

_END: Final = "lethe-end"
_QUESTION: Final = (
    "Get-CimInstance -ClassName Win32_ShadowCopy -ErrorAction Stop | "
    "ForEach-Object { $_.VolumeName; $_.DeviceObject }; "
    f"'{_END}'"
)
_VOLUME: Final = r"\\\\\?\\Volume\{[0-9a-fA-F-]{36}\}"
_DEVICE: Final = r"\\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy\d+"
_PAIR: Final = re.compile(f"({_VOLUME}).*?({_DEVICE})", re.DOTALL)
# What vssadmin prints is translated, but for the names of volumes and devices.
_NONE: Final = ("No items found that satisfy the query", "找不到满足查询的项目")


@dataclass(frozen=True, slots=True)
class Shadow:
    r"""One shadow copy. `volume` is the `\\?\Volume{…}` name of what it was taken of."""

    volume: str
    device: str


def shadows(api: Api) -> tuple[Shadow, ...] | None:
    """Every shadow copy of this machine (Win32_ShadowCopy, else `vssadmin list shadows`).

    None when neither answers, as without an administrator's rights: then nobody
    knows whether there are any.
    """
    try:
        found = shadows_in_wmi(
            api.run(
                "WindowsPowerShell\\v1.0\\powershell.exe",
                "-NoProfile",
                "-NonInteractive",
                "-Command",
                _QUESTION,
            )
        )
    except CallFailed:
        found = None
    if found is not None:
        return found
    try:
        return shadows_in_vssadmin(api.run("vssadmin.exe", "list", "shadows"))
    except CallFailed:
        return None


def shadows_in_wmi(text: str) -> tuple[Shadow, ...] | None:
    """Read the two lines a shadow copy, and the line that says the answer came whole."""
    return _pairs(text) if text.rstrip().endswith(_END) else None


def shadows_in_vssadmin(text: str) -> tuple[Shadow, ...] | None:
    """Read what `vssadmin list shadows` prints in any language; that there are none, in two."""
    found = _pairs(text)
    if not found and not any(words in text for words in _NONE):
        return None
    return found or ()


def _pairs(text: str) -> tuple[Shadow, ...] | None:
    """Every volume with its device; None when the text names devices that fit no volume."""
    found = tuple(Shadow(volume, device) for volume, device in _PAIR.findall(text))
    return found if len(found) == len(re.findall(_DEVICE, text)) else None
