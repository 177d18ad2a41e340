"""Look at the files of a folder: many small texts in one search, whatever else one by one.

Most files of a tree are small, and most hold nothing. To open, read and close one takes the
system a few microseconds; everything else that is done for each of them counts. So plain
texts are read whole and searched together, and only those in which something was reported
are looked at as `look` does.
"""

from __future__ import annotations

import hashlib
import os
import stat
from array import array
from collections.abc import Iterator
from datetime import date
from typing import Final, NamedTuple, Protocol

from app.domain.record import Look
from app.steps.locate import category as categories
from app.steps.locate.encoding import is_not_plain
from app.steps.locate.engine import UNPLAIN, Hits, best_engine
from app.steps.locate.job import CODES, FIELDS, PENDING, Glance, Group, Report, Task
from app.steps.locate.limits import Account
from app.steps.locate.look import FLAGS, Seen, Sight, count, judge, look_at, search, stamp_of, unread
from app.steps.locate.part import shared_codec
from app.steps.locate.passage import Passage
from app.steps.locate.read import passages, reads_as_text
from app.steps.locate.read.source import Source
from app.steps.locate.read.text import may_be_table
from app.steps.locate.sight import sightings, sightings_at
from app.steps.locate.tally import Tally

SMALL: Final = 64 << 10
"""Bytes up to which a file is read whole."""
LARGE: Final = 8 << 20
"""Bytes from which a file goes to a process of its own, so that none waits for it."""
_TOGETHER: Final = 1 << 20
_BETWEEN: Final = b"\n\0\n"
"""Between two texts: no value, no label and no title goes over it."""
_START: Final = 12_000
"""Bytes of a text in which a title or the heads of columns stand."""
_NOTHING: Final = (0,) * FIELDS
_UTF8_SURE: Final = 4096


class Mark(Protocol):
    """How the one who watches is told where this process is."""

    def at(self, place: int, size: int) -> None:
        """Say which file is looked at."""

    def pulse(self) -> None:
        """Say that something was read."""


class _Text(NamedTuple):
    """A small plain text that waits to be searched with others."""

    place: int
    group: Group
    name: str
    title: bytes
    data: bytes
    info: os.stat_result


class _Sweep:
    """The look at the groups of one job."""

    def __init__(self, job: Glance, task: Task, mark: Mark) -> None:
        total = sum(len(group.names) for group in job.groups)
        self._job = job
        self._task = task
        self._mark = mark
        self._engine = best_engine(task.subject)
        self._sieve = categories.best_sieve()
        self._today = date.today()
        self._texts: list[_Text] = []
        self._held = 0
        self.report = Report(
            bytearray([PENDING]) * total,
            array("q", bytes(8 * total)),
            array("Q", bytes(8 * FIELDS * total)),
            {},
        )

    def run(self) -> None:
        place = 0
        for group in self._job.groups:
            known = _remembered(group)
            for name in group.names:
                self._mark.at(place, 0)
                old = known.get(name)
                if old is None or not self._unchanged(place, group.path(name), *old):
                    self._one(place, group, name)
                place += 1
        self._search()

    def _unchanged(self, place: int, path: str, stamp: tuple[int, ...], look: int) -> bool:
        """Whether a file is as it was; then it ends as it did."""
        try:
            info = os.lstat(path)
        except OSError:
            return False
        if (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns) != stamp:
            return False
        self._settle(place, look, info.st_size, stamp)
        return True

    def _settle(self, place: int, look: int, size: int, stamp: tuple[int, ...]) -> None:
        self.report.looks[place] = look
        self.report.sizes[place] = size
        self.report.stamps[place * FIELDS : (place + 1) * FIELDS] = array("Q", stamp)

    def _one(self, place: int, group: Group, name: str) -> None:
        path = group.path(name)
        failed = self._job.tried.get(place, ())
        if not failed:
            try:
                descriptor = os.open(path, FLAGS)
            except OSError:
                descriptor = -1  # why is told by the look at it alone
            if descriptor >= 0:
                try:
                    if self._glanced(place, group, name, descriptor):
                        return
                finally:
                    os.close(descriptor)
        target = group.target(name)
        if len(failed) > 1:
            self._take(place, unread(target, failed[-1], self._task))
        else:
            self._take(place, look_at(target, self._task, self._mark.pulse, failed[0] if failed else None))

    def _glanced(self, place: int, group: Group, name: str, descriptor: int) -> bool:
        """Take a small text in, or put a large file off; False for what is looked at alone."""
        info = os.fstat(descriptor)
        size = info.st_size
        if not stat.S_ISREG(info.st_mode):
            return False
        if size > SMALL:
            self._mark.at(place, size)
            if size < LARGE or self._job.whole:
                return False
            self.report.sizes[place] = size
            return True
        data = os.read(descriptor, size + 1) if size else b""
        if len(data) != size or not _is_plain(data, name):
            return False
        title = name.encode("utf-8", "replace")
        self._texts.append(_Text(place, group, name, title, data, info))
        self._held += size
        if self._held > _TOGETHER:
            self._search()
        return True

    def _take(self, place: int, sight: Sight) -> None:
        stamp = sight.stamp
        kept = (stamp.device, stamp.inode, stamp.size, stamp.mtime_ns, stamp.ctime_ns)
        self._settle(place, CODES[sight.look], stamp.size, kept if sight.lasting else _NOTHING)
        if sight.row:
            self.report.rows[place] = sight.row

    def _search(self) -> None:
        """Search the texts that wait, all at once."""
        texts, self._texts, self._held = self._texts, [], 0
        if not texts:
            return
        self._mark.pulse()
        parts: list[bytes] = []
        for text in texts:
            parts += (text.title, text.data)
        joined = _BETWEEN.join(parts)
        hits = self._engine.spots(joined)
        wide = any(kind in UNPLAIN for _, kind in hits)  # told once, wherever it was first
        starts = [part[:_START] for part in parts]
        fits = iter(_split(self._sieve.spots(_BETWEEN.join(starts)), starts)) if self._sieve else None
        found = iter(_split(hits, parts))
        clean = CODES[Look.CLEAN]
        simple = not (wide or self._task.customers)
        for text in texts:
            here = next(found), next(found)
            possible = True
            if fits:
                path = categories.below_spots(self._sieve, text.group.below)
                possible = bool(self._sieve and self._sieve.possible([*path, *next(fits)], next(fits)))
            if simple and not possible and not here[0] and not here[1]:
                info = text.info
                stamp = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)
                self._settle(text.place, clean, info.st_size, stamp)
            else:
                self._take(text.place, self._look(text, None if wide else here, possible))

    def _look(self, text: _Text, hits: tuple[Hits, Hits] | None, possible: bool) -> Sight:
        """Look at one text in which something was reported, or that may be of a category the law keeps."""
        target = text.group.target(text.name)
        seen = Seen(stamp_of(text.info), [], Tally(self._task.key))
        seen.sha256 = hashlib.sha256(text.data).hexdigest()
        mixed = hits is not None and hits[1] and not _fits_utf8(text.data)
        if mixed or may_be_table(text.data):
            account = Account(pulse=self._mark.pulse)
            search(Source.of_bytes(text.name, text.data), self._task, account, seen, passages)
            return judge(target, seen, self._task)
        for part, data in enumerate((text.title, text.data)):
            if data:
                passage = Passage(data)
                found = (
                    sightings(passage, self._engine, self._today)
                    if hits is None
                    else sightings_at(passage, hits[part], self._engine, self._today)
                    if hits[part]
                    else []
                )
                count(passage, found, self._task, seen)
        seen.sample += text.data + b"\n" if text.data else b""
        return judge(target, seen, self._task, possible)


def look_at_groups(job: Glance, task: Task, mark: Mark) -> Report:
    """Look at every file of a job. What is said of it does not depend on who does it."""
    sweep = _Sweep(job, task, mark)
    codec = shared_codec(job.groups[0].target(job.groups[0].names[0])) if job.split else ""
    if codec:
        sweep.report.sizes[0] = os.lstat(job.groups[0].path(job.groups[0].names[0])).st_size
        return sweep.report._replace(split=codec)
    sweep.run()
    return sweep.report


def _split(hits: list[tuple[int, int]], parts: list[bytes]) -> Iterator[list[tuple[int, int]]]:
    """Give to each part what was reported in it, as if it had been searched alone."""
    at = place = 0
    total = len(hits)
    for part in parts:
        end = at + len(part)
        first = place
        # One byte more: what ends a run may be the first byte after the text.
        while place < total and hits[place][0] <= end + 1:
            place += 1
        yield [(min(hit - at, len(part)), kind) for hit, kind in hits[first:place]] if place > first else []
        at = end + len(_BETWEEN)


def _is_plain(data: bytes, name: str) -> bool:
    """Whether the bytes are a text in UTF-8 that no reader but that of plain text would take."""
    if is_not_plain(data) or not reads_as_text(data, name):
        return False
    return data.isascii() or _fits_utf8(data[:_UTF8_SURE])


def _fits_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data" and len(data) == _UTF8_SURE
    return True


def _remembered(group: Group) -> dict[str, tuple[tuple[int, ...], int]]:
    known = group.known
    if known is None or known.location != group.location:
        return {}
    stamps = array("Q")
    stamps.frombytes(known.stamps)
    return {
        name: (tuple(stamps[at * FIELDS : (at + 1) * FIELDS]), known.looks[at])
        for at, name in enumerate(known.files())
    }
