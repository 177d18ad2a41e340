"""Keys and copies with a date: asked for again once the case is certified; what came of it, as an addendum.

A store that destroys a key on a date says no more before it than that it will. The certificate says
so too, and of a copy that expires or is locked until a date. Each resuming afterwards asks the store, or
for a document where nobody can be asked; what was learnt is in the journal before an addendum is made of
it, and the addendum is made of the journal alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

from app.domain.event import Progressed
from app.domain.fault import Fault, Refused
from app.domain.outcome import AnyOutcome, Evidence, KeyOutcome, Reason
from app.domain.plan import Subject
from app.flow.closing import get_account, handed_out
from app.flow.desk import Passphrase, ledger_of, now
from app.flow.issuing import stand_ins
from app.flow.opened import OpenCase
from app.flow.papers import EVIDENCE
from app.flow.services import secret_of
from app.identity import Identity
from app.journal import Entry, replay_entries
from app.register.codec import build, outcome_named, plain
from app.steps.certify import Issuing, enter, entered, next_place
from app.steps.certify.evidence.addendum import (
    ASKED,
    ISSUED,
    Asked,
    compose_addendum,
    file_names,
    paper_of,
)
from app.steps.confirm import Dated, ask_for_document, ask_repositories
from app.steps.shred.services.contract import Unanswered
from app.steps.shred.services.later import ask_later
from app.steps.shred.services.seen import SOURCE, UNTIL
from app.system.durable import sync_folder, write_durably


@dataclass(frozen=True, slots=True)
class Waiting:
    """One key that a store destroys on a date, RFC 3339."""

    id: str
    until: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """What was learnt of one key or copy. `reason` is why there is no `outcome`.

    SCHEDULED, EXPIRES and LOCKED are those that still wait.
    """

    id: str
    outcome: AnyOutcome | None
    until: str = ""
    reason: Reason | None = None
    subject: Subject = Subject.KEY


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was laid beside the certificate.

    `awaits` is the folder it could not be handed out to; it then lies in the case, and is
    handed out when that folder is there again.
    """

    manifest: Path
    awaits: Path | None = None


@dataclass(slots=True)
class _Read:
    """What the journal says of keys and copies with a date."""

    asked: Asked = field(default_factory=Asked)
    unissued: int = 0
    issued: int = 0
    kept_back: dict[int, dict[str, str]] = field(default_factory=dict)
    """The files of the addenda that were issued and not handed out, with their SHA-256."""

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        self.asked.take(entry)
        self.unissued += entry.event == ASKED
        if entry.event == ISSUED:
            self.unissued, self.issued = 0, int(entry.body["n"])
            self.kept_back[self.issued] = entry.body["files"]
        if entry.event == HANDED_OUT:
            self.kept_back.pop(int(entry.body["n"]), None)

    def waiting(self) -> tuple[Waiting, ...]:
        """The keys that wait."""
        found = []
        for item, (outcome, evidence, _) in self.asked.last.items():
            if outcome_named(outcome) is KeyOutcome.SCHEDULED:
                told: Evidence = build(Evidence, evidence)
                found.append(Waiting(item, str(dict(told.facts).get(UNTIL, "")), told))
        return tuple(found)

    def dated(self) -> tuple[Dated, ...]:
        """The copies that wait."""
        each = (
            Dated(item, outcome_named(outcome), build(Evidence, evidence))
            for item, (outcome, evidence, _) in self.asked.last.items()
        )
        return tuple(one for one in each if one.waits)


HANDED_OUT: Final = "handed_out"
"""The journal's entry on an addendum that was laid beside the certificate that was handed out."""
COPIES: Final = "copies"
"""The folder of a case's documents for those on copies that nobody can be asked for, named by their ids."""


def waiting(folder: Path) -> tuple[Waiting, ...]:
    """The keys of a certified case that wait for their date, by its journal.

    Raises:
        Refused: JOURNAL_BROKEN.
    """
    return _read(folder).waiting()


def unfinished(folder: Path) -> bool:
    """Whether anything is left to ask, to issue, or to hand out, in a certified case.

    Raises:
        Refused: JOURNAL_BROKEN.
    """
    told = _read(folder)
    return bool(told.waiting() or told.dated() or told.unissued or told.kept_back)


def _read(folder: Path) -> _Read:
    read = _Read()
    replay_entries(folder / "journal.jsonl", read.take)
    return read


def ask_again(
    folder: Path, people: Sequence[Identity], passphrase: Passphrase
) -> Iterator[Progressed | AskedAgain | Addendum]:
    """Ask each store for its key or copy, and issue an addendum of what is another word than before.

    `people` are officer and witness of the certificate. A key that is there again is told
    like one that is gone. No copy is asked for before its date has passed. While nothing has
    changed, nothing is issued. What could not be handed out earlier is handed out now.

    Raises:
        Refused: as `OpenCase.open`, and as `compose_addendum`; JOURNAL_BROKEN when an addendum
            in the case is not the one that was issued.
    """
    opened = OpenCase.open(folder, people[0], passphrase)
    try:
        before = _read(folder)
        for one in before.waiting():
            yield _asked(opened, one, passphrase)
        yield from _copies(opened, before.dated(), passphrase)
        told = _read(folder)
        if told.unissued:
            number = told.issued + 1
            told.kept_back[number] = _issued(opened, people, number, anew=told.unissued > before.unissued)
        for number, files in told.kept_back.items():
            yield _handed_out(opened, number, files)
    finally:
        opened.close()


def _asked(opened: OpenCase, one: Waiting, passphrase: Passphrase) -> AskedAgain:
    number = dict(one.evidence.facts).get(SOURCE)
    try:
        source = opened.case.services[int(str(number))]
        found = ask_later(source, secret_of(source, passphrase), one.evidence, datetime.fromisoformat(now()))
    except (IndexError, ValueError):
        return AskedAgain(one.id, None, one.until, Reason.REPLACED)
    except Unanswered as error:
        return AskedAgain(one.id, None, one.until, error.reason)
    if found.outcome is not KeyOutcome.SCHEDULED or found.until != one.until:
        body = {"id": one.id, "outcome": plain(found.outcome), "evidence": plain(found.evidence)}
        opened.recorder().note(ASKED, body)
    return AskedAgain(one.id, found.outcome, found.until)


def _copies(
    opened: OpenCase, dated: Sequence[Dated], passphrase: Passphrase
) -> Iterator[Progressed | AskedAgain]:
    """Ask for the copies whose date has passed."""
    today = datetime.fromisoformat(now()).date()
    passed = [one for one in dated if one.passed(today)]
    yield from (_told_of(one) for one in dated if one not in passed)
    documents = opened.folder / EVIDENCE / COPIES
    answers = [ask_for_document(one, documents) for one in passed if not one.asked_of_a_store]
    stores = ask_repositories(
        [one for one in passed if one.asked_of_a_store],
        opened.case.backups,
        bytes.fromhex(get_account(opened.folder / "certificate", opened.state.accounted).salts),
        lambda backup: passphrase(backup.path, backup.password_env),
    )
    known = {one.id: one for one in passed}
    for answer in chain(answers, stores):
        if isinstance(answer, Progressed):
            yield answer
            continue
        one = answer.dated
        if answer.reason:
            yield _told_of(one, answer.reason)
            continue
        if one != known[one.id]:
            body = {"id": one.id, "outcome": plain(one.outcome), "evidence": plain(one.evidence)}
            opened.recorder().note(ASKED, body)
        yield _told_of(one)


def _told_of(one: Dated, reason: Reason | None = None) -> AskedAgain:
    return AskedAgain(one.id, None if reason else one.outcome, one.until, reason, Subject.COPY)


def _issued(opened: OpenCase, people: Sequence[Identity], number: int, *, anew: bool) -> dict[str, str]:
    """Write the addendum and enter it in the register, unless an earlier run did both and nothing is new.

    Gives its files in the case with their SHA-256, as the journal now has them.
    """
    folder, ledger = opened.folder / "certificate", ledger_of(opened.folder, opened.case)
    opened.recorder().anchor()
    if anew or not entered(ledger, folder, paper_of(number)):
        account, follows = get_account(folder, opened.state.accounted), next_place(ledger)
        compose_addendum(
            account,
            folder,
            people,
            number=number,
            issued_at=now(),
            journal=opened.folder / "journal.jsonl",
            issuing=Issuing(follows, stand_ins(opened, account, people)),
        )
        enter(ledger, follows, folder, now(), paper_of(number))
    digests = {name: _digest(folder / name) for name in file_names(number)}
    opened.recorder().note(ISSUED, {"n": number, "files": digests})
    return digests


def _handed_out(opened: OpenCase, number: int, files: dict[str, str]) -> Addendum:
    """Lay an addendum beside the certificate that was handed out, should that be within reach."""
    folder, out = opened.folder / "certificate", opened.case.certificate.out
    manifest = file_names(number)[0]
    for name, digest in files.items():
        if _digest(folder / name) != digest:
            raise Refused(Fault.JOURNAL_BROKEN, str(folder / name), "sha256")
    beside = handed_out(opened).parent
    if beside == folder != out:
        return Addendum(folder / manifest, out)
    try:
        for name in files if beside != folder else ():
            write_durably(beside / name, (folder / name).read_bytes(), 0o644)
        sync_folder(beside)
    except OSError:
        # A full or read-only disk: the addendum is issued all the same.
        return Addendum(folder / manifest, out)
    opened.recorder().note(HANDED_OUT, {"n": number})
    return Addendum(beside / manifest)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()
