"""Java key stores of the old kind, JKS. Newer ones are PKCS#12.

A JCEKS is one that wraps its keys otherwise: it is not opened, but a copy of a key in it is known.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Store, described
from app.steps.shred.kinds.pairs import certifies, fits, is_pair

_MAGIC: Final = b"\xfe\xed\xfe\xed"
_JCEKS: Final = b"\xce\xce\xce\xce"
_PRIVATE: Final = 1
_TRUSTED: Final = 2
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
    return tuple(one.wrapped for one in _entries(_Reading(data, len(_MAGIC))))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A private key, an EncryptedPrivateKeyInfo, and its certificate, in DER."""

    wrapped: bytes
    certificate: bytes


def _entries(reading: _Reading) -> Iterator[_Entry]:
    version, count = reading.number(), reading.number()
    for _ in range(count):
        tag = reading.number()
        reading.take(reading.number(2))
        reading.number(8)
        if tag not in (_PRIVATE, _TRUSTED):
            # A secret key of a JCEKS: how long it is, only Java can tell.
            raise NotOpened(Reason.UNREADABLE)
        wrapped = reading.take(reading.number()) if tag == _PRIVATE else b""
        chain = []
        for _ in range(reading.number() if wrapped else 1):
            if version > 1:
                reading.take(reading.number(2))
            chain.append(reading.take(reading.number()))
        if wrapped:
            yield _Entry(wrapped, chain[0] if chain else b"")


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


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether the certificate of an entry is this key's: it stands in the clear beside what is locked."""
    if not is_pair(key.secret) or not data.startswith((_MAGIC, _JCEKS)):
        return Rewrap.NO
    return Rewrap.surest(_said(data, key.secret))


def _said(data: bytes, secret: object) -> Iterator[Rewrap]:
    """Of each entry in turn; of what can't be read any further, that it may be."""
    try:
        yield from (_is_for(entry, secret) for entry in _entries(_Reading(data, len(_MAGIC))))
    except (NotOpened, ValueError, KeyError, struct.error):
        yield Rewrap.MAYBE


def _is_for(entry: _Entry, secret: object) -> Rewrap:
    try:
        return Rewrap.YES if certifies(entry.certificate, secret) else Rewrap.NO
    except ValueError:
        # There is none, or one that can't be read.
        return Rewrap.MAYBE if fits(len(entry.wrapped), secret) else Rewrap.NO


KIND: Final = Kind("jks", _open, marks=_wrapped, rewrap=_rewrap, wrap_hints=(_MAGIC, _JCEKS))
