"""A sealed package in and out of its envelope: originals to a tar stream of a bag, and back to digests."""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from app.domain.outcome import Reason
from app.domain.record import Record
from app.steps.confirm.bag import Payload, Unpacked
from app.steps.confirm.envelope import NotOpened, decrypting
from app.steps.confirm.pipe import Pipe
from app.steps.confirm.reading import CHUNK, CantRead, reading, stood_still
from app.system.tars import members_of

if TYPE_CHECKING:
    from pyrage.x25519 import Identity

_BLOCK: Final = tarfile.BLOCKSIZE
_LARGEST_TAG: Final = 1 << 30
_NOT_READ: Final = {
    Reason.GONE: Reason.GONE,
    Reason.LINK: Reason.CHANGED,
    Reason.NOT_A_FILE: Reason.CHANGED,
}
SUFFIX: Final = ".tar.age"


@dataclass(slots=True)
class Packing:
    """One attempt at packing: what went in, what could not, and whether a bad file is in the stream."""

    payload: list[Payload] = field(default_factory=list)
    bad: dict[str, Reason] = field(default_factory=dict)
    spoiled: bool = False


class Spoiled(Exception):
    """A file ended before its time, so the stream can't go on; its record is in `Packing.bad`."""


def payload_blocks(records: Sequence[tuple[Record, str]], top: str, packing: Packing) -> Iterator[bytes]:
    """Give the tar stream of the records' own bytes, each under `top` and its name.

    A record whose content is no longer what was located is noted as bad; if its bytes
    are already in the stream, the attempt is spoiled and has to be made again without it.

    Raises:
        Spoiled: when the stream can't go on.
    """
    for record, name in records:
        try:
            with reading(record.path) as (file, stamp):
                if stamp.size != record.stamp.size:
                    packing.bad[record.id] = Reason.CHANGED
                    continue
                yield _header(f"{top}/{name}", stamp.size)
                state = _Digests()
                yield from _content(file, stamp.size, state, record, packing)
                yield bytes(-stamp.size % _BLOCK)
                payload = Payload(name, stamp.size, *state.hex())
                if payload.sha256 != record.sha256 or not stood_still(file, stamp):
                    packing.bad[record.id] = Reason.CHANGED
                    packing.spoiled = True
                packing.payload.append(payload)
        except CantRead as error:
            packing.bad[record.id] = _NOT_READ.get(error.reason, Reason.UNREADABLE)


def tag_blocks(tags: Mapping[str, bytes], top: str) -> Iterator[bytes]:
    """Give the tar stream of the tag files, and its end."""
    for name, data in tags.items():
        yield _header(f"{top}/{name}", len(data))
        yield data
        yield bytes(-len(data) % _BLOCK)
    yield bytes(2 * _BLOCK)


def unpack(package: Path, identities: Sequence[Identity]) -> Iterator[int | Unpacked]:
    """Restore a package as a stream, to digests and to nothing on disk.

    Gives now and then how many bytes of payload were restored, and last what came out.

    Raises:
        NotOpened: when it does not open with these keys, was changed, or holds no tar.
        OSError: when the file can't be read.
    """
    unpacked = Unpacked()
    done = 0
    with package.open("rb") as source:
        try:
            with decrypting(source, identities) as pipe:
                for step in _untar(pipe, unpacked):
                    done += step
                    yield done
        except (tarfile.TarError, ValueError) as error:
            raise NotOpened from error
    yield unpacked


class _Digests:
    """The two digests of one file, taken in one pass."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self._sha512 = hashlib.sha512()

    def update(self, data: bytes) -> None:
        self._sha256.update(data)
        self._sha512.update(data)

    def hex(self) -> tuple[str, str]:
        return self._sha256.hexdigest(), self._sha512.hexdigest()


def _content(file: BinaryIO, size: int, state: _Digests, record: Record, packing: Packing) -> Iterator[bytes]:
    left = size
    while left:
        try:
            chunk = file.read(min(CHUNK, left))
        except OSError as error:
            packing.bad[record.id] = Reason.UNREADABLE
            raise Spoiled from error
        if not chunk:
            packing.bad[record.id] = Reason.CHANGED
            raise Spoiled
        state.update(chunk)
        left -= len(chunk)
        yield chunk


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _untar(pipe: Pipe, unpacked: Unpacked) -> Iterator[int]:
    top = ""
    with tarfile.open(fileobj=cast("BinaryIO", pipe), mode="r|", encoding="utf-8") as archive:
        for info in members_of(archive):
            folder, _, name = info.name.partition("/")
            top = top or folder
            file = archive.extractfile(info) if info.isreg() else None
            if file is None or folder != top or not name or not _straight(name):
                unpacked.odd += 1
            elif not name.startswith("data/"):
                unpacked.odd += name in unpacked.tags or info.size > _LARGEST_TAG
                unpacked.tags[name] = file.read(_LARGEST_TAG)
            else:
                state = _Digests()
                while chunk := file.read(CHUNK):
                    state.update(chunk)
                    yield len(chunk)
                unpacked.odd += name in unpacked.payload
                unpacked.payload[name] = Payload(name, info.size, *state.hex())


def _straight(name: str) -> bool:
    return not any(part in ("", ".", "..") for part in name.split("/"))


def forget_cached(file: BinaryIO) -> None:
    """Ask the system to read the file from its medium next time, so that a restore tests the medium."""
    if sys.platform == "linux":
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
