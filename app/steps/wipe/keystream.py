"""The bytes a file is overwritten with, derived so that what is read back can be compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from functools import cache
from typing import Final, Protocol

from app.domain.wiping import Pass

SEED_BYTES: Final = 32
CHUNK: Final = 8 * 1024 * 1024
ROOM: Final = CHUNK + 4096
"""The size of a buffer that a chunk is written into: AES asks for a little more than it fills."""
_BLOCK: Final = 16
_TRIES: Final = 8


@cache
def _zeros(length: int) -> memoryview:
    return memoryview(bytes(length))


class Stream(Protocol):
    """What one pass writes: byte `n` of it goes to byte `n` of the file."""

    @property
    def sha256(self) -> str:
        """The digest of the key, hex: who is shown the key can check that it is this one. Else empty."""

    def at(self, offset: int, length: int) -> bytes:
        """The `length` bytes from `offset`, which is a multiple of 16."""

    def into(self, buffer: memoryview, offset: int, length: int) -> None:
        """Write the same into a buffer of `ROOM` bytes."""


class Keystream:
    """AES-256-CTR under a key of its own for each item, and each pass but the first."""

    def __init__(self, seed: bytes, item: str, number: int = 0) -> None:
        from cryptography.hazmat.primitives.ciphers import algorithms

        which = b"pass %d " % number if number else b""
        self._secret = _expand(seed, b"lethe wipe keystream-1 " + which + item.encode())
        self._key = algorithms.AES256(self._secret)

    @property
    def sha256(self) -> str:
        """The digest of the key, hex."""
        return hashlib.sha256(self._secret).hexdigest()

    def at(self, offset: int, length: int) -> bytes:
        """The `length` bytes from `offset`, which is a multiple of 16."""
        from cryptography.hazmat.primitives.ciphers import Cipher, modes

        counter = (offset // _BLOCK).to_bytes(_BLOCK, "big")
        encryptor = Cipher(self._key, modes.CTR(counter)).encryptor()
        return encryptor.update(_zeros(CHUNK)[:length] if length <= CHUNK else bytes(length))

    def into(self, buffer: memoryview, offset: int, length: int) -> None:
        """Write the same into a buffer of `ROOM` bytes; other threads run meanwhile."""
        from cryptography.hazmat.primitives.ciphers import Cipher, modes

        counter = (offset // _BLOCK).to_bytes(_BLOCK, "big")
        Cipher(self._key, modes.CTR(counter)).encryptor().update_into(_zeros(CHUNK)[:length], buffer)


class Repeated:
    """The same few bytes again and again."""

    sha256 = ""

    def __init__(self, fill: bytes) -> None:
        self._fill = fill
        self._long = fill * (-(-CHUNK // len(fill)) + 1)

    def at(self, offset: int, length: int) -> bytes:
        """The `length` bytes from `offset`."""
        first = offset % len(self._fill)
        long = self._long if length <= CHUNK else self._fill * (length // len(self._fill) + 2)
        return long[first : first + length]

    def into(self, buffer: memoryview, offset: int, length: int) -> None:
        """Write the same into a buffer."""
        first = offset % len(self._fill)
        buffer[:length] = memoryview(self._long)[first : first + length]


@cache
def _repeated(fill: bytes) -> Repeated:
    return Repeated(fill)


def streams_of(seed: bytes, item: str, passes: tuple[Pass, ...]) -> list[Stream]:
    """What each pass over an item writes, in order."""
    return [
        Keystream(seed, item, number) if each.random else _repeated(each.fill)
        for number, each in enumerate(passes)
    ]


def _expand(seed: bytes, info: bytes) -> bytes:
    """HKDF-Expand with SHA-256 to 32 bytes (RFC 5869 section 2.3); the seed is already uniform."""
    return hmac.digest(seed, info + b"\x01", "sha256")


def label(seed: bytes, kind: str, text: str) -> str:
    """Name something in the journal without telling what it is: `kind-` and 16 hex digits."""
    return f"{kind}-{_expand(seed, b'lethe wipe label ' + text.encode('utf-8', 'surrogateescape'))[:8].hex()}"


def names_for(seed: bytes, item: str, length: int) -> Iterator[str]:
    """The names, in order, that a file may be given before it is removed: `length` bytes each.

    More than one, since a short one may be taken. They tell nothing of the old
    name but its length, and a resume finds the file under them.
    """
    for attempt in range(_TRIES):
        key = _expand(seed, b"lethe wipe name %d " % attempt + item.encode("utf-8", "surrogateescape"))
        yield base64.b32encode(hashlib.shake_256(key).digest(length)).decode("ascii")[:length].lower()
