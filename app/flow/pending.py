"""Keys with a date: asked for again once the case is certified, and what came of it, as an addendum.

A store that destroys a key on a date says no more before it than that it will. The certificate says
so too. Each resuming afterwards asks the store; what it says is in the journal before an addendum is
made of it, and the addendum is made of the journal alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.flow.closing import get_account, handed_out
from app.flow.desk import Passphrase, ledger_of, now
from app.flow.issuing import stand_ins
from app.flow.opened import OpenCase
from app.flow.services import secret_of
from app.identity import Identity
from app.journal import Entry, replay_entries
from app.register.codec import build, outcome_named, plain
from app.steps.certify import Issuing, enter, entered, next_place
from app.steps.certify.evidence.addendum import ASKED, ISSUED, compose_addendum, file_names, paper_of
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
    """What one store said. `reason` is why there is no `outcome`; SCHEDULED is one that still waits."""

    id: str
    outcome: KeyOutcome | None
    until: str = ""
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was laid beside the certificate."""

    manifest: Path


@dataclass(slots=True)
class _Told:
    """What the journal says of keys with a date."""

    last: dict[str, tuple[str, Any]] = field(default_factory=dict)
    unissued: int = 0
    issued: int = 0

    def take(self, entry: Entry) -> None:
        """Take in the next entry."""
        if entry.event in ("settled", ASKED) and str(entry.body["outcome"]).startswith(_KEYS):
            self.last[str(entry.body["id"])] = (str(entry.body["outcome"]), entry.body["evidence"])
        self.unissued += entry.event == ASKED
        if entry.event == ISSUED:
            self.unissued, self.issued = 0, int(entry.body["n"])

    def waiting(self) -> tuple[Waiting, ...]:
        """The keys that wait."""
        found = []
        for item, (outcome, evidence) in self.last.items():
            if outcome_named(outcome) is KeyOutcome.SCHEDULED:
                told: Evidence = build(Evidence, evidence)
                found.append(Waiting(item, str(dict(told.facts).get(UNTIL, "")), told))
        return tuple(found)


_KEYS: Final = f"{KeyOutcome.__name__}."


def waiting(folder: Path) -> tuple[Waiting, ...]:
    """The keys of a certified case that wait for their date, by its journal.

    Raises:
        Refused: JOURNAL_BROKEN.
    """
    return _told(folder).waiting()


def unfinished(folder: Path) -> bool:
    """Whether anything is left to ask, or to issue, in a certified case.

    Raises:
        Refused: JOURNAL_BROKEN.
    """
    told = _told(folder)
    return bool(told.waiting() or told.unissued)


def _told(folder: Path) -> _Told:
    told = _Told()
    replay_entries(folder / "journal.jsonl", told.take)
    return told


def ask_again(
    folder: Path, people: Sequence[Identity], passphrase: Passphrase
) -> Iterator[AskedAgain | Addendum]:
    """Ask each store for its key, and issue an addendum of what is another word than before.

    `people` are officer and witness of the certificate. A key that is there again is told
    like one that is gone. While nothing has changed, nothing is issued.

    Raises:
        Refused: as `OpenCase.open`, and as `compose_addendum`.
    """
    opened = OpenCase.open(folder, people[0], passphrase)
    try:
        before = _told(folder)
        for one in before.waiting():
            yield _asked(opened, one, passphrase)
        told = _told(folder)
        if told.unissued:
            yield _issued(opened, people, told.issued + 1, anew=told.unissued > before.unissued)
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


def _issued(opened: OpenCase, people: Sequence[Identity], number: int, *, anew: bool) -> Addendum:
    """Write the addendum and enter it in the register, unless an earlier run did both and nothing is new."""
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
    names = file_names(number)
    beside = handed_out(opened).parent
    for name in names:
        if beside != folder:
            write_durably(beside / name, (folder / name).read_bytes(), 0o644)
    sync_folder(beside)
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    opened.recorder().note(ISSUED, {"n": number, "files": digests})
    return Addendum(beside / names[0])
