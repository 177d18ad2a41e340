"""A snapshot of a btrfs volume: it goes whole or not at all, for what is in it can't be changed."""

from __future__ import annotations

import io
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.opaque import LOOK
from app.steps.confirm.reading import CHUNK, CantRead, digesting, raised, reading, reason_of
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
from app.steps.confirm.repositories.inside import Inside, Reader, holds_others, look_inside, may_hold
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.whereabouts import file_system, marked, parent_of, refuse_elsewhere
from app.steps.confirm.wanted import Wanted

_GO_TOO: Final = (Reason.MIXED_ARCHIVE, Reason.IN_MAIL)
_IN_IT: Final = {Reason.IO_ERROR: Reason.REPOSITORY_DAMAGED}
_WORDS: Final = ((rb"not a subvolume|not a btrfs|cannot find|could not statfs", Reason.UNREADABLE),)


def tool_of(repository: Repository) -> Tool:
    """The btrfs program."""
    return Tool("btrfs", words=_WORDS, patience=repository.patience)


def _verify(repository: Repository) -> Run[None]:
    """Read all of it: btrfs compares each block with its checksum on the way."""
    if not os.path.lexists(repository.path):
        return
    yield from tool_of(repository).output("subvolume", "show", repository.path)
    with _seen_whole():
        for done, path in enumerate(_files(repository.path)):
            with reading(path) as (file, _):
                yield from _hashed(file)
            yield Beat(done)


@contextmanager
def _seen_whole() -> Iterator[None]:
    """Say what it means that a file or folder in the snapshot can't be read: none is passed over.

    Raises:
        Unusable: REPOSITORY_DAMAGED for a block that is not as it was written, DENIED and others.
    """
    try:
        yield
    except CantRead as error:
        raise Unusable(_IN_IT.get(error.reason, error.reason)) from None
    except OSError as error:
        reason = reason_of(error)
        raise Unusable(_IN_IT.get(reason, reason)) from None


def _hashed(file: io.FileIO) -> Run[str]:
    run = digesting(file)
    while True:
        try:
            yield Beat(next(run))
        except StopIteration as end:
            return str(end.value)


def _files(root: str) -> Iterator[str]:
    """The path of every file below.

    Raises:
        OSError: where a folder can't be listed.
    """
    for folder, _, names in os.walk(root, onerror=raised):
        for name in names:
            path = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(path).st_mode):
                yield path


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    if not os.path.lexists(repository.path):
        return Listing((), 0)
    places: dict[str, list[str]] = defaultdict(list)
    sizes: dict[str, int] = {}
    files, inside = 0, Inside()
    here = file_system(parent_of(repository.path))
    with _seen_whole():
        for path in _files(repository.path):
            files += 1
            with reading(path) as (file, stamp):
                sha256 = (yield from _hashed(file)) if stamp.size in wanted.sizes else ""
                if stamp.size and sha256 in wanted.doomed:
                    places[sha256].append(os.path.relpath(path, repository.path))
                    sizes[sha256] = stamp.size
                elif wanted.within and (may_hold(path) or holds_others(_head(file))):
                    place = Place("", os.path.relpath(path, repository.path))
                    yield from look_inside((place,), stamp.size, _reader(file), wanted, inside)
            yield Beat(files)
    entries = tuple(
        Entry(one, sizes[one], tuple(Place("", p) for p in found), (marked(one, here),), wanted.doomed[one])
        for one, found in places.items()
    )
    held = (_going(one, here) for one in inside.entries)
    return Listing((*entries, *held), files, members=inside.members, unopened=inside.unopened)


def _head(file: io.FileIO) -> bytes:
    file.seek(0)
    return file.read(LOOK)


def _going(one: Entry, here: str) -> Entry:
    """An archive in a snapshot, which goes whole, with whatever else it holds."""
    against = tuple(why for why in one.against if why not in _GO_TOO)
    return replace(one, against=against, marks=(marked(one.sha256, here),))


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
    """Nothing, once the name is gone and the volume does not list the snapshot any more.

    Raises:
        Unusable: GONE when another file system stands there than the one that had it.
    """
    path, parent = os.path.realpath(repository.path), parent_of(repository.path)
    refuse_elsewhere(marks, file_system(parent))
    told = yield from tool_of(repository).output("subvolume", "list", parent)
    listed = {line.rpartition(b" path ")[2].decode("utf-8", "replace") for line in told.splitlines()}
    there = os.path.lexists(path) or any(path.endswith(f"/{one}") for one in listed if one)
    return marks if there else frozenset()


def _traits(_: Repository) -> Run[Traits]:
    yield Beat()
    return Traits(Disposal.DISCARD, freed=Reason.FREED_IN_CLEAR)


def _store(repository: Repository) -> Run[str]:
    """The file system, and on a second line the UUID of the snapshot as long as it is there."""
    here = f"{file_system(parent_of(repository.path))}\n"
    if not os.path.lexists(repository.path):
        return here
    told = yield from tool_of(repository).output("subvolume", "show", repository.path)
    named = {
        name.strip(): value.strip() for name, _, value in (it.partition(b":") for it in told.splitlines())
    }
    return here + named[b"UUID"].decode("ascii")


KIND: Final = Kind("btrfs", "subvolume show, all read", _verify, _find, _remove, _remaining, _traits, _store)
