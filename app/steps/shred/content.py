"""Destroy the content of one open key file, and say what was seen of it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from app.domain.outcome import Evidence, Fact, Reason
from app.steps.shred.kinds.contract import Span
from app.steps.shred.overwriting import METHOD, PASSES, covering, overwrite
from app.steps.shred.surface import surface_of
from app.system.disk import Disk


def destroy_content(disk: Disk, fd: int, key: bytes, spans: Sequence[Span] = ()) -> Evidence:
    """Overwrite spans of a file opened in place, or all of it to the end of its last block; read it back.

    Raises:
        ReadBackDiffers: when it does not read as zeros.
        OSError: as the system gives it; the file is then partly overwritten.
    """
    told = os.fstat(fd)
    surface = surface_of(fd, told.st_nlink)
    where = spans or (Span(0, covering(told.st_size, surface.block)),)
    read = overwrite(disk, fd, key, where)
    limits = surface.limits
    if surface.moved(fd) and Reason.COPY_ON_WRITE not in limits:
        limits += (Reason.COPY_ON_WRITE,)
    facts: tuple[Fact, ...] = (
        ("bytes", sum(span.stop - span.start for span in where)),
        ("passes", PASSES),
        ("sha256_read_back", read),
        *surface.facts,
    )
    if spans:
        told_spans = sorted((span.start, span.stop) for span in spans)
        facts += (("offsets", " ".join(f"{start}-{stop}" for start, stop in told_spans)),)
    return Evidence(METHOD, limits, facts)
