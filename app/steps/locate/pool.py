"""Look at many files: here, or in several processes with the same function and the same order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain
from multiprocessing import get_context
from typing import Final

from app.domain.event import Located
from app.domain.record import Problem
from app.steps.locate.look import Target, Task, look_at, unread
from app.steps.locate.walk import Met, Unlisted

_FILES: Final = 64
_BYTES: Final = 32 << 20
_AHEAD: Final = 3
"""Batches in flight for each process: enough to keep it busy, few enough to stop soon."""

Batch = tuple[Met, ...]


def look_at_all(met: Iterable[Met], task: Task, jobs: int) -> Iterator[Located]:
    """Look at everything a walk meets, in its order, with `jobs` processes."""
    if jobs <= 1:
        for thing in met:
            yield _look(thing, task)
        return
    pool = _Pool(task, jobs)
    try:
        yield from pool.run(_batches(met))
    finally:
        pool.close()


def _look(thing: Met, task: Task) -> Located:
    if isinstance(thing, Located):
        return thing
    if isinstance(thing, Unlisted):
        return unread(thing.target, thing.problem, task)
    return look_at(thing, task)


def _batches(met: Iterable[Met]) -> Iterator[Batch]:
    batch: list[Met] = []
    size = 0
    for thing in met:
        batch.append(thing)
        size += thing.stamp.size if isinstance(thing, Target) else 0
        if len(batch) >= _FILES or size >= _BYTES:
            yield tuple(batch)
            batch, size = [], 0
    if batch:
        yield tuple(batch)


def _look_at_batch(batch: Batch, task: Task) -> list[Located]:
    return [_look(thing, task) for thing in batch]


class _Pool:
    """Worker processes, replaced when one of them dies."""

    def __init__(self, task: Task, jobs: int) -> None:
        self._task = task
        self._jobs = jobs
        self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._jobs, mp_context=get_context("spawn"))

    def close(self) -> None:
        """Stop after the batches that are being looked at."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def run(self, batches: Iterator[Batch]) -> Iterator[Located]:
        """Give the results in the order of the batches."""
        flying: deque[tuple[Batch, Future[list[Located]]]] = deque()
        for batch in chain(batches, (None,)):
            if batch is not None:
                flying.append((batch, self._submit(batch)))
            while flying and (batch is None or len(flying) > self._jobs * _AHEAD):
                first, future = flying.popleft()
                try:
                    yield from future.result()
                except BrokenProcessPool:
                    again = [first, *(waiting for waiting, _ in flying)]
                    flying.clear()
                    for broken in again:
                        yield from self._one_by_one(broken)

    def _submit(self, batch: Batch) -> Future[list[Located]]:
        try:
            return self._executor.submit(_look_at_batch, batch, self._task)
        except BrokenProcessPool:
            self._executor = self._start()
            return self._executor.submit(_look_at_batch, batch, self._task)

    def _one_by_one(self, batch: Batch) -> Iterator[Located]:
        """Find the file that kills a process: it costs itself, not its batch."""
        for thing in batch:
            try:
                yield from self._submit((thing,)).result()
            except BrokenProcessPool:
                target = thing.target if isinstance(thing, Unlisted) else thing
                if isinstance(target, Target):
                    yield unread(target, Problem.MALFORMED, self._task)
