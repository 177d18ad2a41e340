"""One batch: begun, overwritten, synced, seen, noted, removed, noted again. It settles with its volume."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack
from itertools import islice

from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage, Step
from app.steps.wipe.ending import OVERWRITTEN, REMOVED, failed, medium_note, notes
from app.steps.wipe.footprints import TRACED
from app.steps.wipe.holders import held, said
from app.steps.wipe.last_look import Watch
from app.steps.wipe.overwrite import Overwritten, overwrite, sync
from app.steps.wipe.places import parent_of
from app.steps.wipe.progress import Progress
from app.steps.wipe.prove import prove
from app.steps.wipe.removal import is_there, near, remove, sync_folders
from app.steps.wipe.scene import Scene, Spared, Terms
from app.steps.wipe.strays import strays
from app.steps.wipe.verdict import Done
from app.system.guards import open_at_once

Event = Begun | Noted | Progressed | Settled
Working = Generator[Event, None, list[Done]]
"""A batch at work; gives the files that are removed and wait for their volume."""


class _Endings:
    """The files of a batch that are left. `full` is one that found no room on its volume."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self.settled: list[Settled] = []
        self.full: PlanItem | None = None

    def spare(self, item: PlanItem, spared: Spared) -> None:
        """Take down that an item was left. One that found no room is not settled: a later run takes it up."""
        if spared.reason is Reason.NO_SPACE:
            self.full = item
        else:
            self.settled.append(failed(item, spared, self._terms))

    def stop_if_full(self) -> None:
        """Raise DISK_FULL when a volume was full."""
        if self.full:
            raise Refused(Fault.DISK_FULL, self.full.location or self.full.path)


def wipe_batch(
    batch: Sequence[PlanItem],
    stages: Mapping[str, Stage],
    terms: Terms,
    progress: Progress,
    told: set[str],
) -> Working:
    """Wipe the files of one batch. None of them is open when an event that is journalled goes out.

    `told` are the volumes whose medium was told of; others are told and added.

    Raises:
        Refused: DISK_FULL, after what was done is noted.
    """
    yield Begun(Step.WIPE, tuple(item.id for item in batch), sum(item.stamp.size for item in batch))
    endings = _Endings(terms)
    with Scene(terms) as scene:
        written = yield from _overwrite_all(batch, stages, scene, progress, endings)
        done = yield from _prove_all(written, scene, progress, endings)
        media = {ground.label: ground.medium for ground in scene.grounds if ground.label not in told}
    yield from notes(done, OVERWRITTEN, terms)
    removed = yield from _remove_all(done, terms, endings)
    for label, medium in media.items():
        told.add(label)
        yield medium_note(label, medium)
    yield progress.finish(batch)
    endings.stop_if_full()
    return removed


def finish_batch(batch: Sequence[Done], terms: Terms, progress: Progress) -> Working:
    """Remove what a stopped run had overwritten and noted, once it is seen to be so still.

    Raises:
        Refused: DISK_FULL, as `wipe_batch`.
    """
    endings = _Endings(terms)
    with Scene(terms) as scene:
        stands = {one.item.id: is_there(one.item, scene) for one in batch}
    missing = [one for one in batch if not stands[one.item.id]]
    strayed = strays([one.item for one in missing], terms)
    gone = [
        one.doubted(Reason.NAME_REMAINS) if stands[one.item.id] is None or one.item.id in strayed else one
        for one in missing
    ]
    removed = yield from _remove_all([one for one in batch if stands[one.item.id]], terms, endings, gone)
    yield progress.finish([one.item for one in batch])
    endings.stop_if_full()
    return removed


def _overwrite_all(
    batch: Iterable[PlanItem],
    stages: Mapping[str, Stage],
    scene: Scene,
    progress: Progress,
    endings: _Endings,
) -> Generator[Progressed, None, list[Overwritten]]:
    written = []
    for item in batch:
        try:
            stage = stages.get(item.id, Stage.FRESH)
            written.append((yield from overwrite(item, stage, scene, progress)))
        except Spared as spared:
            endings.spare(item, spared)
            if endings.full:
                break
    return written


def _prove_all(
    written: list[Overwritten], scene: Scene, progress: Progress, endings: _Endings
) -> Generator[Progressed, None, list[Done]]:
    unsynced = sync(written, scene)
    for done in written:
        if reason := unsynced.get(done.item.id):
            endings.spare(done.item, Spared(reason, touched=True))
    synced = [done for done in written if done.item.id not in unsynced]
    ends = yield from prove(synced, scene, progress)
    for done, end in zip(synced, ends, strict=True):
        if isinstance(end, Spared):
            endings.spare(done.item, end)
    return said((end for end in ends if isinstance(end, Done)), held(synced, scene), scene.terms)


def _remove_all(
    done: Sequence[Done], terms: Terms, endings: _Endings, before: Iterable[Done] = ()
) -> Working:
    """Remove files and note it, also of those that a stopped run had removed `before`."""
    for system in {one.verdict.file_system for one in done} & TRACED:
        here = (one.item for one in done if one.verdict.file_system == system)
        terms.footprints.take({(parent_of(item.path), item.location) for item in here}, system)
    gone: list[Done] = []
    with Scene(terms) as scene:
        gone += _synced((Watch(one) for one in before), scene)
        files = iter(done)
        while together := list(islice(files, open_at_once())):
            with ExitStack() as watching:
                gone += _synced(_removed(together, scene, endings, watching), scene)
    yield from notes(gone, REMOVED, terms)
    yield from endings.settled
    return gone


def _removed(
    done: Iterable[Done], scene: Scene, endings: _Endings, watching: ExitStack
) -> Generator[Watch, None, None]:
    for one in done:
        try:
            watch = remove(one, scene)
        except Spared as spared:
            endings.spare(one.item, spared)
        else:
            watching.callback(watch.close)
            yield watch


def _synced(watches: Iterable[Watch], scene: Scene) -> list[Done]:
    """Put removals on the disk, and only then ask whether anybody was there."""
    removed = list(watches)
    unsynced = sync_folders([each.done for each in removed], scene)
    ended = [each.ended(near(each.done.item, scene)) for each in removed]
    return [one.doubted(Reason.NAME_REMAINS) if one.item.id in unsynced else one for one in ended]
