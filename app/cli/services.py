"""Keys that services keep: what their destruction would do; and later what became of all with a date."""

from __future__ import annotations

from pathlib import Path

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.domain.case import Role
from app.domain.outcome import CopyOutcome, KeyOutcome, Reason
from app.domain.plan import Subject
from app.flow import Flow, Passphrase, people_of
from app.flow.papers import EVIDENCE
from app.flow.pending import COPIES, Addendum, AskedAgain, ask_again, unfinished
from app.flow.services import foretold
from app.language import say
from app.register.codec import plain


def tell_services(flow: Flow, passphrase: Passphrase, console: Console) -> None:
    """Say on stderr, or as one line of JSON each, what the destruction of each key of a service would do."""
    for told in foretold(flow.case, passphrase):
        if console.machine:
            console.result("", event="key", **plain(told))
            continue
        calls = " → ".join(told.calls) or Phrase.NOTHING.say(console.language)
        copies = len(told.copies)
        console.phrase(Phrase.SERVICE_FORETOLD, key=told.locator, calls=calls, days=told.wait, copies=copies)
        for one in told.copies:
            console.phrase(Phrase.KEY_COPY_AT, path=one)


def resume_waiting(folder: Path, flow: Flow, passphrase: Passphrase, console: Console) -> bool:
    """Ask again for the keys and copies of a certified case that have a date; False when there are none.

    Raises:
        Refused: as `ask_again`.
    """
    if not unfinished(folder):
        return False
    people = [one for one in people_of(flow.case, passphrase) if one.role is not Role.APPROVER]
    for told in ask_again(folder, people, passphrase):
        if isinstance(told, Addendum):
            phrase = Phrase.ADDENDUM_AWAITS if told.awaits else Phrase.ADDENDUM_LAID
            console.phrase(phrase, path=told.manifest, folder=told.awaits)
            if console.machine:
                awaits = {"awaits": str(told.awaits)} if told.awaits else {}
                console.result("", addendum=str(told.manifest), **awaits)
        elif isinstance(told, AskedAgain):
            _tell(told, folder, console)
    return True


def _tell(told: AskedAgain, folder: Path, console: Console) -> None:
    if told.subject is Subject.COPY:
        _tell_copy(told, folder, console)
    elif told.outcome is KeyOutcome.SCHEDULED:
        console.phrase(Phrase.KEY_WAITS, key=told.id, until=told.until)
    elif told.outcome:
        console.phrase(Phrase.KEY_ENDED, key=told.id, outcome=say(told.outcome, console.language))
    elif told.reason:
        why = say(told.reason, console.language)
        console.phrase(Phrase.KEY_NOT_TOLD, key=told.id, why=why, until=told.until)
    if console.machine:
        console.result("", event="asked_again", **plain(told))


def _tell_copy(told: AskedAgain, folder: Path, console: Console) -> None:
    if told.reason is Reason.AWAITS_EVIDENCE:
        where = folder / EVIDENCE / COPIES
        console.phrase(Phrase.COPY_ASKS_DOCUMENT, copy=told.id, until=told.until, folder=where)
    elif told.reason:
        why = say(told.reason, console.language)
        console.phrase(Phrase.COPY_NOT_TOLD, copy=told.id, why=why, until=told.until)
    elif isinstance(told.outcome, CopyOutcome) and told.outcome.dated:
        console.phrase(Phrase.COPY_WAITS, copy=told.id, until=told.until)
    elif told.outcome:
        console.phrase(Phrase.COPY_ENDED, copy=told.id, outcome=say(told.outcome, console.language))
