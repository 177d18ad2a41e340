"""Look at one file: opened once, hashed, read, counted; what is said of it is what was seen."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Final

from app.domain.record import Look, Problem, Stamp
from app.domain.row import Row, make_row
from app.steps.locate import category as categories
from app.steps.locate import grade
from app.steps.locate.columns import together
from app.steps.locate.custom import category_of, gravest
from app.steps.locate.engine import best_engine
from app.steps.locate.job import NO_STAMP, Target, Task
from app.steps.locate.limits import Account, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.plain import unescape
from app.steps.locate.read import Reader, passages
from app.steps.locate.read.ahead import in_turn
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source
from app.steps.locate.sight import Sighting, sightings
from app.steps.locate.tally import Tally, people, record_id
from app.steps.locate.twins import Twin

SAMPLE: Final = 64 << 10
_HEADERS: Final = 256
_ASIDE: Final = 8 << 20
"""Bytes from which a file is hashed by a thread of its own while it is read."""
_HASHED: Final = 1 << 18
_TURN: Final = 0.5
FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_SHARING_VIOLATIONS: Final = (32, 33)
"""Windows: another program holds the file or a part of it."""
_LEFT: Final = frozenset(
    {Problem.IMAGE_NOT_READ, Problem.RAR_NOT_READ, Problem.PST_NOT_READ, Problem.ACCESS_NOT_READ}
)
"""What is not looked at without an addition or an option."""
_PASSING: Final = frozenset(
    {
        *(Problem.DENIED, Problem.LOCKED, Problem.MISSING, Problem.IO_ERROR, Problem.CHANGED_WHILE_READ),
        *(Problem.READER_CRASHED, Problem.READER_HUNG, Problem.OVER_MEMORY),
    }
)
"""What may be gone next time: such a file is looked at again though it has not changed."""


@dataclass(slots=True)
class Seen:
    """What reading a file gave."""

    stamp: Stamp
    problems: list[Problem]
    tally: Tally
    sha256: str = ""
    sample: bytearray = field(default_factory=bytearray)
    headers: dict[str, None] = field(default_factory=dict)
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sight:
    """How the look at one file ended. `row` is there when there is a record of it."""

    look: Look
    stamp: Stamp
    row: Row | None = None
    lasting: bool = True
    """Whether it would end so again as long as the file does not change."""


class NotAFile(Exception):
    """What was a file during the walk is a link or a special file now."""


def stamp_of(info: os.stat_result) -> Stamp:
    """Make a stamp of what stat said."""
    return Stamp(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_nlink)


def look_at(target: Target, task: Task, pulse: Callable[[], None], failed: Problem | None = None) -> Sight:
    """Look at one file. Never raises for what is wrong with the file: that is a problem of its record.

    `pulse` is called whenever some of it was read. `failed` says how its reader failed
    before: then its bytes are searched, and no reader is tried.
    """
    known = [failed] if failed else []
    try:
        seen = _read(target, task, Account(problems=known, pulse=pulse))
    except NotAFile:
        return Sight(Look.SKIPPED, target.stamp)
    except OSError as error:
        seen = Seen(_last_stamp(target), [problem_of(error)], Tally(task.key))
    return judge(target, seen, task)


def unread(target: Target, problem: Problem, task: Task) -> Sight:
    """Give the record of a file that could not be looked at."""
    return judge(target, Seen(_last_stamp(target), [problem], Tally(task.key)), task)


def _last_stamp(target: Target) -> Stamp:
    """What can still be told of a file that can't be opened."""
    try:
        return stamp_of(os.lstat(target.path))
    except OSError:
        return target.stamp


def problem_of(error: OSError) -> Problem:
    """Say what an error of the system means for the look."""
    if getattr(error, "winerror", None) in _SHARING_VIOLATIONS or error.errno in (errno.EBUSY, errno.EAGAIN):
        return Problem.LOCKED
    if isinstance(error, PermissionError):
        return Problem.DENIED
    return Problem.MISSING if isinstance(error, FileNotFoundError) else Problem.IO_ERROR


def opened(target: Target) -> BinaryIO:
    """Open a file to be looked at.

    Raises:
        NotAFile: when it is none any more.
        OSError: when it can't be opened.
    """
    try:
        descriptor = os.open(target.path, FLAGS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise NotAFile from error
        raise
    file = os.fdopen(descriptor, "rb", buffering=0)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise NotAFile
    return file


def _read(target: Target, task: Task, account: Account) -> Seen:
    with opened(target) as file:
        raw = bool(account.problems)
        seen = Seen(stamp_of(os.fstat(file.fileno())), account.problems, Tally(task.key))
        digest = _Digest(target, seen.stamp.size, account.pulse)
        source = _source(target, file)
        twin = None if raw else task.twins.find(source.name, seen.stamp.size, digest.value)
        if twin:
            take_twin(twin, source.name, task, seen)
        else:
            search(source, task, account, seen, read_raw if raw else passages)
        seen.sha256 = digest.value()
        close_look(file, seen)
    if not twin and not _in_name(source.name, task, None):
        keep_twin(source.name, task, seen)
    return seen


def keep_twin(name: str, task: Task, seen: Seen) -> None:
    """Keep what a content held for the next file with the same bytes; nothing of it stood in the name."""
    if not _PASSING.intersection(seen.problems):
        kept = Twin(seen.tally, tuple(seen.problems), bytes(seen.sample), tuple(seen.headers), seen.names)
        task.twins.keep(name, seen.stamp.size, seen.sha256, kept)


def take_twin(twin: Twin, name: str, task: Task, seen: Seen) -> None:
    """Say of a file what was said of another with the same bytes; its name is its own."""
    _in_name(name, task, seen)
    seen.tally.absorb(twin.tally)
    seen.problems.extend(twin.problems)
    seen.sample += twin.sample
    seen.headers = dict.fromkeys(twin.headers)
    seen.names = twin.names


def _in_name(name: str, task: Task, seen: Seen | None) -> bool:
    """Count what stands in the name of a file, and tell whether anything does."""
    passage = Passage(name.encode("utf-8", "replace"))
    own = seen or Seen(NO_STAMP, [], Tally(task.key))
    count(
        passage, sightings(passage, best_engine(task.subject, task.means.patterns), date.today()), task, own
    )
    return bool(own.tally.weight)


def close_look(file: BinaryIO, seen: Seen) -> None:
    """Compare the file with what it was when the look began."""
    after = stamp_of(os.fstat(file.fileno()))
    if after != seen.stamp:
        seen.problems.append(Problem.CHANGED_WHILE_READ)
        seen.stamp = after


def _source(target: Target, file: BinaryIO) -> Source:
    return Source(target.path.rpartition(os.sep)[2], file, file=file, path=target.path)


class _Digest:
    """SHA-256 of a file: taken at once, or of a large one while it is read."""

    def __init__(self, target: Target, size: int, pulse: Callable[[], None]) -> None:
        self._value = ""
        self._done = 0
        self._pulse = pulse
        self._error: OSError | None = None
        self._stop = False
        self._thread = None
        if size < _ASIDE:
            self._take(target, size, pulse)
            return
        self._thread = threading.Thread(target=self._take, args=(target, size, self._further), daemon=True)
        self._thread.start()

    def _take(self, target: Target, size: int, pulse: Callable[[], None]) -> None:
        try:
            with opened(target) as file:
                self._value = digest_of(file, size, pulse)
        except OSError as error:
            self._error = error
        except NotAFile:
            return

    def _further(self) -> None:
        self._done += 1

    def value(self) -> str:
        """Give it in hex; empty when the file was swapped for something else.

        Raises:
            OSError: when the file could not be read.
        """
        while self._thread and self._thread.is_alive():
            before = self._done
            self._thread.join(_TURN)
            if self._done > before:
                self._pulse()  # a large file takes minutes, and is no reader that stands still
        if self._error:
            raise self._error
        return self._value


def digest_of(file: BinaryIO, size: int, pulse: Callable[[], None]) -> str:
    """Hash `size` bytes: a file that grows while it is read must not be read for ever."""
    state = hashlib.sha256()
    while size > 0 and (block := file.read(min(size, _HASHED))):
        state.update(block)
        size -= len(block)
        pulse()
    return state.hexdigest()


def search(source: Source, task: Task, account: Account, seen: Seen, read: Reader) -> None:
    """Search what a reader gives of a source."""
    engine = best_engine(task.subject, task.means.patterns)
    engine = engine._replace(spots=in_turn(engine.spots))
    today = date.today()
    plain = not (task.customers or task.subject or task.means.patterns)
    spots = None if task.customers or task.subject else engine.spots
    reading = Reading(task.limits, account, passages, spots=spots, means=task.means)
    for passage in _kept(read(source, reading), seen):
        account.pulse()
        values, rest = together(passage, engine, today) if plain else (None, passage)
        if values is not None:
            seen.tally.add_kinds(values, passage.where)
        if rest is not None:
            count(rest, sightings(rest, engine, today), task, seen)
    seen.tally.add(Sighting(0, 0, "secret.key", key, grade.PATTERN | grade.PREFIX) for key in account.keys)
    seen.names = tuple(account.names)


def count(passage: Passage, found: list[Sighting], task: Task, seen: Seen) -> None:
    """Count what stands in a passage, and which customers it names."""
    if found:
        seen.tally.add(found, passage.where)
    if task.customers:
        seen.tally.add(task.customers.sightings(passage, found), passage.where)


def _kept(stream: Iterator[Passage], seen: Seen) -> Iterator[Passage]:
    """Pass passages on and keep the start of the text for the category."""
    for place, passage in enumerate(stream):
        if place and not passage.raw and len(seen.sample) < SAMPLE:
            seen.sample += passage.data[: SAMPLE - len(seen.sample)] + b"\n"
        if passage.column and len(seen.headers) < _HEADERS:
            seen.headers.setdefault(passage.header)
        yield passage


def judge(target: Target, seen: Seen, task: Task, possible: bool = True) -> Sight:
    """Say how the look ended. `possible` is false where no rule of the categories can fit."""
    findings = seen.tally.joined()
    sample = bytes(seen.sample)
    clues = categories.Clues(
        "/".join((target.below, *seen.names)),
        unescape(sample).decode("utf-8", "replace") if possible else "",
        tuple(seen.headers),
        whole=len(sample) < SAMPLE,
    )
    category, clue = categories.told_by(clues) if possible else (categories.CONTACT, "")
    persons, patterns = people(findings), task.means.patterns
    if not persons and any(finding.kind.startswith("secret.") for finding in findings):
        category, clue = categories.KEY, "secret"
    own = category_of(findings, patterns) if category == categories.CONTACT else ""
    if own:
        category, clue = own, "pattern"
    look = _look(seen, found=bool(findings), kept=categories.kept_by_law(category))
    if look is Look.CLEAN:
        return Sight(look, seen.stamp)
    problems = tuple(dict.fromkeys(seen.problems))
    row = make_row(
        (record_id(task.key, target.path), target.path, target.location),
        seen.stamp,
        seen.sha256,
        (look, gravest(findings, patterns), category, persons),
        findings,
        problems,
        categories.year_of(clues, sample, date.today().year + 1),
        clue,
    )
    return Sight(look, seen.stamp, row, lasting=not _PASSING.intersection(problems))


def _look(seen: Seen, *, found: bool, kept: bool) -> Look:
    if found:
        return Look.FOUND
    if seen.problems and _LEFT.issuperset(seen.problems):
        return Look.NOT_LOOKED_AT
    if seen.problems:
        return Look.UNREADABLE
    return Look.FOUND if kept else Look.CLEAN
