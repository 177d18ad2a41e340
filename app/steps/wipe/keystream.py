"""The keystream a file is overwritten with, derived from a seed so that what is read back can be compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from functools import cache
from typing import Final

SEED_BYTES: Final = 32
_BLOCK: Final = 16
_CHUNK: Final = 8 * 1024 * 1024
_TRIES: Final = 8


@cache
def _zeros(length: int) -> bytes:
    return bytes(length)


class Keystream:
    """AES-256-CTR under a key of its own for each item; byte `n` of it goes to byte `n` of the file."""

    def __init__(self, seed: bytes, item: str) -> None:
        from cryptography.hazmat.primitives.ciphers import algorithms

        self._secret = _expand(seed, b"lethe wipe keystream-1 " + item.encode())
        self._key = algorithms.AES256(self._secret)

    @property
    def sha256(self) -> str:
        """The digest of the key, hex: who is shown the key can check that it is this one."""
        return hashlib.sha256(self._secret).hexdigest()

    def at(self, offset: int, length: int) -> bytes:
        """The `length` bytes from `offset`, which is a multiple of 16."""
        from cryptography.hazmat.primitives.ciphers import Cipher, modes

        counter = (offset // _BLOCK).to_bytes(_BLOCK, "big")
        encryptor = Cipher(self._key, modes.CTR(counter)).encryptor()
        return encryptor.update(memoryview(_zeros(_CHUNK))[:length] if length <= _CHUNK else bytes(length))


def _expand(seed: bytes, info: bytes) -> bytes:
    """HKDF-Expand with SHA-256 to 32 bytes (RFC 5869 section 2.3); the seed is already uniform."""
    return hmac.digest(seed, info + b"\x01", "sha256")


def names_for(seed: bytes, item: str, length: int) -> Iterator[str]:
    """The names, in order, that a file may be given before it is removed: `length` bytes each.

    More than one, since a short one may be taken. They tell nothing of the old
    name but its length, and a resume finds the file under them.
    """
    for attempt in range(_TRIES):
        key = _expand(seed, b"lethe wipe name %d " % attempt + item.encode())
        yield base64.b32encode(hashlib.shake_256(key).digest(length)).decode("ascii")[:length].lower()
