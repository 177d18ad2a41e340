"""The slot of cases of format 1 and 2, which wrapped the register's key itself: read, to be replaced.

Its 4096 bytes: magic (16), share (32, random), nonce (12), the wrapped key (32 + 16 tag),
random padding. The wrapping key was HKDF-SHA256 over the share and the officer's secret.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.domain.vaulting import Suite
from app.system.memory import Secret
from app.vault.suite import derive

_MAGIC: Final = b"LETHE SLOT 0001\n"
_SIZE: Final = 4096
_SHARE: Final = slice(16, 48)
_NONCE: Final = slice(48, 60)
_WRAPPED: Final = slice(60, 108)


def is_older(path: Path) -> bool:
    """Whether a slot of that kind is at `path`, and was not overwritten."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except FileNotFoundError:
        return False


def open_older(path: Path, secret: bytes, case: str, into: memoryview) -> None:
    """Fill `into`, 32 bytes, with the key that it wraps.

    Raises:
        Refused: CASE_CLOSED when it is not whole; WRONG_PASSPHRASE for another officer's secret.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    body = path.read_bytes()
    if len(body) != _SIZE or not body.startswith(_MAGIC):
        raise Refused(Fault.CASE_CLOSED, str(path))
    bound = _MAGIC + case.encode("utf-8", "surrogatepass")
    with Secret.of(body[_SHARE], secret) as material, Secret(32) as key:
        derive(Suite.AES, material.view, b"lethe slot 1", key.view)
        try:
            AESGCM(key.view).decrypt_into(body[_NONCE], body[_WRAPPED], bound, into)
        except InvalidTag:
            raise Refused(Fault.WRONG_PASSPHRASE, str(path)) from None
