"""Which records a rule of the case speaks of: by category, tier, path and glob."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import PurePath, PurePosixPath

from app.domain.case import Match
from app.domain.record import Record


@lru_cache(maxsize=4096)
def glob_pattern(glob: str) -> re.Pattern[str]:
    """Compile a glob to a pattern for `fullmatch` on a relative path with `/` between its parts.

    `**` as a whole part stands for any number of folders, none included, and at the end
    for everything below; `*` for any run of characters within a part, none included; `?`
    for one. Every other character stands for itself, and case counts. A leading `/` or
    `./` says nothing, a trailing `/` means all below.
    """
    text = unicodedata.normalize("NFC", glob).removeprefix("./").lstrip("/")
    parts = (text + "**" if text.endswith("/") else text).split("/")
    pattern: list[str] = []
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            # Two in a row say no more than one, and would only make the search slower.
            if last:
                pattern.append(".+")
            elif index == 0 or parts[index - 1] != "**":
                pattern.append("(?:[^/]+/)*")
        else:
            pattern.append(_part(part) + ("" if last else "/"))
    return re.compile("".join(pattern), re.DOTALL)


def _part(part: str) -> str:
    pieces = re.split(r"(\*+|\?)", part)
    return "".join("[^/]*" if p[:1] == "*" else "[^/]" if p == "?" else re.escape(p) for p in pieces)


def names_something(match: Match) -> bool:
    """Whether the officer names files by it: a path, or a glob that says more than "all"."""
    return bool(match.path) or any(c not in "*?/." for c in match.glob)


def relative(path: str, locations: Iterable[str]) -> tuple[str, ...]:
    """Give `path` relative to each of the locations that hold it, with `/` between its parts.

    A location that is the file itself gives the file's name. Names are brought to NFC, as
    systems differ in how they store one and the same name.
    """
    pure = PurePath(path)
    found: dict[str, None] = {}
    for location in locations:
        if location and pure.is_relative_to(location):
            inner = pure.relative_to(location).as_posix()
            found[unicodedata.normalize("NFC", pure.name if inner == "." else inner)] = None
    return tuple(found)


def matches(match: Match, record: Record, inner: tuple[str, ...]) -> bool:
    """Whether `match` speaks of `record`, whose relative paths are `inner`: every field given must agree."""
    return (
        (match.tier is None or match.tier is record.tier)
        and (not match.category or _in_category(record.category, match.category))
        and (not match.path or _is_path(record.path, match.path, inner))
        and (not match.glob or any(glob_pattern(match.glob).fullmatch(path) for path in inner))
    )


def covered_by_hold(match: Match, record: Record, inner: tuple[str, ...]) -> bool:
    """Whether a hold speaks of `record`: as `matches`, but never less for the way it is spelled.

    A folder that is named holds all below it; case, a backslash and a slash at the end do
    not count. Keeping too much can be mended.
    """
    glob, path = _folded(match.glob), _folded(match.path)
    names = {_folded(name) for name in inner}
    above = {str(up) for name in (*names, _folded(record.path)) for up in PurePosixPath(name).parents}
    literal = glob.rsplit("/", 1)[-1] and not any(c in "*?" for c in glob.rsplit("/", 1)[-1])
    spelled = replace(
        match, glob="" if literal and _glob_fits(glob, above) else glob, path="" if path in above else path
    )
    folded = replace(record, path=_folded(record.path))
    return matches(spelled, folded, tuple(names))


def _glob_fits(glob: str, names: Iterable[str]) -> bool:
    pattern = glob_pattern(glob)
    return any(pattern.fullmatch(name) for name in names)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFC", text).casefold().replace("\\", "/")
    return unicodedata.normalize("NFC", plain).removeprefix("./").rstrip("/") if text else ""


def _in_category(category: str, wanted: str) -> bool:
    family = wanted.removesuffix(".*")
    if family == wanted:
        return category == wanted
    return category == family or category.startswith(family + ".")


def _is_path(path: str, wanted: str, inner: tuple[str, ...]) -> bool:
    given = unicodedata.normalize("NFC", PurePath(wanted).as_posix())
    return given in inner or given == unicodedata.normalize("NFC", PurePath(path).as_posix())
