"""The keys of a case, all derived from the one root that the vault keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.system.memory import Secret


@dataclass(frozen=True, slots=True)
class CaseKeys:
    """What a case computes with while it is open, 32 bytes each. None of them opens the register.

    `handles` makes ids and the HMACs of values, `keystream` seeds what files are
    overwritten with, `salts` the leaves of the proofs.
    """

    handles: bytes
    keystream: bytes
    salts: bytes


def case_keys(root: memoryview) -> CaseKeys:
    """Derive them, by HKDF-SHA256."""

    def plain(name: str) -> bytes:
        with Secret(32) as key:
            _derive(root, name, key)
            return bytes(key.view)

    return CaseKeys(*(plain(name) for name in ("handles", "keystream", "salts")))


@contextmanager
def register_key(root: memoryview) -> Iterator[memoryview]:
    """Give the key that encrypts the register, in locked memory, overwritten on leaving."""
    with Secret(32) as key:
        _derive(root, "register", key)
        yield key.view


def _derive(root: memoryview, name: str, into: Secret) -> None:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    HKDF(SHA256(), 32, None, f"lethe case 1 {name}".encode()).derive_into(root, into.view)
