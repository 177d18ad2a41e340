"""`lethe vault`: what a case holds sealed until it is handed over."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from app.cli.console import Console
from app.cli.phrases import Phrase
from app.cli.verbs import EXCEPTIONS
from app.cli.verbs.run import asking
from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.flow import Flow, Passphrase
from app.flow.people import unlocked
from app.flow.sealed_here import Ended, SealedHere
from app.identity import Identity
from app.language import say

_COPIES = (Reason.COPIES_REMAIN, Reason.COPY_DOUBTFUL, Reason.PLACES_UNSEEN)


def vault(asked: argparse.Namespace, console: Console) -> int:
    """Count what is there, or do the one thing that was asked for."""
    folder = Path(asked.case_dir).absolute()
    ask = asking(console)
    here = SealedHere.open(folder, _officer(folder, ask), ask)
    try:
        if asked.shred:
            return _told(here.shred(_texts(asked.shred), console.progress), Phrase.VAULT_SHREDDED, console)
        if asked.rotate:
            return _told(here.rotate(console.progress), Phrase.VAULT_ROTATED, console)
        if asked.take:
            out = Path(asked.take).absolute()
            count = here.take(out)
            console.result(Phrase.VAULT_TAKEN.say(console.language, count=count, path=out), taken=count)
            return 0
        _count(here, console)
    finally:
        here.close()
    return 0


def _texts(given: list[str]) -> list[str]:
    """What was typed; for `-` the lines of stdin, which no list of processes shows."""
    lines = sys.stdin.read().splitlines() if "-" in given else []
    return [one for one in (*given, *lines) if one.strip() not in ("", "-")]


def _officer(folder: Path, ask: Passphrase) -> Identity:
    case = Flow.open(folder).case
    source = next((one for one in case.people if one.role is Role.OFFICER), None)
    if source is None:
        raise Refused(Fault.PERSON_MISSING, Role.OFFICER.value)
    return unlocked(source, ask)


def _count(here: SealedHere, console: Console) -> None:
    seen = here.counted()
    facts = {
        "generation": seen.generation,
        "customers": seen.customers,
        "records": seen.records,
        "shared": seen.shared,
    }
    factors = [factor.value for factor in seen.factors]
    suite = say(seen.suite, console.language)
    told = Phrase.VAULT_HOLDS.say(console.language, suite=suite, **facts)
    console.result(told, suite=seen.suite.value, factors=["slot", *factors], **facts)


def _told(ended: Ended, phrase: Phrase, console: Console) -> int:
    outcome = say(ended.outcome, console.language)
    told = phrase.say(console.language, outcome=outcome, customers=ended.customers, records=ended.records)
    limits = [limit.value for limit in ended.evidence.limits]
    console.result(
        told,
        outcome=ended.outcome.value,
        customers=ended.customers,
        records=ended.records,
        limits=limits,
        copies=list(ended.copies),
    )
    for limit in (one for one in ended.evidence.limits if one in _COPIES):
        console.line(say(limit, console.language))
    for path in ended.copies:
        console.line(path)
    if ended.customers:
        console.phrase(Phrase.VAULT_ORIGINALS)
    return 0 if ended.outcome in (KeyOutcome.CE_PURGE, KeyOutcome.KEY_DESTROYED_HERE) else EXCEPTIONS
