"""The suites of a vault: which ciphers and hashes it is made of. The officer chooses one for the case."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

DIGEST: Final = 32
"""Bytes of a digest of either suite."""
TAG: Final = 16
NONCE: Final = 12

Bytes = bytes | bytearray | memoryview


class Suite(Enum):
    """What a vault is made of.

    AES is AES-256 in GCM with SHA-256. SM4 is SM4 in GCM (GB/T 32907, RFC 8998) with SM3
    (GB/T 32905): keys of 128 bits, and a thirtieth of the speed.
    """

    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"

    @property
    def key_bytes(self) -> int:
        """The length of each key of the suite."""
        return 32 if self is Suite.AES else 16

    def cipher(self, key: Bytes) -> BlockCipherAlgorithm:
        """The block cipher with this key."""
        from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4

        # SM4 takes what AES takes; only its type does not say so.
        return AES(key) if self is Suite.AES else SM4(cast("bytes", key))

    def hash(self) -> HashAlgorithm:
        """The hash."""
        from cryptography.hazmat.primitives.hashes import SHA256, SM3

        return SHA256() if self is Suite.AES else SM3()


def digest(suite: Suite, *parts: Bytes) -> bytes:
    """Hash the parts, one after the other."""
    from cryptography.hazmat.primitives.hashes import Hash

    state = Hash(suite.hash())
    for part in parts:
        state.update(part)
    return state.finalize()


def derive(suite: Suite, material: Bytes, info: bytes, into: memoryview, salt: bytes | None = None) -> None:
    """Fill `into` by HKDF (RFC 5869)."""
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    HKDF(suite.hash(), len(into), salt, info).derive_into(material, into)


def mac(suite: Suite, key: Bytes, *parts: Bytes) -> bytes:
    """HMAC (RFC 2104) over the parts, one after the other."""
    from cryptography.hazmat.primitives.hmac import HMAC

    state = HMAC(key, suite.hash())
    for part in parts:
        state.update(part)
    return state.finalize()
