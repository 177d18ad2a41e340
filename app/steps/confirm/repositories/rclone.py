"""Rclone remotes: all is read and hashed, for a crypt remote with a wrong password lists an empty folder.

In a bucket that keeps versions each of them is read, and taken out, like a file of its own.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.domain.outcome import Reason
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
from app.steps.confirm.repositories.inside import Inside, Reader, look_inside, may_hold
from app.steps.confirm.repositories.originals import Originals
from app.steps.confirm.repositories.rclone_ground import ground_of
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.wanted import Wanted

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
    tool = tool_of(repository)
    ground = yield from ground_of(tool, repository.path)
    return replace(tool, settings={**tool.settings, **ground.settings})


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
    tool = yield from _seeing(repository)
    sizes, distinct = yield from _sizes(repository, tool)
    if not sizes:
        yield from _told_all(repository)
        raise Unusable(Reason.UNREADABLE)
    inside = Inside()
    entries = yield from _known(repository, tool, wanted, sizes, inside)
    unsure = frozenset(() if distinct else (Reason.UNREADABLE,))
    return Listing((*entries, *inside.entries), len(sizes), unsure, inside.members, inside.unopened)


def _told_all(repository: Repository) -> Run[None]:
    """No files is no proof: it is also what a wrong password shows, and only tells when asked to tell all."""
    yield from tool_of(repository).output("lsjson", "-R", "-vv", repository.path)


def _known(
    repository: Repository, tool: Tool, wanted: Wanted, sizes: dict[str, int], inside: Inside
) -> Run[tuple[Entry, ...]]:
    originals = Originals(wanted.paths)
    packed = [path for path, size in sizes.items() if size and wanted.within and may_hold(path)]
    some = [path for path, size in sizes.items() if size and (size in wanted.sizes or originals.of(path))]
    some = list(dict.fromkeys((*some, *packed)))
    places: dict[str, list[str]] = defaultdict(list)
    if some:

        def take(line: bytes) -> None:
            digest, _, path = line.decode("utf-8", "surrogateescape").partition("  ")
            places[digest].append(path)

        listed = _listed(repository, some)
        yield from tool.lines(
            ("hashsum", "sha256", "--download", "--files-from-raw", listed, repository.path), take
        )
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
    tool = yield from _seeing(repository)
    there, distinct = yield from _sizes(repository, tool)
    if not distinct:
        raise Unusable(Reason.UNREADABLE)
    if not there:
        yield from _told_all(repository)
    sought = Wanted(dict.fromkeys(marks, ("",)), sizes, frozenset())
    entries = yield from _known(repository, tool, sought, there, Inside())
    return frozenset(entry.sha256 for entry in entries)


def _traits(repository: Repository) -> Run[Traits]:
    ground = yield from ground_of(tool_of(repository), repository.path)
    freed = Reason.FREED_ENCRYPTED if ground.encrypted else Reason.FREED_IN_CLEAR
    return Traits(freed=freed, limits=ground.limits)


KIND: Final = Kind("rclone", "hashsum --download", _verify, _find, _remove, _remaining, _traits)
