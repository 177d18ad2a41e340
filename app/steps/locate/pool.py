"""Look at many files: here, or in processes of their own, with the same results in the same order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Final

from app.domain.event import Located
from app.domain.record import Problem
from app.steps.locate.look import Again, Target, Task, unread
from app.steps.locate.walk import Met
from app.steps.locate.worker import Thing, Worker, look

_FILES: Final = 128
_BYTES: Final = 16 << 20
_AHEAD: Final = 4
"""Batches in hand for each process: enough to keep it busy behind a slow one, few enough to hold."""
_STILLBORN: Final = 5
_TICK: Final = 0.1
"""Seconds until the caller gets a turn, so that a stop is heard while one file takes long."""


def look_at_all(met: Iterable[Met], task: Task, jobs: int) -> Generator[Located | None]:
    """Look at everything a walk meets, in its order. None is given while one thing takes long.

    `jobs` processes do it; with 0, or where the system lets none begin, it is done here,
    and what a reader does to this process is not held off. Closing the generator ends the
    processes.
    """
    first = _begun(task) if jobs else None
    if first is None:
        for thing in met:
            yield look(thing, task, lambda: None)
        return
    pool = _Pool(task, jobs, first)
    try:
        yield from pool.run(iter(met))
    finally:
        pool.close()


def _begun(task: Task) -> Worker | None:
    """A process that answers, or None: an account may not be let run the program anew."""
    try:
        worker = Worker(task)
    except OSError:
        return None
    worker.give([])
    if worker.take() is not None:
        return worker
    worker.end()
    return None


@dataclass(slots=True)
class _Batch:
    """Things in order, and what was said of them so far."""

    things: list[Thing]
    results: list[Located | None]
    waiting: list[int]
    """Places that were given to no process yet."""
    stillborn: int = 0
    """Processes that died before they began with it."""

    @property
    def done(self) -> bool:
        return all(result is not None for result in self.results)


@dataclass(slots=True)
class _Turn:
    """What one process is at: places of a batch, and when it was last seen alive."""

    worker: Worker
    batch: _Batch
    places: list[int]
    at: int = -1
    beats: int = -1
    began: float = field(default_factory=time.monotonic)
    alive: float = field(default_factory=time.monotonic)


class _Pool:
    """The processes, each replaced when it dies or stands still."""

    def __init__(self, task: Task, jobs: int, first: Worker) -> None:
        self._task = task
        self._jobs = jobs
        self._idle = [first]
        self._turns: list[_Turn] = []
        self._row: deque[_Batch] = deque()

    def close(self) -> None:
        """End all processes, in the middle of a file too."""
        for worker in [*self._idle, *(turn.worker for turn in self._turns)]:
            worker.end()
        self._idle.clear()
        self._turns.clear()

    def run(self, met: Iterator[Met]) -> Iterator[Located | None]:
        batches = _batches(met)
        more = True
        while more or self._row:
            while more and len(self._row) < self._jobs * _AHEAD:
                batch = next(batches, None)
                more = batch is not None
                if batch:
                    self._row.append(batch)
                    self._hand_out()
            self._hand_out()
            if self._row and self._row[0].done:
                yield from self._row.popleft().results
            elif self._row and not self._wait():
                yield None

    def _hand_out(self) -> None:
        """Give waiting work to whoever has none, the oldest first."""
        for batch in self._row:
            if not batch.waiting:
                continue
            if len(self._turns) >= self._jobs:
                return
            worker = self._idle.pop() if self._idle else Worker(self._task)
            places, batch.waiting = _together(batch)
            worker.give([batch.things[place] for place in places])
            self._turns.append(_Turn(worker, batch, places))

    def _wait(self) -> bool:
        """Wait a moment for results; tell whether there were any, or one was given up."""
        ready = wait([turn.worker.connection for turn in self._turns], _TICK)
        before = len(self._turns)
        for turn in list(self._turns):
            if turn.worker.connection in ready:
                self._take(turn)
            else:
                problem = self._overdue(turn)
                if problem:
                    self._give_up(turn, problem)
        return len(self._turns) < before

    def _take(self, turn: _Turn) -> None:
        results = turn.worker.take()
        if results is None:
            self._give_up(turn, Problem.READER_CRASHED)
            return
        for place, result in zip(turn.places, results, strict=True):
            turn.batch.results[place] = result
        self._turns.remove(turn)
        self._idle.append(turn.worker)

    def _overdue(self, turn: _Turn) -> Problem | None:
        now, at, beats = time.monotonic(), turn.worker.at, turn.worker.beats
        if at != turn.at:
            turn.at, turn.began = at, now
        if beats != turn.beats:
            turn.beats, turn.alive = beats, now
        limits = self._task.limits
        thing = turn.batch.things[turn.places[max(at, 0)]]
        size = _target(thing).stamp.size if isinstance(thing, Target | Again) else 0
        late = now - turn.alive > limits.silence or now - turn.began > limits.patience(size)
        return Problem.READER_HUNG if late else None

    def _give_up(self, turn: _Turn, problem: Problem) -> None:
        """Replace a process; what it was at is tried once more as bytes, the rest as it was."""
        at = turn.worker.at
        turn.worker.end()
        self._turns.remove(turn)
        batch, places = turn.batch, turn.places
        if at >= 0:
            place = places[at]
            thing = batch.things[place]
            if isinstance(thing, Again):
                batch.results[place] = unread(thing.target, thing.problem, self._task)
                places = [*places[:at], *places[at + 1 :]]
            elif isinstance(thing, Target):
                batch.things[place] = Again(thing, problem)
        else:
            batch.stillborn += 1
            if batch.stillborn > _STILLBORN:
                raise OSError("no process can be started to look at files")
        batch.waiting = sorted([*batch.waiting, *places])


def _target(thing: Target | Again) -> Target:
    return thing.target if isinstance(thing, Again) else thing


def _together(batch: _Batch) -> tuple[list[int], list[int]]:
    """Give the places to look at in one go, and the rest: a second try goes alone."""
    alone = [place for place in batch.waiting if isinstance(batch.things[place], Again)]
    first = alone[:1] or batch.waiting
    return first, [place for place in batch.waiting if place not in first] if alone else []


def _batches(met: Iterator[Met]) -> Iterator[_Batch]:
    things: list[Thing] = []
    size = 0
    for thing in met:
        things.append(thing)
        size += thing.stamp.size if isinstance(thing, Target) else 0
        if len(things) >= _FILES or size >= _BYTES:
            yield _batch(things)
            things, size = [], 0
    if things:
        yield _batch(things)


def _batch(things: list[Thing]) -> _Batch:
    return _Batch(things, [None] * len(things), list(range(len(things))))
