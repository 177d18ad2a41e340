"""Verdicts: from what was seen of a key's end to its place on the ladder, never rounded up.

No key reaches CE_PURGE, which asks for all twelve conditions at once, and none can here. C5 asks that
no copy was ever made: whoever may read a file may copy it without a trace, a snapshot or a hypervisor
copies memory unseen, and the vault's own slot lies in a file too. Only a token or a TPM keeps a key
from ever leaving it; what it says of that is its word, and of it nobody can read back that the bytes
are gone (C11). C1 could be seen of what Lethe itself sealed, but not that its original never lay
elsewhere; C6 and C12 are about people. The rung is kept because the ladder has it, and a combination
of limits and words that would reach it is a fault that a test looks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from app.domain.conditions import ClearBefore, Condition, Escrow, KeyWord, Standing, standings
from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.steps.shred.strength import ENOUGH
from app.steps.shred.surface import HANDLES, MEDIUM

CANARY: Final = "canary_sha256"
"""The fact that says a canary was laid and answered before the key was overwritten."""
UNSAID: Final = KeyWord()
DECLARED: Final = (Reason.COPIES_DECLARED_ONLY, Reason.ESCROW_UNKNOWN)
"""Conditions C5 and C6: Lethe searches what is declared and can't see escrow, so neither is ever met."""
COPIES: Final = "copies_found"
"""The fact that says how many copies of a key the hunt found."""
COPIES_AT: Final = "copies_at"
"""The fact that names these copies by their ids; the register knows their paths."""
STRENGTH: Final = "strength"
"""The fact that says how many bits of strength the weakest algorithm of a key has."""
DRAWN: Final = "drawn_by_its_store"
"""The fact that says that the store's own program draws each key at random: nobody brought this one."""
NOT_SEEN: Final = Evidence("none", (Reason.CANARY_FAILED,))
"""The evidence of a destruction of which nobody says what was seen: it grades no better than that."""
_ACCESS_ONLY: Final = frozenset(
    {
        Reason.WRONG_PASSPHRASE,
        Reason.CIPHER_UNTRIED,
        Reason.UNREADABLE,
        Reason.CANARY_FAILED,
        Reason.COPIES_REMAIN,
        Reason.COPY_DOUBTFUL,
        Reason.OPEN_ELSEWHERE,
        Reason.ESCROW_STANDS,
        Reason.RESTORABLE,
        Reason.NO_ANSWER,
        Reason.DENIED,
        Reason.STORE_REFUSED,
    }
)
_UNSEEN: Final = MEDIUM | {Reason.STORE_WORD, Reason.STORE_BACKUPS, Reason.EXPORTABLE}
"""Of the bytes that held the key, or of what was made of them, something was not seen."""


def verdict(limits: Iterable[Reason]) -> KeyOutcome:
    """Grade a key that was overwritten and read back, or that its store no longer has.

    By its limits alone: `graded` asks for the conditions too, and gives nothing better than
    this. CE_PURGE asks for all twelve of them, and is out of reach for as long as one rests
    on a person's word.
    """
    found = frozenset(limits)
    if Reason.DECLARED in found:
        return KeyOutcome.CLAIMED
    if found & _ACCESS_ONLY:
        return KeyOutcome.ACCESS_REMOVED
    if Reason.DELETION_PENDING in found:
        return KeyOutcome.SCHEDULED
    return KeyOutcome.MEDIUM_RESIDUE if found & _UNSEEN else KeyOutcome.KEY_DESTROYED_HERE


def concluded(noted: Evidence, more: Iterable[Reason], word: KeyWord = UNSAID) -> Evidence:
    """Add what was seen at the removal and what a person says, and tell how far each condition holds."""
    limits = tuple(dict.fromkeys((*noted.limits, *more, *_said(word))))
    told = _standings(noted, limits, word)
    seen: Fact = (
        "conditions_seen",
        " ".join(one.label + _DOUBT.get(one, "") for one in _SEEN if told[one].known),
    )
    every: Fact = ("conditions", " ".join(f"{one.label}={told[one].value}" for one in Condition))
    facts: tuple[Fact, ...] = (*noted.facts, seen, every)
    if word.by:
        facts += (("conditions_by", word.by),)
    if word.by and word.secret_until:
        facts += (("secret_until", word.secret_until.isoformat()),)
    return Evidence(noted.method, limits, facts)


def reconsidered(ended: Evidence, limits: Iterable[Reason], facts: tuple[Fact, ...]) -> Evidence:
    """Conclude anew, with what was seen elsewhere: nobody's word was given on the key."""
    known = tuple(fact for fact in ended.facts if fact[0] not in _CONCLUDED)
    return concluded(Evidence(ended.method, ended.limits, (*known, *facts)), limits)


def graded(ended: Evidence) -> KeyOutcome:
    """Grade what is concluded: never better than its limits allow, nor than its conditions do."""
    pending = Reason.DELETION_PENDING in ended.limits and CANARY in dict(ended.facts)
    return max(verdict(ended.limits), at_best(standings(ended), pending=pending), key=list(KeyOutcome).index)


def at_best(told: Mapping[Condition, Standing], *, pending: bool = False) -> KeyOutcome:
    """The best rung that these conditions leave. One whose end is `pending` may open until then.

    A condition of which nothing is said is open.
    """
    if pending:
        return KeyOutcome.SCHEDULED
    known = {one for one in Condition if told.get(one, Standing.OPEN).known}
    if not known.issuperset({*_LIVE, Condition.FINAL}):
        return KeyOutcome.ACCESS_REMOVED
    if not known.issuperset({Condition.READ_BACK, Condition.MEDIUM}):
        return KeyOutcome.MEDIUM_RESIDUE
    if not known.issuperset(Condition):
        return KeyOutcome.KEY_DESTROYED_HERE
    return KeyOutcome.CE_PURGE


_CONCLUDED: Final = ("conditions_seen", "conditions")
_LIVE: Final = (Condition.NO_SESSION, Condition.CANARY)
_SEEN: Final = (
    Condition.MEDIUM,
    Condition.NO_SESSION,
    Condition.FINAL,
    Condition.CANARY,
    Condition.READ_BACK,
)
_DOUBT: Final = {Condition.NO_SESSION: "?"}
"""C8 is marked `?`: no other handle was seen, but agents and hibernation files can't be."""


def _said(word: KeyWord) -> tuple[Reason, ...]:
    """What a person's word leaves open or makes worse. Lethe sees neither copies elsewhere nor escrow."""
    if not word.by:
        return DECLARED
    clear = (Reason.CLEAR_BEFORE,) if word.clear_before is ClearBefore.YES else ()
    escrow = {Escrow.UNKNOWN: (Reason.ESCROW_UNKNOWN,), Escrow.STANDS: (Reason.ESCROW_STANDS,)}
    return (Reason.COPIES_DECLARED_ONLY, *escrow.get(word.escrow, ()), *clear)


def _standings(noted: Evidence, limits: tuple[Reason, ...], word: KeyWord) -> dict[Condition, Standing]:
    facts = dict(noted.facts)
    canary, read_back = CANARY in facts, "sha256_read_back" in facts
    dead = canary and not _ALIVE.intersection(limits)
    final = (read_back or "probes" in facts) and not _NOT_FINAL.intersection(limits)
    alone = not {Reason.COPIES_REMAIN, Reason.COPY_DOUBTFUL}.intersection(limits)
    strong = canary and int(facts.get(STRENGTH, 0)) >= ENOUGH
    asked = "stale_handle" in facts or bool(_REFUSED.search(str(facts.get("probes", ""))))
    looked = asked or (read_back and facts.get(HANDLES, True))
    met, seen, declared = Standing.MET, Standing.SEEN, Standing.DECLARED
    return {
        one: how if holds else Standing.OPEN
        for one, how, holds in (
            (Condition.NEVER_CLEAR, declared, word.by and word.clear_before is ClearBefore.NO),
            (Condition.STRENGTH, met, strong),
            (Condition.RANDOM, met, canary and DRAWN in facts),
            (Condition.WRAPS, seen, canary and alone),
            (Condition.COPIES, declared, alone),
            (Condition.ESCROW, declared, word.by and word.escrow in (Escrow.NONE, Escrow.DESTROYED)),
            (Condition.MEDIUM, met, read_back and not _UNSEEN.intersection(limits)),
            (Condition.NO_SESSION, seen, looked and Reason.OPEN_ELSEWHERE not in limits),
            (Condition.FINAL, met, final),
            (Condition.CANARY, met, dead),
            (Condition.READ_BACK, met, read_back),
            (Condition.HORIZON, declared, word.by and word.secret_until is not None),
        )
    }


_REFUSED: Final = re.compile(r"\bcanary=(?:gone|waiting)\b")
"""A store that holds a key itself, and no more answers with it, has no session of it."""
_ALIVE: Final = frozenset({Reason.CANARY_FAILED, Reason.STILL_OPENS})
_NOT_FINAL: Final = frozenset(
    {Reason.DELETION_PENDING, Reason.RESTORABLE, Reason.STILL_OPENS, Reason.NO_ANSWER, Reason.DECLARED}
)
