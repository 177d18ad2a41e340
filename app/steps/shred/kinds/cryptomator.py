"""Cryptomator: `masterkey.cryptomator`, and the `.bkup` files that each unlocking leaves beside it."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from typing import Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import scrypt
from app.steps.shred.kinds.contract import (
    Kind,
    NotOpened,
    Opened,
    PrivateKey,
    Rewrap,
    Store,
    master,
    may_wrap,
    told_in,
)
from app.steps.shred.kinds.live import cryptomator_quiet

_KEY: Final = 32


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    told = told_in(store)
    cost = (told["scryptCostParam"], told["scryptBlockSize"], 1)
    key = scrypt(passphrase, b64decode(told["scryptSalt"]), cost, 32)
    try:
        parts = [aes_key_unwrap(key, b64decode(told[one])) for one in ("primaryMasterKey", "hmacMasterKey")]
    except InvalidUnwrap:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    return (master("Cryptomator AES-256", b"".join(parts)),)


def _marks(store: Store) -> tuple[bytes, ...]:
    return (told_in(store)["primaryMasterKey"].encode(),)


def _is_wrap(name: str) -> bool:
    """A backup may have another passphrase, and so another wrap of the same key."""
    return name.startswith("masterkey.cryptomator")


def _rewrap(data: bytes, key: PrivateKey) -> Rewrap:
    """Whether the number of the format is sealed by this key's second half, as it is in every wrap."""
    if may_wrap(data, "primaryMasterKey", "hmacMasterKey") is Rewrap.NO:
        return Rewrap.NO
    told = json.loads(data)
    try:
        seal, number = b64decode(told["versionMac"], validate=True), int(told["version"]).to_bytes(4, "big")
    except (ValueError, KeyError, TypeError, OverflowError):
        return Rewrap.MAYBE
    own = hmac.digest(key.secret.content[_KEY:], number, "sha256")
    if len(seal) != len(own):
        return Rewrap.MAYBE
    return Rewrap.YES if hmac.compare_digest(own, seal) else Rewrap.NO


KIND: Final = Kind(
    "cryptomator",
    _open,
    marks=_marks,
    is_wrap=_is_wrap,
    quiet=cryptomator_quiet,
    rewrap=_rewrap,
    wrap_hints=(b'"primaryMasterKey"',),
    drawn=True,
)
