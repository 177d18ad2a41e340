"""Cryptomator: `masterkey.cryptomator`, and the `.bkup` files that each unlocking leaves beside it."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.ciphers import scrypt
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, master
from app.steps.shred.kinds.live import cryptomator_quiet


def _told(store: Store) -> dict[str, Any]:
    return dict(json.loads(store.whole()))


def _open(store: Store, passphrase: bytes) -> Opened:
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    told = _told(store)
    cost = (told["scryptCostParam"], told["scryptBlockSize"], 1)
    key = scrypt(passphrase, b64decode(told["scryptSalt"]), cost, 32)
    try:
        parts = [aes_key_unwrap(key, b64decode(told[one])) for one in ("primaryMasterKey", "hmacMasterKey")]
    except InvalidUnwrap:
        raise NotOpened(Reason.WRONG_PASSPHRASE) from None
    return (master("Cryptomator AES-256", b"".join(parts)),)


def _marks(store: Store) -> tuple[bytes, ...]:
    return (_told(store)["primaryMasterKey"].encode(),)


def _is_wrap(name: str) -> bool:
    """A backup may have another passphrase, and so another wrap of the same key."""
    return name.startswith("masterkey.cryptomator")


KIND: Final = Kind("cryptomator", _open, marks=_marks, is_wrap=_is_wrap, quiet=cryptomator_quiet, drawn=True)
