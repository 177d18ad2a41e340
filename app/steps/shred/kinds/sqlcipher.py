"""SQLCipher 4 databases: the first page, whose salt the passphrase needs to become the key.

The key is made of the passphrase and that salt. Without the salt, 128 random bits, the passphrase
alone gives no key; but it is a factor that nobody can destroy.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Span, Store, master

_PAGE: Final = 4096
_SALT: Final = 16
_MASK: Final = 0x3A
_ROUNDS: Final = 256000
_TAG: Final = 64
_PLAIN: Final = b"SQLite format 3\0"


def _open(store: Store, passphrase: bytes) -> Opened:
    _spans(store)
    page = store.read(0, _PAGE)
    salt = page[:_SALT]
    if salt == _PLAIN or not any(salt):
        raise NotOpened(Reason.UNREADABLE)
    key = hashlib.pbkdf2_hmac("sha512", passphrase, salt, _ROUNDS, 32)
    masked = bytes(byte ^ _MASK for byte in salt)
    tag = hashlib.pbkdf2_hmac("sha512", key, masked, 2, 32)
    sealed = page[_SALT:-_TAG] + (1).to_bytes(4, "little")
    if not hmac.compare_digest(hmac.digest(tag, sealed, "sha512"), page[-_TAG:]):
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return (master("SQLCipher AES-256-CBC HMAC-SHA512", key),)


def _spans(store: Store) -> tuple[Span, ...]:
    if store.size < _PAGE:
        raise NotOpened(Reason.UNREADABLE)
    return (Span(0, _PAGE),)


def _marks(store: Store) -> tuple[bytes, ...]:
    """A copy of the database, its journal and its write-ahead log have the salt."""
    return (store.read(0, _SALT),)


KIND: Final = Kind("sqlcipher", _open, _spans, _marks, container=True)
