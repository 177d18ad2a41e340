"""What the probes saw of a key together, and what follows from it for the verdict."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.domain.outcome import Evidence, Fact, Reason
from app.steps.shred.services.contract import (
    CANARY_ANSWER,
    CANARY_TEXT,
    Challenge,
    Keeper,
    Probe,
    Saw,
    Unanswered,
)

METHOD: Final = "store-call-1"
HANDLE: Final = "handle"
"""The fact that says what the store is asked for."""
SOURCE: Final = "source"
"""The fact that says which of the case's declared services it was."""
ANSWERED: Final = "answer"
"""The fact that says that the call was made: `given`, or `unseen` when its answer was lost."""
STORE: Final = "store"
"""The fact that tells, as a SHA-256, which store it was."""
UNTIL: Final = "until"
"""The fact that says on which date a store destroys the key, RFC 3339."""
OPENS: Final = "canary"
"""The name of the probe that tries the canary."""
_LATER: Final = frozenset({HANDLE, SOURCE, STORE, "declared_as", CANARY_TEXT, CANARY_ANSWER})
"""Facts that only serve to ask again."""
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a key. `stands`: it is there, and nothing will take it away."""

    stands: bool
    limits: tuple[Reason, ...]
    facts: tuple[Fact, ...]


def store_of(keeper: Keeper) -> tuple[Fact, ...]:
    """Which store it is, for the journal; nothing where the store does not tell."""
    told = keeper.store()
    return ((STORE, hashlib.sha256(told.encode()).hexdigest()),) if told else ()


def asked_again(keeper: Keeper, noted: Evidence) -> Seen:
    """Ask the same store once more for the key that was noted.

    Raises:
        Unanswered: NO_ANSWER when another store stands at its place: that has no such key
            either; or when none of its probes tells anything.
    """
    facts = dict(noted.facts)
    if STORE in facts and store_of(keeper) != ((STORE, facts[STORE]),):
        raise Unanswered(Reason.NO_ANSWER)
    return seen(keeper.verify(str(facts.get(HANDLE, "")), Challenge.of(facts)))


def seen(probes: Sequence[Probe]) -> Seen:
    """Put the probes together; the worst of them counts.

    Raises:
        Unanswered: NO_ANSWER when none of them tells anything.
    """
    told = [probe for probe in probes if probe.saw is not Saw.SILENT]
    if not told:
        raise Unanswered(Reason.NO_ANSWER)
    waiting = any(probe.saw is Saw.WAITING for probe in told)
    there = any(probe.saw is Saw.THERE for probe in told)
    limits = [limit for probe in probes for limit in probe.limits]
    if waiting:
        limits.append(Reason.DELETION_PENDING)
    if there:
        limits.append(Reason.STILL_OPENS)
    if sum(probe.saw in (Saw.GONE, Saw.WAITING) for probe in told) < _FEWEST:
        limits.append(Reason.NO_ANSWER)
    if not any(probe.name == OPENS and probe.saw is not Saw.SILENT for probe in probes):
        limits.append(Reason.CANARY_FAILED)
    facts: tuple[Fact, ...] = (("probes", " ".join(_word(probe) for probe in probes)),)
    until = max((probe.until for probe in told), default="")
    if until:
        facts += ((UNTIL, until),)
    return Seen(there and not waiting, tuple(dict.fromkeys(limits)), facts)


def refuse_early(before: Evidence, found: Seen, at: datetime) -> None:
    """Refuse the word that a key is gone before the date on which its store was to destroy it.

    Who says so is another store than the one that gave the date, or did what it never does.

    Raises:
        Unanswered: NO_ANSWER.
    """
    until = str(dict(before.facts).get(UNTIL, ""))
    there = not {Reason.DELETION_PENDING, Reason.STILL_OPENS}.isdisjoint(found.limits)
    if until and not there and at < datetime.fromisoformat(until):
        raise Unanswered(Reason.NO_ANSWER)


def _word(probe: Probe) -> str:
    said = "".join(c if c.isalnum() or c in "-_." else "_" for c in probe.said)
    return f"{probe.name}={probe.saw.value}" + (f":{said}" if said else "")


def bare(evidence: Evidence, *, asked_later: bool) -> Evidence:
    """Leave out what only serves to ask again, unless the key is to be asked for later."""
    if asked_later:
        return evidence
    return replace(evidence, facts=tuple(fact for fact in evidence.facts if fact[0] not in _LATER))
