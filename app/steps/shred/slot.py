"""Shred the slot of Lethe's own vault: a side when the master changes, all of it when the case ends."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.steps.shred.content import destroy_content
from app.steps.shred.doomed import reason_of
from app.steps.shred.kinds.contract import Span
from app.steps.shred.overwriting import METHOD, ReadBackDiffers, content_digest, whole
from app.steps.shred.verdict import CANARY, DECLARED, concluded, graded
from app.system.disk import Disk, Folder, open_folder, this_disk


@dataclass(frozen=True, slots=True)
class SlotShredded:
    """How the slot ended."""

    outcome: KeyOutcome
    evidence: Evidence


def shred_slot(path: Path, *, opens: Callable[[], bool], disk: Disk | None = None) -> SlotShredded:
    """Overwrite the slot in place, see that it opens no more, and unlink it.

    `opens` tries to unwrap the register's key from the file at `path`; it must be
    true before and false after. A slot that does not open before is overwritten
    all the same, and one that is gone already had its access removed; how, was not
    seen. When the outcome is FAILED the slot may still stand.
    """
    disk = disk or this_disk()
    before = opens()
    try:
        folder = open_folder(str(path.parent))
        try:
            evidence = _overwrite(disk, folder, path.name, before)
            if opens():
                return _failed(Reason.STILL_OPENS)
            more = _remove(disk, folder, path.name)
        finally:
            folder.close()
    except FileNotFoundError:
        evidence, more = Evidence(METHOD, (Reason.GONE, Reason.CANARY_FAILED)), ()
    except OSError as error:
        return _failed(reason_of(error))
    except ReadBackDiffers:
        return _failed(Reason.READ_BACK_DIFFERS)
    ended = concluded(evidence, more)
    return SlotShredded(graded(ended), ended)


def overwrite_side(path: Path, start: int, stop: int, disk: Disk | None = None) -> Evidence:
    """Overwrite these bytes of the slot in place and read them back; say what was seen of the medium.

    Whoever calls it has opened the vault with them, and opens it without them afterwards:
    these bytes are the canary.

    Raises:
        OSError: as the system gives it, or EIO when they do not read as zeros; they are then
            partly overwritten.
    """
    disk = disk or this_disk()
    span = (Span(start, stop),)
    folder = open_folder(str(path.absolute().parent))
    try:
        fd = disk.open_in_place(folder, path.name)
    finally:
        folder.close()
    try:
        canary = content_digest(disk, fd, span)
        done = destroy_content(disk, fd, secrets.token_bytes(32), span)
    except ReadBackDiffers as error:
        raise OSError(errno.EIO, Reason.READ_BACK_DIFFERS.value, str(path)) from error
    finally:
        os.close(fd)
    return concluded(Evidence(METHOD, done.limits, (*done.facts, (CANARY, canary))), ())


def _failed(reason: Reason) -> SlotShredded:
    return SlotShredded(KeyOutcome.FAILED, Evidence(METHOD, (reason, *DECLARED)))


def _overwrite(disk: Disk, folder: Folder, name: str, before: bool) -> Evidence:
    fd = disk.open_in_place(folder, name)
    try:
        # The slot is itself the ciphertext that opened before and must not open after.
        canary = content_digest(disk, fd, whole(fd))
        done = destroy_content(disk, fd, secrets.token_bytes(32))
    finally:
        os.close(fd)
    if not before:
        return Evidence(METHOD, (Reason.CANARY_FAILED, *done.limits), done.facts)
    return Evidence(METHOD, done.limits, (*done.facts, (CANARY, canary)))


def _remove(disk: Disk, folder: Folder, name: str) -> tuple[Reason, ...]:
    try:
        disk.unlink(folder, name)
        disk.sync_folder(folder)
    except OSError:
        return (Reason.NAME_REMAINS,)
    return ()
