"""Restic: the id of a blob is the SHA-256 of its plain bytes, so absence can be proven without keeping data.

What `rewrite --exclude` and the default `prune` leave behind is why `--max-unused 0` is asked here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from app.domain.outcome import Reason
from app.steps.confirm.repositories import restic_again
from app.steps.confirm.repositories.contract import (
    Beat,
    Entry,
    Kind,
    Listing,
    Place,
    Repository,
    Run,
    Traits,
)
from app.steps.confirm.repositories.heads import Heads, look_at_heads, size_of
from app.steps.confirm.repositories.inside import Inside, Reader, look_inside, may_hold
from app.steps.confirm.repositories.originals import Originals
from app.steps.confirm.repositories.restic_tree import Trees
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.wanted import Wanted
from app.system.restic import LISTED, SILENT, Snapshot, settings, snapshots_in

SMALLEST: Final = 512 << 10
"""Bytes of the smallest chunk: a file below this is one blob, whose id is its own SHA-256."""
_BATCH: Final = 500
_REWRITES: Final = (0, 15)
"""The version that can take a file out of a snapshot."""
_WORDS: Final = (
    (rb"wrong password or no key found|empty password|resolving password failed", Reason.WRONG_PASSPHRASE),
    (rb"already locked|unable to create lock", Reason.REPOSITORY_LOCKED),
    (rb"is there a repository at|repository does not exist|unable to open config", Reason.UNREADABLE),
    (rb"repository contains errors|does not match|ciphertext verification failed", Reason.REPOSITORY_DAMAGED),
)


def tool_of(repository: Repository) -> Tool:
    """Restic, set to this repository; it keeps no cache of its own."""
    own = settings(repository.path, repository.password)
    unlock = ("unlock", "--no-cache")
    return Tool("restic", own, _WORDS, SILENT, repository.patience, unlock=unlock)


@dataclass(slots=True)
class _Seen:
    """What the listing of all snapshots has come to."""

    files: int = 0
    exact: dict[str, set[Place]] = field(default_factory=lambda: defaultdict(set))
    sizes: dict[str, int] = field(default_factory=dict)
    unsure: list[tuple[Place, int, tuple[str, ...]]] = field(default_factory=list)
    """Places whose content only the tree tells, their size, and the ids known by path."""
    packed: list[tuple[Place, int]] = field(default_factory=list)
    """Archives and mails, and their size."""
    heads: Heads = field(default_factory=Heads)
    volumes: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """Bytes of all files of a snapshot."""


def _verify(repository: Repository) -> Run[None]:
    tool = tool_of(repository)
    strict = replace(tool, words=(*_WORDS, (rb"", Reason.REPOSITORY_DAMAGED)))
    yield from strict.output("check", "--read-data", "--no-cache")


def snapshots(repository: Repository) -> Run[tuple[Snapshot, ...]]:
    """Every snapshot of the repository."""
    return snapshots_in((yield from tool_of(repository).output(*LISTED)))


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    taken = yield from snapshots(repository)
    blobs = yield from _places_of(repository, sorted(wanted.doomed))
    seen = _Seen()
    for same in _by_tree(taken):
        yield from _list(repository, same, blobs, wanted, seen)
    entries = {
        sha256: Entry(
            sha256, seen.sizes[sha256], tuple(sorted(places, key=_order)), (sha256,), wanted.doomed[sha256]
        )
        for sha256, places in seen.exact.items()
    }
    unread = yield from _look_closer(repository, {one.id: one for one in taken}, wanted, seen, entries)
    yield from _look_at_heads(repository, seen)
    inside = yield from _open(repository, {one.id: one for one in taken}, wanted, seen, entries)
    for entry in inside.entries:
        # What lies in it is why it goes, rather than the path where it stands.
        entries.pop(entry.sha256, None)
    limits = frozenset({Reason.UNREADABLE} if unread else ())
    found = (*entries.values(), *inside.entries)
    return Listing(found, seen.files, limits, inside.members, inside.unopened)


def _open(
    repository: Repository,
    taken: dict[str, Snapshot],
    wanted: Wanted,
    seen: _Seen,
    entries: dict[str, Entry],
) -> Run[Inside]:
    """Look into the archives and mails, each content once; an own copy of what goes is known already."""
    trees, inside = Trees(tool_of(repository)), Inside(unopened=seen.heads.unread())
    places: dict[tuple[str, ...], list[Place]] = defaultdict(list)
    sizes: dict[tuple[str, ...], int] = {}
    known = {place for one in entries.values() if one.sha256 in wanted.doomed for place in one.places}
    for place, size in seen.packed:
        chunks = yield from trees.content(taken[place.snapshot].tree, place.path)
        if chunks is None:
            inside.unopened += 1
        elif place not in known:
            places[chunks].append(place)
            sizes[chunks] = size
    for chunks, same in places.items():
        reader = _reader(repository, same[0])
        yield from look_inside(tuple(same), sizes[chunks], reader, wanted, inside, chunks)
    return inside


def _look_at_heads(repository: Repository, seen: _Seen) -> Run[None]:
    """Find the archives and mails of any other name."""

    def every(snapshot: str, _: Sequence[str]) -> Reader:
        arguments = ("dump", "--no-cache", "--archive", "tar", snapshot, "/")
        return lambda take: tool_of(repository).feed(arguments, take)

    yield from look_at_heads(seen.heads, seen.volumes, lambda place: _reader(repository, place), every)
    for key, places in seen.heads.places.items():
        if seen.heads.opens(key):
            seen.packed += ((place, size_of(key)) for place in places)


def _reader(repository: Repository, place: Place) -> Reader:
    arguments = ("dump", "--no-cache", place.snapshot, place.path)
    return lambda take: tool_of(repository).feed(arguments, take)


def _order(place: Place) -> tuple[str, str]:
    return place.path, place.snapshot


def _by_tree(taken: Iterable[Snapshot]) -> list[list[Snapshot]]:
    """Snapshots that hold the very same are listed once."""
    same: dict[tuple[str, tuple[str, ...]], list[Snapshot]] = defaultdict(list)
    for one in taken:
        same[one.tree, one.paths].append(one)
    return list(same.values())


def _places_of(repository: Repository, ids: Sequence[str]) -> Run[dict[tuple[str, str], str]]:
    """Where the blobs of these ids are used, by snapshot and path."""
    found: dict[tuple[str, str], str] = {}
    for at in range(0, len(ids), _BATCH):
        told = yield from tool_of(repository).output(
            "find", "--json", "--no-cache", "--blob", *ids[at : at + _BATCH]
        )
        for one in _documents(told):
            if one.get("object_type") == "blob":
                found[one["snapshot"], one["path"]] = one["id"]
    return found


def _documents(told: bytes) -> Iterator[dict[str, Any]]:
    """What `find --json` prints: an array, or in some versions one object a line."""
    text = told.decode("utf-8", "replace").strip()
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield from value if isinstance(value, list) else [value]
        while at < len(text) and text[at].isspace():
            at += 1


def _list(
    repository: Repository,
    same: Sequence[Snapshot],
    blobs: dict[tuple[str, str], str],
    wanted: Wanted,
    seen: _Seen,
) -> Run[None]:
    """Go through one tree; what is known by its blob is taken, what only may be is put aside."""
    first = same[0]
    originals = Originals(wanted.paths, first.paths)

    def take(line: bytes) -> None:
        node = json.loads(line.decode("utf-8", "replace") or "{}")
        if node.get("struct_type") != "node" or node.get("type") != "file":
            return
        seen.files += 1
        path, size = node["path"], int(node.get("size", 0))
        blob, ids = blobs.get((first.id, path)), originals.of(path)
        # In a longer file than any that goes, one of its chunks is what goes.
        whole = blob and (size < SMALLEST or size in wanted.sizes)
        if blob and size < SMALLEST:
            seen.exact[blob].update(Place(one.id, path) for one in same)
            seen.sizes[blob] = size
        elif size and (ids or (size >= SMALLEST and size in wanted.sizes)):
            seen.unsure.extend((Place(one.id, path), size, ids) for one in same)
        seen.volumes[first.id] += size
        if size and not whole and wanted.within:
            if may_hold(path):
                seen.packed.extend((Place(one.id, path), size) for one in same)
                return
            for one in same:
                seen.heads.seen((path, size, node.get("mtime"), node.get("ctime")), Place(one.id, path))

    yield from tool_of(repository).lines(("ls", "--json", "--no-cache", first.id), take)


def _look_closer(
    repository: Repository,
    taken: dict[str, Snapshot],
    wanted: Wanted,
    seen: _Seen,
    entries: dict[str, Entry],
) -> Run[int]:
    """Tell by their trees what big files and earlier versions hold; give how many could not be told."""
    trees, unread = Trees(tool_of(repository)), 0
    known: dict[tuple[str, ...], str] = {}
    for place, size, ids in seen.unsure:
        chunks = yield from trees.content(taken[place.snapshot].tree, place.path)
        if chunks is None:
            unread += 1
            continue
        if chunks not in known:
            known[chunks] = chunks[0] if len(chunks) == 1 else (yield from _digest(repository, place))
        sha256 = known[chunks]
        of = wanted.doomed.get(sha256, ()) or ids
        if of:
            old = entries.get(sha256)
            places = (*(old.places if old else ()), place)
            other = sha256 not in wanted.doomed
            entries[sha256] = Entry(sha256, size, places, chunks, of, other)
    return unread


def _digest(repository: Repository, place: Place) -> Run[str]:
    state = hashlib.sha256()
    yield from _reader(repository, place)(state.update)
    return state.hexdigest()


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    tool = tool_of(repository)
    version = yield from _version(tool)
    taken = {one.id: one for one in (yield from snapshots(repository))}
    for paths, all_affected in _groups(entries, taken):
        affected = []
        for one in all_affected:
            if restic_again.replaced(one, paths, taken.values()):
                yield from restic_again.forget(tool, one)
            else:
                affected.append(one)
        if version >= _REWRITES:
            if affected:
                yield from _rewrite(repository, paths, affected)
            continue
        for one in affected:
            yield from restic_again.take_again(repository, tool, one, paths)
    yield from restic_again.unlink(tool, (yield from snapshots(repository)))
    yield from tool.output("prune", "--max-unused", "0", "--no-cache")


def _groups(
    entries: Sequence[Entry], taken: dict[str, Snapshot]
) -> Iterator[tuple[tuple[str, ...], list[Snapshot]]]:
    """The snapshots that lose the same paths, together: a path that goes in one may stay in another."""
    paths: dict[str, set[str]] = defaultdict(set)
    for place in (place for entry in entries for place in entry.places):
        paths[place.snapshot].add(place.path)
    groups: dict[tuple[str, ...], list[Snapshot]] = defaultdict(list)
    for snapshot, gone in paths.items():
        if snapshot in taken:
            groups[tuple(sorted(gone))].append(taken[snapshot])
    yield from groups.items()


def _rewrite(repository: Repository, paths: Sequence[str], affected: Sequence[Snapshot]) -> Run[None]:
    arguments = restic_again.excluding(repository, paths)
    yield from tool_of(repository).output(
        "rewrite", "--forget", "--no-cache", *arguments, *(one.id for one in affected)
    )


def _version(tool: Tool) -> Run[tuple[int, ...]]:
    told = yield from tool.output("version")
    found = re.search(rb"restic (\d+)\.(\d+)", told)
    return tuple(map(int, found.groups())) if found else (0, 0)


def _remaining(repository: Repository, marks: frozenset[str], _: frozenset[int]) -> Run[frozenset[str]]:
    left = set()

    def take(line: bytes) -> None:
        blob = line.decode("ascii", "replace").rpartition(" ")[2].strip()
        if blob in marks:
            left.add(blob)

    yield from tool_of(repository).lines(("list", "blobs", "--no-cache"), take)
    return frozenset(left)


def _traits(repository: Repository) -> Run[Traits]:
    yield Beat()
    folder = repository.backup.path / "keys"
    return Traits(keys=tuple(str(one) for one in folder.iterdir()) if folder.is_dir() else ())


def _store(repository: Repository) -> Run[str]:
    """The id that `restic init` drew; other keys and new snapshots leave it as it is."""
    return str(json.loads((yield from tool_of(repository).output("cat", "config", "--no-cache")))["id"])


KIND: Final = Kind("restic", "check --read-data", _verify, _find, _remove, _remaining, _traits, _store)
