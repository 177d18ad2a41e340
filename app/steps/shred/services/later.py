"""Ask a store again what became of a key whose destruction had a date."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.steps.shred.services.asking import session
from app.steps.shred.services.contract import Unanswered
from app.steps.shred.services.seen import METHOD, UNTIL, asked_again, bare, refuse_early
from app.steps.shred.verdict import concluded, graded

DECLARED_AS: Final = "declared_as"
"""The fact that says, as a SHA-256, which declaration of the case the key was destroyed by."""
_OF_THE_DAY: Final = frozenset(
    {Reason.DELETION_PENDING, Reason.STILL_OPENS, Reason.NO_ANSWER, Reason.CANARY_FAILED}
)
"""Limits that the next look may lift; whatever else was found stays."""
_OF_THE_LOOK: Final = frozenset({"probes", UNTIL, "conditions", "conditions_seen"})


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a key since. `outcome` is SCHEDULED while the store still waits."""

    outcome: KeyOutcome
    evidence: Evidence
    until: str = ""


def declared_as(source: ServiceKey) -> Fact:
    """What a declaration is known by: who is asked, and for what. Who asks may change."""
    known = [source.kind, source.name, source.url, source.region]
    return DECLARED_AS, hashlib.sha256(canonical(known)).hexdigest()


def ask_later(source: ServiceKey, secret: str, before: Evidence, at: datetime | None = None) -> Found:
    """Ask once more, with the canary that was laid before the key was destroyed.

    `at` is the time that it is now; without it, this computer's.

    Raises:
        Unanswered: NO_ANSWER, also when the key is said to be gone before its date; what the
            store says; REPLACED when the case's declaration is
            another one by now, which nobody signed.
    """
    facts = dict(before.facts)
    if facts.get(DECLARED_AS) != declared_as(source)[1]:
        raise Unanswered(Reason.REPLACED)
    found = session(source, secret, lambda keeper: asked_again(keeper, before))
    refuse_early(before, found, at or datetime.now(UTC))
    waits = Reason.DELETION_PENDING in found.limits
    told = bare(before, asked_later=waits)
    kept = tuple(limit for limit in told.limits if limit not in _OF_THE_DAY)
    known = tuple(fact for fact in told.facts if fact[0] not in _OF_THE_LOOK)
    ended = concluded(Evidence(METHOD, kept, (*known, *found.facts)), found.limits)
    outcome = KeyOutcome.FAILED if found.stands else graded(ended)
    return Found(outcome, ended, str(dict(found.facts).get(UNTIL, "")))
