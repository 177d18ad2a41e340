"""A person's key file: PKCS#12 whose every passphrase check costs the full key derivation."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import warnings
from typing import TYPE_CHECKING, Final

from app.domain.fault import Fault, Refused

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    from app.identity.certificate import PrivateKey

_ROUNDS: Final = 600_000
_BAGS: Final = 2
"""The key and the certificate are encrypted apart, each with its own PBKDF2."""


def pack(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, name: str, passphrase: str) -> bytes:
    """Give the PKCS#12 file: PBES2, AES-256-CBC, PBKDF2-HMAC-SHA256, as RFC 7292 and 8018 have it.

    Openssl and the certificate stores of the desktop systems read it.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

    secret = passphrase.encode()
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(SHA256())
        .build(secret)
    )
    made = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, None, encryption)
    return _with_slow_mac(made, passphrase)


def _with_slow_mac(made: bytes, passphrase: str) -> bytes:
    # cryptography writes the MAC with 2048 rounds whatever the cipher has, which would let
    # a thief try passphrases against the MAC at three hundredths of the price of the cipher.
    from asn1crypto.pkcs12 import Pfx

    pfx = Pfx.load(made)
    salt = secrets.token_bytes(16)
    key = _mac_key(passphrase, salt, _ROUNDS)
    content = pfx["auth_safe"]["content"].native
    pfx["mac_data"] = {
        "mac": {
            "digest_algorithm": {"algorithm": "sha256"},
            "digest": hmac.digest(key, content, "sha256"),
        },
        "mac_salt": salt,
        "iterations": _ROUNDS,
    }
    return bytes(pfx.dump())


def _mac_key(passphrase: str, salt: bytes, rounds: int) -> bytes:
    """Derive the 32-byte MAC key of RFC 7292 appendix B.2 with SHA-256, which is one block of it."""
    block = 64
    text = passphrase.encode("utf-16-be") + b"\0\0"
    state = b"\3" * block + _filled(salt, block) + _filled(text, block)
    for _ in range(rounds):
        state = hashlib.sha256(state).digest()
    return state


def _filled(text: bytes, block: int) -> bytes:
    length = -(-len(text) // block) * block
    return (text * (length // len(text) + 1))[:length]


def unpack(
    data: bytes, passphrase: str, subject: str
) -> tuple[PrivateKey, x509.Certificate, tuple[bytes, ...]]:
    """Give the key, the certificate, and the other certificates in DER, of a PKCS#12 file.

    Raises:
        Refused: IDENTITY_UNREADABLE when it is no PKCS#12 file, or not of one P-256
            or RSA key with its certificate; WRONG_PASSPHRASE, as late as success
            would have come. A file damaged inside looks the same as a wrong passphrase.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

    from app.identity.certificate import strong

    _refuse_other_files(data, subject)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            key, certificate, others = pkcs12.load_key_and_certificates(data, passphrase.encode())
    except ValueError as error:
        _spend(passphrase)
        raise Refused(Fault.WRONG_PASSPHRASE, subject) from error
    if key is None or certificate is None or certificate.public_key() != key.public_key():
        raise Refused(Fault.IDENTITY_UNREADABLE, subject, "no key with its own certificate")
    try:
        strong(key.public_key())
    except ValueError as error:
        raise Refused(Fault.IDENTITY_UNREADABLE, subject, str(error)) from error
    above = tuple(one.public_bytes(Encoding.DER) for one in others)
    return key, certificate, above  # type: ignore[return-value]  # strong() has narrowed the pair


def _refuse_other_files(data: bytes, subject: str) -> None:
    from asn1crypto.pkcs12 import Pfx

    try:
        pfx = Pfx.load(data, strict=True)
        known = pfx["version"].native == "v3" and pfx["auth_safe"]["content_type"].native == "data"
    except (ValueError, TypeError, KeyError) as error:
        raise Refused(Fault.IDENTITY_UNREADABLE, subject, "not a PKCS#12 file") from error
    if not known:
        raise Refused(Fault.IDENTITY_UNREADABLE, subject, "not a PKCS#12 file")


def _spend(passphrase: str) -> None:
    """Take the time that decrypting would have taken; the MAC was checked already."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    for _ in range(_BAGS):
        PBKDF2HMAC(algorithm=SHA256(), length=32, salt=bytes(16), iterations=_ROUNDS).derive(
            passphrase.encode()
        )
