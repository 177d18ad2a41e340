"""Rclone remotes: all is read and hashed, for a crypt remote with a wrong password lists an empty folder.

In a bucket that keeps versions each of them is read, and taken out, like a file of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.domain.outcome import Reason
from app.steps.confirm.opaque import LOOK
from app.steps.confirm.repositories.contract import (
    Entry,
    Kind,
    Listing,
    Place,
    Repository,
    Run,
    Traits,
    Unusable,
)
from app.steps.confirm.repositories.heads import Heads
from app.steps.confirm.repositories.inside import Inside, Reader, holds_others, look_inside, may_hold
from app.steps.confirm.repositories.originals import Originals
from app.steps.confirm.repositories.rclone_ground import ground_of, settings_of
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.whereabouts import (
    file_system,
    folder_of,
    hash_of,
    marked,
    refuse_elsewhere,
    shown,
)
from app.steps.confirm.wanted import Wanted

_NO_TEXT: Final = re.compile("[\udc80-\udcff]")
_WAIT: Final = 60.0
"""Seconds that a server may take for a connection or an answer; rclone asks it four times at the most."""
_WORDS: Final = (
    (rb"couldn't decrypt config|unable to decrypt config", Reason.WRONG_PASSPHRASE),
    (
        rb"undecryptable|not a multiple of blocksize|bad pkcs#7|failed to authenticate",
        Reason.WRONG_PASSPHRASE,
    ),
    (rb"i/o timeout|context deadline exceeded|timeout awaiting|client.timeout", Reason.TOOL_HUNG),
    (rb"\b401\b|unauthori[sz]ed|unable to authenticate|login incorrect", Reason.WRONG_PASSPHRASE),
    (rb"didn't find section|directory not found|unknown remote type", Reason.UNREADABLE),
)


def tool_of(repository: Repository) -> Tool:
    """Rclone, asked for no password at a terminal; what it could not decrypt counts as a failure."""
    wait = f"{min(repository.patience, _WAIT):g}s"
    settings = {
        "RCLONE_ASK_PASSWORD": "false",
        "RCLONE_CONFIG_PASS": repository.password,
        "RCLONE_CONTIMEOUT": wait,
        "RCLONE_TIMEOUT": wait,
        "RCLONE_LOW_LEVEL_RETRIES": "2",
        "RCLONE_RETRIES": "2",
    }
    return Tool("rclone", settings, _WORDS, patience=repository.patience, alarms=_WORDS[1:2])


def _seeing(repository: Repository) -> Run[Tool]:
    """Rclone, set to see every version that the store keeps."""
    tool, _ = yield from _standing(repository)
    return tool


def _standing(repository: Repository) -> Run[tuple[Tool, str]]:
    """Rclone as `_seeing`, and the file system of a remote that lies on this computer."""
    tool = tool_of(repository)
    ground = yield from ground_of(tool, repository.path)
    place = file_system(ground.folder) if ground.folder else ""
    return replace(tool, settings={**tool.settings, **ground.settings}), place


def _verify(repository: Repository) -> Run[None]:
    strict = replace((yield from _seeing(repository)), words=(*_WORDS, (rb"", Reason.REPOSITORY_DAMAGED)))
    yield from strict.lines(("hashsum", "sha256", "--download", repository.path), lambda _: None)


def _sizes(repository: Repository, tool: Tool) -> Run[tuple[dict[str, int], bool]]:
    """The size of each file, and whether every one of them has a path of its own.

    Two versions of one second have the same name, and then only one of them can be read.
    """
    told = json.loads((yield from tool.output("lsjson", "-R", "--files-only", repository.path))) or []
    count = Counter(one["Path"] for one in told)
    return {one["Path"]: int(one["Size"]) for one in told}, all(one == 1 for one in count.values())


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    tool, place = yield from _standing(repository)
    sizes, distinct = yield from _sizes(repository, tool)
    if not sizes:
        yield from _told_all(repository)
        if not repository.emptied:
            raise Unusable(Reason.UNREADABLE)
    inside = Inside()
    entries = yield from _known(repository, tool, wanted, sizes, inside)
    unsure = frozenset(() if distinct else (Reason.UNREADABLE,))
    known = (replace(one, marks=(marked(one.sha256, place),)) for one in (*entries, *inside.entries))
    return Listing(tuple(known), len(sizes), unsure, inside.members, inside.unopened)


def _told_all(repository: Repository) -> Run[None]:
    """No files is no proof: it is also what a wrong password shows, and only tells when asked to tell all."""
    yield from tool_of(repository).output("lsjson", "-R", "-vv", repository.path)


def _known(
    repository: Repository, tool: Tool, wanted: Wanted, sizes: dict[str, int], inside: Inside
) -> Run[tuple[Entry, ...]]:
    originals = Originals(wanted.paths)
    packed = [path for path, size in sizes.items() if size and wanted.within and may_hold(path)]
    if wanted.within:
        packed += yield from _packed(repository, tool, sizes, inside)
    some = [path for path, size in sizes.items() if size and (size in wanted.sizes or originals.of(path))]
    some = list(dict.fromkeys((*some, *packed)))
    places, names = yield from _digests(repository, tool, some)
    sizes = {**sizes, **{name: sizes[told] for name, told in names.items()}}
    for digest, paths in places.items():
        if digest not in wanted.doomed and (held := [path for path in paths if path in packed]):
            found = tuple(Place("", path) for path in paths)
            reader = _reader(repository, tool, held[0])
            yield from look_inside(found, sizes[held[0]], reader, wanted, inside)
    within = {entry.sha256 for entry in inside.entries}
    return tuple(
        Entry(
            digest,
            sizes.get(paths[0], 0),
            tuple(Place("", path) for path in paths),
            (digest,),
            wanted.doomed.get(digest) or originals.of(paths[0]),
            digest not in wanted.doomed,
        )
        for digest, paths in places.items()
        if digest not in within and (digest in wanted.doomed or originals.of(paths[0]))
    )


def _digests(
    repository: Repository, tool: Tool, some: Sequence[str]
) -> Run[tuple[dict[str, list[str]], dict[str, str]]]:
    """The paths of each content among these files; and of a name that is no UTF-8, how it was told.

    Raises:
        Unusable: UNREADABLE when rclone does not answer for one of them.
    """
    places: dict[str, list[str]] = defaultdict(list)
    names, left = dict[str, str](), set(some)

    def take(line: bytes) -> None:
        digest, _, path = line.decode("utf-8", "surrogateescape").partition("  ")
        told = _NO_TEXT.sub("\ufffd", path)
        if told in left:
            left.discard(path)
            names[path] = told
            places[digest].append(path)

    if some:
        asked = ("hashsum", "sha256", "--download", repository.path)
        yield from tool.lines((*asked, "--files-from-raw", _listed(repository, some)), take)
        if left:
            # It can't be asked for by the name that it was told by, so all are read.
            yield from tool.lines(asked, take)
        if left - set(names.values()):
            raise Unusable(Reason.UNREADABLE)
    return places, names


def _packed(repository: Repository, tool: Tool, sizes: dict[str, int], inside: Inside) -> Run[list[str]]:
    """The archives and mails of any other name, by their first bytes; what these do not tell is counted."""
    alike: dict[int, list[str]] = defaultdict(list)
    for path, size in sizes.items():
        if size and not may_hold(path):
            alike[min(size, LOOK)].append(path)
    # Documents that are made only when they are asked for have no size.
    inside.unopened += len(alike.pop(-1, ()))
    heads, found = Heads(), list[str]()
    rest = list(alike.items())
    while rest:
        block, paths = rest.pop()
        if not heads.afford(block * len(paths)):
            inside.unopened += len(paths)
            continue
        # They come in no order, so that only halving them tells which it is.
        asked = ("cat", f"--count={block}", "--files-from-raw", _listed(repository, paths), repository.path)
        read = yield from tool.output(*asked)
        if len(read) != block * len(paths):
            inside.unopened += len(paths)
        elif any(holds_others(read[at : at + block]) for at in range(0, len(read), block)):
            half = len(paths) // 2
            rest += ((block, some) for some in (paths[:half], paths[half:]) if half)
            found += () if half else paths
    return found


def _reader(repository: Repository, tool: Tool, path: str) -> Reader:
    between = "" if repository.path.endswith((":", "/")) else "/"
    return lambda take: tool.feed(("cat", f"{repository.path}{between}{path}"), take)


def _listed(repository: Repository, paths: Sequence[str]) -> str:
    listed = repository.scratch / "files"
    if any("\n" in path for path in paths):
        raise Unusable(Reason.TOOL_FAILED)
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8", errors="surrogateescape")
    return str(listed)


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    paths = [place.path for entry in entries for place in entry.places]
    if paths:
        listed = _listed(repository, paths)
        tool = yield from _seeing(repository)
        yield from tool.output("delete", "--files-from-raw", listed, repository.path)


def _remaining(repository: Repository, marks: frozenset[str], sizes: frozenset[int]) -> Run[frozenset[str]]:
    tool, place = yield from _standing(repository)
    refuse_elsewhere(marks, place)
    there, distinct = yield from _sizes(repository, tool)
    if not distinct:
        raise Unusable(Reason.UNREADABLE)
    if not there:
        yield from _told_all(repository)
    sought = Wanted({hash_of(mark): ("",) for mark in marks}, sizes, frozenset())
    return shown(marks, (yield from _known(repository, tool, sought, there, Inside())))


def _traits(repository: Repository) -> Run[Traits]:
    ground = yield from ground_of(tool_of(repository), repository.path)
    freed = Reason.FREED_ENCRYPTED if ground.encrypted else Reason.FREED_IN_CLEAR
    return Traits(freed=freed, limits=ground.limits)


def _store(repository: Repository) -> Run[str]:
    """What its settings say of where it is; on this computer also which folder it is."""
    tool = tool_of(repository)
    ground = yield from ground_of(tool, repository.path)
    named = yield from settings_of(tool, repository.path)
    return f"{named} {folder_of(ground.folder)}" if ground.folder else named


KIND: Final = Kind(
    "rclone", "hashsum --download", _verify, _find, _remove, _remaining, _traits, _store, shown
)
