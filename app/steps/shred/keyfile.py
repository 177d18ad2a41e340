"""Key files: open the private keys in one, of any kind the case may declare."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from app.domain.outcome import Reason

LARGEST: Final = 16 << 20
"""Bytes of the largest file that is looked into for keys."""

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_AGE_FILE: Final = (b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")
_AGE_IDENTITY: Final = b"AGE-SECRET-KEY-1"


class NotOpened(Exception):
    """A key file gave no key. `reason` is WRONG_PASSPHRASE or UNREADABLE."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """One opened private key. `fingerprint` is the SHA-256 of its public half, hex.

    `secret` is the library's own object; Python can't wipe it, only forget it.
    """

    algorithm: str
    fingerprint: str
    secret: Any = field(repr=False, compare=False)


def open_keys(kind: str, data: bytes, passphrase: str) -> tuple[PrivateKey, ...]:
    """Open every private key in the bytes of a key file; there is at least one.

    `kind` is pem (also OpenSSH's), pkcs12 or age. An empty passphrase means none.

    Raises:
        NotOpened: when one of them does not open.
    """
    reader = _READERS.get(kind)
    if reader is None:
        raise NotOpened(Reason.UNREADABLE)
    # What is not UTF-8 can't be right, and the PKCS#12 reader chokes on it.
    return reader(data, passphrase.encode("utf-8", "replace"))


def _pem(data: bytes, passphrase: bytes) -> tuple[PrivateKey, ...]:
    blocks = [match[0] for match in _BLOCK.finditer(data)]
    if not blocks:
        raise NotOpened(Reason.UNREADABLE)
    return tuple(_described(_load(block, passphrase)) for block in blocks)


def _load(block: bytes, passphrase: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if b"BEGIN OPENSSH" in block else load_pem_private_key
    try:
        return load(block, None)
    except TypeError:
        # The library's word for: this one is encrypted.
        pass
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.UNREADABLE) from None
    try:
        return load(block, passphrase or b"\0")
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None


def _pkcs12(data: bytes, passphrase: bytes) -> tuple[PrivateKey, ...]:
    from asn1crypto.pkcs12 import Pfx
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        whole = Pfx.load(data)["version"].native == "v3"
    except (ValueError, TypeError):
        whole = False
    try:
        key, _, _ = pkcs12.load_key_and_certificates(data, passphrase or None)
    except (ValueError, UnsupportedAlgorithm):
        raise NotOpened(Reason.WRONG_PASSPHRASE if whole else Reason.UNREADABLE) from None
    if key is None:
        raise NotOpened(Reason.UNREADABLE)
    return (_described(key),)


def _age(data: bytes, passphrase: bytes) -> tuple[PrivateKey, ...]:
    import pyrage

    if data.startswith(_AGE_FILE):
        if not passphrase:
            raise NotOpened(Reason.WRONG_PASSPHRASE)
        try:
            data = pyrage.passphrase.decrypt(data, passphrase.decode())
        except pyrage.DecryptError:
            raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    lines = [line.strip() for line in data.splitlines()]
    found = [line.decode("ascii", "replace") for line in lines if line.upper().startswith(_AGE_IDENTITY)]
    try:
        identities = [pyrage.x25519.Identity.from_str(text) for text in found]
    except pyrage.IdentityError:
        raise NotOpened(Reason.UNREADABLE) from None
    if not identities:
        raise NotOpened(Reason.UNREADABLE)
    return tuple(
        PrivateKey("age-X25519", hashlib.sha256(str(one.to_public()).encode()).hexdigest(), one)
        for one in identities
    )


_READERS: Final[dict[str, Callable[[bytes, bytes], tuple[PrivateKey, ...]]]] = {
    "pem": _pem,
    "pkcs12": _pkcs12,
    "age": _age,
}


def _described(secret: Any) -> PrivateKey:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PrivateKey(_algorithm(secret), hashlib.sha256(public).hexdigest(), secret)


def _algorithm(secret: Any) -> str:
    """Name it as printed: the type's own name, with the curve or the size where it has one."""
    name = type(secret).__name__.removesuffix("PrivateKey")
    if hasattr(secret, "curve"):
        return f"{name}-{secret.curve.name}"
    return f"{name}-{secret.key_size}" if hasattr(secret, "key_size") else name
