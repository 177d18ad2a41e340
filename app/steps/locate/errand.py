"""A batch of files on its way through the processes: what is out, what came back, what is left."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.domain.event import Looked
from app.domain.record import Problem
from app.steps.locate.job import BEARING, CODES, FIELDS, PENDING, Glance, Group, Known, Part, Report, Task
from app.steps.locate.look import Seen, Sight
from app.steps.locate.part import PART, join, parts_of
from app.steps.locate.tally import record_id
from app.steps.locate.unchanged import stamp_words


@dataclass(frozen=True, slots=True)
class Glanced:
    """All that was seen of some groups."""

    groups: tuple[Group, ...]
    report: Report
    aside: tuple[Looked, ...] = ()
    """What was met before them and needed no look."""

    def known(self) -> Iterator[Known]:
        """Give what is to be remembered of each group, where that is not what was known."""
        at = 0
        for group in self.groups:
            end = at + len(group.names)
            seen = Known(
                group.folder,
                group.first,
                group.location,
                group.joined(),
                self.report.stamps[at * FIELDS : end * FIELDS].tobytes(),
                bytes(self.report.looks[at:end]),
            )
            if seen != group.known:
                yield seen
            at = end

    def gone(self, key: bytes) -> list[str]:
        """Give the ids of the records of files that are gone, or hold nothing any more."""
        ids: list[str] = []
        at = 0
        for group in self.groups:
            end = at + len(group.names)
            known = group.known
            if known and (known.looks != self.report.looks[at:end] or known.names != group.joined()):
                looks = zip(group.names, self.report.looks[at:end], strict=True)
                still = {name for name, look in looks if look in BEARING}
                ids.extend(record_id(key, group.path(name)) for name in known.bearing() if name not in still)
            at = end
        return ids


class Batch:
    """Files that are told of together, once all of them were looked at."""

    def __init__(
        self, groups: tuple[Group, ...], aside: tuple[Looked, ...] = (), report: Report | None = None
    ) -> None:
        """Begin a batch. With a report it is at its end, and nobody need look."""
        self.groups = groups
        self.aside = aside
        self.places = [(group, name) for group in groups for name in group.names]
        total = len(self.places)
        self.tried: dict[int, tuple[Problem, ...]] = {}
        self._left = 0 if report else total
        self._looked = not self._left
        self._report = report or Report(
            bytearray([PENDING]) * total,
            array("q", bytes(8 * total)),
            array("Q", bytes(8 * FIELDS * total)),
            {},
        )

    @property
    def done(self) -> bool:
        """Whether each of its files was looked at."""
        return self._looked and not self._left

    def glanced(self) -> Glanced:
        """Give what was seen."""
        rows = dict(sorted(self._report.rows.items()))
        return Glanced(self.groups, self._report._replace(rows=rows), self.aside)

    def first(self) -> Errand:
        """Give the whole batch out."""
        return Errand(self, list(range(len(self.places))), Glance(self.groups))

    def again(self, places: list[int], *, whole: bool = False, split: bool = False) -> Errand:
        """Give some of it out, with what is known of each."""
        groups: list[Group] = []
        for place in places:
            group, name = self.places[place]
            if groups and groups[-1].folder == group.folder:
                groups[-1] = groups[-1]._replace(names=(*groups[-1].names, name))
            else:
                groups.append(group._replace(names=(name,), known=None))
        tried = {at: self.tried[place] for at, place in enumerate(places) if place in self.tried}
        return Errand(self, places, Glance(tuple(groups), tried, whole, split))

    def take(self, places: list[int], report: Report) -> list[int]:
        """Take a report in; give the places of the large files that are still to be looked at."""
        self._looked = True
        later = []
        for at, place in enumerate(places):
            self._report.sizes[place] = report.sizes[at]
            if report.looks[at] == PENDING:
                later.append(place)
                continue
            self._report.looks[place] = report.looks[at]
            self._report.stamps[place * FIELDS : (place + 1) * FIELDS] = report.stamps[
                at * FIELDS : (at + 1) * FIELDS
            ]
            if at in report.rows:
                self._report.rows[place] = report.rows[at]
            self._left -= 1
        return later

    def whole(self, report: Report) -> bool:
        """Take the report of the whole batch in at once, if it has all of it."""
        if PENDING in report.looks:
            return False
        self._report, self._left, self._looked = report, 0, True
        return True

    def size(self, place: int) -> int:
        """Give what is known of a file's size."""
        return self._report.sizes[place]


@dataclass(slots=True)
class _Shared:
    """A large text while its parts are out."""

    parts: list[Part]
    seen: dict[int, Seen] = field(default_factory=dict)
    lost: bool = False


@dataclass(slots=True)
class Errand:
    """One job that is out, and the places of the batch it speaks of."""

    batch: Batch
    places: list[int]
    job: Glance | Part
    shared: _Shared | None = None
    number: int = 0

    def settle(self, told: Any, task: Task, *, share: bool) -> list[Errand]:
        """Take the answer in; give what is to be done next."""
        if isinstance(told, Seen):
            return self._part(told, task)
        if len(self.places) == len(self.batch.places) and self.batch.whole(told):
            return []
        if told.split:
            return self._shared_out(told)
        later = self.batch.take(self.places, told)
        return [
            self.batch.again([place], whole=True, split=share and self.batch.size(place) >= 2 * PART)
            for place in later
        ]

    def _shared_out(self, told: Report) -> list[Errand]:
        place = self.places[0]
        group, name = self.batch.places[place]
        shared = _Shared(parts_of(group.target(name), told.split, told.sizes[0]))
        return [Errand(self.batch, [place], part, shared, at) for at, part in enumerate(shared.parts)]

    def _part(self, seen: Seen, task: Task) -> list[Errand]:
        shared = self.shared
        if shared is None or shared.lost:
            return []
        shared.seen[self.number] = seen
        if len(shared.seen) < len(shared.parts):
            return []
        sight = join([shared.seen[at] for at in range(len(shared.parts))], shared.parts[0].target, task)
        self.batch.take(self.places, single(sight))
        return []

    def failed(self, at: int, problem: Problem) -> list[Errand]:
        """The process died or stood still at a place: give what is to be done instead."""
        if self.shared:
            if self.shared.lost:
                return []
            self.shared.lost = True
            at = 0
        if at < 0:
            return [Errand(self.batch, self.places, self.job)]
        place = self.places[at]
        self.batch.tried[place] = (*self.batch.tried.get(place, ()), problem)
        rest = [one for one in self.places if one != place]
        return [self.batch.again([place], whole=True), *([self.batch.again(rest)] if rest else [])]


def single(sight: Sight) -> Report:
    """Give the report of one file."""
    return Report(
        bytearray([CODES[sight.look]]),
        array("q", [sight.stamp.size]),
        array("Q", stamp_words(sight.stamp) if sight.lasting else [0] * FIELDS),
        {0: sight.row} if sight.row else {},
    )


def in_order(
    batches: Iterator[Batch],
    most: int,
    errands: deque[Errand],
    hand_out: Callable[[], None],
    wait: Callable[[], bool],
) -> Generator[Glanced | None]:
    """Have batches looked at by others, `most` of them in hand, and tell of them in their order.

    `wait` tells whether anything came back; None is given while one thing takes long.
    """
    row: deque[Batch] = deque()
    more = True
    while more or row:
        while more and len(row) < most:
            batch = next(batches, None)
            more = batch is not None
            if batch:
                row.append(batch)
                errands += () if batch.done else (batch.first(),)
                hand_out()
        hand_out()
        if row and row[0].done:
            yield row.popleft().glanced()
        elif row and not wait():
            yield None
