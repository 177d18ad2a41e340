"""Java key stores of the old kind, JKS. Newer ones are PKCS#12."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, described

_MAGIC: Final = b"\xfe\xed\xfe\xed"
_PRIVATE: Final = 1
_SALT: Final = 20
_CHECK: Final = 20


@dataclass(slots=True)
class _Reading:
    data: bytes
    at: int = 0

    def take(self, length: int) -> bytes:
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, length: int = 4) -> int:
        (found,) = struct.unpack({2: ">H", 4: ">I", 8: ">Q"}[length], self.take(length))
        return int(found)


def _wrapped(store: Store) -> tuple[bytes, ...]:
    """The encrypted private keys, each an EncryptedPrivateKeyInfo."""
    data = store.whole()
    if not data.startswith(_MAGIC):
        raise NotOpened(Reason.UNREADABLE)
    return tuple(_entries(_Reading(data, len(_MAGIC))))


def _entries(reading: _Reading) -> Iterator[bytes]:
    version, count = reading.number(), reading.number()
    for _ in range(count):
        tag = reading.number()
        reading.take(reading.number(2))
        reading.number(8)
        certificates = 1
        if tag == _PRIVATE:
            yield reading.take(reading.number())
            certificates = reading.number()
        for _ in range(certificates):
            if version > 1:
                reading.take(reading.number(2))
            reading.take(reading.number())


def _open(store: Store, passphrase: bytes) -> Opened:
    from asn1crypto.keys import EncryptedPrivateKeyInfo
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    secret = passphrase.decode("utf-8", "replace").encode("utf-16-be")
    found = []
    for wrapped in _wrapped(store):
        sealed = EncryptedPrivateKeyInfo.load(wrapped)["encrypted_data"].native
        found.append(described(load_der_private_key(_unwrapped(sealed, secret), None)))
    if not found:
        raise NotOpened(Reason.UNREADABLE)
    return tuple(found)


def _unwrapped(sealed: bytes, secret: bytes) -> bytes:
    """Undo Sun's own protection: a stream of chained SHA-1, and a SHA-1 as the check."""
    salt, body, check = sealed[:_SALT], sealed[_SALT:-_CHECK], sealed[-_CHECK:]
    stream, last = b"", salt
    while len(stream) < len(body):
        last = hashlib.sha1(secret + last, usedforsecurity=False).digest()
        stream += last
    plain = bytes(one ^ other for one, other in zip(body, stream, strict=False))
    if hashlib.sha1(secret + plain, usedforsecurity=False).digest() != check:
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return plain


KIND: Final = Kind("jks", _open, marks=_wrapped)
