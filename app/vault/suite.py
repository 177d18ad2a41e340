"""The ciphers and hashes that a vault is made of, in the suite that the officer chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from app.domain.vaulting import Suite

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

DIGEST: Final = 32
"""Bytes of a digest of either suite."""
TAG: Final = 16
NONCE: Final = 12

Bytes = bytes | bytearray | memoryview


def cipher_of(suite: Suite, key: Bytes) -> BlockCipherAlgorithm:
    """The block cipher of a suite with this key."""
    from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4

    # SM4 takes what AES takes; only its type does not say so.
    return AES(key) if suite is Suite.AES else SM4(cast("bytes", key))


def hash_of(suite: Suite) -> HashAlgorithm:
    """The hash of a suite."""
    from cryptography.hazmat.primitives.hashes import SHA256, SM3

    return SHA256() if suite is Suite.AES else SM3()


def digest(suite: Suite, *parts: Bytes) -> bytes:
    """Hash the parts, one after the other."""
    from cryptography.hazmat.primitives.hashes import Hash

    state = Hash(hash_of(suite))
    for part in parts:
        state.update(part)
    return state.finalize()


def derive(suite: Suite, material: Bytes, info: bytes, into: memoryview, salt: bytes | None = None) -> None:
    """Fill `into` by HKDF (RFC 5869)."""
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    HKDF(hash_of(suite), len(into), salt, info).derive_into(material, into)


def mac(suite: Suite, key: Bytes, *parts: Bytes) -> bytes:
    """HMAC (RFC 2104) over the parts, one after the other."""
    from cryptography.hazmat.primitives.hmac import HMAC

    state = HMAC(key, hash_of(suite))
    for part in parts:
        state.update(part)
    return state.finalize()
