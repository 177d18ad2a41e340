"""One batch: begun, overwritten, synced, read back, noted, removed, settled."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence

from app.domain.event import Begun, Noted, Progressed, Settled
from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Stage, Step
from app.steps.wipe.ending import failed, notes, recorded, wiped
from app.steps.wipe.overwrite import Overwritten, overwrite, read_back, sync
from app.steps.wipe.progress import Progress
from app.steps.wipe.removal import Proven, look_again, remove, sync_folders
from app.steps.wipe.scene import Scene, Spared, Terms

Event = Begun | Noted | Progressed | Settled


class _Endings:
    """How the files of a batch ended so far. `full` is one that found no room on its volume."""

    def __init__(self) -> None:
        self.settled: list[Settled] = []
        self.full: PlanItem | None = None

    def spare(self, item: PlanItem, spared: Spared) -> None:
        """Take down that an item was left. One that found no room is not settled: a later run takes it up."""
        if spared.reason is Reason.NO_SPACE:
            self.full = item
        else:
            self.settled.append(failed(item, spared))


def wipe_batch(
    batch: Sequence[PlanItem], stages: Mapping[str, Stage], terms: Terms, progress: Progress
) -> Iterator[Event]:
    """Wipe the files of one batch. None of them is open when an event that is journalled goes out.

    Raises:
        Refused: DISK_FULL, after what was done is settled.
    """
    yield Begun(Step.WIPE, tuple(item.id for item in batch), sum(item.stamp.size for item in batch))
    endings = _Endings()
    with Scene(terms) as scene:
        written = yield from _overwrite_all(batch, stages, scene, progress, endings)
        proven = yield from _prove_all(written, scene, progress, endings)
    yield from notes(proven)
    yield from _remove_all(proven, terms, endings)
    yield progress.finish(batch)
    _stop_if_full(endings)


def finish_batch(
    batch: Sequence[PlanItem],
    noted: Mapping[str, tuple[Outcome, Evidence]],
    terms: Terms,
    progress: Progress,
) -> Iterator[Event]:
    """Remove what a stopped run had overwritten and noted, once it is seen to be so still.

    Raises:
        Refused: DISK_FULL, as `wipe_batch`.
    """
    endings = _Endings()
    proven = []
    with Scene(terms) as scene:
        for item in batch:
            one = recorded(item, *noted[item.id])
            try:
                look_again(one, scene)
                proven.append(one)
            except Spared as spared:
                endings.spare(item, spared)
    yield from _remove_all(proven, terms, endings)
    yield progress.finish(batch)
    _stop_if_full(endings)


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
) -> Generator[Progressed, None, list[Proven]]:
    unsynced = sync(written, scene)
    proven = []
    for done in written:
        if reason := unsynced.get(done.item.id):
            endings.spare(done.item, Spared(reason, touched=True))
            continue
        try:
            seen = yield from read_back(done, scene, progress)
            proven.append(Proven(seen.item, seen.outcome, seen.limits, seen.ground.volume.file_system))
        except Spared as spared:
            endings.spare(done.item, spared)
    return proven


def _remove_all(proven: list[Proven], terms: Terms, endings: _Endings) -> Iterator[Settled]:
    removed: list[tuple[Proven, bool]] = []
    with Scene(terms) as scene:
        for one in proven:
            try:
                removed.append((one, remove(one, scene)))
            except Spared as spared:
                endings.spare(one.item, spared)
        unsynced = sync_folders((one for one, _ in removed), scene)
    yield from endings.settled
    for one, nameless in removed:
        yield wiped(one, terms.seed, nameless=nameless and one.item.id not in unsynced)


def _stop_if_full(endings: _Endings) -> None:
    if endings.full:
        raise Refused(Fault.DISK_FULL, endings.full.location or endings.full.path)
