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
from bisect import bisect_right
from datetime import date
from itertools import accumulate
from typing import Final, NamedTuple, Protocol

from app.domain.record import Look
from app.steps.locate import category as categories
from app.steps.locate.encoding import is_not_utf8
from app.steps.locate.engine import UNPLAIN, Hits, Scan, best_engine
from app.steps.locate.job import CODES, FIELDS, PENDING, Glance, Group, Report, Task
from app.steps.locate.limits import Account
from app.steps.locate.look import (
    FLAGS,
    Seen,
    Sight,
    count,
    judge,
    keep_twin,
    look_at,
    search,
    stamp_of,
    take_twin,
    unread,
)
from app.steps.locate.part import shared_codec
from app.steps.locate.passage import Passage
from app.steps.locate.read import passages, reads_as_text
from app.steps.locate.read.source import Source
from app.steps.locate.read.text import may_be_table
from app.steps.locate.sight import sightings_at
from app.steps.locate.tally import Tally
from app.steps.locate.unchanged import stamp_words, words

SMALL: Final = 64 << 10
"""Bytes up to which a file is read whole."""
LARGE: Final = 8 << 20
"""Bytes from which a file goes to a process of its own, so that none waits for it."""
_TOGETHER: Final = 1 << 20
_BETWEEN: Final = b"\n\n"
"""Between two texts: no value, no label and no title goes over it."""
_MUCH: Final = 16
"""Reports in a text from which it takes longer to look at it again than to remember what it held."""
_START: Final = 12_000
"""Bytes of a text in which a title or the heads of columns stand."""
_NOTHING: Final = (0,) * FIELDS
_CLEAN: Final = CODES[Look.CLEAN]


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
    data: bytes
    info: os.stat_result


class _Sweep:
    """The look at the groups of one job."""

    def __init__(self, job: Glance, task: Task, mark: Mark) -> None:
        total = sum(len(group.names) for group in job.groups)
        self._job = job
        self._task = task
        self._mark = mark
        self._engine = best_engine(task.subject, task.means.patterns)
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
        if words(info) != stamp:
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
        if len(data) != size or 0 in data or not reads_as_text(data, name):
            return False
        self._settle(place, _CLEAN, size, words(info))
        self._texts.append(_Text(place, group, name, data, info))
        self._held += size
        if self._held > _TOGETHER:
            self._search()
        return True

    def _take(self, place: int, sight: Sight) -> None:
        kept = stamp_words(sight.stamp) if sight.lasting else _NOTHING
        self._settle(place, CODES[sight.look], sight.stamp.size, kept)
        if sight.row:
            self.report.rows[place] = sight.row

    def _search(self) -> None:
        """Search the texts that wait, all at once; those in which nothing is reported are clean."""
        texts, self._texts, self._held = self._plain(self._texts), [], 0
        self._mark.pulse()
        named = _shared(self._engine.spots, [text.name.encode("utf-8", "replace") for text in texts])
        said = _shared(self._engine.spots, [text.data for text in texts])
        kept = self._kept(texts)
        places = range(len(texts)) if self._task.customers else sorted({*named, *said, *kept})
        for at in places:
            text = texts[at]
            self._take(text.place, self._look(text, named.get(at), said.get(at), at in kept))

    def _plain(self, texts: list[_Text]) -> list[_Text]:
        """Give the texts that are UTF-8 and no doubt; the others are looked at alone."""
        if not is_not_utf8(_BETWEEN.join([text.data for text in texts]) + _BETWEEN):
            return texts
        plain = []
        for text in texts:
            if is_not_utf8(text.data + _BETWEEN):
                target = text.group.target(text.name)
                self._take(text.place, look_at(target, self._task, self._mark.pulse))
            else:
                plain.append(text)
        return plain

    def _kept(self, texts: list[_Text]) -> frozenset[int]:
        """Give the places of the texts that may be of a category the law keeps."""
        sieve = self._sieve
        if sieve is None:
            return frozenset(range(len(texts)))
        named = _shared(sieve.spots, [text.name.encode("utf-8", "replace") for text in texts])
        said = _shared(sieve.spots, [text.data[:_START] for text in texts])
        paths = {text.group.below: categories.below_spots(sieve, text.group.below) for text in texts}
        return frozenset(
            at
            for at, text in enumerate(texts)
            if (at in said or at in named or paths[text.group.below])
            and sieve.possible([*paths[text.group.below], *named.get(at, ())], said.get(at, ()))
        )

    def _look(self, text: _Text, named: Hits | None, said: Hits | None, possible: bool) -> Sight:
        """Look at one text in which something was reported, or that may be of a category the law keeps."""
        target = text.group.target(text.name)
        seen = Seen(stamp_of(text.info), [], Tally(self._task.key))
        digest = seen.sha256 = hashlib.sha256(text.data).hexdigest()
        table = may_be_table(text.data)
        much = said is not None and len(said) >= _MUCH
        twin = self._task.twins.find(text.name, seen.stamp.size, lambda: digest) if much else None
        if twin:
            take_twin(twin, text.name, self._task, seen)
        elif table:
            account = Account(pulse=self._mark.pulse)
            search(Source.of_bytes(text.name, text.data), self._task, account, seen, passages)
        else:
            self._count(text, seen, named, said)
        if much and not (twin or named or self._task.customers):
            keep_twin(text.name, self._task, seen)
        return judge(target, seen, self._task, possible or table)

    def _count(self, text: _Text, seen: Seen, named: Hits | None, said: Hits | None) -> None:
        for data, hits in ((text.name.encode("utf-8", "replace"), named), (text.data, said)):
            if data and (hits or self._task.customers):
                passage = Passage(data)
                found = sightings_at(passage, hits, self._engine, self._today) if hits else []
                count(passage, found, self._task, seen)
        seen.sample += text.data + b"\n" if text.data else b""


def look_at_groups(job: Glance, task: Task, mark: Mark) -> Report:
    """Look at every file of a job. What is said of it does not depend on who does it."""
    sweep = _Sweep(job, task, mark)
    codec = shared_codec(job.groups[0].target(job.groups[0].names[0])) if job.split else ""
    if codec:
        sweep.report.sizes[0] = os.lstat(job.groups[0].path(job.groups[0].names[0])).st_size
        return sweep.report._replace(split=codec)
    sweep.run()
    return sweep.report


def _shared(spots: Scan, parts: list[bytes]) -> dict[int, Hits]:
    """Give what is reported in each part, as if it had been searched alone; nothing for most."""
    hits = spots(_BETWEEN.join(parts))
    if any(kind in UNPLAIN for _, kind in hits):  # told once, wherever it was first
        return {at: alone for at, part in enumerate(parts) if (alone := spots(part))}
    told: dict[int, Hits] = {}
    # One byte more: what ends a run may be the first byte after the part.
    borders = list(accumulate((len(part) + len(_BETWEEN) for part in parts), initial=1))
    at = border = start = 0
    for end, kind in hits:
        if end >= border:
            at = bisect_right(borders, end)
            start, border = borders[at - 1] - 1, borders[at]
            mine = told[at - 1] = []
            longest = len(parts[at - 1])
        mine.append((min(end - start, longest), kind))
    return told


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
