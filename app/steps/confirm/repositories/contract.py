"""The contract of a repository: its own check, what it holds, how it is taken out, and that it is gone.

A kind is one file here with one `KIND`. Each verb is a generator of beats that gives its answer at
the end, so that a long check shows how far it is and can be broken off: to close it ends the tool.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.wanted import Wanted

T = TypeVar("T")


class Unusable(Exception):
    """A repository could not be checked, read or changed; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Beat:
    """A sign of life of a long check; `total` is 0 while unknown."""

    done: int = 0
    total: int = 0


Run = Generator[Beat, None, T]


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository to work in. `scratch` is a folder of the work's own, gone afterwards."""

    backup: Backup
    scratch: Path
    password: str = field(default="", repr=False)
    patience: float = 300.0
    """Seconds without any sign of life after which a tool counts as hung."""
    emptied: bool = False
    """Something was taken out of it here, so that to be empty is no sign of a wrong password."""

    @property
    def path(self) -> str:
        """Where it lies."""
        return str(self.backup.path)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content is found: a snapshot or archive of the repository, and the path in it."""

    snapshot: str
    path: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One content in a repository, with every place of it.

    `marks` are the hashes by which the repository knows it; `of` the ids of what goes. An
    entry that was known by a path alone has another content than the record: `other`.
    A `locked` one can't be taken out before `until`, or at all when that is not known. `against`
    says why one can't be taken out although its repository takes removals.
    """

    sha256: str
    size: int
    places: tuple[Place, ...]
    marks: tuple[str, ...]
    of: tuple[str, ...]
    other: bool = False
    locked: bool = False
    until: date | None = None
    against: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """What a search of a repository came to: the entries found, files seen, and what could not be told.

    `members` were seen in archives and mails; `unopened` of these could not be looked into.
    """

    entries: tuple[Entry, ...]
    files: int
    limits: frozenset[Reason] = frozenset()
    members: int = 0
    unopened: int = 0


@dataclass(frozen=True, slots=True)
class Traits:
    """What a repository is by its own settings.

    `disposal` is what it allows for a copy in it, `against` why it allows none;
    `freed` what is true of the bytes that its tool frees, `limits` what else is true of all that was
    taken out. `keys` are the files that open it.
    """

    disposal: Disposal = Disposal.EXPUNGE
    against: tuple[Reason, ...] = ()
    freed: Reason = Reason.FREED_ENCRYPTED
    keys: tuple[str, ...] = ()
    limits: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of repository.

    `verify` lets the repository's own tool read all of it. `find` knows content by its
    hash and earlier versions by their path. `remove` takes these entries out and nothing
    else; run again after it was cut short, it ends the work. `remaining` gives which of these
    marks are still there, asked anew; the sizes are of the contents sought. `left` gives the same
    by what a search found, where that sees all of it. `store` tells which
    store it is: what another one at its place says is worth nothing. Of one that goes as a whole
    it then ends with its first line. Each raises Unusable.
    """

    name: str
    check: str
    verify: Callable[[Repository], Run[None]]
    find: Callable[[Repository, Wanted], Run[Listing]]
    remove: Callable[[Repository, Sequence[Entry]], Run[None]]
    remaining: Callable[[Repository, frozenset[str], frozenset[int]], Run[frozenset[str]]]
    traits: Callable[[Repository], Run[Traits]]
    store: Callable[[Repository], Run[str]]
    left: Callable[[frozenset[str], Sequence[Entry]], frozenset[str]] | None = None
