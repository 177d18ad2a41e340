"""The kinds of key stores, one a file, behind one contract."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import TooDear
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
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, PrivateKey, Rewrap, Span, Store

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
_DAMAGED: Final = (
    ValueError,
    KeyError,
    TypeError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)
_DEAR: Final = (TooDear, MemoryError)
_OF_LIBRARIES: Final = frozenset({"PanicException", "UnsupportedAlgorithm"})
"""Caught by their names: the first is no Exception, the other of a library that is not loaded here."""


def _closed(_: Store, __: bytes) -> Opened:
    raise NotOpened(Reason.UNREADABLE)


UNTOLD: Final = Kind("", _closed)
"""A file of which nothing is known but that it goes whole: an archive of keys."""


_PAIRS: Final = (pem.KIND, pkcs12.KIND, jks.KIND, gnupg.KIND)
"""Kinds that keep the private key of a pair: what one of them had, any other may have too."""


def wrapping(kind: Kind) -> tuple[Kind, ...]:
    """The kinds in which a key of this kind may stand under another secret, and that know it there."""
    return tuple(one for one in (_PAIRS if kind in _PAIRS else (kind,)) if one.wrap_hints)


@contextmanager
def _caught() -> Iterator[None]:
    """Turn all that a file of anybody can raise into a key that does not open.

    Raises:
        NotOpened: CIPHER_UNTRIED for what is too dear, UNREADABLE for all else.
    """
    try:
        yield
    except _DEAR:
        raise NotOpened(Reason.CIPHER_UNTRIED) from None
    except _DAMAGED:
        raise NotOpened(Reason.UNREADABLE) from None
    except BaseException as error:
        if type(error).__name__ not in _OF_LIBRARIES:
            raise
        raise NotOpened(Reason.UNREADABLE) from None


def rewrap_of(kind: Kind, data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a key is wrapped in some bytes, which may be anybody's; where they can't be read, maybe."""
    try:
        with _caught():
            return kind.rewrap(data, key)
    except NotOpened:
        return Rewrap.MAYBE


def locked_in(kind: Kind, data: bytes, keys: Opened) -> tuple[bytes, ...]:
    """What of some bytes is locked and could be one of these keys; nothing where they can't be read."""
    try:
        with _caught():
            return tuple(dict.fromkeys(part for key in keys for part in kind.locked(data, key)))
    except NotOpened:
        return ()


def kind_of(name: str) -> Kind:
    """The kind of a name."""
    return KINDS.get(name, UNTOLD)


def open_keys(kind: Kind, store: Store, passphrase: str) -> Opened:
    """Open every key in a store; there is at least one. An empty passphrase means none.

    Raises:
        NotOpened: when one of them does not open.
    """
    with _caught():
        # What is not UTF-8 can't be right, and the PKCS#12 reader chokes on it.
        return kind.open(store, passphrase.encode("utf-8", "replace"))


def spans_of(kind: Kind, store: Store) -> tuple[Span, ...]:
    """The bytes of a store that are to be destroyed.

    Raises:
        NotOpened: UNREADABLE when it is no such store, or damaged.
    """
    with _caught():
        return kind.spans(store)


def marks_of(kind: Kind, store: Store) -> tuple[bytes, ...]:
    """What every copy of the key has in it; nothing for a store that is damaged."""
    try:
        with _caught():
            return tuple(mark for mark in kind.marks(store) if mark)
    except NotOpened:
        return ()


def told_of(kind: Kind, store: Store) -> tuple[str, ...]:
    """What locked keys say of themselves; nothing where they are silent, or the store is damaged."""
    try:
        with _caught():
            return kind.told(store)
    except NotOpened:
        return ()
