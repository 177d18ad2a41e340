"""Look at one file: opened once, hashed, read, counted; what is said of it is what was seen."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Final

from app.domain.canonical import handle
from app.domain.event import Located
from app.domain.record import Finding, Look, Problem, Record, Stamp, Tier
from app.steps.locate import category as categories
from app.steps.locate import grade
from app.steps.locate.customers import Customers
from app.steps.locate.engine import best_engine
from app.steps.locate.limits import Account, Limits, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.plain import unescape
from app.steps.locate.read import Reader, passages
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import BLOCK, Source
from app.steps.locate.sight import Sighting, sightings
from app.steps.locate.tally import Tally, people, tier

_SAMPLE: Final = 64 << 10
_HEADERS: Final = 256
_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_SHARING_VIOLATIONS: Final = (32, 33)
"""Windows: another program holds the file or a part of it."""


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


@dataclass(slots=True)
class _Seen:
    """What reading a file gave."""

    stamp: Stamp
    problems: list[Problem]
    sha256: str = ""
    findings: tuple[Finding, ...] = ()
    sample: bytearray = field(default_factory=bytearray)
    headers: dict[str, None] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Again:
    """A file whose reader failed as `problem` says: its bytes are searched, and no reader is tried."""

    target: Target
    problem: Problem


class _NotAFile(Exception):
    """What was a file during the walk is a link or a special file now."""


def stamp_of(info: os.stat_result) -> Stamp:
    """Make a stamp of what stat said."""
    return Stamp(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_nlink)


def look_at(what: Target | Again, task: Task, pulse: Callable[[], None]) -> Located:
    """Look at one file. Never raises for what is wrong with the file: that is a problem of its record.

    `pulse` is called whenever some of it was read.
    """
    target, known = (what.target, [what.problem]) if isinstance(what, Again) else (what, [])
    try:
        seen = _read(target, task, Account(problems=known, pulse=pulse))
    except _NotAFile:
        return Located(target.path, Look.SKIPPED, target.stamp.size)
    except OSError as error:
        seen = _Seen(target.stamp, [_problem(error)])
    return _judge(target, seen, task)


def unread(target: Target, problem: Problem, task: Task) -> Located:
    """Give the record of a file that could not be looked at."""
    return _judge(target, _Seen(target.stamp, [problem]), task)


def _problem(error: OSError) -> Problem:
    if getattr(error, "winerror", None) in _SHARING_VIOLATIONS or error.errno in (errno.EBUSY, errno.EAGAIN):
        return Problem.LOCKED
    if isinstance(error, PermissionError):
        return Problem.DENIED
    return Problem.MISSING if isinstance(error, FileNotFoundError) else Problem.IO_ERROR


def _read(target: Target, task: Task, account: Account) -> _Seen:
    try:
        descriptor = os.open(target.path, _FLAGS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _NotAFile from error
        raise
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise _NotAFile
        raw = bool(account.problems)
        seen = _Seen(stamp_of(before), account.problems)
        seen.sha256 = _digest(file, before.st_size, account.pulse)
        _search(file, target, task, account, seen, read_raw if raw else passages)
        after = stamp_of(os.fstat(file.fileno()))
        if after != seen.stamp:
            seen.problems.append(Problem.CHANGED_WHILE_READ)
            seen.stamp = after
    return seen


def _digest(file: BinaryIO, size: int, pulse: Callable[[], None]) -> str:
    """Hash `size` bytes: a file that grows while it is read must not be read for ever."""
    state = hashlib.sha256()
    while size > 0 and (block := file.read(min(size, BLOCK))):
        state.update(block)
        size -= len(block)
        pulse()
    return state.hexdigest()


def _search(file: BinaryIO, target: Target, task: Task, account: Account, seen: _Seen, read: Reader) -> None:
    tally = Tally(task.key)
    engine = best_engine(task.subject)
    reading = Reading(task.limits, account, passages)
    source = Source(target.path.rpartition(os.sep)[2], file, file=file, path=target.path)
    today = date.today()
    for passage in _kept(read(source, reading), seen):
        account.pulse()
        found = sightings(passage, engine, today)
        tally.add(found, passage.where)
        if task.customers:
            tally.add(task.customers.sightings(passage, found), passage.where)
    tally.add(Sighting(0, 0, "secret.key", key, grade.PATTERN | grade.PREFIX) for key in account.keys)
    seen.findings = tally.findings()
    seen.names = tuple(account.names)


def _kept(stream: Iterator[Passage], seen: _Seen) -> Iterator[Passage]:
    """Pass passages on and keep the start of the text for the category."""
    for place, passage in enumerate(stream):
        if place and not passage.raw and len(seen.sample) < _SAMPLE:
            seen.sample += passage.data[: _SAMPLE - len(seen.sample)] + b"\n"
        if passage.column and len(seen.headers) < _HEADERS:
            seen.headers.setdefault(passage.header)
        yield passage


def _judge(target: Target, seen: _Seen, task: Task) -> Located:
    clues = categories.Clues(
        "/".join((target.below, *seen.names)),
        unescape(bytes(seen.sample)).decode("utf-8", "replace"),
        tuple(seen.headers),
        whole=len(seen.sample) < _SAMPLE,
    )
    category = categories.categorise(clues)
    if any(finding.kind == "secret.key" for finding in seen.findings) and not people(seen.findings):
        category = categories.KEY
    look = _look(seen, kept=categories.kept_by_law(category))
    size = seen.stamp.size
    if look is Look.CLEAN:
        return Located(target.path, look, size)
    record = Record(
        id=handle(task.key, "r", target.path),
        path=target.path,
        location=target.location,
        stamp=seen.stamp,
        sha256=seen.sha256,
        look=look,
        tier=tier(seen.findings) if seen.findings else Tier.GENERAL,
        category=category,
        people=people(seen.findings),
        findings=seen.findings,
        problems=tuple(dict.fromkeys(seen.problems)),
        year=categories.content_year(clues, date.today().year + 1),
    )
    return Located(target.path, look, size, record)


def _look(seen: _Seen, *, kept: bool) -> Look:
    if seen.findings:
        return Look.FOUND
    if seen.problems == [Problem.IMAGE_NOT_READ]:
        return Look.NOT_LOOKED_AT
    if seen.problems:
        return Look.UNREADABLE
    return Look.FOUND if kept else Look.CLEAN
