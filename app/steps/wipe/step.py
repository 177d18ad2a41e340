"""The step: the signed plan's files in batches, each begun, overwritten, read back, noted and removed."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Protocol

from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.identity import SignedPlan
from app.steps.wipe.batch import Event, finish_batch, wipe_batch
from app.steps.wipe.bin import move_batch, moved_before
from app.steps.wipe.ending import is_removed, recorded, wiped
from app.steps.wipe.helper import Helper
from app.steps.wipe.keystream import SEED_BYTES
from app.steps.wipe.progress import Progress
from app.steps.wipe.purge import purge
from app.steps.wipe.removed import Removed
from app.steps.wipe.renumbered import Renumbered
from app.steps.wipe.scene import Terms
from app.system.disk import Disk, this_disk

BATCH_ITEMS: Final = 512
BATCH_BYTES: Final = 64 * 1024 * 1024


class Notes(Protocol):
    """The outcome and evidence that were noted of items, by their ids."""

    def __contains__(self, item: str, /) -> bool:
        """Whether it was noted."""

    def __getitem__(self, item: str, /) -> tuple[Outcome, Evidence]:
        """Give what was noted."""


_NO_NOTES: Final[Notes] = MappingProxyType({})
_WIPING: Final = Wiping()


def wipe(
    plan: SignedPlan,
    *,
    stages: Mapping[str, Stage],
    seed: bytes,
    disk: Disk | None = None,
    protected: Sequence[Path] = (),
    noted: Notes = _NO_NOTES,
    wiping: Wiping = _WIPING,
    reader: Sequence[str] = (),
) -> Iterator[Event]:
    """Overwrite and remove what the plan says WIPE of, and move to the bin what it says TRASH of.

    Each file is overwritten in place, once with a keystream derived from `seed`
    and its id unless `wiping` says otherwise, synced, read from the device or
    else through the file, noted, renamed, unlinked, and noted again. At the end
    the names are purged from the folders and the journal of each volume, and its
    files are settled; folders that were emptied are gone then. A file that is not
    exactly what was signed for is left and settled as FAILED. A file wipe is
    partial sanitization (NIST SP 800-88r2 section 4.2): the outcome speaks of
    that file, never of the medium. What a volume stands on is noted under an id
    of its own (`v-`), with what its purge did.

    Stopped or killed at any point, a run with the same `seed` and with `stages`
    and `noted` as the journal holds them goes on; it begins with what was noted.

    Args:
        plan: what two people signed.
        stages: how far each item has come; FRESH where missing.
        seed: at least 32 random bytes, the same over all runs of a case.
        disk: what may change the disk; the dry run is `this_read_only_disk()`.
        protected: places that are left alone besides the ones that always are: the case folder.
        noted: the outcome and evidence of every item whose stage is NOTED.
        wiping: the passes, and what is done besides.
        reader: the command that starts the privileged reader, for who may not read devices; or nothing.

    Raises:
        Refused: as `SignedPlan.verify`; JOURNAL_BROKEN when `noted` lacks an item; and from the
            iteration DISK_FULL, when a file needs room that is not there: what was done is
            noted, that file and the rest are left for a later run, and so is the purge.
    """
    if len(seed) < SEED_BYTES:
        raise ValueError(f"the seed needs {SEED_BYTES} bytes")
    _check(plan, stages, noted)
    locations = frozenset(item.location for item in plan.plan.items if item.location)
    profile, items = plan.plan.profile, plan.plan.items
    terms = Terms(disk or this_disk(), seed, profile, tuple(protected), wiping, locations, items=items)
    if reader and wiping.device:
        return _with_reader(reader, plan, stages, noted, terms)
    return _follow(plan.plan, stages, noted, terms)


def _with_reader(
    command: Sequence[str], plan: SignedPlan, stages: Mapping[str, Stage], noted: Notes, terms: Terms
) -> Iterator[Event]:
    with Helper(command, plan, terms.seed, terms.wiping) as eye:
        yield from _follow(plan.plan, stages, noted, replace(terms, eye=eye))


def _check(plan: SignedPlan, stages: Mapping[str, Stage], noted: Notes) -> None:
    if not isinstance(plan, SignedPlan):
        raise TypeError("only a signed plan is wiped")
    plan.verify()
    for item in going(plan.plan.items):
        if stages.get(item.id) is Stage.NOTED and item.id not in noted:
            raise Refused(Fault.JOURNAL_BROKEN, item.id, "noted")


def going(items: Iterable[PlanItem]) -> Iterator[PlanItem]:
    """The files this step acts on, in plan order. Keys are the shred step's, rows have their own room."""
    return (
        item
        for item in items
        if item.subject is not Subject.KEY and item.fate in (Fate.WIPE, Fate.TRASH) and item.rows is None
    )


def batches(items: Iterable[PlanItem]) -> Iterator[list[PlanItem]]:
    """Group items: at most 512 or 64 MiB together; a bigger file alone."""
    batch: list[PlanItem] = []
    held = 0
    for item in items:
        if batch and (len(batch) == BATCH_ITEMS or held + item.stamp.size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(item)
        held += item.stamp.size
    if batch:
        yield batch


def _follow(plan: Plan, stages: Mapping[str, Stage], noted: Notes, terms: Terms) -> Iterator[Event]:
    items = Renumbered(plan.items, terms.disk)
    yield from items.told()
    progress = Progress(sum(item.stamp.size for item in going(items)))

    def at(fate: Fate, *wanted: Stage) -> Iterator[PlanItem]:
        return (i for i in going(items) if i.fate is fate and stages.get(i.id, Stage.FRESH) in wanted)

    gone, there = Removed(items), []
    for item in at(Fate.WIPE, Stage.NOTED):
        one = recorded(item, *noted[item.id])
        if is_removed(noted[item.id][1]):
            gone.add([one])
        else:
            there.append(one)
    for some in batches(one.item for one in there):
        ids = {item.id for item in some}
        gone.add((yield from finish_batch([one for one in there if one.item.id in ids], terms, progress)))
    moved = {item.id: moved_before(item, terms) for item in at(Fate.TRASH, Stage.NOTED)}
    yield from (ending for ending in moved.values() if ending)
    told: set[str] = set()
    for batch in batches(at(Fate.WIPE, Stage.FRESH, Stage.BEGUN)):
        gone.add((yield from wipe_batch(batch, stages, terms, progress, told)))
    yield from _settle(gone, terms, told)
    waiting = (item for item in at(Fate.TRASH, *Stage) if moved.get(item.id) is None)
    for batch in batches(item for item in waiting if stages.get(item.id) is not Stage.SETTLED):
        yield from move_batch(batch, terms)


def _settle(gone: Removed, terms: Terms, told: Container[str]) -> Iterator[Event]:
    """Purge each volume, then say of each of its files how it ended."""
    for label in gone.volumes:
        together = gone.on(label)
        clean = terms.wiping.names and (yield from purge(label, together, terms, told))
        for one in together:
            verdict = one.verdict if clean else one.verdict.doubted(Reason.NAMES_NOT_PURGED, last=True)
            yield wiped(replace(one, verdict=verdict), terms)
