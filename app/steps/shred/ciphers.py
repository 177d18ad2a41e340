"""The ciphers and derivations that the key stores use: AES by sectors, counter mode, scrypt, argon2."""

from __future__ import annotations

import hashlib
from typing import Any, Final

SECTOR: Final = 512
_BLOCKS: Final = 1 << 23
"""N times r of the largest scrypt, of 128 bytes each."""
_ROUNDS: Final = 1 << 24
"""Of the longest derivation; what is asked for by a file may be anything."""
_PASSES: Final = 1 << 24
"""Memory times passes of the longest argon2, in KiB: sixteen over the largest."""
_MEMORY: Final = 1 << 20
"""KiB of the largest argon2."""
_LONGEST: Final = 128
"""Bytes of the longest key that any store derives."""


class TooDear(Exception):
    """A key store asks for a derivation of more memory or time than is given to one here."""


def xts(key: bytes, data: bytes, first: int = 0, unit: int = SECTOR) -> bytes:
    """Decrypt AES-XTS; the tweak is the number of the unit, little-endian, from `first`."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import XTS

    parts = []
    for at in range(0, len(data), unit):
        tweak = (first + at // unit).to_bytes(16, "little")
        parts.append(Cipher(AES(key), XTS(tweak)).decryptor().update(data[at : at + unit]))
    return b"".join(parts)


def ctr(key: bytes, nonce: bytes, data: bytes) -> bytes:
    """Decrypt AES-CTR from a counter block."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    return Cipher(AES(key), CTR(nonce)).decryptor().update(data)


def block(key: bytes, data: bytes) -> bytes:
    """Encrypt one block."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import ECB

    return Cipher(AES(key), ECB()).encryptor().update(data)  # noqa: S305 a single block, as Poly1305-AES asks


def scrypt(passphrase: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    """Derive by scrypt, RFC 7914; `cost` is N, r, p.

    Raises:
        TooDear: when it asks for more than a gibibyte, or for minutes.
    """
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    number, blocks, lanes = cost
    # One by one first: what is no number would be repeated that many times.
    if (
        max(number, blocks, lanes) > _ROUNDS
        or number * blocks > _BLOCKS
        or number * blocks * lanes > _ROUNDS
        or length > _LONGEST
    ):
        raise TooDear
    return Scrypt(salt=salt, length=length, n=number, r=blocks, p=lanes).derive(passphrase)


def pbkdf2(name: str, passphrase: bytes, salt: bytes, rounds: int, length: int) -> bytes:
    """Derive by PBKDF2, RFC 8018 5.2.

    Raises:
        TooDear: when it asks for minutes.
    """
    if rounds > _ROUNDS or length > _LONGEST:
        raise TooDear
    return hashlib.pbkdf2_hmac(name, passphrase, salt, rounds, length)


def argon2(name: str, passphrase: bytes, salt: bytes, cost: tuple[int, int, int], length: int) -> bytes:
    """Derive by argon2i or argon2id, RFC 9106; `cost` is KiB of memory, passes and lanes.

    Raises:
        TooDear: when it asks for more than a gibibyte, or for minutes.
    """
    from cryptography.hazmat.primitives.kdf import argon2 as made

    memory, passes, lanes = cost
    if memory > _MEMORY or memory * passes > _PASSES or length > _LONGEST:
        raise TooDear
    make: Any = {"argon2id": made.Argon2id, "argon2i": made.Argon2i}[name]
    how = make(salt=salt, length=length, iterations=passes, lanes=lanes, memory_cost=memory)
    return bytes(how.derive(passphrase))
