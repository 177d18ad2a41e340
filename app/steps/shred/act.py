"""The destruction of one key: made ready, overwritten and noted, then tried again and settled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from app.domain.conditions import KeyWord
from app.domain.event import Begun, Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, Fact, KeyOutcome, Reason
from app.domain.plan import PlanItem, Subject
from app.domain.step import Stage, Step
from app.steps.shred.canary import Canary, answered, digest, lay
from app.steps.shred.content import destroy_content
from app.steps.shred.doomed import Doomed, Failed, reason_of
from app.steps.shred.hunt import NOTHING, Hunted, Quarry, doubted, doubts, has, remaining, wraps_beside
from app.steps.shred.kinds import UNTOLD as NO_KIND
from app.steps.shred.kinds import open_keys
from app.steps.shred.kinds.contract import Forgot, NotOpened, Opened, Span
from app.steps.shred.needles import Needles, needles_of
from app.steps.shred.overwriting import METHOD, ReadBackDiffers, is_zeros, whole
from app.steps.shred.rewraps import Trials, rewraps
from app.steps.shred.strength import strength_of
from app.steps.shred.verdict import (
    CANARY,
    COPIES,
    COPIES_AT,
    DECLARED,
    DRAWN,
    STRENGTH,
    UNSAID,
    concluded,
    graded,
)

DOUBTFUL: Final = "copies_doubtful"
"""The fact that counts the locked files that could hold the key."""
STORE_SAYS: Final = "store_says"
"""The fact that says what came of the store's own delete."""
UNTOLD: Final = Evidence(METHOD, (Reason.CANARY_FAILED,))
"""What is known of a key noted in an earlier run whose evidence was not handed over."""


@dataclass(slots=True)
class Act:
    """One key on its way: `prepare`, `overwrite`, and once all wraps of its store are, `settle`.

    `copies` counts the known copies that stay; `twins` are items of the plan that may
    hold the same key, `known` the limits that were known before, `planned` the paths of those
    that go. Between the first two `hunted` is filled in.
    """

    doomed: Doomed
    noted: Evidence
    copies: int
    twins: tuple[PlanItem, ...]
    word: KeyWord = UNSAID
    known: tuple[Reason, ...] = ()
    planned: frozenset[str] = frozenset()
    canaries: tuple[Canary, ...] = ()
    needles: Needles = field(default=frozenset(), repr=False)
    hunted: Hunted = NOTHING
    spans: tuple[Span, ...] = ()
    limits: tuple[Reason, ...] = ()
    strength: int = 0
    failure: Failed | OSError | None = None
    over: bool = False

    def prepare(self, trials: Trials) -> Quarry | None:
        """Know the file for the signed one, lay canaries, end what holds the key; say how a copy is known.

        `trials` have the passphrases that are tried on what is locked.
        """
        doomed = self.doomed
        if doomed.stage in (Stage.NOTED, Stage.SETTLED):
            return None
        keys: Opened = ()
        try:
            keys = self._before()
            # What is not the signed key has nothing of it ended.
            if not doomed.kind.quiet(doomed.item.path, keys):
                self.limits += (Reason.OPEN_ELSEWHERE,)
        except (Failed, OSError) as error:
            self.failure = error
        stamp = doomed.item.stamp
        node = (stamp.device, stamp.inode)
        wraps = rewraps(doomed.kind, keys if self.needles else (), trials)
        return Quarry(doomed.item.id, doomed.item.path, node, self.needles, wraps)

    def overwrite(self) -> Iterator[Begun | Noted | Settled]:
        """Overwrite the key and note it; one that was noted is passed over."""
        doomed = self.doomed
        if doomed.stage is Stage.NOTED:
            return
        if self.failure:
            yield self._failed(self.failure)
            return
        try:
            yield Begun(Step.SHRED, (doomed.item.id,), doomed.item.stamp.size)
            self.noted = self._overwritten()
            yield Noted(Step.SHRED, (doomed.item.id,), "overwritten", self.noted)
        except (Failed, OSError) as error:
            yield self._failed(error)

    def settle(self) -> Iterator[Settled]:
        """See that nothing opens any more, remove the file, and give the verdict."""
        if self.over:
            return
        try:
            more = self._removed()
        except (Failed, OSError) as error:
            yield self._failed(error)
            return
        more += self._forgotten()
        if self._copies_remain():
            more += (Reason.COPIES_REMAIN,)
        if self._doubtful():
            more += (Reason.COPY_DOUBTFUL,)
        evidence = concluded(self.noted, more, self.word)
        yield self._settled(graded(evidence), evidence)

    def _settled(self, outcome: KeyOutcome, evidence: Evidence) -> Settled:
        item = self.doomed.item
        return Settled(Step.SHRED, item.id, item.subject, outcome, evidence)

    def _failed(self, error: Failed | OSError) -> Settled:
        self.over = True
        reason = error.reason if isinstance(error, Failed) else reason_of(error)
        if isinstance(error, OSError) and reason is Reason.NO_SPACE:
            raise Refused(Fault.DISK_FULL, self.doomed.item.path) from error
        return self._settled(KeyOutcome.FAILED, Evidence(METHOD, (reason, *DECLARED)))

    def _before(self) -> Opened:
        """Lay canaries, or say why there are none, and learn what a copy would have in it."""
        doomed = self.doomed
        with doomed.reading(doomed.name) as fd:
            if not doomed.is_intact(fd):
                self._not_tried()
                return ()
            marks, keys = doomed.marks(fd), self._opened(fd)
        if doomed.item.subject is Subject.KEY:
            self.needles = needles_of(marks, keys)
        if keys:
            self.canaries = lay(keys) or ()
            self.strength = min(strength_of(key.algorithm) for key in keys)
            self.limits = () if self.canaries else (Reason.CANARY_FAILED,)
        return keys

    def _opened(self, fd: int) -> Opened:
        """Open the keys; without them, keep why not."""
        doomed = self.doomed
        try:
            return open_keys(doomed.kind, doomed.store(fd), doomed.passphrase)
        except NotOpened as shut:
            self.limits = (shut.reason,)
            return ()

    def _not_tried(self) -> None:
        """Ours already: an act that was cut short, or another name of a file that went before."""
        self.canaries = ()
        self.limits = (Reason.CANARY_FAILED, *((Reason.HARD_LINK,) if self.doomed.shared else ()))

    def _overwritten(self) -> Evidence:
        """Know the file once more, now open for writing, and overwrite it where it lies."""
        doomed = self.doomed
        with doomed.writing() as fd:
            if not doomed.is_intact(fd):
                self._not_tried()
            # The layout is gone afterwards: where it was is remembered.
            self.spans = doomed.spans(fd) if doomed.kind.container else ()
            try:
                done = destroy_content(doomed.disk, fd, doomed.key, self.spans)
            except ReadBackDiffers:
                raise Failed(Reason.READ_BACK_DIFFERS) from None
        facts = (*done.facts, *self._hunt_facts())
        if doomed.kind.drawn:
            facts += ((DRAWN, True),)
        if self.canaries:
            facts += (
                (CANARY, digest(self.canaries)),
                (STRENGTH, self.strength),
                ("canary", "+".join(dict.fromkeys(one.method for one in self.canaries))),
            )
        return Evidence(
            METHOD, tuple(dict.fromkeys((*self.limits, *self.known, *done.limits, *self._blind()))), facts
        )

    def _hunt_facts(self) -> tuple[Fact, ...]:
        """Numbers and handles: the journal names nobody's files."""
        hunted = self.hunted
        unplanned = [one for one in hunted.found if one.path not in self.planned]
        doubtful = doubts(hunted, self.planned)
        facts: tuple[Fact, ...] = (
            ("copies_searched", hunted.searched),
            (COPIES, len(unplanned)),
            ("places_unseen", len(hunted.blind)),
            (DOUBTFUL, len(doubtful)),
        )
        named = tuple(dict.fromkeys(one.id for one in (*unplanned, *doubtful)))
        return (*facts, (COPIES_AT, " ".join(named))) if named else facts

    def _blind(self) -> tuple[Reason, ...]:
        return (Reason.PLACES_UNSEEN,) if self.hunted.blind else ()

    def _removed(self) -> tuple[Reason, ...]:
        """See that nothing opens any more, then take the names away. Gone already is as good."""
        doomed = self.doomed
        name = doomed.standing()
        if not name:
            return ()
        self._after(name)
        if doomed.kind.container:
            return ()
        try:
            doomed.remove(name)
        except OSError:
            return (Reason.NAME_REMAINS,)
        return ()

    def _forgotten(self) -> tuple[Reason, ...]:
        """Call the store's own delete, now that the bytes are gone, and note what the store says."""
        forget = self.doomed.kind.forget
        if forget is None:
            return ()
        told = forget(self.doomed.item.path)
        self.noted = replace(self.noted, facts=(*self.noted.facts, (STORE_SAYS, told.value)))
        return (Reason.OPEN_ELSEWHERE,) if told is Forgot.STANDS else ()

    def _after(self, name: str) -> None:
        """Try to open the key again, as a thief of the file would.

        Raises:
            Failed: STILL_OPENS when it does; CHANGED when the file holds something else than our zeros.
        """
        doomed = self.doomed
        with doomed.reading(name) as fd:
            spans = self.spans or doomed.spans(fd)
            zeros = is_zeros(doomed.disk, fd, spans) or not doomed.item.stamp.size
            try:
                keys = open_keys(doomed.kind, doomed.store(fd), doomed.passphrase)
            except NotOpened:
                keys = ()
        if answered(self.canaries, keys) or (keys and not self.canaries):
            raise Failed(Reason.STILL_OPENS)
        if not zeros:
            raise Failed(Reason.CHANGED)

    def _doubtful(self) -> bool:
        """Whether a locked file that could hold the key still stands; after a stop, as it was before."""
        if self.doomed.stage is Stage.NOTED:
            return bool(dict(self.noted.facts).get(DOUBTFUL))
        return doubted(self.hunted, self.planned)

    def _copies_remain(self) -> bool:
        """Whether any copy, or another wrap of the same key, still stands."""
        doomed = self.doomed
        before = dict(self.noted.facts).get(COPIES, 0) if doomed.stage is Stage.NOTED else 0
        beside = wraps_beside(doomed.item.path, doomed.kind)
        return (
            bool(self.copies or before or remaining(self.hunted, self.needles, self.planned))
            or any(_stands(doomed, twin, self.needles) for twin in self.twins)
            or any(_is_filled(path) for path in beside)
        )


def _stands(doomed: Doomed, twin: PlanItem, needles: Needles) -> bool:
    """Whether another file that held the same key may still hold it: anything there but zeros may.

    A volume that was copied whole keeps what is behind its headers: of that, `needles` tell.
    """
    looked = Doomed(twin, NO_KIND, Stage.FRESH, "", b"", shared=False, disk=doomed.disk)
    try:
        with looked.reading(looked.name) as fd:
            if is_zeros(doomed.disk, fd, whole(fd)):
                return False
        return has(twin.path, needles)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, Failed):
        return True


def _is_filled(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return any(any(part) for part in iter(lambda: file.read(1 << 20), b""))
    except OSError:
        return os.path.lexists(path)
