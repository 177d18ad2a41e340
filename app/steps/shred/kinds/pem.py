"""PEM private keys, and OpenSSH's."""

from __future__ import annotations

import re
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Store, described

_BLOCK: Final = re.compile(rb"-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


def _open(store: Store, passphrase: bytes) -> Opened:
    return tuple(described(_load(block, passphrase)) for block in _blocks(store)) or _none()


def _blocks(store: Store) -> tuple[bytes, ...]:
    return tuple(match[0] for match in _BLOCK.finditer(store.whole()))


def _none() -> Opened:
    raise NotOpened(Reason.UNREADABLE)


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


KIND: Final = Kind("pem", _open, marks=_blocks)
