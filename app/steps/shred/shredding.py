"""Shred the keys of a signed plan: canary, overwrite, read back, canary, remove; each step on disk first."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, KeyOutcome, Reason
from app.domain.plan import PlanItem, Subject
from app.domain.step import Stage, Step
from app.identity import SignedPlan
from app.steps.shred.canary import Canary, answered, digest, lay
from app.steps.shred.content import destroy_content
from app.steps.shred.doomed import Doomed, Failed, reason_of
from app.steps.shred.keyfile import LARGEST, NotOpened, open_keys
from app.steps.shred.overwriting import METHOD, ReadBackDiffers, is_zeros, item_key
from app.steps.shred.verdict import CANARY, DECLARED, concluded, verdict
from app.system.disk import Disk, this_disk

_NOTHING: Final[Mapping[str, Evidence]] = MappingProxyType({})
_UNTOLD: Final = Evidence(METHOD, (Reason.CANARY_FAILED,))
"""What is known of a key noted in an earlier run whose evidence was not handed over."""

Events = Iterator[Begun | Noted | Progressed | Settled]


def shred(
    plan: SignedPlan,
    *,
    kinds: Mapping[str, str],
    stages: Mapping[str, Stage],
    copies_left: Mapping[str, int],
    passphrase: Callable[[str], str],
    seed: bytes,
    noted: Mapping[str, Evidence] = _NOTHING,
    disk: Disk | None = None,
) -> Events:
    """Destroy every key, and copy of a key, that the plan says SHRED of; copies first.

    `kinds`, `copies_left` (known copies that stay) and `passphrase` go by item id.
    `noted` is the journalled evidence of items whose stage is NOTED. After a
    `Settled` that is not FAILED, the file was overwritten with a keystream and with
    zeros to the end of its last block (each synced), read back, and unlinked.

    Raises:
        Refused: when the plan is not as it was signed, before anything is touched;
            DISK_FULL when an overwrite needs room that is not there: the key stays
            begun and the rest untouched, for a later run.
        TypeError: for anything but a SignedPlan.
    """
    if not isinstance(plan, SignedPlan):
        raise TypeError("only a signed plan is shredded")
    plan.verify()
    disk = disk or this_disk()
    items = _ordered(plan)
    keys = frozenset(item.sha256 for item in items if item.subject is Subject.KEY)
    for done, item in enumerate(items, 1):
        stage = stages.get(item.id, Stage.FRESH)
        if stage is not Stage.SETTLED:
            shared = any(_same_inode(item, other) for other in items if other is not item)
            key = item_key(seed, item.id)
            secret = passphrase(item.id)
            doomed = Doomed(item, kinds.get(item.id, ""), stage, secret, key, shared, disk)
            remaining = [other for other in items if _is_twin(item, other, keys)]
            yield from _settle(doomed, noted.get(item.id, _UNTOLD), copies_left.get(item.id, 0), remaining)
        yield Progressed(Step.SHRED, done, len(items), "keys", item.path)


def _ordered(plan: SignedPlan) -> list[PlanItem]:
    """Copies before keys, so that a key is settled knowing what became of its copies."""
    items = [item for item in plan.plan.with_fate(Fate.SHRED) if item.subject is not Subject.RECORD]
    return sorted(items, key=lambda item: item.subject is Subject.KEY)


def _same_inode(one: PlanItem, other: PlanItem) -> bool:
    return (one.stamp.device, one.stamp.inode) == (other.stamp.device, other.stamp.inode)


def _is_twin(item: PlanItem, other: PlanItem, keys: frozenset[str]) -> bool:
    """Whether `other` may hold the same key, and so must be gone when `item` is settled.

    A copy that is no key file itself is an archive, which may hold any of them.
    """
    if item.subject is not Subject.KEY or _same_inode(item, other):
        return False
    return other.sha256 == item.sha256 or other.sha256 not in keys


def _settle(doomed: Doomed, noted: Evidence, copies: int, twins: Sequence[PlanItem]) -> Events:
    """Go on with one item from where its stage says, to its `Settled`."""
    canaries: tuple[Canary, ...] = ()
    try:
        if doomed.stage is not Stage.NOTED:
            canaries, limits = _before(doomed)
            yield Begun(Step.SHRED, (doomed.item.id,), doomed.item.stamp.size)
            noted = _overwrite(doomed, canaries, limits)
            yield Noted(Step.SHRED, (doomed.item.id,), "overwritten", noted)
        more = _remove(doomed, canaries)
    except Failed as failed:
        yield _failed(doomed, failed.reason)
        return
    except OSError as error:
        if reason_of(error) is Reason.NO_SPACE:
            raise Refused(Fault.DISK_FULL, doomed.item.path) from error
        yield _failed(doomed, reason_of(error))
        return
    if copies or any(_stands(doomed.disk, twin) for twin in twins):
        more += (Reason.COPIES_REMAIN,)
    evidence = concluded(noted, more)
    yield _settled(doomed, verdict(evidence.limits), evidence)


def _settled(doomed: Doomed, outcome: KeyOutcome, evidence: Evidence) -> Settled:
    return Settled(Step.SHRED, doomed.item.id, doomed.item.subject, outcome, evidence)


def _failed(doomed: Doomed, reason: Reason) -> Settled:
    return _settled(doomed, KeyOutcome.FAILED, Evidence(METHOD, (reason, *DECLARED)))


def _before(doomed: Doomed) -> tuple[tuple[Canary, ...], tuple[Reason, ...]]:
    """Know the file for the signed one and lay canaries; without them, say why not."""
    with doomed.reading(doomed.name) as fd:
        if not doomed.is_intact(fd):
            # Ours already: an act that was cut short, or another name of a file that went before.
            return (), (Reason.CANARY_FAILED, *((Reason.HARD_LINK,) if doomed.shared else ()))
        size = os.fstat(fd).st_size
        if size > LARGEST:
            return (), (Reason.UNREADABLE,)
        data = doomed.disk.read_back(fd, 0, size)
    try:
        canaries = lay(open_keys(doomed.kind, data, doomed.passphrase))
    except NotOpened as shut:
        return (), (shut.reason,)
    return (canaries, ()) if canaries else ((), (Reason.CANARY_FAILED,))


def _overwrite(doomed: Doomed, canaries: Sequence[Canary], limits: tuple[Reason, ...]) -> Evidence:
    """Know the file once more, now open for writing, and overwrite it where it lies."""
    with doomed.writing() as fd:
        doomed.is_intact(fd)
        try:
            done = destroy_content(doomed.disk, fd, doomed.key)
        except ReadBackDiffers:
            raise Failed(Reason.READ_BACK_DIFFERS) from None
    facts = done.facts
    if canaries:
        facts += (
            (CANARY, digest(canaries)),
            ("canary", "+".join(dict.fromkeys(one.method for one in canaries))),
        )
    return Evidence(METHOD, tuple(dict.fromkeys((*limits, *done.limits))), facts)


def _remove(doomed: Doomed, canaries: Sequence[Canary]) -> tuple[Reason, ...]:
    """See that nothing opens any more, then take the names away. Gone already is as good."""
    name = doomed.standing()
    if not name:
        return ()
    _after(doomed, name, canaries)
    try:
        doomed.remove(name)
    except OSError:
        return (Reason.NAME_REMAINS,)
    return ()


def _after(doomed: Doomed, name: str, canaries: Sequence[Canary]) -> None:
    """Try to open the key again, as a thief of the file would.

    Raises:
        Failed: STILL_OPENS when it does; CHANGED when the file holds something else than our zeros.
    """
    with doomed.reading(name) as fd:
        zeros = is_zeros(doomed.disk, fd) or not doomed.item.stamp.size
        data = doomed.disk.read_back(fd, 0, LARGEST)
    try:
        keys = open_keys(doomed.kind, data, doomed.passphrase)
    except NotOpened:
        keys = ()
    if answered(canaries, keys) or (keys and not canaries):
        raise Failed(Reason.STILL_OPENS)
    if not zeros:
        raise Failed(Reason.CHANGED)


def _stands(disk: Disk, twin: PlanItem) -> bool:
    """Whether another file that held the same key may still hold it: anything there but zeros may."""
    looked = Doomed(twin, "", Stage.FRESH, "", b"", shared=False, disk=disk)
    try:
        with looked.reading(looked.name) as fd:
            return not is_zeros(disk, fd)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, Failed):
        return True
