"""An opened case: its folder locked, its journal replayed, its register unlocked for the officer."""

from __future__ import annotations

import errno
import platform
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final, Self

from app import __version__
from app.domain.case import Case, Role
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow.case_file import reread_case
from app.flow.case_text import case_toml, declared_digest
from app.flow.custody import keep_receipts, note_receipts, refuse_signers
from app.flow.desk import Desk, Passphrase, from_environment
from app.flow.first_key import hand_over, officers_secret
from app.flow.gates import complete, count_pending, unlocked
from app.flow.keeping import refuse_own_keys, refuse_protected
from app.flow.making import FORMAT, clear, furnish
from app.flow.recording import Recorder
from app.flow.state import SLOT, State
from app.flow.vaulting import (
    factors_of,
    finish_take_over,
    note_mended,
    older_root,
    older_slot,
    open_vault,
    refuse_other_terms,
    take_over,
)
from app.identity import Identity
from app.journal import Entry, FirstKey, Journal, replay_entries
from app.register import Register, case_keys, register_key
from app.system.durable import sync_folder, write_durably
from app.system.lock import CaseLock, acquire
from app.vault import REGISTER, Vault

_BETWEEN: Final = ("run", "run.ended", "torn", "behind", "rotated", "key.shown")
"""What the journal may say between an anchor and the entry that was to follow it."""


class OpenCase:
    """One case folder in use.

    Attributes:
        folder: the case folder.
        case: what the officer declared.
        state: what the journal says.
        officer: who opened it; None for a read-only look.
    """

    def __init__(
        self,
        folder: Path,
        case: Case,
        officer: Identity | None,
        passphrase: Passphrase = from_environment,
    ) -> None:
        self.folder = folder
        self.case = case
        self.state = State()
        self.officer = officer
        self._passphrase = passphrase
        self._lock: CaseLock | None = None
        self._journal: Journal | None = None
        self._desk: Desk | None = None
        self._vault: Vault | None = None
        self._hashes: dict[int, str] = {}
        self._pending_at = 0
        self._shown = 0
        self._runs = False

    @classmethod
    def create(
        cls, folder: Path, case: Case, officer: Identity, passphrase: Passphrase = from_environment
    ) -> Self:
        """Make the case folder with its journal, register and slot, whole or not at all, and open it.

        `passphrase` is asked for the vault's own, where the case has one.

        Raises:
            Refused: CASE_EXISTS; CASE_NOT_FOUND when the folder can't be made; WRONG_ROLE unless
                the identity is an officer's; PROTECTED_PLACE for a person's own key to be shredded, or a
                place that Lethe never destroys.
        """
        _must_be_officer(officer)
        refuse_protected(case, folder)
        refuse_own_keys(case, folder)
        case = reread_case(folder / "case.toml", case_toml(case))
        if folder.exists():
            raise Refused(Fault.CASE_EXISTS, str(folder))
        making = folder.with_name(f".{folder.name}.making")
        try:
            clear(making)
            making.mkdir(mode=0o700)
            furnish(making, case, officer, passphrase)
            making.rename(folder)
            sync_folder(folder.parent)
        except OSError as error:
            fault = Fault.DISK_FULL if error.errno == errno.ENOSPC else Fault.CASE_NOT_FOUND
            raise Refused(fault, str(folder), error.strerror or "") from error
        return cls.open(folder, officer, passphrase)

    @classmethod
    def open(
        cls, folder: Path, officer: Identity | None = None, passphrase: Passphrase = from_environment
    ) -> Self:
        """Open a case where it stands. Without an officer it is only looked at, and nothing can begin.

        Raises:
            Refused: CASE_NOT_FOUND, CASE_IN_USE, CASE_TOO_NEW, JOURNAL_BROKEN, REGISTER_BROKEN,
                WRONG_PASSPHRASE when the identity is not that of this case's officer.
        """
        if not (folder / "journal.jsonl").is_file() or not (folder / "case.toml").is_file():
            raise Refused(Fault.CASE_NOT_FOUND, str(folder))
        opened = cls(folder, reread_case(folder / "case.toml"), officer, passphrase)
        if officer is None:
            replay_entries(folder / "journal.jsonl", opened._replayed)
            return opened
        _must_be_officer(officer)
        opened._lock = acquire(folder)
        try:
            journal = Journal.open(folder / "journal.jsonl", opened._replayed)
            opened._journal, opened._hashes[journal.count] = journal, journal.head
            opened._unlock(officer)
            opened._start()
            opened._take_over(officer)
        except BaseException:
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """Put everything on disk and release the case."""
        if self._desk:
            self._desk.register.close()
        if self._journal:
            if self._runs:
                self._journal.leave()
            self._journal.close()
        if self._vault:
            self._vault.close()
        if self._lock:
            self._lock.close()
        self._desk = self._journal = self._lock = self._vault = None
        self._runs = False

    def first_key(self) -> FirstKey | None:
        """The first key of the journal, until the list is signed; None in a case without a seal."""
        if self._journal is None or self.officer is None or self.state.signed:
            return None
        return self._journal.first_key(officers_secret(self.officer))

    def show_first_key(self) -> FirstKey | None:
        """Give the first key to be shown to the witness; the journal says so before it is seen."""
        first = self.first_key()
        if first:
            self.recorder().note("key.shown", {"mark": first.mark})
            self._shown += 1
        return first

    def hand_first_key(self, people: Sequence[Identity]) -> None:
        """Encrypt the first key for the witnesses. It is forgotten once the list is signed."""
        if first := self.first_key():
            handed = hand_over(self.folder, first, people)
            self.recorder().note("key.handed", {"mark": first.mark, "for": handed, "shown": self._shown})

    def forget_first_key(self) -> None:
        """Overwrite the first key that was kept for the officer. May be called again."""
        self._writable().forget_first_key()

    def recorder(self) -> Recorder:
        """The way to the journal.

        Raises:
            GateClosed: REGISTER_LOCKED when the case is only looked at.
        """
        return Recorder(self._writable(), self.state)

    def _writable(self) -> Journal:
        return unlocked(self._journal)

    @property
    def readable(self) -> Desk | None:
        """The desk while the register can be read."""
        return self._desk

    def desk(self) -> Desk:
        """The desk.

        Raises:
            GateClosed: REGISTER_LOCKED when the register is locked or gone.
        """
        return unlocked(self._desk)

    def redeclare(self, case: Case) -> None:
        """Put new declarations in `case.toml` and work with them from now on."""
        refuse_protected(case, self.folder)
        refuse_own_keys(case, self.folder)
        refuse_other_terms(self.case.vault, case.vault)
        path, text = self.folder / "case.toml", case_toml(case)
        # What is written must open the case again, and nothing but that is declared.
        case = reread_case(path, text)
        keep_receipts(case, self.folder)
        write_durably(path, text.encode(), 0o600)
        self.case = case
        self._desk = replace(self.desk(), case=case)

    def note_receipts(self) -> None:
        """Let the journal say whose receipt lies with the case for the package that is sealed now."""
        if self._journal and self.state.package and not self.state.accounted:
            note_receipts(self.case, self.state, self.folder, self.recorder().note)

    def take_receipts(self, people: Sequence[Identity]) -> None:
        """Lay the receipts that came since they were declared; who signs can't be who keeps.

        Raises:
            Refused: CUSTODIAN_SIGNS; PAPER_UNREADABLE.
        """
        refuse_signers(self.case, people)
        keep_receipts(self.case, self.folder)
        self.note_receipts()

    def bind(self) -> None:
        """Let the register know what is declared, once the journal does: an edit by hand is seen by it."""
        register = self.desk().register
        register.set_fact("declared", declared_digest(self.case))
        register.commit()

    def settle(self) -> list[int]:
        """Put on disk what the register holds, so that the journal may speak of it; count what is pending."""
        if self._desk is None:
            return [0, 0, 0, 0]
        self._desk.register.set_fact("journal", self.recorder().anchor())
        self._desk.register.commit()
        if self.state.signed:
            return [0, 0, 0, 0]
        return list(astuple(count_pending(self._desk.register, self.state)))

    def vault(self) -> Vault:
        """The case's vault.

        Raises:
            GateClosed: REGISTER_LOCKED when it is locked or gone.
        """
        return unlocked(self._vault)

    def forget_register(self) -> None:
        """Close the register and the vault and let go of them, because their key is about to be destroyed."""
        if self._desk:
            self._desk.register.close()
        if self._vault:
            self._vault.close()
        self._desk = self._vault = None

    def slot_opens(self) -> bool:
        """Whether the vault opens with the slot: the canary of its destruction.

        Raises:
            GateClosed: REGISTER_LOCKED when the case is only looked at, and nobody can say.
        """
        officer = unlocked(self.officer)
        try:
            factors = factors_of(self.case, officer, self._passphrase)
        except Refused:
            return False
        return Vault.opens(self.folder, factors, self.case.number)

    def _unlock(self, officer: Identity) -> None:
        if self.state.accounted and SLOT in self.state.stages:
            return  # The end of the register has begun; nothing needs it any more.
        if older := older_slot(self.folder):
            with older_root(older, self.case, officer) as root:
                self._open_register(root)
            return
        self._vault = open_vault(self.folder, factors_of(self.case, officer, self._passphrase), self.case)
        with self._vault.key(REGISTER) as root:
            self._open_register(root)

    def _open_register(self, root: memoryview) -> None:
        with register_key(root) as key:
            register = Register.open(self.folder / "register.db", key)
        try:
            self._refuse_strangers(register)
        except Refused:
            register.close()
            raise
        self._desk = Desk(self.folder, self.case, self.state, register, case_keys(root), self._vault)

    def _take_over(self, officer: Identity) -> None:
        """Bring an older case up to this format; the journal says so first, which an older Lethe refuses."""
        if self._vault is None and self._desk:
            self.recorder().note("opened", {"case": self.case.number, "format": FORMAT})
            self._vault = take_over(self.folder, self.case, officer, self.recorder().note)
            self._desk = replace(self._desk, vault=self._vault)
        elif self._vault:
            note_mended(self._vault, self.recorder().note)
            finish_take_over(self.folder, self.case, officer, self.recorder().note)

    def _refuse_strangers(self, register: Register) -> None:
        """Refuse a register and a journal that were not left together, and declarations that nobody signed.

        Whoever can write to the folder can make a journal whose chain holds; they can't
        write the register, which knows an entry of the true one.
        """
        count, head = register.fact("journal") or (0, "")
        if self._hashes.get(count, head) != head or (count and count not in self._hashes):
            raise Refused(Fault.JOURNAL_BROKEN, str(self.folder / "journal.jsonl"), "register.db")
        if count < self._pending_at - 1:
            raise Refused(Fault.REGISTER_BROKEN, str(register.path), "journal.jsonl")
        if self.state.signed and register.fact("declared") != declared_digest(self.case):
            raise Refused(Fault.PLAN_CHANGED, str(self.folder / "case.toml"))

    def _start(self) -> None:
        system = platform.platform(terse=True)
        self._runs = True
        if self.state.signed:
            self.forget_first_key()
        self.recorder().note("run", {"tool": f"Lethe {__version__}", "system": system})
        if self._desk and self._desk.register.fact("declared") != declared_digest(self.case):
            # Edited by hand, or a new case: nothing found before rests on these declarations.
            body = {"void_from": Step.LOCATE.value, "complete": complete(self.case)}
            self.recorder().note("declared", body)
            self.bind()

    def _replayed(self, entry: Entry) -> None:
        version = entry.body.get("format", FORMAT)
        if entry.event == "opened" and (not isinstance(version, int) or version > FORMAT):
            raise Refused(Fault.CASE_TOO_NEW, str(self.folder), str(version))
        # An anchor is taken before an entry that counts what is pending, or before a crash.
        if "pending" in entry.body or entry.event in _BETWEEN:
            self._hashes[entry.n - 1] = entry.prev
        if "pending" in entry.body:
            self._pending_at = entry.n
        self._shown += entry.event == "key.shown"
        self.state.tell(entry)


def _must_be_officer(person: Identity) -> None:
    if person.role is not Role.OFFICER:
        raise Refused(Fault.WRONG_ROLE, person.name, Role.OFFICER.value)
