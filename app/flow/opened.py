"""An opened case: its folder locked, its journal replayed, its register unlocked for the officer."""

from __future__ import annotations

import errno
import os
import platform
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final, Self

from app import __version__
from app.domain.case import Case, Role
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.step import Gate, Step
from app.flow.case_file import reread_case
from app.flow.case_text import case_toml, declared_digest
from app.flow.desk import Desk
from app.flow.first_key import hand_over, officers_secret
from app.flow.gates import complete, count_pending
from app.flow.keeping import refuse_own_keys, refuse_protected
from app.flow.recording import Recorder
from app.flow.state import SLOT, State
from app.identity import Identity
from app.journal import Entry, FirstKey, Journal, replay_entries
from app.register import Register, create_slot, open_slot
from app.system.durable import sync_folder, write_durably
from app.system.lock import CaseLock, acquire

FORMAT: Final = 2
"""Of the case folder; in 2 the journal is sealed. A newer Lethe opens an older case, not the reverse."""

_FILES: Final = (
    "case.toml",
    "journal.jsonl",
    "journal.key",
    "key.slot",
    "register.db",
    "register.db-journal",
)
_BETWEEN: Final = ("run", "run.ended", "torn", "behind", "rotated", "key.shown")
"""What the journal may say between an anchor and the entry that was to follow it."""
_SECRET: Final = b"lethe register 1"


class OpenCase:
    """One case folder in use.

    Attributes:
        folder: the case folder.
        case: what the officer declared.
        state: what the journal says.
        officer: who opened it; None for a read-only look.
    """

    def __init__(self, folder: Path, case: Case, officer: Identity | None) -> None:
        self.folder = folder
        self.case = case
        self.state = State()
        self.officer = officer
        self._lock: CaseLock | None = None
        self._journal: Journal | None = None
        self._desk: Desk | None = None
        self._hashes: dict[int, str] = {}
        self._pending_at = 0
        self._shown = 0
        self._runs = False

    @classmethod
    def create(cls, folder: Path, case: Case, officer: Identity) -> Self:
        """Make the case folder with its journal, register and slot, whole or not at all, and open it.

        Raises:
            Refused: CASE_EXISTS; CASE_NOT_FOUND when the folder can't be made; WRONG_ROLE unless
                the identity is an officer's; PROTECTED_PLACE for a person's own key to be shredded, or a
                place that Lethe never destroys.
        """
        _must_be_officer(officer)
        refuse_protected(case, folder)
        refuse_own_keys(case, folder)
        if folder.exists():
            raise Refused(Fault.CASE_EXISTS, str(folder))
        making = folder.with_name(f".{folder.name}.making")
        try:
            _clear(making)
            making.mkdir(mode=0o700)
            _furnish(making, case, officer)
            making.rename(folder)
            sync_folder(folder.parent)
        except OSError as error:
            fault = Fault.DISK_FULL if error.errno == errno.ENOSPC else Fault.CASE_NOT_FOUND
            raise Refused(fault, str(folder), error.strerror or "") from error
        return cls.open(folder, officer)

    @classmethod
    def open(cls, folder: Path, officer: Identity | None = None) -> Self:
        """Open a case where it stands. Without an officer it is only looked at, and nothing can begin.

        Raises:
            Refused: CASE_NOT_FOUND, CASE_IN_USE, CASE_TOO_NEW, JOURNAL_BROKEN, REGISTER_BROKEN,
                WRONG_PASSPHRASE when the identity is not that of this case's officer.
        """
        if not (folder / "journal.jsonl").is_file() or not (folder / "case.toml").is_file():
            raise Refused(Fault.CASE_NOT_FOUND, str(folder))
        opened = cls(folder, reread_case(folder / "case.toml"), officer)
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
        if self._lock:
            self._lock.close()
        self._desk = self._journal = self._lock = None
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
        if self._journal is None:
            raise GateClosed(Step.COMPANY, Gate.REGISTER_LOCKED)
        return self._journal

    @property
    def readable(self) -> Desk | None:
        """The desk while the register can be read."""
        return self._desk

    def desk(self) -> Desk:
        """The desk.

        Raises:
            GateClosed: REGISTER_LOCKED when the register is locked or gone.
        """
        if self._desk is None:
            raise GateClosed(Step.COMPANY, Gate.REGISTER_LOCKED)
        return self._desk

    def redeclare(self, case: Case) -> None:
        """Put new declarations in `case.toml` and work with them from now on."""
        refuse_protected(case, self.folder)
        refuse_own_keys(case, self.folder)
        write_durably(self.folder / "case.toml", case_toml(case).encode(), 0o600)
        self.case = case
        self._desk = replace(self.desk(), case=case)

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

    def forget_register(self) -> None:
        """Close the register and let go of it, because its key is about to be destroyed."""
        if self._desk:
            self._desk.register.close()
        self._desk = None

    def slot_opens(self) -> bool:
        """Whether the register's key can be had from the slot: the canary of its destruction."""
        secret = self.officer.secret(_SECRET) if self.officer else b""
        with suppress(Refused):
            open_slot(self.folder / "key.slot", secret, self.case.number)
            return True
        return False

    def _unlock(self, officer: Identity) -> None:
        if self.state.accounted and SLOT in self.state.stages:
            return  # The end of the register has begun; nothing needs it any more.
        keys = open_slot(self.folder / "key.slot", officer.secret(_SECRET), self.case.number)
        register = Register.open(self.folder / "register.db", keys.register)
        try:
            self._refuse_strangers(register)
        except Refused:
            register.close()
            raise
        self._desk = Desk(self.folder, self.case, self.state, register, keys)

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


def _furnish(folder: Path, case: Case, officer: Identity) -> None:
    (folder / "evidence").mkdir()
    (folder / "certificate").mkdir()
    keys = create_slot(folder / "key.slot", officer.secret(_SECRET), case.number)
    Register.create(folder / "register.db", keys.register).close()
    write_durably(folder / "case.toml", case_toml(case).encode(), 0o600)
    journal = Journal.create(folder / "journal.jsonl", FirstKey.new(), kept_for=officers_secret(officer))
    journal.append("opened", {"case": case.number, "format": FORMAT})
    journal.append("declared", {"void_from": Step.LOCATE.value, "complete": complete(case)})
    journal.close()
    sync_folder(folder)


def _clear(making: Path) -> None:
    """Take away what an interrupted `create` left; it was never a case.

    Raises:
        Refused: CASE_EXISTS when the folder of that name holds anything else.
    """
    if not os.path.lexists(making):
        return
    if making.is_symlink() or any(not _is_ours(path) for path in making.iterdir()):
        raise Refused(Fault.CASE_EXISTS, str(making))
    shutil.rmtree(making)


def _is_ours(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        return path.name in ("certificate", "evidence") and not any(path.iterdir())
    return path.name in _FILES or (path.name.startswith(".case.toml.") and path.suffix == ".tmp")


def _must_be_officer(person: Identity) -> None:
    if person.role is not Role.OFFICER:
        raise Refused(Fault.WRONG_ROLE, person.name, Role.OFFICER.value)
