"""Find traces: what programs left of each record that goes, tied to its path by evidence."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.canonical import handle
from app.domain.copies import Copy, Disposal, Searched, Trace
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.outcome import Reason
from app.domain.record import Record, Stamp
from app.steps.confirm.reading import CantRead, digest, reading, reason_of, stamp_of, stood_still
from app.steps.confirm.traces.beside import beside
from app.steps.confirm.traces.bin import own_bin, volume_bins
from app.steps.confirm.traces.elsewhere import elsewhere
from app.steps.confirm.traces.lists import recent
from app.steps.confirm.traces.search import Search, Sighting, Sought, homes
from app.steps.confirm.traces.thumbnails import thumbnails
from app.system.handles import Node, alone, open_files
from app.system.paths import lies_in
from app.system.protected import is_protected

Finder = Callable[[Search], Iterator[Sighting | Progressed]]

_ROUNDS: Final[tuple[tuple[Finder, ...], ...]] = (
    (beside, elsewhere, own_bin, volume_bins),
    # What goes of the first round is sought in the second: a backup has a thumbnail too.
    (recent, thumbnails),
)
_ONCE: Final = frozenset({beside, volume_bins})
"""They look where the records are, and not into homes."""


def find_traces(
    doomed: Sequence[Record],
    *,
    key: bytes,
    kept: Sequence[Record] = (),
    home: Path | None = None,
    exclude: Sequence[Path] = (),
    told: Collection[str] = (),
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    """Search beside the records, in the home and in the bins of their volumes; read only.

    Known by evidence alone: a thumbnail by the URI in it, a thrown away file by the note
    of where it lay, a swap file by the name in its header, a list by its entries, the
    rest by the exact name that a program gives a file beside another. There is one
    Copy for each path; a trace that is itself one of `doomed` is not told again.

    WIPE, or EXCEPTION with its reasons: it is a record of `kept` (KEPT_RECORD) or has the
    bytes of one (KEPT_CONTENT); a list that names other files (MIXED_LIST); a link; a
    file with other names, that is open elsewhere, that can't be read, that changed while
    it was read, or that stands in a protected place. The note on a file in the bin goes
    only with the file.

    `kept` is every other record of the case. `home` is that of whoever runs this, unless
    given; when root runs this, the homes below it are looked into too, and never another.
    Folders in `exclude` are passed over, and the paths in `told`: copies and keys that are
    known already, of which more than a path is known. After each home a BackupSearched says what was
    looked at and what could not be.
    """
    look = _Look(Sought(doomed), Kept.of(kept), key, exclude, told)
    for number, places in enumerate(homes(home)):
        search = Search(look.sought, places)
        copies = 0
        for finders in _ROUNDS:
            here = [finder for finder in finders if number == 0 or finder not in _ONCE]
            sightings = yield from _sightings(search, here)
            for sighting in sightings:
                yield from search.progress(sighting.path)
                copy = look.at(sighting, search.limits)
                if copy is not None:
                    copies += 1
                    yield CopyFound(copy)
        limits = tuple(sorted(search.limits, key=lambda reason: reason.value))
        yield BackupSearched(Searched(str(places.home), search.files, 0, copies, limits))


def _sightings(search: Search, finders: Sequence[Finder]) -> Generator[Progressed, None, list[Sighting]]:
    """Let the finders look, and give each path they sighted once: files before what describes them."""
    seen: dict[str, Sighting] = {}
    for finder in finders:
        for one in finder(search):
            if isinstance(one, Progressed):
                yield one
            else:
                _add(seen, one)
    return sorted(seen.values(), key=lambda one: (bool(one.bound_to), one.path))


def _within(path: str, folders: frozenset[str]) -> bool:
    real = os.path.realpath(Path(path).parent)
    return any(lies_in(real, folder) for folder in folders)


def _add(seen: dict[str, Sighting], new: Sighting) -> None:
    old = seen.get(new.path)
    if old is None:
        seen[new.path] = new
        return
    of = tuple(sorted({*old.of, *new.of}))
    against = tuple(dict.fromkeys([*old.against, *new.against]))
    seen[new.path] = Sighting(new.path, of, old.trace, against, old.bound_to or new.bound_to)


@dataclass(frozen=True, slots=True)
class Kept:
    """What must not go: the paths, files and contents of the records that are not destroyed."""

    paths: frozenset[str]
    nodes: frozenset[Node]
    contents: frozenset[str]

    @classmethod
    def of(cls, records: Sequence[Record]) -> Kept:
        """Gather it from the records."""
        return cls(
            frozenset(record.path for record in records),
            frozenset((record.stamp.device, record.stamp.inode) for record in records),
            frozenset(record.sha256 for record in records if record.sha256),
        )


class _Look:
    """The look at each file that was sighted, with what earlier looks found."""

    def __init__(
        self, sought: Sought, kept: Kept, key: bytes, exclude: Sequence[Path], told: Collection[str]
    ) -> None:
        self.sought = sought
        self._kept = kept
        self._key = key
        self._passed_over = frozenset(os.path.realpath(path) for path in exclude)
        self._told = set(told)
        self._going = {(one.stamp.device, one.stamp.inode) for one in sought.records.values()}
        self._stays: dict[str, tuple[Reason, ...]] = {}
        self._opened: frozenset[Node] | None = None

    def at(self, sighting: Sighting, limits: set[Reason]) -> Copy | None:
        """Give the copy that a sighting comes to.

        None when it was told before, is a record that goes anyway, is passed over or gone,
        or can't even be looked at, which is then one of the `limits`.
        """
        path = sighting.path
        if path in self._told or path in self.sought.own or _within(path, self._passed_over):
            return None
        self._told.add(sighting.path)
        against = {*sighting.against, *self._stays.get(sighting.bound_to, ())}
        try:
            stamp, sha256 = self._read(sighting.path, against)
        except OSError as error:
            if (reason := reason_of(error)) is not Reason.GONE:
                limits.add(reason)
                self._stays[sighting.path] = (reason,)
            return None
        if stamp.links == 1 and (stamp.device, stamp.inode) in self._going:
            return None
        if self._of_open_record(sighting):
            against.add(Reason.OPEN_ELSEWHERE)
        reasons = tuple(sorted(against, key=lambda reason: reason.value))
        if reasons:
            self._stays[sighting.path] = reasons
        else:
            self.sought.add(sighting.path, sighting.of)
        return Copy(
            id=handle(self._key, "c", sighting.path),
            of=sighting.of,
            path=sighting.path,
            member="",
            stamp=stamp,
            sha256=sha256,
            disposal=Disposal.EXCEPTION if reasons else Disposal.WIPE,
            reasons=reasons,
            trace=sighting.trace,
        )

    def _read(self, path: str, against: set[Reason]) -> tuple[Stamp, str]:
        stamp, sha256 = stamp_of(os.lstat(path)), ""
        try:
            with reading(path) as (file, stamp):
                sha256 = digest(file)
                if not stood_still(file, stamp):
                    against.add(Reason.CHANGED)
                if self._busy(file.fileno(), (stamp.device, stamp.inode)):
                    against.add(Reason.OPEN_ELSEWHERE)
        except CantRead as error:
            against.add(error.reason)
        if path in self._kept.paths or (stamp.device, stamp.inode) in self._kept.nodes:
            against.add(Reason.KEPT_RECORD)
        if sha256 in self._kept.contents:
            against.add(Reason.KEPT_CONTENT)
        if stamp.links > 1:
            against.add(Reason.HARD_LINK)
        if is_protected(path) or is_protected(os.path.realpath(path)):
            against.add(Reason.PROTECTED_PLACE)
        return stamp, sha256

    def _busy(self, fd: int, node: Node) -> bool:
        lone = alone(fd)
        return self._is_open(node) if lone is None else not lone

    def _is_open(self, node: Node) -> bool:
        if self._opened is None:
            self._opened = open_files()
        return node in self._opened

    def _of_open_record(self, sighting: Sighting) -> bool:
        """Whether it locks a document that a program has open right now."""
        return sighting.trace is Trace.LOCK_FILE and any(
            self._is_open((stamp.device, stamp.inode))
            for stamp in (self.sought.records[one].stamp for one in sighting.of)
        )
