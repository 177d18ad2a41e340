"""The vault: keys of customers under one master, which opens only with the slot and what its officer has.

Whoever is to be forgotten is left out when all others are wrapped anew under a new master
(a puncture): every wrap of the old generation, wherever a device or a backup of the file
kept it, is useless once the slot's old secret was overwritten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from secrets import token_bytes
from typing import Final, Self

from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence
from app.domain.vaulting import Suite
from app.system.durable import write_durably
from app.system.memory import Secret
from app.vault.keys import ID, SALT, Head, Keys, Read, read_keys
from app.vault.slot import (
    Overwriting,
    Side,
    make_slot,
    overwrite_in_place,
    read_secret,
    read_sides,
    span_of,
    write_side,
)
from app.vault.suite import DIGEST
from app.vault.unlocking import Cost, Factor, Factors, Known, forget
from app.vault.wrapping import NotUnwrapped, unwrap, wrap

SLOT: Final = "key.slot"
FOLDER: Final = "vault"
REGISTER: Final = b"lethe register 1"
"""The id under which the vault keeps the root of the case's own keys."""
_KEYS: Final = ("keys.0", "keys.1")
"""The file of a generation has the number of the slot's side."""


@dataclass(frozen=True, slots=True)
class Changed:
    """The master was changed: since when, and how the old side of the slot was overwritten."""

    generation: int
    evidence: Evidence | None


class Vault:
    """One open vault. Its master is in locked memory until `close`; used by one thread at a time.

    Attributes:
        folder: the case folder, with `key.slot` and `vault/`.
        mended: what opening it finished, when a change of the master had been cut off.
    """

    def __init__(self, folder: Path, case: str, side: Side, keys: Keys, known: Known) -> None:
        self.folder: Final = folder
        self.mended: Changed | None = None
        self._case = case
        self._side = side
        self._keys = keys
        self._known = known
        self._master = Secret(keys.head.suite.key_bytes)

    @classmethod
    def create(
        cls, folder: Path, factors: Factors, case: str, *, suite: Suite = Suite.AES, cost: Cost | None = None
    ) -> Self:
        """Make a vault without customers in `folder`: `key.slot` and `vault/keys.0`, both synced.

        Raises:
            Refused: CASE_EXISTS when there is one; PASSPHRASE_MISSING without a secret and a
                passphrase; KEYCHAIN_UNUSABLE.
        """
        if Factor.SECRET not in factors.named and Factor.PASSPHRASE not in factors.named:
            raise Refused(Fault.PASSPHRASE_MISSING, str(folder / SLOT))
        make_slot(folder / SLOT)
        (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
        head = Head(suite, 0, factors.named, token_bytes(SALT), cost or Cost())
        vault = cls(folder, case, Side(1, 0, suite), Keys(head), Known(factors, head))
        try:
            vault._begin_generation(set())
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def open(
        cls, folder: Path, factors: Factors, case: str, overwriting: Overwriting = overwrite_in_place
    ) -> Self:
        """Open the vault in `folder`, and finish a change of the master that was cut off.

        Raises:
            Refused: CASE_CLOSED when the slot is gone or overwritten; WRONG_PASSPHRASE for
                factors that are not its own; PASSPHRASE_MISSING for one that is not given;
                VAULT_BROKEN; CASE_TOO_NEW; KEYCHAIN_UNUSABLE. Nothing was changed then.
        """
        side, read = _newest(folder)
        vault = cls(folder, case, side, read.keys, Known(factors, read.keys.head))
        try:
            vault._unwrap_master(read)
            vault._mend(overwriting)
        except BaseException:
            vault.close()
            raise
        return vault

    @classmethod
    def opens(cls, folder: Path, factors: Factors, case: str) -> bool:
        """Whether it opens. Nothing is changed."""
        try:
            side, read = _newest(folder)
            vault = cls(folder, case, side, read.keys, Known(factors, read.keys.head))
        except (Refused, OSError):
            return False
        try:
            vault._unwrap_master(read)
        except (Refused, OSError):
            return False
        finally:
            vault.close()
        return True

    def close(self) -> None:
        """Overwrite the master and what the officer brought. May be called again."""
        self._master.close()
        self._known.close()

    @property
    def suite(self) -> Suite:
        """What it is made of."""
        return self._keys.head.suite

    @property
    def generation(self) -> int:
        """How many masters it has had."""
        return self._side.generation

    @property
    def number(self) -> bytes:
        """What all its generations have in common, in the slot and in the keys, and no other vault has."""
        return self._keys.head.salt

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What opens it, besides the slot."""
        return self._keys.head.factors

    def customers(self) -> frozenset[bytes]:
        """The ids of all that have a key; the register's is not one of them."""
        return frozenset(self._keys.wraps) - {REGISTER}

    def add(self, customers: Iterable[bytes]) -> None:
        """Make a random key for each id of 16 bytes that has none; on disk when it returns."""
        new = sorted(set(customers) - self._keys.wraps.keys())
        if new:
            with Secret.random(self.suite.key_bytes * len(new)) as keys:
                self._take_in(new, keys.view)

    def adopt(self, customer: bytes, key: memoryview) -> None:
        """Keep a key that was made elsewhere, of the length of the suite; on disk when it returns."""
        self._take_in([customer], key)

    def _take_in(self, new: list[bytes], keys: memoryview) -> None:
        size = self.suite.key_bytes
        if any(len(one) != ID for one in new) or len(keys) != size * len(new):
            raise ValueError("an id has 16 bytes, a key those of the suite")
        wraps = _pieces(wrap(self.suite, self._master.view, keys, size), len(new))
        # On disk first: what is sealed under a key that is nowhere else would be lost.
        table = replace(self._keys, wraps={**self._keys.wraps, **dict(zip(new, wraps, strict=True))})
        write_durably(self._file(self._side.index), table.packed(self._master))
        self._keys = table

    @contextmanager
    def key(self, customer: bytes) -> Iterator[memoryview]:
        """Give the key of a customer in locked memory, overwritten on leaving.

        Raises:
            Refused: RECORD_UNKNOWN when there is none; VAULT_BROKEN.
        """
        wrapped = self._keys.wraps.get(customer)
        if wrapped is None:
            raise Refused(Fault.RECORD_UNKNOWN, customer.hex())
        with Secret(self.suite.key_bytes) as key:
            try:
                unwrap(self.suite, self._master.view, wrapped, key.view, len(key))
            except NotUnwrapped:
                raise Refused(Fault.VAULT_BROKEN, str(self._file(self._side.index))) from None
            yield key.view

    def puncture(
        self, customers: Collection[bytes], overwriting: Overwriting = overwrite_in_place
    ) -> Changed:
        """Destroy the keys of these customers, by a new master that wraps all others.

        The new generation is whole on disk before the old secret is overwritten in place.
        Killed at any point, the next `open` has either all of them, or none of these and
        all others. Without customers it only changes the master.

        Raises:
            Refused: RECORD_UNKNOWN for an id without a key; nothing was changed.
            OSError, NotOverwritten: the old secret may still be there, and `open` tries again.
        """
        gone = set(customers)
        if unknown := gone - self.customers():
            raise Refused(Fault.RECORD_UNKNOWN, min(unknown).hex())
        old = self._side
        self._begin_generation(gone)
        return self._end_generation(old.index, old.generation, overwriting)

    def _begin_generation(self, gone: Collection[bytes]) -> None:
        """Write the next generation: first its keys, then its secret, which makes it count."""
        side = Side(1 - self._side.index, self._side.generation + 1, self.suite, self.number)
        head = replace(self._keys.head, generation=side.generation)
        master, size = Secret.random(self.suite.key_bytes), self.suite.key_bytes
        with Secret.random(DIGEST) as secret, Secret(size) as unlock:
            kept = [one for one in self._keys.wraps if one not in gone]
            wraps = dict(zip(kept, self._wrapped_anew(kept, master), strict=True))
            self._known.unlock_key(head, self._case, secret, unlock.view, renew=True)
            keys = Keys(head, wrap(self.suite, unlock.view, master.view, size), wraps)
            write_durably(self._file(side.index), keys.packed(master))
            write_side(self.folder / SLOT, side, secret)
        old, self._master = self._master, master
        old.close()
        self._side, self._keys = side, keys

    def _wrapped_anew(self, kept: list[bytes], master: Secret) -> list[bytes]:
        size = self.suite.key_bytes
        with Secret(size * len(kept)) as keys:
            wraps = b"".join(self._keys.wraps[one] for one in kept)
            try:
                unwrap(self.suite, self._master.view, wraps, keys.view, size)
            except NotUnwrapped:
                raise Refused(Fault.VAULT_BROKEN, str(self._file(self._side.index))) from None
            return _pieces(wrap(self.suite, master.view, keys.view, size), len(kept))

    def _end_generation(self, index: int, generation: int, overwriting: Overwriting) -> Changed:
        """Overwrite a side that no longer counts, and let go of what it opened."""
        evidence = overwriting(self.folder / SLOT, *span_of(index))
        self._known.forget(self._keys.head, generation)
        self._file(index).unlink(missing_ok=True)
        return Changed(self.generation, evidence)

    def _unwrap_master(self, read: Read) -> None:
        size, file = self.suite.key_bytes, str(self._file(self._side.index))
        with Secret(DIGEST) as secret, Secret(size) as unlock:
            read_secret(self.folder / SLOT, self._side, secret)
            self._known.unlock_key(read.keys.head, self._case, secret, unlock.view)
            try:
                unwrap(self.suite, unlock.view, read.keys.master, self._master.view, size)
            except NotUnwrapped:
                raise Refused(Fault.WRONG_PASSPHRASE, str(self.folder / SLOT)) from None
        if not read.proven(self._master):
            raise Refused(Fault.VAULT_BROKEN, file)

    def _mend(self, overwriting: Overwriting) -> None:
        """Overwrite a side that a change left, whole or torn, and remove the keys it opened."""
        sides, torn = read_sides(self.folder / SLOT)
        other = 1 - self._side.index
        left = {side.index: side.generation for side in sides}
        if other in left or other in torn:
            generation = left.get(other, self.generation - 1)
            self.mended = self._end_generation(other, generation, overwriting)
        self._file(other).unlink(missing_ok=True)
        for path in (self.folder / FOLDER).glob(".keys.*.tmp"):
            path.unlink()

    def _file(self, index: int) -> Path:
        return self.folder / FOLDER / _KEYS[index]


def clear_away(folder: Path, factors: Factors) -> None:
    """Remove what is left of a vault whose slot was destroyed: nobody can open it any more.

    Takes its factor out of the keychain first. May be called again.
    """
    for name in _KEYS:
        path = folder / FOLDER / name
        if factors.keychain and (read := read_keys(path)):
            forget(factors.keychain, read.keys.head)
        path.unlink(missing_ok=True)
    for path in sorted((folder / FOLDER).rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if (folder / FOLDER).is_dir():
        (folder / FOLDER).rmdir()


def _newest(folder: Path) -> tuple[Side, Read]:
    """The newest generation whose secret and keys are both there."""
    sides, _ = read_sides(folder / SLOT)
    if not sides:
        raise Refused(Fault.CASE_CLOSED, str(folder / SLOT))
    for side in sides:
        read = read_keys(folder / FOLDER / _KEYS[side.index])
        if read and (read.keys.head.generation, read.keys.head.suite) == (side.generation, side.suite):
            return side, read
    raise Refused(Fault.VAULT_BROKEN, str(folder / FOLDER))


def _pieces(wraps: bytes, count: int) -> list[bytes]:
    if not count:
        return []
    size = len(wraps) // count
    return [wraps[at : at + size] for at in range(0, len(wraps), size)]
