"""The hunt for copies of keys: one pass over all places, in files, archives and snapshots, for all keys."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, cast

from app.domain.canonical import handle
from app.domain.outcome import Reason
from app.steps.shred.kinds.contract import Kind, Opened, Rewrap
from app.steps.shred.needles import Needles, Sieve
from app.steps.shred.repositories import Repository, snapshots
from app.steps.shred.unpacking import Found, Piece, Unseen, pieces

_MOST_NAMED: Final = 1000
"""Places that are named of each key, and places that could not be looked into."""
_PIECES: Final = 8
"""Pieces of a file, of a mebibyte or a member each, between two signs of life."""


@dataclass(frozen=True, slots=True)
class Wraps:
    """What tells other wraps of a key: `tell` is asked where `hint` stands in the bytes."""

    hint: bytes
    tell: Callable[[bytes], Rewrap] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Quarry:
    """A key whose copies are looked for: its id, its own file, and what every copy of it has in it.

    One that is kept by a store has no `path`, or one that is not beside its copies.
    """

    id: str
    path: str
    node: tuple[int, int]
    needles: Needles = field(repr=False)
    rewrap: Wraps | None = None
    """Tells another wrap of the same key, of which nothing else would."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """Where to hunt: below `places`, in `repositories`, and beside each key; not in `passed_over`.

    `staying` counts, by the id of their key's item, the copies that are known to stay
    anyway. `told` are the ids of copies on which a person gave a word already. `key` is the
    case's key for ids.
    """

    places: tuple[str, ...] = ()
    repositories: tuple[Repository, ...] = ()
    passed_over: tuple[str, ...] = ()
    staying: Mapping[str, int] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    key: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A copy of a key: a file, or a member of an archive or of a snapshot in the repository at `path`.

    `id` goes by the path alone. One that is `rewrapped` has nothing in it that is looked for.
    """

    id: str
    path: str
    member: str = ""
    repository: bool = False
    rewrapped: bool = False


@dataclass(frozen=True, slots=True)
class Blind:
    """A place that could not be looked into, and why."""

    path: str
    member: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt looked at and found of one key. `searched` counts files and members.

    `doubtful` are locked files that could hold it too.
    """

    searched: int = 0
    found: tuple[Sighting, ...] = ()
    blind: tuple[Blind, ...] = ()
    doubtful: tuple[Sighting, ...] = ()


NOTHING: Final = Hunted()


@dataclass(slots=True)
class _Bag:
    """What was found so far, under ids made with `key`; `wraps` tell of keys wrapped anew."""

    key: bytes
    wraps: Mapping[str, Wraps]
    searched: int = 0
    found: defaultdict[str, dict[Sighting, None]] = field(default_factory=lambda: defaultdict(dict))
    blind: dict[Blind, None] = field(default_factory=dict)
    doubtful: defaultdict[str, dict[Sighting, None]] = field(default_factory=lambda: defaultdict(dict))

    def take(self, owners: Iterable[str], sighting: Sighting) -> None:
        for owner in owners:
            if len(self.found[owner]) < _MOST_NAMED:
                self.found[owner][sighting] = None

    def told(self, quarry: Quarry) -> Hunted:
        found = self.found[quarry.id]
        doubtful = tuple(one for one in self.doubtful[quarry.id] if one not in found)
        return Hunted(self.searched, tuple(found), tuple(self.blind), doubtful)

    def rewrapped(self, data: bytes, known: Iterable[str], sighting: Sighting) -> None:
        """Ask of every key but those known to be here whether it is wrapped here anew."""
        hints = {one.hint for one in self.wraps.values()}
        present = {hint for hint in hints if hint in data}
        for item, wraps in self.wraps.items() if present else ():
            told = wraps.tell(data) if wraps.hint in present and item not in known else Rewrap.NO
            if told is not Rewrap.NO:
                into = self.found if told is Rewrap.YES else self.doubtful
                if len(into[item]) < _MOST_NAMED:
                    into[item][replace(sighting, rewrapped=True)] = None


def hunt(quarries: Sequence[Quarry], grounds: Grounds) -> Generator[str, None, dict[str, Hunted]]:
    """Look for copies of all these keys in one pass; gives each file it comes to, and at last what it found.

    Within a long file, an archive or a repository it gives an empty text now and then, so that it
    can be shown and broken off there too.

    Names are no evidence: a file is a copy when something of the key is in it. A key's own file,
    under any of its names, is none. Links to files are looked at, folders that are links are not.
    """
    bag = _Bag(grounds.key, {one.id: one.rewrap for one in quarries if one.rewrap})
    sought = [one for one in quarries if one.needles]
    if sought:
        sieve = Sieve({one.id: one.needles for one in sought})
        yield from _files(sought, grounds, sieve, bag)
        for repository in grounds.repositories:
            yield repository.path
            told = snapshots(repository, sieve.overlap)
            yield from _sift(told, sieve, bag, repository.path, repository=True)
    return {one.id: bag.told(one) for one in quarries}


def _files(
    quarries: Sequence[Quarry], grounds: Grounds, sieve: Sieve, bag: _Bag
) -> Generator[str, None, None]:
    own = {one.node: {other.id for other in quarries if other.node == one.node} for one in quarries}
    aside = frozenset(os.path.realpath(one) for one in grounds.passed_over)
    seen: set[tuple[int, int]] = set()
    for path in _candidates(quarries, grounds.places, aside, bag):
        try:
            told = os.stat(path)
        except OSError:
            continue
        node = (told.st_dev, told.st_ino)
        if not stat.S_ISREG(told.st_mode) or node in seen or _leads_aside(path, aside):
            continue
        seen.add(node)
        yield path
        yield from _look(path, told.st_size, sieve, bag, own.get(node, set()))


def _look(path: str, size: int, sieve: Sieve, bag: _Bag, own: set[str]) -> Generator[str, None, None]:
    try:
        with open(path, "rb", buffering=0) as file:
            yield from _sift(pieces(cast("BinaryIO", file), size, sieve.overlap), sieve, bag, path, own)
    except OSError:
        _blind(bag, Blind(path, "", Reason.UNREADABLE))


def _sift(
    found: Found, sieve: Sieve, bag: _Bag, path: str, own: Iterable[str] = (), *, repository: bool = False
) -> Generator[str, None, None]:
    for number, one in enumerate(found, 1):
        if number % _PIECES == 0:
            yield ""
        if isinstance(one, Unseen):
            # The key's own store is what it is: locked.
            if not (own and not one.member):
                _blind(bag, Blind(path, one.member, one.reason))
            continue
        bag.searched += one.first
        owners = sieve.owners(one.data)
        sighting = Sighting(handle(bag.key, "c", path), path, one.member, repository)
        if owners:
            bag.take(owners.difference(own), sighting)
        bag.rewrapped(one.data, owners.union(own), sighting)


def _blind(bag: _Bag, blind: Blind) -> None:
    if len(bag.blind) < _MOST_NAMED:
        bag.blind[blind] = None


def rewraps(kind: Kind, keys: Opened) -> Wraps | None:
    """Give what tells other wraps of these keys; None where the kind knows no way."""
    if not (keys and kind.wrap_hint):
        return None

    def told(data: bytes) -> Rewrap:
        seen = {kind.rewrap(data, key) for key in keys}
        return next((one for one in (Rewrap.YES, Rewrap.MAYBE) if one in seen), Rewrap.NO)

    return Wraps(kind.wrap_hint, told)


def doubts(hunted: Hunted, planned: frozenset[str]) -> tuple[Sighting, ...]:
    """The locked files that could hold the key, still stand, and are not to go themselves."""
    left = (one for one in hunted.doubtful if one.path not in planned)
    return tuple(one for one in left if one.repository or os.path.lexists(one.path))


def remaining(hunted: Hunted, needles: Needles) -> tuple[Sighting, ...]:
    """The copies that were found and still stand. What lies in a repository is not read again: it stays."""
    if not hunted.found:
        return ()
    still = {one.path for one in hunted.found if _stands(one, needles)}
    return tuple(one for one in hunted.found if one.path in still)


def _stands(one: Sighting, needles: Needles) -> bool:
    return one.repository or (os.path.lexists(one.path) if one.rewrapped else has(one.path, needles))


def has(path: str, needles: Needles) -> bool:
    """Whether something of a key stands in a file. It may, where it can't be read or no needle is known."""
    if not needles:
        return os.path.lexists(path)
    sieve = Sieve({"": needles})
    try:
        with open(path, "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            found = pieces(cast("BinaryIO", file), size, sieve.overlap)
            return any(isinstance(one, Piece) and sieve.owners(one.data) for one in found)
    except OSError:
        return os.path.lexists(path)


def wraps_beside(path: str, kind: Kind) -> tuple[str, ...]:
    """The other files in a key's folder that wrap the same key, by their names."""
    folder, name = os.path.split(path)
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return ()
    wraps = (one for one in names if one != name and kind.is_wrap(one))
    return tuple(f"{folder}{os.sep}{one}" for one in wraps)


def _candidates(
    quarries: Sequence[Quarry], places: Sequence[str], aside: frozenset[str], bag: _Bag
) -> Iterator[str]:
    for folder in dict.fromkeys(os.path.dirname(one.path) for one in quarries if one.path):
        yield from _entries(folder, bag)[0]
    for place in dict.fromkeys(places):
        if not os.path.isdir(place):
            if not os.path.exists(place):
                _blind(bag, Blind(place, "", Reason.GONE))
            yield place
            continue
        stack = [place]
        while stack:
            folder = stack.pop()
            if not _is_aside(folder, aside):
                files, folders = _entries(folder, bag)
                yield from (one for one in files if not aside or os.path.abspath(one) not in aside)
                stack += reversed(folders)


def _entries(folder: str, bag: _Bag) -> tuple[list[str], list[str]]:
    """The files and links of a folder, and its own folders."""
    files, folders = [], []
    try:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif entry.is_symlink() and entry.is_dir():
                    _blind(bag, Blind(entry.path, "", Reason.LINK))
                else:
                    files.append(entry.path)
    except OSError:
        _blind(bag, Blind(folder, "", Reason.UNREADABLE))
    return files, folders


def _leads_aside(path: str, aside: frozenset[str]) -> bool:
    return bool(aside) and os.path.islink(path) and _is_aside(path, aside)


def _is_aside(path: str, aside: frozenset[str]) -> bool:
    return bool(aside) and os.path.realpath(path) in aside
