"""A dry run of shredding: the exact bytes that would go, the wraps and copies there are, what would stay."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.case import KeySource
from app.domain.event import Progressed
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.shred.hunt import (
    NOTHING,
    Blind,
    Grounds,
    Hunted,
    Quarry,
    Sighting,
    doubts,
    hunt,
    wraps_beside,
)
from app.steps.shred.inspection import files_of, reading, stamp_of, store_of
from app.steps.shred.kinds import kind_of, marks_of, open_keys, spans_of
from app.steps.shred.kinds.contract import Kind, NotOpened, Opened, Span, Store
from app.steps.shred.needles import needles_of
from app.steps.shred.overwriting import PASSES
from app.steps.shred.progress import progress_of
from app.steps.shred.rewraps import Trials, rewraps
from app.steps.shred.surface import surface_of
from app.steps.shred.verdict import DECLARED
from app.system.disk import this_disk

_FIRST: Final = ("end_sessions",)
_LAST: Final = ("store_delete",)
_STAYS: Final = ("overwrite", "sync", "read_back", "open")
_GOES: Final = (*_STAYS, "rename", "unlink", "sync_folder")


_BESIDE: Final = Grounds()


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What shredding one key would do.

    `calls` are the acts in their order, `bytes` what is written in all passes. `wait` is
    in seconds: for a key that lies here it is none. `wraps` are other files with the
    same key that have to be declared too; `copies` what the hunt found, `unseen` where it
    could not look, `doubtful` locked files that could hold the key. `limits` are the
    reasons, known beforehand, for which the verdict would say no more than it will.
    """

    path: str
    kind: str
    spans: tuple[Span, ...]
    bytes: int
    calls: tuple[str, ...]
    wait: int
    wraps: tuple[str, ...]
    copies: tuple[Sighting, ...]
    unseen: tuple[Blind, ...]
    limits: tuple[Reason, ...]
    doubtful: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True)
class _Looked:
    """One key file as it stands now."""

    path: str
    kind: Kind
    spans: tuple[Span, ...]
    limits: tuple[Reason, ...]
    quarry: Quarry


def foresee(
    sources: Sequence[KeySource],
    *,
    grounds: Grounds = _BESIDE,
    passphrase: Callable[[KeySource], str] = lambda _: "",
) -> Iterator[Progressed | Foreseen]:
    """Say of each declared key what its shredding would do, changing nothing.

    Copies are hunted beside the keys and in `grounds`, in one pass for all. With its
    passphrase a key is also known in files that wrap it otherwise.

    Raises:
        Refused: as `inspect` does.
    """
    opening = {source: passphrase(source) for source in sources}
    trials = Trials(grounds.with_own(opening.values()))
    looked = [_look(source, path, opening[source], trials) for source, path in files_of(sources)]
    found = yield from progress_of(hunt([one.quarry for one in looked], grounds))
    declared = frozenset(one.path for one in looked)
    for one in looked:
        yield _foreseen(one, found.get(one.path, NOTHING), declared)


def _look(source: KeySource, path: str, passphrase: str, trials: Trials) -> _Looked:
    kind = kind_of(source.kind)
    with reading(path) as fd:
        store, told = store_of(this_disk(), fd, path), os.fstat(fd)
        try:
            spans = spans_of(kind, store)
        except NotOpened:
            raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, kind.name) from None
        limits = surface_of(fd, told.st_nlink).limits
        keys = _opened(kind, store, passphrase)
        needles = needles_of(marks_of(kind, store), keys)
    stamp = stamp_of(told)
    quarry = Quarry(path, path, (stamp.device, stamp.inode), needles, rewraps(kind, keys, trials))
    return _Looked(path, kind, spans, limits, quarry)


def _opened(kind: Kind, store: Store, passphrase: str) -> Opened:
    try:
        return open_keys(kind, store, passphrase)
    except NotOpened:
        return ()


def _foreseen(one: _Looked, hunted: Hunted, declared: frozenset[str]) -> Foreseen:
    wraps = tuple(path for path in wraps_beside(one.path, one.kind) if path not in declared)
    copies = tuple(sighting for sighting in hunted.found if sighting.path not in declared)
    limits = one.limits
    if wraps or copies:
        limits += (Reason.COPIES_REMAIN,)
    doubtful = doubts(hunted, declared)
    if doubtful:
        limits += (Reason.COPY_DOUBTFUL,)
    if hunted.blind:
        limits += (Reason.PLACES_UNSEEN,)
    written = PASSES * sum(span.stop - span.start for span in one.spans)
    acts = _STAYS if one.kind.container else _GOES
    calls = (*_FIRST[: one.kind.has_sessions], *acts, *_LAST[: one.kind.has_delete])
    return Foreseen(
        one.path,
        one.kind.name,
        one.spans,
        written,
        calls,
        0,
        wraps,
        copies,
        hunted.blind,
        (*limits, *DECLARED),
        doubtful,
    )
