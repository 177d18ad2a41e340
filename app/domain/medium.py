"""Media: what a volume stands on, as far as the system tells; NIST SP 800-88r2 section 4.6 asks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Medium:
    """One volume that held something of the plan. Empty text or None where the system does not say.

    `device` is the block device or share, `mount` where it is mounted, `bytes` the
    size of the volume, `discard` whether the device takes TRIM.
    """

    device: str
    mount: str
    file_system: str
    options: str
    model: str = ""
    serial: str = ""
    bus: str = ""
    rotational: bool | None = None
    discard: bool | None = None
    bytes: int = 0
