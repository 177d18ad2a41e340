"""Shred the keys of a signed plan: canary, overwrite, read back, canary, remove; each step on disk first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from app.domain.event import Begun, CopyFound, Noted, Progressed, Settled
from app.domain.fate import Fate
from app.domain.outcome import Evidence
from app.domain.plan import PlanItem, Subject
from app.domain.step import Stage, Step
from app.identity import SignedPlan
from app.steps.shred.act import UNTOLD, Act
from app.steps.shred.doomed import Doomed
from app.steps.shred.hunt import Grounds
from app.steps.shred.hunting import hunt_for
from app.steps.shred.kinds import kind_of
from app.steps.shred.kinds.contract import Worded
from app.steps.shred.overwriting import item_key
from app.steps.shred.services.act import UNTOLD as UNASKED
from app.steps.shred.services.act import ServiceAct
from app.steps.shred.services.contract import Called, Warrant
from app.steps.shred.verdict import UNSAID
from app.system.disk import Disk, this_disk

_NOTHING: Final[Mapping[str, Evidence]] = MappingProxyType({})
_BESIDE: Final = Grounds()
_UNTOLD: Final = Worded("", UNSAID)
Events = Iterator[Begun | CopyFound | Noted | Progressed | Settled]


def shred(
    plan: SignedPlan,
    *,
    kinds: Mapping[str, str | Worded | Called],
    stages: Mapping[str, Stage],
    passphrase: Callable[[str], str],
    seed: bytes,
    noted: Mapping[str, Evidence] = _NOTHING,
    grounds: Grounds = _BESIDE,
    disk: Disk | None = None,
) -> Events:
    """Destroy every key, and copy of a key, that the plan says SHRED of; copies first.

    `kinds` and `passphrase` go by item id, `noted` is the journalled evidence of items whose
    stage is NOTED. Copies are hunted beside each key and in `grounds` before the first is
    touched; one that the plan does not shred is told as a `CopyFound`, for the register. After
    a `Settled` that is not FAILED, the file was overwritten with a keystream and with zeros to
    the end of its last block (each synced), read back, and unlinked. Of a container that is
    done to its headers and keyslots; the file itself stays. A key whose kind is a call is no
    file: its store was told to destroy it, and asked what became of it. These go first.

    Raises:
        Refused: when the plan is not as it was signed, before anything is touched;
            DISK_FULL when an overwrite needs room that is not there: the key stays
            begun and the rest untouched, for a later run.
        TypeError: for anything but a SignedPlan.
    """
    if not isinstance(plan, SignedPlan):
        raise TypeError("only a signed plan is shredded")
    plan.verify()
    items = _ordered(plan)
    calls = {item: kind for item, kind in kinds.items() if isinstance(kind, Called)}
    files = {item: _worded(kind) for item, kind in kinds.items() if not isinstance(kind, Called)}
    done = 0
    for called in _calls(plan, items, calls, stages, noted, seed):
        called.grounds = grounds
        yield from called.carried_out(passphrase)
        done += 1
        yield Progressed(Step.SHRED, done, len(items), "keys", called.item.path)
    rest = [item for item in items if item.id not in calls]
    told_of = _Told(files, stages, grounds.staying, passphrase, seed, noted, disk or this_disk())
    groups = told_of.acts(rest, plan)
    every = [act for acts in groups for act in acts]
    yield from hunt_for(every, grounds, frozenset(one.path for one in rest))
    for acts in _joined(groups):
        yield from _destroyed(acts)
        for act in acts:
            done += 1
            yield Progressed(Step.SHRED, done, len(items), "keys", act.doomed.item.path)


def _calls(
    plan: SignedPlan,
    items: Sequence[PlanItem],
    calls: Mapping[str, Called],
    stages: Mapping[str, Stage],
    noted: Mapping[str, Evidence],
    seed: bytes,
) -> Iterator[ServiceAct]:
    """The acts on keys behind a call, each with leave of its own."""
    for item in (item for item in items if item.id in calls):
        stage, told = stages.get(item.id, Stage.FRESH), noted.get(item.id, UNASKED)
        leave = Warrant(plan, item, item_key(seed, item.id))
        yield ServiceAct(item, calls[item.id], stage, leave, told)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the step is told of the key files, by item id."""

    kinds: Mapping[str, Worded]
    stages: Mapping[str, Stage]
    staying: Mapping[str, int]
    passphrase: Callable[[str], str] = field(repr=False)
    seed: bytes = field(repr=False)
    noted: Mapping[str, Evidence]
    disk: Disk

    def acts(self, items: Sequence[PlanItem], plan: SignedPlan) -> list[list[Act]]:
        """The acts on the files of one store after the other."""
        keys = frozenset(item.sha256 for item in items if item.subject is Subject.KEY)
        others = (*items, *_staying(plan, keys))
        return [
            [self._act(item, items, [one for one in others if _is_twin(item, one, keys)]) for item in group]
            for group in _stores(items, {item: told.kind for item, told in self.kinds.items()})
        ]

    def _act(self, item: PlanItem, items: Sequence[PlanItem], twins: Sequence[PlanItem]) -> Act:
        shared = any(_same_inode(item, other) for other in items if other is not item)
        worded = self.kinds.get(item.id, _UNTOLD)
        kind, stage = kind_of(worded.kind), self.stages.get(item.id, Stage.FRESH)
        secret, key = self.passphrase(item.id), item_key(self.seed, item.id)
        doomed = Doomed(item, kind, stage, secret, key, shared, self.disk)
        told = self.noted.get(item.id, UNTOLD)
        staying = self.staying.get(item.id, 0)
        return Act(doomed, told, staying, tuple(twins), worded.word, worded.limits)


def _worded(told: str | Worded) -> Worded:
    return Worded(told, UNSAID) if isinstance(told, str) else told


def _destroyed(acts: Sequence[Act]) -> Events:
    """Overwrite every wrap of one store before any is settled: one that still stands undoes the others."""
    left = [act for act in acts if act.doomed.stage is not Stage.SETTLED]
    for act in left:
        yield from act.overwrite()
    for act in left:
        yield from act.settle()


def _joined(groups: Sequence[list[Act]]) -> list[list[Act]]:
    """Bring together what holds the same key, as the hunt found: all of it goes before any is settled."""
    joined: list[list[Act]] = []
    for group in groups:
        mine = {act.doomed.item.path for act in group}
        seen = {path for act in group for path in _seen(act)}
        kin = [other for other in joined if _meet(other, mine, seen)]
        joined = [other for other in joined if all(other is not one for one in kin)]
        joined.append([act for other in (*kin, group) for act in other])
    return joined


def _meet(other: Sequence[Act], paths: set[str], seen: set[str]) -> bool:
    return any(act.doomed.item.path in seen or not _seen(act).isdisjoint(paths) for act in other)


def _seen(act: Act) -> set[str]:
    """Where its key was found, or may be."""
    return {one.path for one in (*act.hunted.found, *act.hunted.doubtful)}


def _stores(items: Sequence[PlanItem], kinds: Mapping[str, str]) -> list[list[PlanItem]]:
    """The items by the store they are wraps of, in their order; most are alone."""
    found: dict[str, list[PlanItem]] = {}
    for item in items:
        folder, name = os.path.split(item.path)
        wrap = kind_of(kinds.get(item.id, "")).is_wrap(name)
        found.setdefault(f"{folder}{os.sep}" if wrap else item.id, []).append(item)
    return list(found.values())


def _ordered(plan: SignedPlan) -> list[PlanItem]:
    """Copies before keys, so that a key is settled knowing what became of its copies."""
    items = [item for item in plan.plan.with_fate(Fate.SHRED) if item.subject is not Subject.RECORD]
    return sorted(items, key=lambda item: item.subject is Subject.KEY)


def _staying(plan: SignedPlan, keys: frozenset[str]) -> tuple[PlanItem, ...]:
    """What stays by the plan though it has the bytes of a key: a bin, too, gives back what is in it."""
    goes = (Fate.WIPE, Fate.SHRED)
    return tuple(item for item in plan.plan.items if item.sha256 in keys and item.fate not in goes)


def _same_inode(one: PlanItem, other: PlanItem) -> bool:
    return (one.stamp.device, one.stamp.inode) == (other.stamp.device, other.stamp.inode)


def _is_twin(item: PlanItem, other: PlanItem, keys: frozenset[str]) -> bool:
    """Whether `other` may hold the same key, and so must be gone when `item` is settled.

    A copy that is no key file itself is an archive, which may hold any of them.
    """
    if item.subject is not Subject.KEY or _same_inode(item, other):
        return False
    return other.sha256 == item.sha256 or other.sha256 not in keys
