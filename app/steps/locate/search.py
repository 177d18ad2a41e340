"""The step: walk the locations, look at every file, say how each ended. Nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from app.domain.case import Location
from app.domain.event import Located, Progressed
from app.domain.record import Record
from app.domain.step import Step
from app.steps.locate.customers import KIND, Customers
from app.steps.locate.limits import Limits
from app.steps.locate.look import Task
from app.steps.locate.pool import look_at_all
from app.steps.locate.tally import mac_of
from app.steps.locate.walk import check, walk

_DEFAULT: Final = Limits()


def locate(
    locations: Sequence[Location],
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    limits: Limits = _DEFAULT,
    subject: str = "",
    customers: Customers | None = None,
    jobs: int = 1,
) -> Iterator[Located | Progressed]:
    """Look at every file of the locations, read-only, and give one `Located` for each.

    `exclude` names what is never entered: the case folder, its backups, its output.
    `key` is the case's; findings hold HMACs under it and no value. `subject` is a text
    or number that is looked for besides, reported as `custom.subject`;
    `customers` is a list of people, each of whom is looked for and counted under
    `custom.customer`. `jobs` processes
    of their own do the reading, so that a reader that crashes, hangs or takes too much
    memory costs one file; with 0 the caller's own process does it, unguarded. The order
    of the results does not depend on it. Closing the generator ends the processes, in
    the middle of a file too; while one takes long, the last `Progressed` is repeated.

    A finding from confidence 0.6 counts for tier and people; one from 0.35 is kept, to
    be looked at. A file is CLEAN only when all of it was read and nothing was found.

    Raises:
        Refused: LOCATION_MISSING or LOCATION_UNREADABLE, at the first `next`, before
            anything is looked at.
        OSError: when the system lets no process be started.
    """
    check(locations)
    total = sum(1 for _ in walk(locations, exclude))
    task = Task(key, limits, subject, customers)
    yield Progressed(Step.LOCATE, 0, total)
    last = Progressed(Step.LOCATE, 0, total)
    with closing(look_at_all(walk(locations, exclude), task, jobs)) as looks:
        for located in looks:
            if located is not None:
                yield located
                done = last.done + 1
                last = Progressed(Step.LOCATE, done, max(total, done), now=located.path)
            yield last


class Named:
    """In how many records each customer of a list is named."""

    def __init__(self, customers: Customers, key: bytes) -> None:
        self._places = {mac_of(key, KIND, customers.found(n)): n for n in reversed(range(customers.count))}
        self.records = [0] * customers.count
        """By the customer's place in the list; one who is in it twice is counted at the first."""

    def add(self, record: Record) -> None:
        """Count the customers that a record names."""
        for finding in record.findings:
            for mac in finding.macs if finding.kind == KIND else ():
                self.records[self._places[mac]] += 1


def as_json(record: Record) -> dict[str, object]:
    """Give a record as the command line prints it, one line of `lethe locate --json`."""
    return {
        "path": record.path,
        "bytes": record.stamp.size,
        "tier": record.tier.value,
        "people": record.people,
        "findings": {finding.kind: finding.count for finding in record.findings},
        "category": record.category,
        "problems": [problem.value for problem in record.problems],
    }
