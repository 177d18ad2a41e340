"""A snapshot of a btrfs volume: it goes whole or not at all, for what is in it can't be changed."""

from __future__ import annotations

import io
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.reading import CHUNK, CantRead, digesting, reading
from app.steps.confirm.repositories.contract import (
    Beat,
    Entry,
    Kind,
    Listing,
    Place,
    Repository,
    Run,
    Traits,
    Unusable,
)
from app.steps.confirm.repositories.inside import Inside, Reader, look_inside, may_hold
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.wanted import Wanted

_GO_TOO: Final = (Reason.MIXED_ARCHIVE, Reason.IN_MAIL)
_WORDS: Final = ((rb"not a subvolume|not a btrfs|cannot find|could not statfs", Reason.UNREADABLE),)


def tool_of(repository: Repository) -> Tool:
    """The btrfs program."""
    return Tool("btrfs", words=_WORDS, patience=repository.patience)


def _verify(repository: Repository) -> Run[None]:
    """Read all of it: btrfs compares each block with its checksum on the way."""
    if not os.path.lexists(repository.path):
        return
    yield from tool_of(repository).output("subvolume", "show", repository.path)
    for done, path in enumerate(_files(repository.path)):
        try:
            with reading(path) as (file, _):
                yield from _hashed(file)
        except CantRead as error:
            reason = Reason.REPOSITORY_DAMAGED if error.reason is Reason.IO_ERROR else error.reason
            raise Unusable(reason) from None
        yield Beat(done)


def _hashed(file: io.FileIO) -> Run[str]:
    run = digesting(file)
    while True:
        try:
            yield Beat(next(run))
        except StopIteration as end:
            return str(end.value)


def _files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield str(path)


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    if not os.path.lexists(repository.path):
        return Listing((), 0)
    places: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    files, inside = 0, Inside()
    for path in _files(repository.path):
        files += 1
        with reading(path) as (file, stamp):
            sha256 = (yield from _hashed(file)) if stamp.size in wanted.sizes else ""
            if stamp.size and sha256 in wanted.doomed:
                places[sha256].append(os.path.relpath(path, repository.path))
                sizes[sha256] = stamp.size
            elif wanted.within and may_hold(path):
                place = Place("", os.path.relpath(path, repository.path))
                yield from look_inside((place,), stamp.size, _reader(file), wanted, inside)
        yield Beat(files)
    entries = tuple(
        Entry(one, sizes[one], tuple(Place("", p) for p in found), (one,), wanted.doomed[one])
        for one, found in places.items()
    )
    # A snapshot goes whole, with whatever else an archive in it holds.
    held = (replace(one, against=tuple(w for w in one.against if w not in _GO_TOO)) for one in inside.entries)
    return Listing((*entries, *held), files, members=inside.members, unopened=inside.unopened)


def _reader(file: io.FileIO) -> Reader:
    def read(take: Callable[[bytes], None]) -> Run[None]:
        file.seek(0)
        while chunk := file.read(CHUNK):
            take(chunk)
            yield Beat()

    return read


def _remove(repository: Repository, _: Sequence[Entry]) -> Run[None]:
    if os.path.lexists(repository.path):
        tool = tool_of(repository)
        yield from tool.output("subvolume", "delete", "--commit-after", repository.path)


def _remaining(repository: Repository, marks: frozenset[str], _: frozenset[int]) -> Run[frozenset[str]]:
    """Nothing, once the name is gone and the volume does not list the snapshot any more."""
    path = os.path.realpath(repository.path)
    told = yield from tool_of(repository).output("subvolume", "list", str(Path(path).parent))
    listed = {line.rpartition(b" path ")[2].decode("utf-8", "replace") for line in told.splitlines()}
    there = os.path.lexists(path) or any(path.endswith(f"/{one}") for one in listed if one)
    return marks if there else frozenset()


def _traits(_: Repository) -> Run[Traits]:
    yield Beat()
    return Traits(Disposal.DISCARD, freed=Reason.FREED_IN_CLEAR)


KIND: Final = Kind("btrfs", "subvolume show, all read", _verify, _find, _remove, _remaining, _traits)
