"""What the vault holds sealed until it is handed over: each record under the key of the customer it names."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self, cast

from typing_extensions import Buffer, override

from app.domain.event import Progressed
from app.domain.fate import Decision
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome
from app.domain.record import Record
from app.domain.step import Step
from app.domain.vaulting import Suite
from app.flow.desk import Desk, Passphrase, from_environment
from app.flow.opened import OpenCase
from app.flow.vault_hunt import hunted_now
from app.flow.vaulting import shred_in_vault
from app.identity import Identity
from app.register import Register
from app.steps.confirm.naming import file_name
from app.steps.confirm.reading import CantRead, reading
from app.steps.locate.tally import mac_of
from app.steps.shred.slot import overwrite_side
from app.steps.shred.vault_copies import seen_of
from app.system.durable import sync_file
from app.vault import Factor, Store, Vault

SHARED: Final = b"lethe shared 001"
"""The key of records that name more than one customer, or nobody for sure."""
_NAMING: Final = (
    "cn.id",
    "cn.residence",
    "cn.permanent_resident",
    "cn.passport",
    "cn.hkmo_permit",
    "cn.tw_permit",
    "hk.id",
    "mo.id",
    "tw.id",
    "cn.military",
    "cn.mobile",
    "bank.card",
    "email",
    "custom.customer",
)
"""Kinds of identifiers that stand for one person, the surest first."""

Kept = Sequence[tuple[Record, Decision]]


def sealing_here(desk: Desk, vault: Vault, kept: Kept) -> Iterator[Progressed]:
    """Seal a copy of each kept file in the vault; the originals are only read.

    What an earlier run kept and this one does not is shredded. A file that is not what was located is not
    kept here; the package of the custodians says how it ended.
    """
    store = Store(vault)
    owners = owners_of(desk.register, [record for record, _ in kept if record.sha256 and not record.rows])
    if gone := store.vault.customers() - set(owners.values()):
        store.shred(gone, overwrite_side)
    store.vault.add(owners.values())
    whole: dict[str, str] = {}
    for done, (record, _) in enumerate(kept, 1):
        owner = owners.get(record.id)
        if owner and _kept(store, owner, record):
            whole[record.id] = owner.hex()
        yield Progressed(Step.CONFIRM, done, len(kept), "records")
    store.clear_others({(bytes.fromhex(owner), one) for one, owner in whole.items()})
    desk.register.set_fact("sealed_here", whole)


def owners_of(register: Register, records: Collection[Record]) -> dict[str, bytes]:
    """Whose key each record goes under: that of the one person it names, else the shared one."""
    wanted = {record.id: record for record in records}
    named: dict[str, dict[str, set[bytes]]] = {one: {} for one in wanted}
    for record, kind, mac in register.macs():
        if record in wanted:
            named[record].setdefault(kind, set()).add(mac)
    return {one: _owner(record, named[one]) for one, record in wanted.items()}


def _owner(record: Record, named: Mapping[str, set[bytes]]) -> bytes:
    if record.people > 1 or any(len(named.get(kind, ())) > 1 for kind in _NAMING):
        return SHARED
    return next((min(named[kind]) for kind in _NAMING if named.get(kind)), SHARED)


def _kept(store: Store, owner: bytes, record: Record) -> bool:
    """Seal one file, open it again and compare it with what was located."""
    try:
        with reading(record.path) as (file, _):
            store.keep(owner, record.id, cast("BinaryIO", file))
    except CantRead:
        return False
    seen = _Digest()
    store.take(owner, record.id, cast("BinaryIO", seen))
    return seen.state.hexdigest() == record.sha256


class _Digest(io.RawIOBase):
    """Takes bytes and keeps their SHA-256."""

    def __init__(self) -> None:
        self.state = hashlib.sha256()

    @override
    def write(self, data: Buffer, /) -> int:
        body = memoryview(data)
        self.state.update(body)
        return len(body)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a vault holds. `shared` of the records stand under the shared key."""

    suite: Suite
    generation: int
    factors: tuple[Factor, ...]
    customers: int
    records: int
    shared: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How a change of the master ended, and of how many customers and records.

    `copies` are the paths of what may give the old keys back.
    """

    outcome: KeyOutcome
    evidence: Evidence
    customers: int
    records: int
    copies: tuple[str, ...] = ()


Told = Callable[[Progressed], None]


def _silent(_: Progressed) -> None:
    """Hear nothing."""


class SealedHere:
    """The sealed records of a case that is open for its officer; `close` lets go of the case."""

    def __init__(self, opened: OpenCase, passphrase: Passphrase) -> None:
        self._at = opened
        self._passphrase = passphrase
        self._store = Store(opened.vault())

    @classmethod
    def open(cls, folder: Path, officer: Identity, passphrase: Passphrase = from_environment) -> Self:
        """Open the case in `folder`; `passphrase` is asked for the vault's own.

        Raises:
            Refused: as `OpenCase.open`.
            GateClosed: REGISTER_LOCKED once the case is closed.
        """
        opened = OpenCase.open(folder, officer, passphrase)
        try:
            return cls(opened, passphrase)
        except BaseException:
            opened.close()
            raise

    def close(self) -> None:
        """Release the case."""
        self._at.close()

    def counted(self) -> Counted:
        """Count what the vault holds."""
        vault, owners = self._store.vault, self._owners()
        shared = sum(owner == SHARED for owner in owners.values())
        customers = len(vault.customers() - {SHARED})
        return Counted(vault.suite, vault.generation, vault.factors, customers, len(owners), shared)

    def rotate(self, told: Told = _silent) -> Ended:
        """Change the master, and destroy the one before.

        Copies of it are hunted first, of which `told` hears how far that has come.
        """
        return self._end((), told)

    def shred(self, texts: Collection[str], told: Told = _silent) -> Ended:
        """Destroy the keys of whoever has one of these identifiers (numbers, addresses, names).

        The original files and the custodians' package are not touched. Copies of the vault's own
        keys are hunted first, of which `told` hears how far that has come.

        Raises:
            Refused: RECORD_UNKNOWN when one of them names nobody here; RECORD_PROTECTED when a hold
                or the law keeps a record of theirs. Nothing was changed.
        """
        return self._end({one for text in texts for one in self._named(text)}, told)

    def take(self, out: Path) -> int:
        """Open all records into the new or empty folder `out`, each named after its file; count them.

        Raises:
            Refused: VAULT_BROKEN; CASE_EXISTS when the folder holds anything.
        """
        if out.exists() and any(out.iterdir()):
            raise Refused(Fault.CASE_EXISTS, str(out))
        out.mkdir(parents=True, exist_ok=True)
        owners = self._owners()
        for one, owner in owners.items():
            row = self._at.desk().register.find(one)
            name = file_name(Path(row.record.path).name) if row else one
            path = out / f"{one}-{name}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
            try:
                with os.fdopen(os.open(path, flags, 0o600), "wb", buffering=0) as file:
                    self._store.take(owner, one, cast("BinaryIO", file))
                    sync_file(file.fileno())
            except BaseException:
                with suppress(OSError):
                    path.unlink()
                raise
        return len(owners)

    def _owners(self) -> dict[str, bytes]:
        """The records that can be opened, by id, each with its customer."""
        told = self._at.desk().register.fact("sealed_here") or {}
        owners = {one: bytes.fromhex(owner) for one, owner in told.items()}
        alive = self._store.vault.customers()
        return {one: owner for one, owner in owners.items() if owner in alive}

    def _named(self, text: str) -> set[bytes]:
        """The customers here who have this identifier, in whatever way it was typed."""
        key, alive = self._at.desk().keys.handles, self._store.vault.customers() - {SHARED}
        plain = text.strip()
        spellings = {plain, plain.upper(), plain.lower(), *(_bare(one) for one in (plain, plain.upper()))}
        found = {mac_of(key, kind, one) for kind in _NAMING for one in spellings} & alive
        if not found:
            raise Refused(Fault.RECORD_UNKNOWN, "vault")
        return found

    def _end(self, customers: Collection[bytes], told: Told) -> Ended:
        register = self._at.desk().register
        gone = [one for one, owner in self._owners().items() if owner in customers]
        for one in gone:
            row = register.find(one)
            if row and row.decision and row.decision.protected:
                raise Refused(Fault.RECORD_PROTECTED, one, row.decision.rule)
        hunted = hunted_now(self._at.desk(), self._store.vault, self._passphrase, told)
        seen = seen_of(hunted)
        outcome, evidence = shred_in_vault(self._store, customers, self._at.recorder().note, seen)
        left = {one: owner.hex() for one, owner in self._owners().items()}
        register.set_fact("sealed_here", left)
        register.commit()
        copies = tuple(dict.fromkeys(one.path for one in (*hunted.found, *hunted.doubtful)))
        return Ended(outcome, evidence, len(customers), len(gone), copies)


def _bare(text: str) -> str:
    return "".join(letter for letter in text if letter not in " -\t\u3000()（）")
