"""A backup that Lethe can't read: what a named person says of it, with the evidence by its digest."""

from __future__ import annotations

import hashlib

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Copy
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.steps.confirm.reading import reason_of


def declared_copy(backup: Backup, ids: tuple[str, ...], key: bytes) -> Copy | None:
    """Give the declaration as a copy of all that goes, for nobody looked which of it is there; or None."""
    if backup.disposal is None:
        return None
    path = str(backup.path)
    paper, reasons = _digest(backup)
    return Copy(
        id=handle(key, "c", path),
        of=ids,
        path=path,
        member="",
        stamp=Stamp(0, 0, 0, 0, 0, 1),
        sha256="",
        disposal=backup.disposal,
        reasons=reasons,
        declared_by=backup.declared_by,
        until=backup.until,
        paper=paper,
    )


def _digest(backup: Backup) -> tuple[str, tuple[Reason, ...]]:
    if backup.paper is None:
        return "", ()
    try:
        with backup.paper.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), ()
    except OSError as error:
        return "", (reason_of(error),)
