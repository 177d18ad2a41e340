"""Which repository it is: marks that name the file system in which it lies, and what it is known by.

An empty folder where a disk was mounted, or another disk at its place, shows none of the hashes that
were recorded. That is no absence: nobody was asked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Entry, Unusable
from app.system.volume_id import folder_id, volume_id

_AT: Final = "@"


def file_system(path: str) -> str:
    """What the file system at `path` is known by, also after the next start; empty if nothing is there."""
    try:
        return volume_id(path)
    except FileNotFoundError:
        return ""


def marked(sha256: str, place: str) -> str:
    """The mark of a content at a place; the bare hash where the place is not known."""
    return f"{sha256}{_AT}{place}" if place else sha256


def hash_of(mark: str) -> str:
    """The SHA-256 in a mark."""
    return mark.partition(_AT)[0]


def shown(marks: frozenset[str], entries: Sequence[Entry]) -> frozenset[str]:
    """Which of these marks are those of what a search found."""
    there = {entry.sha256 for entry in entries}
    return frozenset(mark for mark in marks if hash_of(mark) in there)


def refuse_elsewhere(marks: Iterable[str], place: str) -> None:
    """Refuse to answer for another file system than the one that was marked.

    Raises:
        Unusable: GONE.
    """
    places = {mark.partition(_AT)[2] for mark in marks}
    if places and places.isdisjoint(("", place)):
        raise Unusable(Reason.GONE)


def folder_of(path: str) -> str:
    """What a folder is known by; renamed, it is still the same.

    Raises:
        Unusable: GONE when there is none.
    """
    try:
        return folder_id(path)
    except OSError:
        raise Unusable(Reason.GONE) from None


def same_store(noted: Iterable[str], now: str) -> bool:
    """Whether it is the store that was noted, or what was left when all of that went.

    An empty note is one of an older case, in which nobody asked.
    """
    return all(one == now or (now.endswith("\n") and one.startswith(now)) for one in noted if one)


def parent_of(path: str) -> str:
    """The folder in which `path` has its name."""
    return str(Path(os.path.realpath(path)).parent)
