"""The ciphers and derivations that the key stores use: AES by sectors, counter mode, scrypt."""

from __future__ import annotations

from typing import Final

SECTOR: Final = 512


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
    """Derive by scrypt, RFC 7914; `cost` is N, r, p."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    number, blocks, lanes = cost
    return Scrypt(salt=salt, length=length, n=number, r=blocks, p=lanes).derive(passphrase)
