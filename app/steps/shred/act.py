"""The destruction of one key, in its two halves: overwritten and noted, then tried again and settled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from app.domain.event import Begun, Noted, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.domain.plan import PlanItem, Subject
from app.domain.step import Stage, Step
from app.steps.shred.canary import Canary, answered, digest, lay
from app.steps.shred.content import destroy_content
from app.steps.shred.doomed import Doomed, Failed, reason_of
from app.steps.shred.hunt import NOTHING, Hunted, hunt, remaining, wraps_beside
from app.steps.shred.kinds import UNTOLD as NO_KIND
from app.steps.shred.kinds import open_keys
from app.steps.shred.kinds.contract import NotOpened, Span
from app.steps.shred.overwriting import METHOD, ReadBackDiffers, is_zeros, whole
from app.steps.shred.verdict import CANARY, COPIES, DECLARED, MADE_OF_PASSPHRASE, concluded, verdict

UNTOLD: Final = Evidence(METHOD, (Reason.CANARY_FAILED,))
"""What is known of a key noted in an earlier run whose evidence was not handed over."""


@dataclass(slots=True)
class Act:
    """One key on its way: `overwrite` first, and once all wraps of its store are, `settle`.

    `copies` counts the known copies that stay; `twins` are items of the plan that may
    hold the same key.
    """

    doomed: Doomed
    noted: Evidence
    copies: int
    twins: tuple[PlanItem, ...]
    canaries: tuple[Canary, ...] = ()
    hunted: Hunted = NOTHING
    spans: tuple[Span, ...] = ()
    over: bool = False

    def overwrite(self) -> Iterator[Begun | Noted | Settled]:
        """Lay the canaries, hunt the copies and overwrite; a key that was noted is passed over."""
        doomed = self.doomed
        if doomed.stage is Stage.NOTED:
            return
        try:
            limits = self._before()
            yield Begun(Step.SHRED, (doomed.item.id,), doomed.item.stamp.size)
            self.noted = self._overwritten(limits)
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
        if self._copies_remain():
            more += (Reason.COPIES_REMAIN,)
        evidence = concluded(self.noted, more)
        yield self._settled(verdict(evidence.limits), evidence)

    def _settled(self, outcome: KeyOutcome, evidence: Evidence) -> Settled:
        item = self.doomed.item
        return Settled(Step.SHRED, item.id, item.subject, outcome, evidence)

    def _failed(self, error: Failed | OSError) -> Settled:
        self.over = True
        reason = error.reason if isinstance(error, Failed) else reason_of(error)
        if isinstance(error, OSError) and reason is Reason.NO_SPACE:
            raise Refused(Fault.DISK_FULL, self.doomed.item.path) from error
        return self._settled(KeyOutcome.FAILED, Evidence(METHOD, (reason, *DECLARED)))

    def _before(self) -> tuple[Reason, ...]:
        """Know the file for the signed one and lay canaries; without them, say why not."""
        doomed = self.doomed
        with doomed.reading(doomed.name) as fd:
            if not doomed.is_intact(fd):
                # Ours already: an act that was cut short, or another name of a file that went before.
                return (Reason.CANARY_FAILED, *((Reason.HARD_LINK,) if doomed.shared else ()))
            if doomed.item.subject is Subject.KEY:
                self.hunted = hunt(doomed.item.path, doomed.item.stamp, doomed.marks(fd))
            try:
                canaries = lay(open_keys(doomed.kind, doomed.store(fd), doomed.passphrase))
            except NotOpened as shut:
                return (shut.reason,)
        self.canaries = canaries or ()
        return () if canaries else (Reason.CANARY_FAILED,)

    def _overwritten(self, limits: tuple[Reason, ...]) -> Evidence:
        """Know the file once more, now open for writing, and overwrite it where it lies."""
        doomed = self.doomed
        with doomed.writing() as fd:
            doomed.is_intact(fd)
            # The layout is gone afterwards: where it was is remembered.
            self.spans = doomed.spans(fd) if doomed.kind.container else ()
            try:
                done = destroy_content(doomed.disk, fd, doomed.key, self.spans)
            except ReadBackDiffers:
                raise Failed(Reason.READ_BACK_DIFFERS) from None
        facts = (*done.facts, ("copies_searched", self.hunted.searched), (COPIES, len(self.hunted.found)))
        if not doomed.kind.random:
            facts += ((MADE_OF_PASSPHRASE, True),)
        if self.canaries:
            facts += (
                (CANARY, digest(self.canaries)),
                ("canary", "+".join(dict.fromkeys(one.method for one in self.canaries))),
            )
        return Evidence(METHOD, tuple(dict.fromkeys((*limits, *done.limits))), facts)

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

    def _copies_remain(self) -> bool:
        """Whether any copy, or another wrap of the same key, still stands."""
        doomed = self.doomed
        before = dict(self.noted.facts).get(COPIES, 0) if doomed.stage is Stage.NOTED else 0
        beside = wraps_beside(doomed.item.path, doomed.kind)
        return (
            bool(self.copies or before or remaining(self.hunted))
            or any(_stands(doomed, twin) for twin in self.twins)
            or any(_is_filled(path) for path in beside)
        )


def _stands(doomed: Doomed, twin: PlanItem) -> bool:
    """Whether another file that held the same key may still hold it: anything there but zeros may."""
    looked = Doomed(twin, NO_KIND, Stage.FRESH, "", b"", shared=False, disk=doomed.disk)
    try:
        with looked.reading(looked.name) as fd:
            return not is_zeros(doomed.disk, fd, whole(fd))
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
