"""What tells a private key of a pair in what is locked: its public half where one stands, else its length."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from typing import Any, Final

_PADDING: Final = 48
"""Bytes that a cipher's padding or tag adds at most, and those in which two forms of one key differ."""
_PARAMETERS: Final = 512
"""Bytes that a curve takes at most where its numbers are written out in place of its name."""


def public_of(secret: Any) -> bytes:
    """The public half as a SubjectPublicKeyInfo, RFC 5280 4.1.2.7."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    told: bytes = secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return told


def openssh_half(secret: Any) -> bytes:
    """The public half as OpenSSH writes it: a name, and the numbers after it.

    Raises:
        ValueError: when OpenSSH has no such keys.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    told = secret.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return b64decode(told.split()[1])


def is_pair(secret: Any) -> bool:
    """Whether this is the private key of a pair, as the library has it."""
    return hasattr(secret, "public_key")


def certifies(certificate: bytes, secret: Any) -> bool:
    """Whether a certificate, in DER, is for the public half of this key.

    Raises:
        ValueError: when it can't be read.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    try:
        half = load_der_x509_certificate(certificate).public_key()
        return half.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) == public_of(secret)
    except (UnsupportedAlgorithm, InvalidVersion) as error:
        raise ValueError from error


def fits(length: int, secret: Any) -> bool:
    """Whether so many encrypted bytes could be this key, in any of the forms in which it is locked."""
    known = _lengths(secret)
    return min(known) <= length <= max(known) + _PADDING


def least(secret: Any) -> int:
    """Bytes of the key in the shortest of these forms."""
    return min(_lengths(secret))


def _lengths(secret: Any) -> list[int]:
    """How many bytes the key has in the forms that are locked; of a curve, bare and with all there can be."""
    from cryptography.hazmat.primitives.asymmetric import dsa, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    der, bare = Encoding.DER, NoEncryption()
    found = [len(secret.private_bytes(der, PrivateFormat.PKCS8, bare))]
    with suppress(ValueError, TypeError):
        found.append(len(secret.private_bytes(der, PrivateFormat.TraditionalOpenSSL, bare)))
    if not isinstance(secret, rsa.RSAPrivateKey | dsa.DSAPrivateKey):
        found += [getattr(secret, "key_size", 256) // 8, max(found) + _PARAMETERS]
    return found
