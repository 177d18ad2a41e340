"""What is asked of a process that looks, and what it answers: plain values, quick to send."""

from __future__ import annotations

import os
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.fault import Fault
from app.domain.record import Look, Problem, Stamp
from app.domain.row import Row
from app.steps.locate.address import RemoteLocation
from app.steps.locate.limits import Limits, Means
from app.steps.locate.tally import record_id
from app.steps.locate.twins import Twins

if TYPE_CHECKING:
    from app.steps.locate.customers import Customers

NO_STAMP: Final = Stamp(0, 0, 0, 0, 0, 0)
LOOKS: Final = tuple(Look)
CODES: Final = {look: code for code, look in enumerate(LOOKS)}
BEARING: Final = frozenset(CODES[look] for look in (Look.FOUND, Look.UNREADABLE, Look.NOT_LOOKED_AT))
"""How a look ends of which there is a record."""
PENDING: Final = 255
"""A file not looked at yet: it is large and goes to a process of its own."""
FIELDS: Final = 5
"""Numbers kept of each file: device, inode, size, mtime_ns, ctime_ns; zeros are like no file's."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file to look at, as the walk saw it. `below` is its path as the category may read it."""

    path: str
    location: str
    below: str
    stamp: Stamp


@dataclass(frozen=True, slots=True)
class Task:
    """What is the same for every file of a search. The key is not shown by repr."""

    key: bytes = field(repr=False)
    limits: Limits
    subject: str = field(default="", repr=False)
    customers: Customers | None = field(default=None, repr=False)
    means: Means = field(default_factory=Means)
    twins: Twins = field(default_factory=Twins, repr=False, compare=False)


class Known(NamedTuple):
    """What an earlier search left of the files of one folder, or of a part of a large one.

    `names` are joined by zeros, `stamps` are FIELDS numbers of 8 bytes a file, `looks` a byte a file.
    """

    folder: str
    first: str
    location: str
    names: bytes
    stamps: bytes
    looks: bytes

    def files(self) -> list[str]:
        """Give the names."""
        return self.names.decode("utf-8", "surrogateescape").split("\0") if self.looks else []

    def records(self, key: bytes) -> list[str]:
        """Give the ids of the records that were made of them."""
        before = self.folder.rstrip(os.sep) + os.sep
        return [record_id(key, before + name) for name in self.bearing()]

    def bearing(self) -> list[str]:
        """Give the names of the files of which there is a record."""
        return [name for name, look in zip(self.files(), self.looks, strict=True) if look in BEARING]


class Group(NamedTuple):
    """Files of one folder, in order of the bytes of their names."""

    folder: str
    location: str
    below: str
    names: tuple[str, ...]
    known: Known | None = None
    first: str = ""
    """Names before it belong to the part of the folder before; empty for the first part."""

    def path(self, name: str) -> str:
        """Give the path of one of them."""
        return self.folder.rstrip(os.sep) + os.sep + name

    def joined(self) -> bytes:
        """Give the names as they are remembered."""
        return "\0".join(self.names).encode("utf-8", "surrogateescape")

    def target(self, name: str) -> Target:
        """Give one of them as something to look at."""
        return Target(self.path(name), self.location, f"{self.below}/{name}".strip("/"), NO_STAMP)


@dataclass(frozen=True, slots=True)
class Glance:
    """Look at the files of some groups.

    `tried` has the places of files whose reader failed before, and how; twice: is given up.
    `whole` says that large files are to be looked at now, and `split` that a large text may
    be answered with its encoding, for others to share.
    """

    groups: tuple[Group, ...]
    tried: Mapping[int, tuple[Problem, ...]] = field(default_factory=dict)
    whole: bool = False
    split: bool = False


class Report(NamedTuple):
    """What was seen, a place for each file in the order asked."""

    looks: bytearray
    sizes: array[int]
    stamps: array[int]
    rows: dict[int, Row]
    split: str = ""
    """The encoding of the one large text that was asked for."""


@dataclass(frozen=True, slots=True)
class RemoteObject:
    """One object of a location elsewhere, as it was listed. `path` is as the location names it."""

    path: str
    address: str
    size: int
    mark: str
    """What changes when its content does: an ETag, a time."""


@dataclass(frozen=True, slots=True)
class Listing:
    """List one folder of a location elsewhere; "" for what its address names."""

    location: RemoteLocation
    folder: str = ""


class Listed(NamedTuple):
    """What stands in one folder of a location elsewhere, or why it can't be listed."""

    objects: tuple[RemoteObject, ...] = ()
    folders: tuple[str, ...] = ()
    fault: Fault | None = None
    detail: str = ""
    problem: Problem = Problem.IO_ERROR


@dataclass(frozen=True, slots=True)
class Fetch:
    """Look at one object of a location elsewhere. `failed` says how its reader failed before."""

    location: RemoteLocation
    object: RemoteObject
    failed: Problem | None = None


class Part(NamedTuple):
    """Look at a part of a large text, or with `last` 0 take the digest of all of it."""

    target: Target
    codec: str
    first: int
    last: int
