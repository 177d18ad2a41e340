"""The versions of one content in a bucket, by what holds them: each state of a lock is a copy of its own.

A version that is free can go although another one of the same content is locked. By what it is known
then is the content and which versions stay: `<SHA-256>~<version> <version> …`, the versions as digests.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from app.steps.confirm.repositories.contract import Entry, Place

_BUT: Final = "~"
_LENGTH: Final = 32


def by_lock(found: Sequence[Entry]) -> tuple[Entry, ...]:
    """Put together what is the same content under the same lock, of entries with one place each."""
    groups: dict[tuple[object, ...], list[Entry]] = defaultdict(list)
    held: dict[str, set[str]] = defaultdict(set)
    for one in found:
        groups[one.sha256, one.locked, one.until, one.of, one.against].append(one)
        if one.locked:
            held[one.sha256].update(map(_digest, one.places))
    return tuple(
        replace(
            same[0],
            places=tuple(place for one in same for place in one.places),
            marks=(_mark(same[0].sha256, () if same[0].locked else held[same[0].sha256]),),
        )
        for same in groups.values()
    )


def content_of(mark: str) -> str:
    """The SHA-256 in a mark."""
    return mark.partition(_BUT)[0]


def left_of(marks: Iterable[str], entries: Iterable[Entry]) -> frozenset[str]:
    """Which of the marks are still there: of a content of which a version is left that was not to stay."""
    there: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        there[entry.sha256].update(map(_digest, entry.places))
    each = {mark: there[content_of(mark)].difference(mark.partition(_BUT)[2].split()) for mark in marks}
    left = {content_of(mark) for mark, versions in each.items() if versions}
    return frozenset(mark for mark in each if content_of(mark) in left)


def _mark(sha256: str, stay: Iterable[str]) -> str:
    named = " ".join(sorted(stay))
    return f"{sha256}{_BUT}{named}" if named else sha256


def _digest(place: Place) -> str:
    return hashlib.sha256(f"{place.snapshot}\n{place.path}".encode()).hexdigest()[:_LENGTH]
