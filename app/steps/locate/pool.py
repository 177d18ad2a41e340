"""Look at many files: here, or in processes of their own, with the same results in the same order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from multiprocessing.connection import wait
from typing import Final

from app.domain.event import Looked
from app.domain.record import Problem
from app.steps.locate.category import compiled_sieve
from app.steps.locate.crew import Crew
from app.steps.locate.engine import compiled
from app.steps.locate.errand import Batch, Errand, Glanced, in_order
from app.steps.locate.job import Glance, Group, Report, Task
from app.steps.locate.unchanged import as_left
from app.steps.locate.worker import Ready, Unwatched, Worker, answer

FILES: Final = 256
"""Files of one job at the most."""
_AHEAD: Final = 4
"""Batches in hand for each process: enough to keep it busy behind a slow one, few enough to hold."""
_STILLBORN: Final = 5
_TICK: Final = 0.1
"""Seconds until the caller gets a turn, so that a stop is heard while one file takes long."""


def batches(groups: Iterable[Group], aside: list[Looked]) -> Iterator[Batch]:
    """Put groups together to jobs of some hundred files; what was told aside goes with the next.

    Those in which nothing has changed are put together too, and are no job for anybody.
    """
    held: list[Group] = []
    left: list[Report] = []
    count = 0
    for group in groups:
        report = as_left(group)
        if held and (count + len(group.names) > FILES or bool(left) != bool(report)):
            yield _batch(held, left, aside)
            held, left, count = [], [], 0
        held.append(group)
        left += (report,) if report else ()
        count += len(group.names)
    if held:
        yield _batch(held, left, aside)


def _batch(groups: list[Group], left: list[Report], aside: list[Looked]) -> Batch:
    taken = tuple(aside)
    aside.clear()
    for more in left[1:]:
        left[0].looks.extend(more.looks)
        left[0].sizes.extend(more.sizes)
        left[0].stamps.extend(more.stamps)
    return Batch(tuple(groups), taken, left[0] if left else None)


class Here:
    """The look done by this process itself: what a reader does to it is not held off."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def run(self, row: Iterator[Batch]) -> Generator[Glanced | None]:
        """Look at all batches in turn."""
        for batch in row:
            if not batch.done:
                batch.whole(answer(Glance(batch.groups, whole=True), self._task, Unwatched()))
            yield batch.glanced()

    def close(self) -> None:
        """Nothing is held."""


@dataclass(slots=True)
class _Turn:
    """What one process is at, and when it was last seen alive."""

    worker: Worker
    errand: Errand
    at: int = -1
    beats: int = -1
    began: float = field(default_factory=time.monotonic)
    alive: float = field(default_factory=time.monotonic)


class Pool:
    """The processes, each replaced when it dies or stands still; none before there is something to open."""

    def __init__(self, task: Task, jobs: int, crew: Crew | None = None) -> None:
        self._task = task
        self._jobs = jobs
        self._crew = crew
        self._idle: list[Worker] = []
        self._turns: list[_Turn] = []
        self._errands: deque[Errand] = deque()
        self._stillborn = 0
        self._ready: Ready | None = None

    def begin(self) -> bool:
        """Let the processes begin; tell whether one answers: an account may not run the program anew."""
        try:
            self._idle += self._crew.leave() if self._crew else ()
            while len(self._idle) < self._jobs:
                self._idle.append(Worker())
        except OSError:
            self.close()
            return False
        task = self._task
        self._ready = Ready(task, compiled(task.subject, task.means.patterns), compiled_sieve())
        for worker in self._idle:
            worker.give(self._ready)
        for worker in list(self._idle):
            if not worker.take():
                self._idle.remove(worker)
                worker.end()
        return bool(self._idle)

    def close(self) -> None:
        """End all processes, in the middle of a file too."""
        if self._crew:
            self._crew.close()
        workers = [*self._idle, *(turn.worker for turn in self._turns)]
        for worker in workers:  # all at once: each takes a while to give its memory back
            worker.kill()
        for worker in workers:
            worker.end()
        self._idle.clear()
        self._turns.clear()

    def run(self, row: Iterator[Batch]) -> Generator[Glanced | None]:
        """Look at all batches; None is given while one thing takes long."""
        for batch in row:
            if not batch.done:
                row = chain((batch,), row)
                break
            yield batch.glanced()
        else:
            return
        if self.begin():
            yield from in_order(row, self._jobs * _AHEAD, self._errands, self._hand_out, self._wait)
        else:
            yield from Here(self._task).run(row)

    def _hand_out(self) -> None:
        """Give waiting work to whoever has none, the oldest first."""
        while self._errands and len(self._turns) < self._jobs:
            worker = self._idle.pop() if self._idle else self._begun()
            errand = self._errands.popleft()
            worker.give(errand.job)
            self._turns.append(_Turn(worker, errand))

    def _begun(self) -> Worker:
        while True:
            worker = Worker()
            if self._ready:
                worker.give(self._ready)
            if worker.take():
                return worker
            worker.end()
            self._stillborn += 1
            if self._stillborn > _STILLBORN:
                raise OSError("no process can be started to look at files")

    def _wait(self) -> bool:
        """Wait a moment for results; tell whether there were any, or one was given up."""
        ready = wait([turn.worker.connection for turn in self._turns], _TICK)
        before = len(self._turns)
        for turn in list(self._turns):
            if turn.worker.connection in ready:
                self._take(turn)
            elif self._overdue(turn):
                self._give_up(turn, Problem.READER_HUNG)
        return len(self._turns) < before

    def _take(self, turn: _Turn) -> None:
        told = turn.worker.take()
        if told is None:
            self._give_up(turn, Problem.READER_CRASHED)
            return
        self._turns.remove(turn)
        self._idle.append(turn.worker)
        more = turn.errand.settle(told, self._task, share=self._jobs > 1)
        # What is left of an old batch goes first: those behind it wait for it.
        self._errands.extendleft(reversed(more))

    def _overdue(self, turn: _Turn) -> bool:
        now, at, beats = time.monotonic(), turn.worker.at, turn.worker.beats
        if at != turn.at:
            turn.at, turn.began = at, now
        if beats != turn.beats:
            turn.beats, turn.alive = beats, now
        limits = self._task.limits
        return now - turn.alive > limits.silence or now - turn.began > limits.patience(turn.worker.size)

    def _give_up(self, turn: _Turn, problem: Problem) -> None:
        """Replace a process; what it was at is tried once more as bytes, the rest as it was."""
        at = turn.worker.at
        turn.worker.end()
        self._turns.remove(turn)
        if at < 0:
            self._stillborn += 1
            if self._stillborn > _STILLBORN:
                raise OSError("no process can be started to look at files")
        self._errands.extendleft(reversed(turn.errand.failed(at, problem)))
