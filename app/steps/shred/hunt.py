"""The hunt for copies of keys: one pass over all places, in files, archives and snapshots, for all keys."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final, cast

from app.domain.canonical import handle
from app.domain.outcome import Reason
from app.steps.shred.aside import Aside
from app.steps.shred.kinds.contract import Kind, Rewrap
from app.steps.shred.needles import Needles, Sieve
from app.steps.shred.repositories import Awaited, Repository, snapshots
from app.steps.shred.rewraps import Wraps
from app.steps.shred.unpacking import Piece, Unseen, pieces

_MOST_NAMED: Final = 1000
"""Places that are named of each key, and places that could not be looked into."""
_LOCKED: Final = 16 << 10
"""Bytes of the longest locked key in a text."""
_START: Final = 4096
_PIECES: Final = 8
"""Pieces of a file, of a mebibyte or a member each, between two signs of life."""


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
    case's key for ids. `passphrases` are those that the case knows, to be tried on what is locked.
    """

    places: tuple[str, ...] = ()
    repositories: tuple[Repository, ...] = ()
    passed_over: tuple[str, ...] = ()
    staying: Mapping[str, int] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    key: bytes = field(default=b"", repr=False)
    passphrases: tuple[str, ...] = field(default=(), repr=False)

    def with_own(self, own: Iterable[str]) -> tuple[str, ...]:
        """All that are tried: those of the keys themselves, of the repositories, and the others."""
        return (*own, *(one.passphrase for one in self.repositories), *self.passphrases)


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

    def overlap(self, sieve: Sieve) -> int:
        """Bytes that two parts of a file share: a locked key has to stand whole in one of them."""
        return max(sieve.overlap, _LOCKED) if self.wraps else sieve.overlap

    def rewrapped(self, data: bytes, known: Iterable[str], sighting: Sighting) -> Generator[str, None, None]:
        """Ask of every key but those known to be here whether it is wrapped here anew."""
        hints = {hint for one in self.wraps.values() for hint in one.hints}
        present = {hint for hint in hints if hint in data}
        for item, wraps in self.wraps.items() if present else ():
            here = item not in known and not present.isdisjoint(wraps.hints)
            told = Rewrap.NO
            if here:
                told = yield from wraps.tell(data)
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
            told = snapshots(repository, bag.overlap(sieve))
            yield from _sift(told, sieve, bag, repository.path, repository=True)
    return {one.id: bag.told(one) for one in quarries}


def _files(
    quarries: Sequence[Quarry], grounds: Grounds, sieve: Sieve, bag: _Bag
) -> Generator[str, None, None]:
    own = {one.node: {other.id for other in quarries if other.node == one.node} for one in quarries}
    aside = Aside.of(grounds.passed_over)
    seen: set[tuple[int, int]] = set()
    for path in _candidates(quarries, grounds.places, aside, bag):
        try:
            told = os.stat(path)
        except OSError:
            continue
        node = (told.st_dev, told.st_ino)
        if not stat.S_ISREG(told.st_mode) or node in seen or told.st_dev in aside.devices:
            continue
        if os.path.islink(path) and aside.has(path):
            continue
        seen.add(node)
        yield path
        yield from _look(path, told.st_size, sieve, bag, own.get(node, set()))


def _look(path: str, size: int, sieve: Sieve, bag: _Bag, own: set[str]) -> Generator[str, None, None]:
    try:
        with open(path, "rb", buffering=0) as file:
            found = pieces(cast("BinaryIO", file), size, bag.overlap(sieve))
            yield from _sift(found, sieve, bag, path, own)
    except OSError:
        _blind(bag, Blind(path, "", Reason.UNREADABLE))


def _sift(
    found: Awaited, sieve: Sieve, bag: _Bag, path: str, own: Iterable[str] = (), *, repository: bool = False
) -> Generator[str, None, None]:
    for number, one in enumerate(found, 1):
        if one is None or number % _PIECES == 0:
            yield ""
        if one is None:
            continue
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
        yield from bag.rewrapped(one.data, owners.union(own), sighting)


def _blind(bag: _Bag, blind: Blind) -> None:
    if len(bag.blind) < _MOST_NAMED:
        bag.blind[blind] = None


def doubts(hunted: Hunted, planned: frozenset[str]) -> tuple[Sighting, ...]:
    """The locked files that could hold the key, still stand, and are not to go themselves."""
    left = (one for one in hunted.doubtful if one.path not in planned)
    return tuple(one for one in left if one.repository or os.path.lexists(one.path))


def doubted(hunted: Hunted, planned: frozenset[str]) -> bool:
    """Whether one of them stands once all that is planned was overwritten."""
    return any(one.repository or _is_wrap_yet(one.path, planned) for one in hunted.doubtful)


def remaining(
    hunted: Hunted, needles: Needles, planned: frozenset[str] = frozenset()
) -> tuple[Sighting, ...]:
    """The copies that were found and still stand. What lies in a repository is not read again: it stays."""
    if not hunted.found:
        return ()
    still = {one.path for one in hunted.found if _stands(one, needles, planned)}
    return tuple(one for one in hunted.found if one.path in still)


def _stands(one: Sighting, needles: Needles, planned: frozenset[str]) -> bool:
    if one.repository:
        return True
    return _is_wrap_yet(one.path, planned) if one.rewrapped else has(one.path, needles)


def _is_wrap_yet(path: str, planned: frozenset[str]) -> bool:
    """Whether a file that wraps the key stands; one that is planned was overwritten from its start on."""
    try:
        with open(path, "rb") as file:
            return path not in planned or any(file.read(_START))
    except OSError:
        return os.path.lexists(path)


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


def _candidates(quarries: Sequence[Quarry], places: Sequence[str], aside: Aside, bag: _Bag) -> Iterator[str]:
    for folder in dict.fromkeys(os.path.dirname(one.path) for one in quarries if one.path):
        yield from aside.leaves(_entries(folder, bag)[0])
    for place in dict.fromkeys(places):
        if not os.path.isdir(place):
            if not os.path.exists(place):
                _blind(bag, Blind(place, "", Reason.GONE))
            yield place
            continue
        stack = [place]
        while stack:
            folder = stack.pop()
            if not aside.has(folder):
                files, folders = _entries(folder, bag)
                yield from aside.leaves(files)
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
