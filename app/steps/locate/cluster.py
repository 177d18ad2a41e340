"""The same look on the machines of a Dask cluster: each batch goes to whoever has none.

Every worker has this version of Lethe and sees the locations under the same paths. The key of the
case and a list of customers go to the workers over the network, and stay in their memory while the
look runs: `tls://` is for networks that others are in.

A worker that dies over a batch costs one file: its files are given out one by one, and the one over
which a worker dies again is searched as bytes, as in processes of our own. Memory is limited by the
workers' own nannies; a worker that stands still is restarted by its nanny.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from typing import Any, Final

from app.domain.fault import Fault, Refused
from app.domain.record import Problem
from app.steps.locate.engine import expressions
from app.steps.locate.errand import Batch, Errand, Glanced, in_order
from app.steps.locate.job import Glance, Part, Task
from app.steps.locate.words import LABELS
from app.steps.locate.worker import Answer, Unwatched, answer

_AHEAD: Final = 2
"""Jobs in hand for each thread of the cluster."""
_ADDRESS: Final = re.compile(r"(?:tcp|tls)://[^\s/@]+:[0-9]{1,5}")
_TICK: Final = 0.1
_NAP: Final = 0.005
_GREETING: Final = 10.0
"""Seconds in which the scheduler must answer."""


def look(job: Glance | Part, task: Task) -> Answer:
    """Do a job, on the machine that this is called on."""
    return answer(job, task, Unwatched())


def standing(places: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Tell by which rules this machine looks, and which of some places it does not see."""
    rules = hashlib.sha256(repr((expressions(), LABELS)).encode()).hexdigest()
    return rules, tuple(place for place in places if not os.path.exists(place))


class Cluster:
    """The workers of a cluster while a look runs."""

    def __init__(self, task: Task, address: str, places: Sequence[str]) -> None:
        """Find the cluster, and see that its workers can do what this machine would.

        Raises:
            Refused: CLUSTER_UNREACHABLE, or CLUSTER_DIFFERS where a worker has another version of Lethe,
                none, or does not see a location.
        """
        self._task = task
        self._client = _connected(address)
        self._turns: dict[Any, tuple[Errand, float]] = {}
        self._errands: deque[Errand] = deque()
        self._suspects: deque[Errand] = deque()
        """What was out when a worker died: each goes alone, so that it is known which one it was."""
        try:
            threads = _seen(self._client, address, places)
            self._ahead = threads * _AHEAD
            self._sent = self._shared()
        except BaseException:
            self._client.close()
            raise

    def _shared(self) -> Any:
        """Lay a long list of customers on each worker once; without one the task goes with each job."""
        task = self._task
        return self._client.scatter(task, broadcast=True, hash=False) if task.customers else task

    def close(self) -> None:
        """Give back what is not done; what a worker is at it ends by itself."""
        if self._turns:
            self._client.cancel(list(self._turns), force=True)
            self._turns.clear()
        self._client.close()

    def run(self, row: Iterator[Batch]) -> Generator[Glanced | None]:
        """Look at all batches, told in their order; None is given while one thing takes long."""
        return in_order(row, self._ahead * 2, self._errands, self._hand_out, self._wait)

    def _hand_out(self) -> None:
        while (self._suspects or self._errands) and len(self._turns) < (1 if self._suspects else self._ahead):
            alone = bool(self._suspects)
            errand = (self._suspects or self._errands).popleft()
            future = self._client.submit(look, errand.job, self._sent, pure=False)
            self._turns[future] = errand, time.monotonic()
            if alone:
                return

    def _wait(self) -> bool:
        """Wait a moment for results; tell whether there were any, or one was given up."""
        before = len(self._turns)
        until = time.monotonic() + _TICK
        while time.monotonic() < until and all(one.status == "pending" for one in self._turns):
            time.sleep(_NAP)
        for future, (errand, began) in list(self._turns.items()):
            if future.status == "finished":
                self._turns.pop(future)
                self._next(errand.settle(future.result(), self._task, share=True))
            elif future.status in ("error", "lost", "cancelled"):
                self._turns.pop(future)
                self._suspect(errand, Problem.READER_CRASHED, alone=before == 1)
            elif time.monotonic() - began > self._patience(errand):
                self._give_up(future, errand)
        return len(self._turns) < before

    def _next(self, more: list[Errand]) -> None:
        self._errands.extendleft(reversed(more))

    def _suspect(self, errand: Errand, problem: Problem, *, alone: bool) -> None:
        """A worker died or stood still: what was out with others is tried alone, what was alone is told."""
        self._sent = self._shared()  # what a worker held died with it
        if len(errand.places) > 1:
            self._suspects.extend(errand.batch.again([place], whole=True) for place in errand.places)
        elif alone:
            self._suspects.extend(errand.failed(0, problem))
        else:
            self._suspects.append(errand)

    def _patience(self, errand: Errand) -> float:
        size = sum(max(0, errand.batch.size(place)) for place in errand.places)
        return self._task.limits.patience(size) * (_AHEAD + 1)  # it may have waited behind others

    def _give_up(self, future: Any, errand: Errand) -> None:
        self._turns.pop(future)
        holding = [worker for worker, keys in self._client.processing().items() if future.key in keys]
        self._client.cancel([future], force=True)
        if holding:
            self._client.restart_workers(holding, raise_for_error=False)
        self._suspect(errand, Problem.READER_HUNG, alone=True)


def _connected(address: str) -> Any:
    if not _ADDRESS.fullmatch(address):
        raise Refused(Fault.CLUSTER_UNREACHABLE, address, "tcp://host:8786")
    try:
        import distributed
    except ImportError:
        raise Refused(Fault.CLUSTER_UNREACHABLE, address, "pip install lethe[cluster]") from None
    client: Any = distributed.Client
    try:
        return client(address, timeout=_GREETING, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise Refused(Fault.CLUSTER_UNREACHABLE, address, type(error).__name__) from error


def _seen(client: Any, address: str, places: Sequence[str]) -> int:
    """Give how many threads the workers have, when each of them can do the work."""
    workers: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise Refused(Fault.CLUSTER_UNREACHABLE, address, "no workers")
    told: dict[str, Any] = client.run(standing, tuple(places), on_error="return")
    here, _ = standing(())
    for worker, what in told.items():
        if isinstance(what, BaseException) or what[0] != here:
            raise Refused(Fault.CLUSTER_DIFFERS, worker, "lethe")
        if what[1]:
            raise Refused(Fault.CLUSTER_DIFFERS, worker, what[1][0])
    return sum(int(one["nthreads"]) for one in workers.values())
