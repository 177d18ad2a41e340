"""Dispose of copies in repositories: only what was signed, its hashes on disk first, then its absence."""

from __future__ import annotations

import errno
import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import Begun, Event, Noted, Settled
from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Fact, KeyOutcome, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage, Step
from app.identity import SignedPlan
from app.steps.confirm.repositories.contract import Entry, Kind, Repository, Unusable
from app.steps.confirm.repositories.finding import INSIDE
from app.steps.confirm.repositories.whereabouts import same_store
from app.steps.confirm.repositories.work import (
    PATIENCE,
    Passwords,
    at_work,
    by_path,
    kind_of,
    told,
    understood,
)
from app.steps.confirm.wanted import Wanted

_ITEMS: Final = 512
_BYTES: Final = 64 << 20

_STAYS_READABLE: Final = {Reason.FREED_IN_CLEAR, Reason.VERSIONS_KEPT}
"""What leaves the content of a copy that was taken out readable, or to be had again."""

KeyEnd = Callable[[str], KeyOutcome | None]
"""How the key of a repository ended, by the repository's path; None when none of it was shredded."""


@dataclass(slots=True)
class _Round:
    """What is known of the items of one repository while it is disposed of."""

    backup: Backup
    kind: Kind
    items: list[PlanItem]
    copies: Mapping[str, Copy]
    stages: Mapping[str, Stage]
    entries: tuple[Entry, ...] = ()
    freed: tuple[Reason, ...] = (Reason.FREED_ENCRYPTED,)
    damaged: bool = False
    left: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()
    """Ids of what was there when its hashes were noted, in this run or in one that was stopped."""
    marks: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def sizes(self) -> frozenset[int]:
        return frozenset(item.stamp.size for item in self.items)


def dispose(
    plan: SignedPlan,
    *,
    copies: Mapping[str, Copy],
    backups: Sequence[Backup],
    stages: Mapping[str, Stage],
    password: Passwords,
    key_end: KeyEnd = lambda _: None,
    patience: float = PATIENCE,
) -> Iterator[Event]:
    """Take every copy of which the plan says EXPUNGE out of its repository, and see that it is gone.

    Each repository is checked with its own tool, searched again for the signed content, and
    changed only then; the hashes by which it knows that content are noted before. What was
    not signed stays, be it in the same snapshot. Nothing is done in another repository at its
    place: OTHER_REPOSITORY. After a stop or a kill a run with the journal's `stages` ends the
    work: what is gone by then counts only if it was there when its hashes were noted.

    Raises:
        Refused: when the plan is not as it was signed, before anything is touched.
        TypeError: for anything but a SignedPlan.
    """
    if not isinstance(plan, SignedPlan):
        raise TypeError("only what a signed plan lists is disposed of")
    plan.verify()
    known = by_path(backups)
    groups: dict[str, list[PlanItem]] = defaultdict(list)
    for item in plan.plan.with_fate(Fate.EXPUNGE):
        if stages.get(item.id) is Stage.SETTLED:
            continue
        copy = copies.get(item.id)
        if copy is None or not _is_signed(item, copy):
            yield _settled(item, Outcome.FAILED, _untouched(Reason.CHANGED))
        elif copy.disposal is Disposal.KEY:
            yield _with_its_key(item, key_end(copy.repository))
        elif copy.repository in known and copy.disposal in (Disposal.EXPUNGE, Disposal.DISCARD):
            groups[copy.repository].append(item)
    for path, items in groups.items():
        backup = known[path]
        if stays := _stays_whole(path, items, copies, stages):
            yield from (_settled(item, Outcome.FAILED, _untouched(stays)) for item in items)
            continue
        kind = kind_of(backup)
        if kind is not None:
            yield from _disposed(_Round(backup, kind, items, copies, stages), password, patience)


def _stays_whole(
    path: str, items: Sequence[PlanItem], copies: Mapping[str, Copy], stages: Mapping[str, Stage]
) -> Reason | None:
    """Why nothing in a repository that goes as a whole may go: something in it is not to go."""
    if all(copies[item.id].disposal is not Disposal.DISCARD for item in items):
        return None
    going = {item.id for item in items}
    others = [one for one in copies.values() if one.repository == path and one.id not in going]
    return Reason.KEPT_RECORD if any(stages.get(one.id) is not Stage.SETTLED for one in others) else None


def _is_signed(item: PlanItem, copy: Copy) -> bool:
    """Whether the register still says of the copy what was signed: the rest of it guides the act."""
    return (
        item.sha256 == copy.sha256
        and item.path == copy.path
        and item.path.startswith(f"{copy.repository}{INSIDE}")
    )


def _with_its_key(item: PlanItem, end: KeyOutcome | None) -> Settled:
    """Grade a copy by the end of the only key that opens it; its bytes are still there, unreadable."""
    facts: tuple[Fact, ...] = (("key", end.value if end else ""),)
    if end is not None and end.good:
        return _settled(item, CopyOutcome.KEY_SHREDDED, Evidence("repository-key", (), facts))
    if end is KeyOutcome.MEDIUM_RESIDUE:
        limits = (Reason.KEY_STAYS,)
        return _settled(item, Outcome.RESIDUE_POSSIBLE, Evidence("repository-key", limits, facts))
    return _settled(item, Outcome.SURVIVES, Evidence("repository-key", (Reason.KEY_STAYS,), facts))


def _disposed(round_: _Round, password: Passwords, patience: float) -> Iterator[Event]:
    noted = [item for item in round_.items if round_.stages.get(item.id) is Stage.NOTED]
    round_.ours = frozenset(item.id for item in noted)
    # What was noted is begun: to say so once more would forget how far it came.
    for batch in _batches([item for item in round_.items if item.id not in round_.ours]):
        yield Begun(Step.WIPE, tuple(item.id for item in batch), sum(item.stamp.size for item in batch))
    try:
        with understood(), _disk_understood(), at_work(round_.backup, password, patience) as repository:
            yield from _seen_before(round_, replace(repository, emptied=bool(noted)))
            if round_.ours:
                yield Noted(Step.WIPE, tuple(sorted(round_.ours)), "recorded", _recorded(round_))
            yield from _taken_out(round_, repository)
    except Unusable as error:
        yield from (
            _settled(item, Outcome.FAILED, _evidence(round_, item, error.reason)) for item in round_.items
        )
        return
    for item in round_.items:
        yield _settled(item, *_verdict(round_, item))


@contextmanager
def _disk_understood() -> Iterator[None]:
    """Tell a full disk from one that fails.

    Raises:
        Unusable: NO_SPACE or IO_ERROR.
    """
    try:
        yield
    except OSError as error:
        raise Unusable(Reason.NO_SPACE if error.errno == errno.ENOSPC else Reason.IO_ERROR) from None


def _seen_before(round_: _Round, repository: Repository) -> Iterator[Event]:
    """Check the repository, and find in it what was signed, as it is now."""
    kind, name = round_.kind, str(round_.backup.path)
    store = yield from told(Step.WIPE, kind.store(repository), "bytes", name, repository.patience)
    if not same_store((round_.copies[item.id].store for item in round_.items), store):
        raise Unusable(Reason.OTHER_REPOSITORY)
    yield from told(Step.WIPE, kind.verify(repository), "bytes", name, repository.patience)
    traits = yield from told(Step.WIPE, kind.traits(repository), "bytes", name, repository.patience)
    if traits.against:
        raise Unusable(traits.against[0])
    round_.freed = (traits.freed, *traits.limits)
    doomed: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for item in round_.items:
        doomed[item.sha256] += (item.id,)
    sought = Wanted(doomed, round_.sizes, frozenset())
    listing = yield from told(Step.WIPE, kind.find(repository, sought), "bytes", name, repository.patience)
    round_.entries = tuple(entry for entry in listing.entries if entry.sha256 in doomed)
    now = dict[str, tuple[str, ...]]()
    for entry in sorted(round_.entries, key=lambda entry: entry.locked):
        # One content may have an entry that goes and one that is held.
        if not entry.locked or entry.sha256 not in now:
            now[entry.sha256] = (*now.get(entry.sha256, ()), *entry.marks)
    for item in round_.items:
        before = round_.copies[item.id].marks
        round_.marks[item.id] = frozenset((*before, *now.get(item.sha256, ())))
    round_.ours |= {item.id for item in round_.items if item.sha256 in now}


def _taken_out(round_: _Round, repository: Repository) -> Iterator[Event]:
    """Take it out, ask for every recorded hash, and let the tool check what stays."""
    kind, name = round_.kind, str(round_.backup.path)
    yield from told(Step.WIPE, kind.remove(repository, round_.entries), "bytes", name, repository.patience)
    marks = frozenset().union(*round_.marks.values())
    round_.left = yield from told(
        Step.WIPE, kind.remaining(repository, marks, round_.sizes), "bytes", name, repository.patience
    )
    try:
        yield from told(Step.WIPE, kind.verify(repository), "bytes", name, repository.patience)
    except Unusable:
        round_.damaged = True


def _verdict(round_: _Round, item: PlanItem) -> tuple[AnyOutcome, Evidence]:
    marks = round_.marks[item.id]
    if marks & round_.left:
        shared = Reason.SHARED_BLOCKS if marks - round_.left else Reason.COPIES_REMAIN
        return Outcome.SURVIVES, _evidence(round_, item, shared)
    if item.id not in round_.ours:
        # Nobody saw it go: whoever took it out, it was not Lethe.
        return Outcome.FAILED, _evidence(round_, item, Reason.GONE)
    limits = (*round_.freed, *((Reason.REPOSITORY_DAMAGED,) if round_.damaged else ()))
    if _STAYS_READABLE & set(round_.freed):
        return Outcome.REMOVED, _evidence(round_, item, *limits)
    return CopyOutcome.EXPUNGED, _evidence(round_, item, *limits)


def _recorded(round_: _Round) -> Evidence:
    marks = sorted(frozenset().union(*round_.marks.values()))
    digest = hashlib.sha256("\n".join(marks).encode()).hexdigest()
    facts: tuple[Fact, ...] = (("hashes", len(marks)), ("hashes_sha256", digest))
    return Evidence(f"repository-{round_.kind.name}", (), facts)


def _evidence(round_: _Round, item: PlanItem, *limits: Reason) -> Evidence:
    marks = round_.marks.get(item.id, frozenset())
    facts: tuple[Fact, ...] = (
        ("check", round_.kind.check),
        ("hashes", len(marks)),
        ("hashes_left", len(marks & round_.left)),
    )
    return Evidence(f"repository-{round_.kind.name}", limits, facts)


def _untouched(*limits: Reason) -> Evidence:
    return Evidence("untouched", limits)


def _settled(item: PlanItem, outcome: AnyOutcome, evidence: Evidence) -> Settled:
    return Settled(Step.WIPE, item.id, item.subject, outcome, evidence)


def _batches(items: Sequence[PlanItem]) -> Iterator[list[PlanItem]]:
    batch: list[PlanItem] = []
    for item in items:
        batch.append(item)
        if len(batch) == _ITEMS or sum(one.stamp.size for one in batch) >= _BYTES:
            yield batch
            batch = []
    if batch:
        yield batch
