"""The destruction of one key behind a call: asked for and journalled, told to go, journalled, asked again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

from app.domain.event import Begun, CopyFound, Noted, Progressed, Settled
from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage, Step
from app.steps.shred.hunt import NOTHING, Grounds, Hunted, remaining
from app.steps.shred.hunting import copies_of
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import progress_of
from app.steps.shred.services.asking import session
from app.steps.shred.services.contract import (
    Answer,
    Called,
    Keeper,
    KeyRef,
    Traces,
    Unanswered,
    Warrant,
)
from app.steps.shred.services.copies import copies_in
from app.steps.shred.services.later import declared_as
from app.steps.shred.services.seen import (
    ANSWERED,
    HANDLE,
    METHOD,
    SOURCE,
    asked_again,
    bare,
    refuse_early,
    store_of,
)
from app.steps.shred.verdict import CANARY, COPIES, COPIES_AT, DECLARED, concluded, graded

T = TypeVar("T")
Told = Begun | CopyFound | Noted | Progressed | Settled

BESIDE: Final = Grounds()
NO_TRACES: Final = Traces()
UNTOLD: Final = Evidence(METHOD, (Reason.CANARY_FAILED,))
"""What is known of a key noted in an earlier run whose evidence was not handed over."""


@dataclass(slots=True)
class ServiceAct:
    """One key of a store on its way: `overwrite` asks and destroys, `settle` asks what became of it.

    No session with the store outlasts a `yield`.
    """

    item: PlanItem
    call: Called
    stage: Stage
    warrant: Warrant
    noted: Evidence = UNTOLD
    secret: str = field(default="", repr=False)
    over: bool = False
    grounds: Grounds = BESIDE
    hunted: Hunted = NOTHING
    traces: Traces = NO_TRACES

    def carried_out(self, passphrase: Callable[[str], str]) -> Iterator[Told]:
        """Do both, unless that was done in an earlier run."""
        if self.stage is not Stage.SETTLED:
            self.secret = passphrase(self.item.id)
            yield from self.overwrite()
            yield from self.settle()

    def overwrite(self) -> Iterator[Told]:
        """Lay a canary, note it, call, note the answer. Where that was noted, nothing is called again."""
        if self.stage is Stage.NOTED and ANSWERED in dict(self.noted.facts):
            return
        try:
            if self.stage is not Stage.NOTED:
                yield Begun(Step.SHRED, (self.item.id,), 0)
                self.noted = self._asked(self._before)
                yield from self._hunt()
                yield self._note("canary")
            self.noted = _with(self.noted, self._called())
        except Unanswered as error:
            yield self._failed(error.reason)
            return
        yield self._note("called")

    def settle(self) -> Iterator[Settled]:
        """Ask the store what became of the key, and give the verdict."""
        if self.over:
            return
        try:
            found = self._asked(lambda keeper: asked_again(keeper, self.noted))
            refuse_early(self.noted, found, datetime.now(UTC))
        except Unanswered as error:
            yield self._failed(error.reason)
            return
        limits = found.limits + ((Reason.COPIES_REMAIN,) if self._copies_remain() else ())
        told = bare(self.noted, asked_later=Reason.DELETION_PENDING in limits)
        again = dict(found.facts)
        known = tuple(fact for fact in told.facts if fact[0] not in again)
        ended = concluded(Evidence(METHOD, told.limits, (*known, *found.facts)), limits)
        outcome = KeyOutcome.FAILED if found.stands else graded(ended)
        yield Settled(Step.SHRED, self.item.id, self.item.subject, outcome, ended)

    def _asked(self, ask: Callable[[Keeper], T]) -> T:
        return session(self.call.source, self.secret, ask)

    def _before(self, keeper: Keeper) -> Evidence:
        """Know the key for the signed one, and lay a canary; without one, say why not."""
        key = self._signed(keeper.keys())
        limits: tuple[Reason, ...] = key.limits
        facts: tuple[Fact, ...] = (
            (HANDLE, key.handle),
            (SOURCE, self.call.number),
            declared_as(self.call.source),
            *store_of(keeper),
            *key.facts,
        )
        self.traces = keeper.traces(key)
        try:
            canary = keeper.canary(key)
        except Unanswered as error:
            if error.reason is Reason.NO_ANSWER:
                raise
            limits += (error.reason, Reason.CANARY_FAILED)
        else:
            facts += ((CANARY, hashlib.sha256(canary.text).hexdigest()), *canary.facts)
        return Evidence(METHOD, tuple(dict.fromkeys(limits)), facts)

    def _hunt(self) -> Iterator[CopyFound | Progressed]:
        """Look for copies where those of key files are looked for; of what was found the journal has ids."""
        item, places = self.item.id, self.call.source.copies
        self.hunted = yield from progress_of(copies_in(item, places, self.traces, self.grounds))
        found, blind = self.hunted.found, self.hunted.blind
        facts: tuple[Fact, ...] = (
            ("copies_searched", self.hunted.searched),
            (COPIES, len({one.path for one in found})),
            ("places_unseen", len(blind)),
        )
        if found:
            facts += ((COPIES_AT, " ".join(dict.fromkeys(one.id for one in found))),)
        limits = (Reason.PLACES_UNSEEN,) if blind or self.traces.untold else ()
        self.noted = _with(self.noted, Answer(limits, facts))
        late = copies_of({item: found}, Reason.FOUND_LATE)
        yield from (CopyFound(one) for one in late if one.id not in self.grounds.told)

    def _signed(self, keys: tuple[KeyRef, ...]) -> KeyRef:
        if not keys:
            raise Unanswered(Reason.GONE)
        self.warrant.refuse_other(*keys)
        return keys[0]

    def _called(self) -> Answer:
        """Tell the store to destroy the key. Of a call whose answer was lost only that is noted."""
        try:
            return self._asked(self._destroyed)
        except Unanswered as error:
            if error.reason not in (Reason.GONE, Reason.NO_ANSWER):
                raise
            return Answer(facts=((ANSWERED, "unseen"),))

    def _destroyed(self, keeper: Keeper) -> Answer:
        self.warrant.refuse_other(*keeper.keys())
        answer = keeper.destroy(self._handle, self.warrant)
        return Answer(answer.limits, ((ANSWERED, "given"), *answer.facts))

    @property
    def _handle(self) -> str:
        return str(dict(self.noted.facts).get(HANDLE, ""))

    def _copies_remain(self) -> bool:
        if self.stage is Stage.NOTED:
            return bool(dict(self.noted.facts).get(COPIES))
        return bool(remaining(self.hunted, needles_of(self.traces.marks)))

    def _note(self, what: str) -> Noted:
        return Noted(Step.SHRED, (self.item.id,), what, self.noted)

    def _failed(self, reason: Reason) -> Settled:
        self.over = True
        ended = Evidence(METHOD, (reason, *DECLARED))
        return Settled(Step.SHRED, self.item.id, self.item.subject, KeyOutcome.FAILED, ended)


def _with(evidence: Evidence, answer: Answer) -> Evidence:
    limits = tuple(dict.fromkeys((*evidence.limits, *answer.limits)))
    return Evidence(evidence.method, limits, (*evidence.facts, *answer.facts))
