"""The contract of a key store: what is told of its bytes, how it opens, and how its copies are known.

A kind is one file here with one `KIND`. The kind names bytes and opens keys; everything that
changes the disk is done by the step, through the signed plan: the kinds only read. What a store's
own program still has to be told once the bytes are gone, `forget` tells it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from app.domain.conditions import KeyWord
from app.domain.outcome import Reason

LARGEST: Final = 16 << 20
"""Bytes of the largest file that is looked into whole for keys."""
_MARK: Final = 4096


class Forgot(Enum):
    """What came of a store's own delete, called once the bytes were overwritten and the file gone."""

    NOT_ASKED = "not_asked"
    """There is no such call, its program is not here, or gave no answer."""
    GONE = "gone"
    """The store says that it has no such key."""
    STANDS = "stands"


class Rewrap(Enum):
    """Whether other bytes are one more wrap of a key that opened."""

    NO = "no"
    MAYBE = "maybe"
    """It is locked and as long as one would be; nothing in it tells."""
    YES = "yes"

    @classmethod
    def surest(cls, told: Iterable[Rewrap]) -> Rewrap:
        """What is to be believed of several things said of the same bytes."""
        seen = set(told)
        return next((one for one in (cls.YES, cls.MAYBE) if one in seen), cls.NO)


class NotOpened(Exception):
    """A key store gave no key. `reason` is WRONG_PASSPHRASE, UNREADABLE or CIPHER_UNTRIED."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of a file, from `start` up to and without `stop`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Store:
    """The bytes of a key store, to read at any place: `read(offset, length)`. `path` is where it lies."""

    size: int
    read: Callable[[int, int], bytes] = field(repr=False)
    path: str = ""

    def whole(self) -> bytes:
        """All of it.

        Raises:
            NotOpened: when it is far too big for a key file.
        """
        if self.size > LARGEST:
            raise NotOpened(Reason.UNREADABLE)
        return self.read(0, self.size)


def store_over(data: bytes) -> Store:
    """A store of bytes that are at hand."""
    return Store(len(data), lambda offset, length: data[offset : offset + length])


def told_in(store: Store) -> dict[str, Any]:
    """What a key file in JSON tells.

    Raises:
        ValueError, TypeError, RecursionError: when it is none.
    """
    return dict(json.loads(store.whole()))


@dataclass(frozen=True, slots=True)
class MasterKey:
    """A symmetric key, or several in a row, that the passphrase unwraps."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """One opened key.

    `fingerprint` is a SHA-256, hex: of the public half, or of a symmetric key under a label.
    `secret` is the library's own object; Python can't wipe it, only forget it.
    """

    algorithm: str
    fingerprint: str
    secret: Any = field(repr=False, compare=False)
    body: bytes = field(default=b"", repr=False, compare=False)
    """What stands beside the key under whatever passphrase, and is not in `secret`.

    Of a volume, some bytes that it encrypts; of ElGamal, the public number.
    """


Opened = tuple[PrivateKey, ...]


def _all_of_it(store: Store) -> tuple[Span, ...]:
    return (Span(0, store.size),)


def _content(store: Store) -> tuple[bytes, ...]:
    """The start of the content without white space around: any copy of the file has it."""
    return (store.read(0, _MARK).strip(),)


def _alone(_: str) -> bool:
    return False


def _itself(path: str) -> tuple[str, ...]:
    return (path,)


def _never(_: bytes, __: PrivateKey) -> Rewrap:
    return Rewrap.NO


def _all(data: bytes, _: PrivateKey) -> tuple[bytes, ...]:
    return (data,)


def _silent(_: str, __: Opened) -> bool:
    return True


def _untold(_: Store) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of key store.

    `open` gives at least one key, or raises NotOpened; ValueError, KeyError and their
    like are taken for UNREADABLE. `spans` are the bytes to be destroyed, in the order
    of their overwriting: what the layout is read from comes last. They are the same
    for as long as the store is whole. `marks` are bytes that every copy of the key
    has. `is_wrap` tells by its name another file of the same folder that wraps the
    same key. A `container` keeps its name and the rest of its bytes.
    """

    name: str
    open: Callable[[Store, bytes], Opened]
    spans: Callable[[Store], tuple[Span, ...]] = _all_of_it
    marks: Callable[[Store], tuple[bytes, ...]] = _content
    is_wrap: Callable[[str], bool] = _alone
    container: bool = False
    files: Callable[[str], tuple[str, ...]] = _itself
    """The key files in a folder that was declared; each is a key of its own."""
    quiet: Callable[[str, Opened], bool] = _silent
    """End what may hold the keys of this file open: sessions, agents. Says whether none is left.

    The keys are those that opened; none where they did not.
    """
    rewrap: Callable[[bytes, PrivateKey], Rewrap] = _never
    """Whether this key is wrapped under another secret in some bytes, the start of a file or a part."""
    wrap_hints: tuple[bytes, ...] = ()
    """One of these stands in all bytes of which `rewrap` says anything but no; an empty one in all."""
    locked: Callable[[bytes, PrivateKey], tuple[bytes, ...]] = _all
    """What of some bytes is locked and could be this key, where `rewrap` can't tell: each opens by itself."""
    forget: Callable[[str], Forgot] | None = None
    """The store's own delete of the key of this file, and what the store says of it afterwards."""
    told: Callable[[Store], tuple[str, ...]] = _untold
    """What the keys of a store say of themselves though they are locked: algorithm and name."""
    drawn: bool = False
    """Whether the store's own program draws every key at random, so that nobody brought it (condition C3)."""

    @property
    def has_sessions(self) -> bool:
        """Whether something else may hold its keys open, to be ended first."""
        return self.quiet is not _silent

    @property
    def has_delete(self) -> bool:
        """Whether the store has a delete of its own, to be called last."""
        return self.forget is not None


@dataclass(frozen=True, slots=True)
class Worded:
    """The kind of a key, with what a named person says of it and what else is known before the act."""

    kind: str
    word: KeyWord
    limits: tuple[Reason, ...] = ()


def described(secret: Any) -> PrivateKey:
    """Describe a private key of an asymmetric pair."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = secret.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PrivateKey(_algorithm(secret), hashlib.sha256(public).hexdigest(), secret)


def may_wrap(data: bytes, *names: str) -> Rewrap:
    """MAYBE where a file of JSON has all these names, as a key that is wrapped in one has.

    Raises:
        RecursionError: when it is too deep to be read.
    """
    try:
        told = json.loads(data)
    except ValueError:
        return Rewrap.NO
    return Rewrap.MAYBE if isinstance(told, dict) and told.keys() >= set(names) else Rewrap.NO


def master(algorithm: str, content: bytes) -> PrivateKey:
    """Describe a symmetric key."""
    label = hashlib.sha256(b"lethe fingerprint 1" + content).hexdigest()
    return PrivateKey(algorithm, label, MasterKey(content))


def _algorithm(secret: Any) -> str:
    """Name it as printed: the type's own name, with the curve or the size where it has one."""
    name = type(secret).__name__.removesuffix("PrivateKey")
    if hasattr(secret, "curve"):
        return f"{name}-{secret.curve.name}"
    return f"{name}-{secret.key_size}" if hasattr(secret, "key_size") else name
