"""Borg 1: content is known by the SHA-256 that `list` computes of each file."""

from __future__ import annotations

import configparser
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.domain.copies import Disposal
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
from app.steps.confirm.repositories.heads import Heads, look_at_heads, size_of
from app.steps.confirm.repositories.inside import Inside, Reader, look_inside, may_hold
from app.steps.confirm.repositories.originals import Originals
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.whereabouts import shown
from app.steps.confirm.wanted import Wanted
from app.system.borg import LISTED, SILENT, archives_in, settings

_WORDS: Final = (
    (rb"passphrase supplied in .* is incorrect|passphrase .*incorrect", Reason.WRONG_PASSPHRASE),
    (rb"failed to create/acquire the lock|lock timeout|already locked", Reason.REPOSITORY_LOCKED),
    (rb"is not a valid repository|does not exist|not a borg repository|no key file for", Reason.UNREADABLE),
    (rb"integrity|corrupt|checksum|malformed|inconsistent", Reason.REPOSITORY_DAMAGED),
)
_IN_CLEAR: Final = ("none", "authenticated")
"""Modes in which the blocks on disk are as readable as the files were."""
_UNTOLD: Final = re.escape("?")
_WITH_WARNINGS: Final = (0, 1)
_FORMAT: Final = "{type}{size}{path}{source}{mtime}{ctime}{NL}"


def tool_of(repository: Repository) -> Tool:
    """Borg, set to this repository; what it caches lies in the scratch folder."""
    own = {
        **settings(repository.path, repository.password),
        "BORG_CACHE_DIR": str(repository.scratch / "borg-cache"),
        "BORG_SECURITY_DIR": str(repository.scratch / "borg-security"),
    }
    return Tool("borg", own, _WORDS, SILENT, repository.patience)


def _verify(repository: Repository) -> Run[None]:
    strict = replace(tool_of(repository), words=(*_WORDS, (rb"", Reason.REPOSITORY_DAMAGED)))
    yield from strict.output("check", "--verify-data", "::")


def _archives(tool: Tool) -> Run[tuple[str, ...]]:
    told = yield from tool.output(*LISTED)
    return tuple(name for name, _ in archives_in(told))


@dataclass(slots=True)
class _Seen:
    files: int = 0
    places: dict[str, dict[Place, int]] = field(default_factory=lambda: defaultdict(dict))
    """By SHA-256, each place with its size."""
    by_path: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """By SHA-256, the ids of what stood at a path."""
    packed: dict[str, dict[Place, int]] = field(default_factory=lambda: defaultdict(dict))
    """By SHA-256, each place of an archive or mail with its size."""
    heads: Heads = field(default_factory=Heads)
    links: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Other names of a file in the same archive: a link that is left would bring the content back."""


def _find(repository: Repository, wanted: Wanted) -> Run[Listing]:
    tool, seen, originals = tool_of(repository), _Seen(), Originals(wanted.paths)
    for archive in (yield from _archives(tool)):
        some = yield from _candidates(tool, archive, wanted, originals, seen)
        held = (yield from _packed(repository, tool, archive, seen)) if wanted.within else {}
        some |= held
        for place, size, sha256 in (yield from _digests(repository, tool, archive, some)):
            ids = originals.of(place.path)
            packed = place.path in held or may_hold(place.path)
            if wanted.within and sha256 not in wanted.doomed and packed:
                seen.packed[sha256][place] = size
            if sha256 in wanted.doomed or ids:
                names = (place.path, *seen.links[place])
                seen.places[sha256].update({Place(archive, name): size for name in names})
                seen.by_path.setdefault(sha256, ids)
    inside = yield from _opened(tool, wanted, seen)
    entries = tuple(
        Entry(
            sha256,
            max(places.values()),
            tuple(places),
            (sha256,),
            wanted.doomed.get(sha256) or seen.by_path[sha256],
            sha256 not in wanted.doomed,
        )
        for sha256, places in seen.places.items()
    )
    return Listing((*entries, *inside.entries), seen.files, members=inside.members, unopened=inside.unopened)


def _opened(tool: Tool, wanted: Wanted, seen: _Seen) -> Run[Inside]:
    """Look into the archives and mails, each content once, whatever number of places it has."""
    inside = Inside(unopened=seen.heads.unread())
    for places in seen.packed.values():
        names = dict.fromkeys(
            Place(one.snapshot, name) for one in places for name in (one.path, *seen.links[one])
        )
        reader = _reader(tool, next(iter(places)))
        yield from look_inside(tuple(names), max(places.values()), reader, wanted, inside)
    for entry in inside.entries:
        seen.places.pop(entry.sha256, None)
    return inside


def _reader(tool: Tool, place: Place) -> Reader:
    # A bare path would do too, and borg would then complain that it was not found.
    just = _just(place.path) if "?" in place.path else (f"--pattern=+pf:{place.path}", "--pattern=-re:^")
    return lambda take: tool.feed(("extract", "--stdout", *just, f"::{place.snapshot}"), take)


def _candidates(
    tool: Tool, archive: str, wanted: Wanted, originals: Originals, seen: _Seen
) -> Run[dict[str, int]]:
    """The files of an archive that have the size or the path of what goes."""
    found: dict[str, int] = {}

    def take(line: bytes) -> None:
        one = json.loads(line.decode("utf-8", "surrogateescape"))
        if one["type"] == "-" and one["source"]:
            seen.links[Place(archive, one["source"])].append(one["path"])
        if one["type"] != "-":
            return
        seen.files += 1
        size = int(one["size"])
        packed = wanted.within and may_hold(one["path"])
        if size and wanted.within and not packed and not one["source"]:
            seen.heads.seen((one["path"], size, one["mtime"], one["ctime"]), Place(archive, one["path"]))
        if size and (packed or size in wanted.sizes or originals.of(one["path"])):
            found[one["path"]] = size

    yield from tool.lines(("list", "--json-lines", "--format", _FORMAT, f"::{archive}"), take)
    return found


def _packed(repository: Repository, tool: Tool, archive: str, seen: _Seen) -> Run[dict[str, int]]:
    """The archives and mails of any other name in one archive, with their sizes."""

    def every(_: str, paths: Sequence[str]) -> Reader:
        only = _patterns(repository, [path for path in paths if _is_plain(path)])
        asked = ("export-tar", only, f"::{archive}", "-")
        return lambda take: tool.feed(asked, take)

    here = {key: places[-1] for key, places in seen.heads.places.items() if places[-1].snapshot == archive}
    fresh = sum(size_of(key) for key in here if not seen.heads.is_known(key))
    yield from look_at_heads(seen.heads, {archive: fresh}, lambda place: _reader(tool, place), every)
    return {place.path: size_of(key) for key, place in here.items() if seen.heads.opens(key)}


def _digests(
    repository: Repository, tool: Tool, archive: str, some: dict[str, int]
) -> Run[list[tuple[Place, int, str]]]:
    """Read these files of an archive and give the SHA-256 of each."""
    found: list[tuple[Place, int, str]] = []
    if not some:
        return found
    plain = [path for path in some if _is_plain(path)]

    def take(line: bytes) -> None:
        one = json.loads(line.decode("utf-8", "surrogateescape"))
        if one["type"] == "-" and one["path"] in some:
            found.append((Place(archive, one["path"]), some[one["path"]], one["sha256"]))

    asked = ["list", "--json-lines", "--format", "{type}{size}{path}{sha256}{NL}"]
    if plain:
        yield from tool.lines((*asked, _patterns(repository, plain), f"::{archive}"), take)
    odd = [path for path in some if path not in set(plain)]
    for path in odd:
        yield from tool.lines((*asked, f"--pattern=+pf:{path}", "--pattern=-re:^", f"::{archive}"), take)
    for path in some.keys() - {place.path for place, _, _ in found}:
        yield from tool.lines((*asked, *_just(path), f"::{archive}"), take)
    if some.keys() - {place.path for place, _, _ in found}:
        raise Unusable(Reason.UNREADABLE)
    return found


def _just(path: str) -> tuple[str, str]:
    """The arguments for a file by the name that borg tells, in which a byte that is no UTF-8 is a `?`."""
    return f"--pattern=+re:^{re.escape(path).replace(_UNTOLD, '.')}$", "--pattern=-re:^"


def _patterns(repository: Repository, paths: Sequence[str]) -> str:
    """The argument by which borg gives these files and no other; they stand in the scratch folder."""
    listed = repository.scratch / "patterns"
    lines = (*(f"+pf:{path}" for path in paths), "-re:^")
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8", errors="surrogateescape")
    return f"--patterns-from={listed}"


def _is_plain(path: str) -> bool:
    """Whether a path can stand on a line of a file of patterns, which is stripped."""
    return path == path.strip() and "\n" not in path and "\r" not in path


def _remove(repository: Repository, entries: Sequence[Entry]) -> Run[None]:
    tool = tool_of(repository)
    paths: dict[str, set[str]] = defaultdict(set)
    for place in (place for entry in entries for place in entry.places):
        paths[place.snapshot].add(place.path)
    standing = yield from _archives(tool)
    for archive in standing:
        if archive in paths:
            yield from _recreate(repository, tool, archive, sorted(paths[archive]))
    yield from tool.output("compact", "--threshold", "0", "::")


def _recreate(repository: Repository, tool: Tool, archive: str, paths: Sequence[str]) -> Run[None]:
    listed = repository.scratch / "exclude"
    plain = [path for path in paths if _is_plain(path)]
    listed.write_text("".join(f"pf:{path}\n" for path in plain), encoding="utf-8", errors="surrogateescape")
    odd = [f"--exclude=pf:{path}" for path in paths if path not in set(plain)]
    yield from tool.output("recreate", f"--exclude-from={listed}", *odd, f"::{archive}", fine=_WITH_WARNINGS)


def _remaining(repository: Repository, marks: frozenset[str], sizes: frozenset[int]) -> Run[frozenset[str]]:
    sought = Wanted(dict.fromkeys(marks, ("",)), sizes, frozenset())
    listing = yield from _find(repository, sought)
    return frozenset(entry.sha256 for entry in listing.entries)


def _traits(repository: Repository) -> Run[Traits]:
    config = repository.backup.path / "config"
    reader = configparser.ConfigParser(interpolation=None)
    try:
        reader.read(config, encoding="utf-8")
        told = dict(reader["repository"])
    except (OSError, KeyError, configparser.Error, UnicodeDecodeError):
        return Traits(Disposal.EXCEPTION, (Reason.UNREADABLE,))
    info = json.loads((yield from tool_of(repository).output("info", "--json", "::")))
    clear = info["encryption"]["mode"].startswith(_IN_CLEAR)
    freed = Reason.FREED_IN_CLEAR if clear else Reason.FREED_ENCRYPTED
    keys = (str(config),) if told.get("key") else ()
    if told.get("append_only", "0") not in ("0", ""):
        return Traits(Disposal.EXCEPTION, (Reason.APPEND_ONLY,), freed, keys)
    return Traits(freed=freed, keys=keys)


def _store(repository: Repository) -> Run[str]:
    """The id that `borg init` drew, as it says itself: it opens the repository for that."""
    info = json.loads((yield from tool_of(repository).output("info", "--json", "::")))
    return str(info["repository"]["id"])


KIND: Final = Kind("borg", "check --verify-data", _verify, _find, _remove, _remaining, _traits, _store, shown)
