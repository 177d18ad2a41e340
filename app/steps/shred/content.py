"""Destroy the content of one open key file, and say what was seen of it."""

from __future__ import annotations

import os

from app.domain.outcome import Evidence, Fact, Reason
from app.steps.shred.overwriting import METHOD, PASSES, covering, overwrite
from app.steps.shred.surface import surface_of
from app.system.disk import Disk


def destroy_content(disk: Disk, fd: int, key: bytes) -> Evidence:
    """Overwrite a file opened in place to the end of its last block, and read it back.

    Raises:
        ReadBackDiffers: when it does not read as zeros.
        OSError: as the system gives it; the file is then partly overwritten.
    """
    told = os.fstat(fd)
    surface = surface_of(fd, told.st_nlink)
    length = covering(told.st_size, surface.block)
    read = overwrite(disk, fd, key, length)
    limits = surface.limits
    if surface.moved(fd) and Reason.COPY_ON_WRITE not in limits:
        limits += (Reason.COPY_ON_WRITE,)
    facts: tuple[Fact, ...] = (
        ("bytes", length),
        ("passes", PASSES),
        ("sha256_read_back", read),
        *surface.facts,
    )
    return Evidence(METHOD, limits, facts)
