"""Seal what is kept: a bag of it, encrypted to its custodians, restored and compared before it counts."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, cast

from app.domain.canonical import canonical, handle
from app.domain.case import Custodian
from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.fate import Decision, Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, Fact, KeepOutcome, Reason
from app.domain.plan import Subject
from app.domain.record import Record
from app.domain.step import Step
from app.steps.confirm.bag import Unpacked, checks, oxum, tag_files
from app.steps.confirm.envelope import CUSTODIAN_KEY, Keyholders, NotOpened, encrypting, keyholders
from app.steps.confirm.handover import papers
from app.steps.confirm.naming import file_name, payload_names
from app.steps.confirm.package import (
    SUFFIX,
    Packing,
    Spoiled,
    forget_cached,
    payload_blocks,
    tag_blocks,
    unpack,
)
from app.steps.confirm.shares import share_names
from app.system.durable import sync_file, sync_folder, write_durably

METHOD: Final = "bagit-age"
_BATCH_ITEMS: Final = 512
_BATCH_BYTES: Final = 64 << 20
_SHOW_EVERY: Final = 8 << 20
_FULL: Final = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}

Kept = tuple[Record, Decision]


@dataclass(slots=True)
class _Sealing:
    """One sealing: what is to go in, how each that did not ended, and what stands on disk."""

    kept: list[Kept]
    names: dict[str, str]
    case: str
    folder: Path
    keyholders: Keyholders
    refused: dict[str, Reason] = field(default_factory=dict)
    sha256: str = ""
    size: int = 0
    oxum: str = ""
    done: int = 0
    total: int = 0

    @property
    def top(self) -> str:
        return _top(self.case)

    @property
    def package(self) -> Path:
        return self.folder / f"{self.top}{SUFFIX}"

    @property
    def part(self) -> Path:
        return self.folder / f"{self.top}{SUFFIX}.part"

    @property
    def beside(self) -> Path:
        return self.folder / f"{self.top}.json"

    @property
    def left(self) -> list[Kept]:
        return [pair for pair in self.kept if pair[0].id not in self.refused]


def _top(case: str) -> str:
    return f"sealed-{file_name(case)}"


def sealed_names(case: str, custodians: Sequence[Custodian]) -> tuple[str, ...]:
    """Name all that sealing lays into its folder, or may leave there when it is killed."""
    shared = ((number, one.shares) for number, one in enumerate(custodians, 1) if one.shares)
    top = _top(case)
    return (
        f"{top}{SUFFIX}",
        f"{top}{SUFFIX}.part",
        f"{top}.json",
        CUSTODIAN_KEY,
        *(name for number, (_, made) in shared for name in share_names(number, made)),
    )


def seal(
    kept: Sequence[Kept], custodians: Sequence[Custodian], folder: Path, *, case: str, key: bytes
) -> Iterator[Begun | Noted | Progressed | Settled]:
    """Seal the records whose fate is SEAL or TRANSFER; the originals are only read.

    Afterwards `folder` holds `sealed-<case>.tar.age`, mode 0600: a BagIt bag (RFC 8493) in
    a tar in an age envelope, which was decrypted again and compared digest by digest;
    beside it `sealed-<case>.json` with its digest and sizes, without names; and
    `custodian-key.txt` if a custodian has no key. No plain text is written anywhere. The
    package has its name only once its restore held; an older one is replaced. Killed at
    any point, calling it again starts over.

    A record that is not what was located (CHANGED, GONE, UNREADABLE) is NOT_SEALED and the
    rest is sealed without it; when the restore differs, none is SEALED.

    Raises:
        Refused: DISK_FULL, SEAL_FAILED when `folder` can't be written,
            CASE_FILE_WRONG_VALUE, IDENTITY_UNREADABLE or IDENTITY_OF_ANOTHER for a custodian's key.
    """
    chosen = [pair for pair in kept if pair[1].fate in (Fate.SEAL, Fate.TRANSFER)]
    if not chosen:
        return
    with _refusing(folder):
        _tidy(folder, file_name(case))
        holders = keyholders(custodians, folder)
    work = _Sealing(chosen, payload_names([record for record, _ in chosen]), case, folder, holders)
    work.refused = {record.id: Reason.UNREADABLE for record, _ in chosen if not record.sha256}
    work.total = sum(record.stamp.size for record, _ in chosen) * (1 + len(holders.trials))
    yield from _batches(chosen)
    try:
        with _refusing(folder):
            yield from _pack_all(work)
            if work.left:
                yield from _restore_all(work)
            if work.left:
                _publish(work)
    finally:
        with suppress(OSError):
            work.part.unlink()
    yield from _settle(work, key)


def _batches(chosen: Sequence[Kept]) -> Iterator[Begun]:
    ids: list[str] = []
    size = 0
    for record, _ in chosen:
        if ids and (len(ids) == _BATCH_ITEMS or size + record.stamp.size > _BATCH_BYTES):
            yield Begun(Step.CONFIRM, tuple(ids), size)
            ids, size = [], 0
        ids.append(record.id)
        size += record.stamp.size
    yield Begun(Step.CONFIRM, tuple(ids), size)


def _pack_all(work: _Sealing) -> Iterator[Progressed]:
    """Pack until no bad file is in the stream: each new attempt has at least one record less."""
    while work.left:
        packing = Packing()
        try:
            yield from _pack(work, packing)
        except Spoiled:
            packing.spoiled = True
        work.refused.update(packing.bad)
        if not packing.spoiled:
            return


def _pack(work: _Sealing, packing: Packing) -> Iterator[Progressed]:
    work.part.unlink(missing_ok=True)
    work.done = 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(work.part, flags, 0o600), "wb", buffering=0) as raw:
        target = _Measured(raw)
        with encrypting(cast("BinaryIO", target), work.keyholders.recipients) as pipe:
            named = [(record, work.names[record.id]) for record, _ in work.left]
            for block in payload_blocks(named, work.top, packing):
                pipe.write(block)
                yield from _progress(work, len(block))
            if packing.spoiled:
                raise Spoiled
            for block in tag_blocks(_tags(work, packing), work.top):
                pipe.write(block)
        sync_file(raw.fileno())
        forget_cached(raw)
    work.sha256, work.size, work.oxum = target.sha256(), target.size, oxum(packing.payload)


def _tags(work: _Sealing, packing: Packing) -> dict[str, bytes]:
    packed = {file.name for file in packing.payload}
    listed = [(record, decision, work.names[record.id]) for record, decision in work.left]
    return tag_files(packing.payload, work.case, papers([row for row in listed if row[2] in packed]))


def _restore_all(work: _Sealing) -> Iterator[Progressed]:
    """Restore with each key at hand; if one restore is not what was located, nothing counts as sealed."""
    for identities in work.keyholders.trials:
        held = False
        before = work.done
        try:
            for step in unpack(work.part, identities):
                if isinstance(step, Unpacked):
                    held = _equal(work, step)
                else:
                    yield from _progress(work, before + step - work.done)
        except NotOpened:
            held = False
        if not held:
            work.refused.update((record.id, Reason.RESTORE_DIFFERS) for record, _ in work.left)
            return


def _equal(work: _Sealing, unpacked: Unpacked) -> bool:
    expected = {work.names[record.id]: record.sha256 for record, _ in work.left}
    restored = {name: file.sha256 for name, file in unpacked.payload.items()}
    return expected == restored and all(check.ok for check in checks(unpacked))


def _publish(work: _Sealing) -> None:
    work.part.replace(work.package)
    sync_folder(work.folder)
    beside = {
        "format": "lethe-sealed-1",
        "case": work.case,
        "sha256": work.sha256,
        "bytes": work.size,
        "recipients": len(work.keyholders.recipients),
        "count": len(work.left),
        "oxum": work.oxum,
    }
    write_durably(work.beside, canonical(beside) + b"\n")


def _settle(work: _Sealing, key: bytes) -> Iterator[Settled]:
    holders = work.keyholders
    facts: tuple[Fact, ...] = (
        ("package_sha256", work.sha256),
        ("package_bytes", work.size),
        ("recipients", len(holders.recipients)),
        ("sealed_to", " ".join(handle(key, "a", recipient) for recipient in holders.recipients)),
        ("restored_with", holders.restored_with),
        ("restores", len(holders.trials)),
    )
    if holders.untried:
        facts += (("not_restored_with", " ".join(handle(key, "a", one) for one in holders.untried)),)
    sealed = Evidence(METHOD, holders.limits, facts)
    for record, _ in work.kept:
        reason = work.refused.get(record.id)
        yield Settled(
            Step.CONFIRM,
            record.id,
            Subject.RECORD,
            KeepOutcome.NOT_SEALED if reason else KeepOutcome.SEALED,
            Evidence(METHOD, (reason,)) if reason else sealed,
        )


def _progress(work: _Sealing, count: int) -> Iterator[Progressed]:
    shown = work.done // _SHOW_EVERY
    work.done = min(work.done + count, work.total)
    if work.done // _SHOW_EVERY > shown:
        yield Progressed(Step.CONFIRM, work.done, work.total, "bytes")


class _Measured:
    """A file that is written through, with the digest and size of what was written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._state = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._state.update(data)
        self.size += len(data)
        return len(data)

    def sha256(self) -> str:
        return self._state.hexdigest()


def _tidy(folder: Path, name: str) -> None:
    """Make the folder, and remove what a killed run left: half a package, or a key nothing is sealed to."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    left = [folder / f"sealed-{name}{SUFFIX}.part"]
    for prefix in (f".{CUSTODIAN_KEY}.", ".custodian-", f".sealed-{name}.json."):
        left += [path for path in folder.iterdir() if path.name.startswith(prefix) and path.suffix == ".tmp"]
    for path in left:
        path.unlink(missing_ok=True)


@contextmanager
def _refusing(folder: Path) -> Iterator[None]:
    """Turn an error of the system with our own files into a refusal."""
    try:
        yield
    except OSError as error:
        fault = Fault.DISK_FULL if error.errno in _FULL else Fault.SEAL_FAILED
        raise Refused(fault, str(folder), error.strerror or "") from error
