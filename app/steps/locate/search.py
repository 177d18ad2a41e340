"""The step: walk the locations, look at every file, say how each ended. Nothing is written."""

from __future__ import annotations

import hashlib
import os
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.case import Location
from app.domain.event import Located, Looked, Progressed
from app.domain.record import Record
from app.domain.row import Row
from app.domain.step import Step
from app.steps.locate.crew import Crew
from app.steps.locate.customers import KIND, Customers
from app.steps.locate.engine import expressions
from app.steps.locate.errand import Glanced
from app.steps.locate.job import CODES, Group, Known, Task
from app.steps.locate.limits import Means
from app.steps.locate.look import unread
from app.steps.locate.pool import FILES, Here, Pool, batches
from app.steps.locate.tally import mac_of
from app.steps.locate.walk import Met, Unlisted, check, walk
from app.steps.locate.words import LABELS

if TYPE_CHECKING:
    from app.steps.locate.cluster import Cluster

_MEANS: Final = Means()
EDITION: Final = 5
"""Counts up with each change of rules or readers after which a file may end otherwise."""
_READERS: Final = {
    "access_parser": "access-parser",
    "libarchive": "libarchive-c",
    "msoffcrypto": "msoffcrypto-tool",
    "olefile": "olefile",
    "pypdfium2": "pypdfium2",
    "pypff": "libpff-python",
    "python_calamine": "python-calamine",
    "rapidocr_onnxruntime": "rapidocr-onnxruntime",
}
"""By their modules, what they are called."""
_AHEAD: Final = 2_000
"""Folders that are listed before the look begins, so that its end can be foreseen."""
Memory = Callable[[str], Sequence[Known]]
"""Gives what an earlier search left of a folder, in order of `first`; nothing for what it never saw."""


def survey(
    locations: Sequence[Location],
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    subject: str = "",
    customers: Customers | None = None,
    means: Means = _MEANS,
    jobs: int | str | Crew = 1,
    memory: Memory | None = None,
) -> Iterator[Looked | Progressed]:
    """Look at every file of the locations, read-only, and tell of some hundred at a time.

    `exclude` names what is never entered: the case folder, its backups, its output.
    `key` is the case's; findings hold HMACs under it and no value. `subject` is a text
    or number that is looked for besides, reported as `custom.subject`;
    `customers` is a list of people, each of whom is looked for and counted under
    `custom.customer`. `means` are passwords to try, whether pictures are read, the limits,
    and the patterns of the case, each reported as `custom.` and its name. `jobs` processes
    of their own do the reading, so that a reader that crashes, hangs or takes too much
    memory costs one file; with 0 the caller's own process does it, unguarded, and with an
    address (`tcp://host:8786`) the workers of that Dask cluster do. The order
    of the results does not depend on it. A `Crew` is so many processes that stand ready already,
    and is ended with the look. Closing the generator ends the processes, in
    the middle of a file too; while one takes long, the last `Progressed` is repeated.

    With a `memory` only what changed since is opened: a file whose size, times and number
    are those that were kept ends as it did then, and has no row. It must be of the same
    `edition`.

    A finding from confidence 0.6 counts for tier and people; one from 0.35 is kept, to
    be looked at. A file is CLEAN only when all of it was read and nothing was found.

    Raises:
        Refused: LOCATION_MISSING or LOCATION_UNREADABLE, at the first `next`, before
            anything is looked at; CLUSTER_UNREACHABLE and CLUSTER_DIFFERS, of a cluster.
        OSError: when the system lets no process be started.
    """
    check(locations)
    task = Task(key, means.bounds, subject, customers, means)
    with closing(_lookers(task, jobs, locations)) as lookers:
        met = walk(locations, exclude)
        listed = list(islice(met, _AHEAD))
        total = sum(len(one.names) if isinstance(one, Group) else 1 for one in listed)
        total = total if len(listed) < _AHEAD else 0
        last = Progressed(Step.LOCATE, 0, total)
        yield last
        yield from _events(lookers, chain(listed, met), task, memory, last)


def _lookers(task: Task, jobs: int | str | Crew, locations: Sequence[Location]) -> Pool | Here | Cluster:
    if isinstance(jobs, str):
        from app.steps.locate.cluster import Cluster

        return Cluster(task, jobs, [str(location.path) for location in locations])
    if isinstance(jobs, Crew):
        return Pool(task, jobs.jobs, jobs)
    return Pool(task, jobs) if jobs else Here(task)


def _events(
    lookers: Pool | Here | Cluster, met: Iterator[Met], task: Task, memory: Memory | None, last: Progressed
) -> Iterator[Looked | Progressed]:
    aside: list[Looked] = []
    row = batches(_parted(_groups(met, task, aside), memory), aside)
    for glanced in lookers.run(row):
        for looked in (*glanced.aside, _told(glanced, task.key)) if glanced else ():
            yield looked
            last = _further(last, looked)
        yield last
    for looked in aside:
        yield looked
        last = _further(last, looked)
    yield last


def edition(
    locations: Sequence[Location],
    *,
    subject: str = "",
    customers: Customers | None = None,
    means: Means = _MEANS,
) -> str:
    """Name what the result of a look depends on besides the files: rules, readers, whom it looks for.

    Locations count too, for a record says under which it was found. The name tells nothing
    of the people: it is a SHA-256.
    """
    parts: list[object] = [
        EDITION,
        _libraries(),
        expressions(subject, means.patterns),
        LABELS,
        repr(means.limits),
    ]
    parts.append(sorted(str(location.path) for location in locations))
    parts.append(customers.digest() if customers else "")
    parts.append((means.passwords.digest(), means.pictures, means.patterns))
    return hashlib.sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _libraries() -> list[str]:
    """Give the versions of the readers that are not our own."""
    return [f"{name} {version(name)}" for module, name in _READERS.items() if find_spec(module)]


def locate(
    locations: Sequence[Location],
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    subject: str = "",
    customers: Customers | None = None,
    means: Means = _MEANS,
    jobs: int | str | Crew = 1,
) -> Iterator[Located | Progressed]:
    """Do as `survey`, and give one `Located` for each file.

    Raises:
        Refused, OSError: as `survey`.
    """
    for event in survey(
        locations,
        key=key,
        exclude=exclude,
        subject=subject,
        customers=customers,
        means=means,
        jobs=jobs,
    ):
        if isinstance(event, Looked):
            yield from event.each()
        else:
            yield event


def _further(last: Progressed, looked: Looked) -> Progressed:
    done = last.done + len(looked.looks)
    now = "".join((looked.folders[-1][0], looked.folders[-1][1][-1])) if looked.looks else last.now
    return Progressed(Step.LOCATE, done, max(last.total, done) if last.total else 0, now=now)


def _told(glanced: Glanced, key: bytes) -> Looked:
    report = glanced.report
    return Looked(
        tuple((group.folder.rstrip(os.sep) + os.sep, group.names) for group in glanced.groups),
        bytes(report.looks),
        report.sizes,
        report.rows,
        tuple(glanced.gone(key)),
        tuple(glanced.known()),
    )


def _groups(met: Iterator[Met], task: Task, aside: list[Looked]) -> Iterator[Group]:
    """Give the files to look at; what needs no look is told aside."""
    for one in met:
        if isinstance(one, Group):
            yield one
            continue
        if isinstance(one, Unlisted):
            sight = unread(one.target, one.problem, task)
            located = Located(one.target.path, sight.look, sight.stamp.size)
            aside.append(_alone(located, {0: sight.row} if sight.row else {}))
        else:
            aside.append(_alone(one, {}))


def _alone(located: Located, rows: dict[int, Row]) -> Looked:
    """Put one thing that was not read in the form of many."""
    before, joint, name = located.path.rpartition(os.sep)
    looks = bytes([CODES[located.look]])
    return Looked(((before + joint, (name,)),), looks, array("q", [located.bytes]), rows)


def _parted(groups: Iterator[Group], memory: Memory | None) -> Iterator[Group]:
    """Cut large folders; those that were known where they were cut before."""
    for group in groups:
        known = memory(group.folder) if memory else ()
        if known:
            yield from _as_before(group, known)
        elif len(group.names) <= FILES:
            yield group
        else:
            for at in range(0, len(group.names), FILES):
                names = group.names[at : at + FILES]
                yield group._replace(names=names, first=names[0] if at else "")


def _as_before(group: Group, known: Sequence[Known]) -> Iterator[Group]:
    if len(known) == 1:
        yield group._replace(known=known[0], first=known[0].first)
        return
    borders = [os.fsencode(one.first) for one in known]
    cut: list[list[str]] = [[] for _ in known]
    for name in group.names:
        cut[max(0, bisect_right(borders, os.fsencode(name)) - 1)].append(name)
    for one, names in zip(known, cut, strict=True):
        yield group._replace(names=tuple(names), known=one, first=one.first)


class Named:
    """In how many records each customer of a list is named."""

    def __init__(self, customers: Customers, key: bytes) -> None:
        self._places = {mac_of(key, KIND, customers.found(n)): n for n in reversed(range(customers.count))}
        self.records = [0] * customers.count
        """By the customer's place in the list; one who is in it twice is counted at the first."""

    def take(self, holders: Iterable[tuple[bytes, int]]) -> None:
        """Take the counts from where they are kept, by the hash of a customer."""
        for mac, count in holders:
            self.records[self._places[mac]] = count

    def add(self, record: Record) -> None:
        """Count the customers that a record names."""
        for finding in record.findings:
            for mac in finding.macs if finding.kind == KIND else ():
                self.records[self._places[mac]] += 1


def as_json(record: Record) -> dict[str, object]:
    """Give a record as the command line prints it, one line of `lethe locate --json`."""
    clue: dict[str, object] = {"clue": record.clue} if record.clue else {}
    return {
        "path": record.path,
        "bytes": record.stamp.size,
        "tier": record.tier.value,
        "people": record.people,
        "findings": {finding.kind: finding.count for finding in record.findings},
        "category": record.category,
        "problems": [problem.value for problem in record.problems],
        **clue,
    }
