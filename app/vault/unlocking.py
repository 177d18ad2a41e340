"""The factors that open a vault, and the key they give together. Each one that is lost loses the vault."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, cast

from app.domain.fault import Fault, Refused
from app.domain.vaulting import Suite
from app.system.memory import Secret, fill_with_random, wipe
from app.vault.keychain import SERVICE, Keychain
from app.vault.suite import DIGEST, derive

FLOOR_KIB: Final = 64 << 10
"""Below this a passphrase is too cheap to try (RFC 9106, second recommendation)."""
_CEILING_KIB: Final = 4 << 20
_MOST_PASSES: Final = 64
_MOST_LANES: Final = 64
_INFO: Final = b"lethe vault 1 unlock "


class Factor(Enum):
    """What a vault's unlock key is made of, besides the secret of the slot, which is always in it."""

    SECRET = "secret"
    """32 bytes from the officer's key, which needs its file or token, and its passphrase or PIN."""
    PASSPHRASE = "passphrase"
    """A passphrase of the vault's own, through Argon2id."""
    KEYCHAIN = "keychain"


@dataclass(frozen=True, slots=True)
class Cost:
    """What Argon2id (RFC 9106) takes for one try of the passphrase.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE below the floor, or for what no computer would end.
    """

    memory_kib: int = 256 << 10
    passes: int = 3
    lanes: int = 4

    def __post_init__(self) -> None:
        fits = (
            FLOOR_KIB <= self.memory_kib <= _CEILING_KIB
            and 1 <= self.passes <= _MOST_PASSES
            and 1 <= self.lanes <= _MOST_LANES
        )
        if not fits:
            detail = f"{FLOOR_KIB // 1024} … {_CEILING_KIB // 1024} MiB"
            raise Refused(Fault.CASE_FILE_WRONG_VALUE, "argon2", detail)


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has to open a vault with. `secret` is 32 bytes of full strength, or nothing."""

    secret: bytes = b""
    passphrase: str = ""
    keychain: Keychain | None = None

    @property
    def named(self) -> tuple[Factor, ...]:
        """Which they are."""
        has = {
            Factor.SECRET: bool(self.secret),
            Factor.PASSPHRASE: bool(self.passphrase),
            Factor.KEYCHAIN: self.keychain is not None,
        }
        return tuple(factor for factor, there in has.items() if there)


class Needs(Protocol):
    """What a vault says of itself to whoever wants to open it."""

    @property
    def suite(self) -> Suite:
        """Its suite."""

    @property
    def generation(self) -> int:
        """How many masters it has had."""

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What it asks for."""

    @property
    def salt(self) -> bytes:
        """Its own for good."""

    @property
    def cost(self) -> Cost:
        """Of a passphrase."""


class Known:
    """The factors that a person brings, derived, in locked memory until `close`."""

    def __init__(self, factors: Factors, head: Needs) -> None:
        """Take what `head` asks for.

        Raises:
            Refused: PASSPHRASE_MISSING for a factor that is asked for and not given.
        """
        if missing := [one.value for one in head.factors if one not in factors.named]:
            raise Refused(Fault.PASSPHRASE_MISSING, "vault", " ".join(missing))
        self._keychain = factors.keychain if Factor.KEYCHAIN in head.factors else None
        self._both = Secret(2 * DIGEST)
        if Factor.PASSPHRASE in head.factors:
            _argon2id(factors.passphrase, head.salt, head.cost, self._both.view[:DIGEST])
        if Factor.SECRET in head.factors:
            derive(head.suite, factors.secret, _INFO + b"secret", self._both.view[DIGEST:], head.salt)

    def unlock_key(
        self, head: Needs, case: str, slot: Secret, into: memoryview, *, renew: bool = False
    ) -> None:
        """Derive the key that unwraps the master of a generation; `renew` makes its keychain factor first.

        Raises:
            Refused: WRONG_PASSPHRASE when the keychain has none for it; KEYCHAIN_UNUSABLE.
        """
        names = " ".join(factor.value for factor in head.factors).encode()
        bound = f"{head.generation} {case}".encode("utf-8", "surrogatepass")
        with Secret(DIGEST) as kept:
            if self._keychain and renew:
                fill_with_random(kept.view)
                self._keychain.put(_name(head.salt, head.generation), kept.view)
            elif self._keychain and not self._keychain.get(_name(head.salt, head.generation), kept.view):
                raise Refused(Fault.WRONG_PASSPHRASE, SERVICE)
            with Secret.of(slot.view, kept.view, self._both.view) as material:
                derive(head.suite, material.view, _INFO + names + b"\0" + bound, into, head.salt)

    def forget(self, head: Needs, generation: int) -> None:
        """Take the factor of a generation that is over out of the keychain."""
        if self._keychain:
            self._keychain.forget(_name(head.salt, generation))

    def close(self) -> None:
        """Overwrite them."""
        self._both.close()


def forget(keychain: Keychain, head: Needs) -> None:
    """Take the factor of a generation out of the keychain."""
    keychain.forget(_name(head.salt, head.generation))


def _name(salt: bytes, generation: int) -> str:
    return f"{salt[:8].hex()}.{generation}"


def _argon2id(passphrase: str, salt: bytes, cost: Cost, into: memoryview) -> None:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    # The text itself can't be overwritten: it is the caller's.
    letters = bytearray(passphrase, "utf-8", "surrogatepass")
    try:
        Argon2id(
            salt=salt,
            length=len(into),
            iterations=cost.passes,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive_into(cast("bytes", letters), into)
    finally:
        wipe(letters)
