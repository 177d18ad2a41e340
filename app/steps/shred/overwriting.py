"""Overwrite a key file in place: a keystream of its own, then zeros, and read the zeros back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from app.steps.shred.kinds.contract import Span
from app.system.disk import Disk
from app.system.names import length_of

PASSES: Final = 2
METHOD: Final = "overwrite-key-2"
_CHUNK: Final = 1 << 20
_SECTOR: Final = 512
_COUNTER_BLOCK: Final = 16


class ReadBackDiffers(Exception):
    """The file does not read as it was written."""


def covering(size: int, block: int) -> int:
    """The bytes from the start of a file of `size` to the end of its last block."""
    return -(-size // block) * block


def overwrite(disk: Disk, fd: int, key: bytes, spans: Sequence[Span]) -> str:
    """Write the keystream, sync, write zeros, sync, read the zeros back; give SHA-256 of what was read.

    Each span is synced before the next is touched, so that the layout in the last
    can be read until all others hold the keystream. The file is never cut; it may
    grow to the end of a span. The keystream tells a file killed between the passes from a stranger's.

    Raises:
        ReadBackDiffers: when what is read is not zeros.
        OSError: as the system gives it; the file is then partly overwritten.
    """
    for span in spans:
        for start, stop in _chunks(span):
            disk.overwrite(fd, start, keystream(key, start, stop - start))
        disk.sync(fd)
    for start, stop in _all_chunks(spans):
        disk.overwrite(fd, start, bytes(stop - start))
    disk.sync(fd)
    disk.forget(fd)
    return _read_zeros(disk, fd, spans)


def _chunks(span: Span) -> Iterator[tuple[int, int]]:
    for start in range(span.start, span.stop, _CHUNK):
        yield start, min(start + _CHUNK, span.stop)


def _all_chunks(spans: Sequence[Span]) -> Iterator[tuple[int, int]]:
    for span in sorted(spans, key=lambda one: one.start):
        yield from _chunks(span)


def _read_zeros(disk: Disk, fd: int, spans: Sequence[Span]) -> str:
    state = hashlib.sha256()
    for start, stop in _all_chunks(spans):
        part = disk.read_back(fd, start, stop - start)
        if part != bytes(stop - start):
            raise ReadBackDiffers
        state.update(part)
    return state.hexdigest()


def whole(fd: int) -> tuple[Span, ...]:
    """All of an open file."""
    return (Span(0, os.fstat(fd).st_size),)


def is_zeros(disk: Disk, fd: int, spans: Sequence[Span]) -> bool:
    """Whether these bytes of an open file are nothing but zeros, at least one of them."""
    size = sum(span.stop - span.start for span in spans)
    return size > 0 and not any(
        any(disk.read_back(fd, start, stop - start)) for start, stop in _all_chunks(spans)
    )


def content_digest(disk: Disk, fd: int, spans: Sequence[Span]) -> str:
    """SHA-256, hex, of these bytes of an open file, from the first on."""
    state = hashlib.sha256()
    for start, stop in _all_chunks(spans):
        state.update(disk.read_back(fd, start, stop - start))
    return state.hexdigest()


def is_ours(disk: Disk, fd: int, key: bytes, spans: Sequence[Span]) -> bool:
    """Whether an overwrite with this key began on the file: a sector holds its keystream, or zeros.

    Sectors may reach a disk in any order, so each one is looked at.
    """
    return any(mine for _, mine in _sectors(disk, fd, key, spans))


def reach(disk: Disk, fd: int, key: bytes, most: int) -> int:
    """How far an overwrite went whose layout is no longer there to be read, in bytes from the start.

    All but the layout held the keystream before the layout was touched, and nothing but
    zeros came after it: so it went to the last sector of the keystream, or when there
    is none, to where the zeros end. Looks no further than `most` bytes.
    """
    stream = zeros = 0
    for at, mine in _sectors(disk, fd, key, [Span(0, min(most, os.fstat(fd).st_size))]):
        if mine is _Mine.STREAM:
            stream = at + _SECTOR
        elif mine is _Mine.ZEROS and zeros == at:
            zeros = at + _SECTOR
    return stream or zeros


class _Mine(Enum):
    STREAM = "stream"
    ZEROS = "zeros"


def _sectors(disk: Disk, fd: int, key: bytes, spans: Sequence[Span]) -> Iterator[tuple[int, _Mine | None]]:
    for start, stop in _all_chunks(spans):
        part = disk.read_back(fd, start, stop - start)
        mine = keystream(key, start, stop - start)
        for at in range(0, len(part), _SECTOR):
            sector = part[at : at + _SECTOR]
            if sector == mine[at : at + _SECTOR]:
                yield start + at, _Mine.STREAM
            else:
                yield start + at, None if any(sector) else _Mine.ZEROS


def item_key(seed: bytes, item: str) -> bytes:
    """Derive the keystream's key for one item from the case's seed."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, None, b"lethe shred 1 " + item.encode("utf-8", "surrogatepass")).derive(seed)


def keystream(key: bytes, start: int, length: int) -> bytes:
    """Give AES-256-CTR bytes from `start`, which is a multiple of 16."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    counter = (start // _COUNTER_BLOCK).to_bytes(_COUNTER_BLOCK, "big")
    return Cipher(AES256(key), CTR(counter)).encryptor().update(bytes(length))


def hidden_name(key: bytes, name: str) -> str:
    """Derive another name as long as `name`, so that it can be found again after a crash."""
    length = length_of(name)
    return hashlib.shake_256(key + b"name").hexdigest(-(-length // 2))[:length]
