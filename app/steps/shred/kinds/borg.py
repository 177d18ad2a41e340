"""Borg 1: the `config` of a repository that carries its key, a key file, or an exported key."""

from __future__ import annotations

import configparser
import hmac
import re
from base64 import b64decode
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import ctr, pbkdf2
from app.steps.shred.kinds.contract import (
    Kind,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Store,
    master,
    store_over,
)
from app.steps.shred.kinds.live import borg_quiet
from app.steps.shred.msgpack import unpacked

_FILE: Final = re.compile(r"BORG_KEY ([0-9a-f]{64})\s+(\S[\sA-Za-z0-9+/=]*)")
_LINE: Final = 60
_LARGEST: Final = 16 << 10
"""Bytes of the longest that is read: for a text of a million strange lines the parser takes hours."""


def _found(store: Store) -> tuple[str, str]:
    """The repository's id and the wrapped key, base64 without white space."""
    if store.size > _LARGEST:
        raise NotOpened(Reason.UNREADABLE)
    text = store.whole().decode()
    match = _FILE.match(text)
    if match:
        return match[1], "".join(match[2].split())
    reader = configparser.ConfigParser(interpolation=None)
    try:
        reader.read_string(text)
        return reader["repository"]["id"], "".join(reader["repository"]["key"].split())
    except configparser.Error:
        raise NotOpened(Reason.UNREADABLE) from None


def _open(store: Store, passphrase: bytes) -> Opened:
    wrap = unpacked(b64decode(_found(store)[1]))
    if wrap[b"algorithm"] != b"sha256":
        raise NotOpened(Reason.UNREADABLE)
    key = pbkdf2("sha256", passphrase, wrap[b"salt"], wrap[b"iterations"], 32)
    data = ctr(key, bytes(16), wrap[b"data"])
    if not hmac.compare_digest(hmac.digest(key, data, "sha256"), wrap[b"hash"]):
        raise NotOpened(Reason.WRONG_PASSPHRASE)
    return (master("Borg AES-256-CTR HMAC-SHA256", data),)


def _marks(store: Store) -> tuple[bytes, ...]:
    """The first line of the same wrap, and the head of any export, which may have another passphrase."""
    number, wrap = _found(store)
    return wrap[:_LINE].encode(), f"BORG_KEY {number}".encode()


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether a `config` carries a key of the repository that this key names itself."""
    try:
        number, _ = _found(store_over(data))
        return Rewrap.YES if bytes.fromhex(number) in key.secret.content else Rewrap.NO
    except (NotOpened, ValueError, KeyError):
        return Rewrap.NO


KIND: Final = Kind(
    "borg",
    _open,
    marks=_marks,
    quiet=borg_quiet,
    rewrap=_rewrap,
    wrap_hints=(b"[repository]",),
    drawn=True,
)
