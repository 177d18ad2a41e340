"""Overwrite a key file in place: a keystream of its own, then zeros, and read the zeros back."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Final

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


def overwrite(disk: Disk, fd: int, key: bytes, length: int) -> str:
    """Write the keystream, sync, write zeros, sync, read the zeros back; give SHA-256 of what was read.

    The file is never cut. It grows to `length`, so that the rest of its last block
    goes too. The keystream tells a file killed between the passes from a stranger's.

    Raises:
        ReadBackDiffers: when what is read is not zeros.
        OSError: as the system gives it; the file is then partly overwritten.
    """
    for start, stop in _chunks(length):
        disk.overwrite(fd, start, keystream(key, start, stop - start))
    disk.sync(fd)
    for start, stop in _chunks(length):
        disk.overwrite(fd, start, bytes(stop - start))
    disk.sync(fd)
    disk.forget(fd)
    return _read_zeros(disk, fd, length)


def _chunks(length: int) -> Iterator[tuple[int, int]]:
    for start in range(0, length, _CHUNK):
        yield start, min(start + _CHUNK, length)


def _read_zeros(disk: Disk, fd: int, length: int) -> str:
    state = hashlib.sha256()
    for start, stop in _chunks(length):
        part = disk.read_back(fd, start, stop - start)
        if part != bytes(stop - start):
            raise ReadBackDiffers
        state.update(part)
    return state.hexdigest()


def is_zeros(disk: Disk, fd: int) -> bool:
    """Whether an open file holds nothing but zeros, at least one of them."""
    size = os.fstat(fd).st_size
    return size > 0 and all(not any(disk.read_back(fd, start, stop - start)) for start, stop in _chunks(size))


def content_digest(disk: Disk, fd: int) -> str:
    """SHA-256, hex, of the whole of an open file."""
    state = hashlib.sha256()
    for start, stop in _chunks(os.fstat(fd).st_size):
        state.update(disk.read_back(fd, start, stop - start))
    return state.hexdigest()


def is_ours(disk: Disk, fd: int, key: bytes) -> bool:
    """Whether an overwrite with this key began on the file: a sector holds its keystream, or zeros.

    Sectors may reach a disk in any order, so each one is looked at.
    """
    for start, stop in _chunks(os.fstat(fd).st_size):
        part = disk.read_back(fd, start, stop - start)
        mine = keystream(key, start, stop - start)
        for at in range(0, len(part), _SECTOR):
            sector = part[at : at + _SECTOR]
            if sector == mine[at : at + _SECTOR] or not any(sector):
                return True
    return False


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
