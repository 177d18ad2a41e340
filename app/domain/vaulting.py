"""How Lethe's own vault is made: its suite, and what opens it besides the officer's key."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Suite(Enum):
    """What a vault is made of.

    AES is AES-256 in GCM with SHA-256. SM4 is SM4 in GCM (GB/T 32907, RFC 8998) with SM3
    (GB/T 32905): keys of 128 bits, and a thirtieth of the speed.
    """

    AES = "aes-256-gcm"
    SM4 = "sm4-gcm"

    @property
    def key_bytes(self) -> int:
        """The length of each key of the suite."""
        return 32 if self is Suite.AES else 16


@dataclass(frozen=True, slots=True)
class VaultTerms:
    """What the officer declares of the vault before the case is made; only `keep` may change later.

    `passphrase_env` names the environment variable of a passphrase of the vault's own, for
    which Argon2id takes `argon2_mib`. `keychain` puts one more factor into the system's
    keychain. With `keep` the vault holds a sealed copy of what is handed over, until the case is closed.
    """

    suite: Suite = Suite.AES
    passphrase_env: str = ""
    argon2_mib: int = 256
    keychain: bool = False
    keep: bool = False
