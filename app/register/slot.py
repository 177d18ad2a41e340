"""The register's key, wrapped in one small file that can be overwritten in place.

The file is created once with its final size and never renamed or rewritten, so that
destroying it destroys the only wrap of the key. Layout of its 4096 bytes: magic (16),
share (32, random), nonce (12), the wrapped key (32 + 16 tag), random padding. The
wrapping key is HKDF-SHA256 over the share and a secret that only the officer's key
file and passphrase together give, so that either one lost loses the register.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.system.durable import sync_file

MAGIC: Final = b"LETHE SLOT 0001\n"
SIZE: Final = 4096
_SHARE: Final = slice(16, 48)
_NONCE: Final = slice(48, 60)
_WRAPPED: Final = slice(60, 108)


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """The keys of one case, 32 bytes each, all derived from the register's key.

    `register` encrypts the register, `handles` makes ids and the HMACs of values,
    `keystream` seeds what files are overwritten with, `salts` the leaves of the proofs.
    """

    register: bytes
    handles: bytes
    keystream: bytes
    salts: bytes


def create_slot(path: Path, secret: bytes, case: str) -> CaseKeys:
    """Make a new random register key and wrap it in a new file at `path`, synced.

    Raises:
        Refused: CASE_EXISTS when the file is there already.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    root, share, nonce = (secrets.token_bytes(n) for n in (32, 32, 12))
    wrapped = AESGCM(_wrapping_key(share, secret)).encrypt(nonce, root, _bound(case))
    body = MAGIC + share + nonce + wrapped
    body += secrets.token_bytes(SIZE - len(body))
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise Refused(Fault.CASE_EXISTS, str(path)) from None
    with os.fdopen(descriptor, "wb") as slot:
        slot.write(body)
        slot.flush()
        sync_file(slot.fileno())
    return _derive(root)


def open_slot(path: Path, secret: bytes, case: str) -> CaseKeys:
    """Unwrap the register's key.

    Raises:
        Refused: CASE_CLOSED when the slot is gone or overwritten; WRONG_PASSPHRASE when the
            secret is not that of the officer who opened the case.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        body = path.read_bytes()
    except FileNotFoundError:
        raise Refused(Fault.CASE_CLOSED, str(path)) from None
    if len(body) != SIZE or not body.startswith(MAGIC):
        raise Refused(Fault.CASE_CLOSED, str(path))
    try:
        aead = AESGCM(_wrapping_key(body[_SHARE], secret))
        return _derive(aead.decrypt(body[_NONCE], body[_WRAPPED], _bound(case)))
    except InvalidTag:
        raise Refused(Fault.WRONG_PASSPHRASE, str(path)) from None


def _bound(case: str) -> bytes:
    return MAGIC + case.encode("utf-8", "surrogatepass")


def _wrapping_key(share: bytes, secret: bytes) -> bytes:
    return _hkdf(share + secret, b"lethe slot 1")


def _derive(root: bytes) -> CaseKeys:
    names = ("register", "handles", "keystream", "salts")
    return CaseKeys(*(_hkdf(root, f"lethe case 1 {name}".encode()) for name in names))


def _hkdf(material: bytes, info: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, None, info).derive(material)
