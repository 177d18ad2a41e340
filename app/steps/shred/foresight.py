"""A dry run of shredding: the exact bytes that would go, the wraps and copies there are, what would stay."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.shred.hunt import hunt, wraps_beside
from app.steps.shred.inspection import reading, stamp_of, store_of
from app.steps.shred.kinds import kind_of, marks_of, spans_of
from app.steps.shred.kinds.contract import NotOpened, Span
from app.steps.shred.overwriting import PASSES
from app.steps.shred.surface import surface_of
from app.steps.shred.verdict import DECLARED
from app.system.disk import this_disk

_STAYS: Final = ("overwrite", "sync", "read_back", "open")
_GOES: Final = (*_STAYS, "rename", "unlink", "sync_folder")


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What shredding one key would do.

    `calls` are the acts in their order, `bytes` what is written in all passes. `wait` is
    in seconds: for a key that lies here it is none. `wraps` are other files with the
    same key that have to be declared too; `copies` what the hunt found. `limits` are
    the reasons, known beforehand, for which the verdict would say no more than it will.
    """

    path: str
    kind: str
    spans: tuple[Span, ...]
    bytes: int
    calls: tuple[str, ...]
    wait: int
    wraps: tuple[str, ...]
    copies: tuple[str, ...]
    limits: tuple[Reason, ...]


def foresee(sources: Sequence[KeySource], *, places: Sequence[str] = ()) -> Iterator[Foreseen]:
    """Say of each declared key what its shredding would do, changing nothing.

    Copies are hunted beside the key and everywhere below `places`.

    Raises:
        Refused: as `inspect` does.
    """
    declared = frozenset(os.path.abspath(source.path) for source in sources)  # noqa: PTH100 as text
    for source in sources:
        yield _foreseen(source, declared, places)


def _foreseen(source: KeySource, declared: frozenset[str], places: Sequence[str]) -> Foreseen:
    path, kind = os.path.abspath(source.path), kind_of(source.kind)  # noqa: PTH100 likewise
    with reading(path) as fd:
        store, told = store_of(this_disk(), fd), os.fstat(fd)
        try:
            spans = spans_of(kind, store)
        except NotOpened:
            raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, kind.name) from None
        limits = surface_of(fd, told.st_nlink).limits
        copies = hunt(path, stamp_of(told), marks_of(kind, store), places).found
    wraps = tuple(one for one in wraps_beside(path, kind) if one not in declared)
    copies = tuple(one for one in copies if one not in declared)
    if wraps or copies:
        limits += (Reason.COPIES_REMAIN,)
    written = PASSES * sum(span.stop - span.start for span in spans)
    calls = _STAYS if kind.container else _GOES
    return Foreseen(path, kind.name, spans, written, calls, 0, wraps, copies, (*limits, *DECLARED))
