"""Places that are no folder of this system: a bucket, a share that is not mounted. Looked at and listed only.

What is found there is told as anywhere, by the address of the object. Nothing there can be wiped: no block
of it is this machine's. A case takes no such address as a location; mount the share, or have the bucket as
a backup of the case, whose versions are expunged one by one.

A process of its own fetches and reads, in memory, within the limits of every look: a reader that crashes or a
server that stands still costs one object. Nothing that was fetched is written to a disk.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from multiprocessing.connection import wait
from typing import Final

from app.domain.event import Located, Progressed
from app.domain.fault import Fault, Refused
from app.domain.record import Problem
from app.domain.row import record_of
from app.domain.step import Step
from app.steps.locate.address import RemoteLocation, without_password
from app.steps.locate.category import compiled_sieve
from app.steps.locate.engine import compiled
from app.steps.locate.fetch import target_of
from app.steps.locate.job import Fetch, Listed, Listing, RemoteObject, Task
from app.steps.locate.look import Seen, Sight, judge
from app.steps.locate.tally import Tally
from app.steps.locate.worker import Answer, Ready, Worker

SCHEMES: Final = ("s3", "smb", "file")
_ADDRESS: Final = re.compile(r"(" + "|".join(SCHEMES) + r")://", re.IGNORECASE)
_TICK: Final = 0.1
_LIST: Final = 2 << 30
"""Bytes that a list of millions of objects may take."""
_LOST: Final = 3
"""Objects in a row over which the place stands still, after which it is not asked again."""

Turns = Generator[Progressed, None, Answer]


def is_remote(text: str) -> bool:
    """Whether a text is the address of such a place."""
    return _ADDRESS.match(text) is not None


def survey_remote(address: str, task: Task, password: str = "") -> Iterator[Located | Progressed]:
    """Look at every object below an address, in order of their names, and give one `Located` for each.

    A folder that can't be listed is told as an object that can't be read. While one thing takes long the
    last `Progressed` is repeated.

    Raises:
        Refused: at the first `next`, before anything is looked at: REMOTE_UNREACHABLE, when the place can't
            be listed, what reads it is not installed, or a password stands in the address; REMOTE_LOGIN,
            REMOTE_SILENT.
        OSError: when the system lets no process be started.
    """
    bare = without_password(address)
    if bare != address:
        raise Refused(Fault.REMOTE_UNREACHABLE, bare, "--password-env")
    location = RemoteLocation(address, password)
    last = Progressed(Step.LOCATE, 0, 0, now=address)
    asked = _Asked(replace(task, limits=replace(task.limits, memory=_LIST)), Ready(task, None, None))
    try:
        objects, unlisted = yield from _all(asked, location, last)
    finally:
        asked.end()
    asked = _Asked(task, Ready(task, compiled(task.subject, task.means.patterns), compiled_sieve()))
    try:
        yield from _each(
            asked, location, sorted((*objects, *unlisted), key=lambda one: one.address), unlisted
        )
    finally:
        asked.end()


def _all(
    asked: _Asked, location: RemoteLocation, last: Progressed
) -> Generator[Progressed, None, tuple[list[RemoteObject], dict[RemoteObject, Problem]]]:
    """List everything below the address first."""
    objects: list[RemoteObject] = []
    unlisted: dict[RemoteObject, Problem] = {}
    folders = [""]
    lost = 0
    while folders:
        folder = folders.pop()
        listed = Listed(problem=Problem.IO_ERROR, fault=Fault.REMOTE_SILENT)
        if lost < _LOST:
            listed = yield from _folder(asked, location, folder, last)
            lost = lost + 1 if listed.fault is Fault.REMOTE_SILENT else 0
        if listed.fault and not folder:
            raise Refused(listed.fault, location.address, listed.detail)
        if listed.fault:
            unlisted[RemoteObject(folder, location.address_of(f"{folder}/"), 0, "")] = listed.problem
        objects += listed.objects
        folders += listed.folders
    return objects, unlisted


def _folder(
    asked: _Asked, location: RemoteLocation, folder: str, last: Progressed
) -> Generator[Progressed, None, Listed]:
    """List one folder; what the process that asks for it dies or stands still over can't be listed."""
    told = yield from asked.do(Listing(location, folder), last)
    if not isinstance(told, Problem):
        listed: Listed = told
        return listed
    silent = told is Problem.READER_HUNG
    return Listed(fault=Fault.REMOTE_SILENT if silent else Fault.REMOTE_UNREACHABLE, problem=told)


def _each(
    asked: _Asked, location: RemoteLocation, things: list[RemoteObject], unlisted: dict[RemoteObject, Problem]
) -> Iterator[Located | Progressed]:
    last = Progressed(Step.LOCATE, 0, len(things))
    yield last
    lost = 0
    for number, thing in enumerate(things, 1):
        problem = unlisted.get(thing) or (Problem.IO_ERROR if lost >= _LOST else None)
        if problem:
            sight = _unread(location, thing, asked.task, problem)
        else:
            told = yield from _looked(asked, location, thing, last)
            lost = lost + 1 if told is Problem.READER_HUNG else 0
            sight = _unread(location, thing, asked.task, told) if isinstance(told, Problem) else told
        record = record_of(sight.row) if sight.row else None
        yield Located(thing.address, sight.look, thing.size, record)
        last = Progressed(Step.LOCATE, number, len(things), now=thing.address)
        yield last


def _looked(asked: _Asked, location: RemoteLocation, thing: RemoteObject, last: Progressed) -> Turns:
    """Look at one object; one over which the process died or stood still is searched once more as bytes."""
    told = yield from asked.do(Fetch(location, thing), last, thing.size)
    if isinstance(told, Problem):
        told = yield from asked.do(Fetch(location, thing, failed=told), last, thing.size)
    return told


def _unread(location: RemoteLocation, thing: RemoteObject, task: Task, problem: Problem) -> Sight:
    target = target_of(location.address, thing)
    return judge(target, Seen(target.stamp, [problem], Tally(task.key)), task)


class _Asked:
    """One process that does one job after the other, replaced when it dies or stands still."""

    def __init__(self, task: Task, ready: Ready) -> None:
        self.task = task
        self._ready = ready._replace(task=task)
        self._worker: Worker | None = None

    def do(self, job: Listing | Fetch, last: Progressed, size: int = 0) -> Turns:
        """Have a job done; the answer is a Problem when the process died over it or stood still."""
        worker = self._worker = self._worker or self._begun()
        worker.give(job)
        began = alive = time.monotonic()
        beats, limits = worker.beats, self.task.limits
        patience = (
            limits.patience(size) if isinstance(job, Fetch) else math.inf
        )  # a list may be of any length
        while not wait([worker.connection], _TICK):
            now = time.monotonic()
            if worker.beats != beats:
                beats, alive = worker.beats, now
            if now - alive > limits.silence or now - began > patience:
                self.end()
                return Problem.READER_HUNG
            yield last
        told = worker.take()
        if told is None:
            self.end()
            return Problem.READER_CRASHED
        return told

    def _begun(self) -> Worker:
        worker = Worker()
        worker.give(self._ready)
        if not worker.take():
            worker.end()
            raise OSError("no process can be started to look at files")
        return worker

    def end(self) -> None:
        """End the process, in the middle of an object too."""
        if self._worker:
            self._worker.end()
            self._worker = None
