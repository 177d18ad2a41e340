"""The kinds of key stores, one a file, behind one contract."""

from __future__ import annotations

import struct
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.kinds import (
    age,
    borg,
    cryptomator,
    fscrypt,
    gnupg,
    gocryptfs,
    jks,
    luks,
    pem,
    pkcs12,
    restic,
    sqlcipher,
    veracrypt,
)
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Span, Store

_ALL: Final = (
    pem.KIND,
    pkcs12.KIND,
    age.KIND,
    jks.KIND,
    luks.KIND,
    veracrypt.KIND,
    gocryptfs.KIND,
    cryptomator.KIND,
    restic.KIND,
    borg.KIND,
    sqlcipher.KIND,
    gnupg.KIND,
    fscrypt.KIND,
)
KINDS: Final = {kind.name: kind for kind in _ALL}
_DAMAGED: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError, struct.error)


def _closed(_: Store, __: bytes) -> Opened:
    raise NotOpened(Reason.UNREADABLE)


UNTOLD: Final = Kind("", _closed)
"""A file of which nothing is known but that it goes whole: an archive of keys."""


def kind_of(name: str) -> Kind:
    """The kind of a name."""
    return KINDS.get(name, UNTOLD)


def open_keys(kind: Kind, store: Store, passphrase: str) -> Opened:
    """Open every key in a store; there is at least one. An empty passphrase means none.

    Raises:
        NotOpened: when one of them does not open.
    """
    try:
        # What is not UTF-8 can't be right, and the PKCS#12 reader chokes on it.
        return kind.open(store, passphrase.encode("utf-8", "replace"))
    except _DAMAGED:
        raise NotOpened(Reason.UNREADABLE) from None


def spans_of(kind: Kind, store: Store) -> tuple[Span, ...]:
    """The bytes of a store that are to be destroyed.

    Raises:
        NotOpened: UNREADABLE when it is no such store, or damaged.
    """
    try:
        return kind.spans(store)
    except _DAMAGED:
        raise NotOpened(Reason.UNREADABLE) from None


def marks_of(kind: Kind, store: Store) -> tuple[bytes, ...]:
    """What every copy of the key has in it; nothing for a store that is damaged."""
    try:
        return tuple(mark for mark in kind.marks(store) if mark)
    except (NotOpened, *_DAMAGED):
        return ()
