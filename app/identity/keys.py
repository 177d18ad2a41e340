"""What a person signs with: a private key in memory, or one that a token keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from app.identity.certificate import PrivateKey

_SALT: Final = b"lethe identity secret 1"


class SigningKey(Protocol):
    """A private key that can be used and let go of."""

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256: ECDSA in DER, or RSA PKCS#1 v1.5."""

    def seed(self) -> bytes:
        """Bytes that only the holder of this key can have, the same each time."""

    def close(self) -> None:
        """Let go of the key."""


class KeyInMemory:
    """A private key out of a key file. Python can't wipe it from memory."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256: ECDSA in DER, or RSA PKCS#1 v1.5."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def seed(self) -> bytes:
        """The key itself, as PKCS#8."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    def close(self) -> None:
        """Nothing to let go of."""


def derived(key: SigningKey, context: bytes) -> bytes:
    """Derive 32 bytes from a key by HKDF-SHA256 (RFC 5869)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=hashes.SHA256(), length=32, salt=_SALT, info=context).derive(key.seed())
