"""A process that looks at files for another one, within limits that its system enforces."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, Final

from app.domain.event import Located
from app.steps.locate.engine import best_engine
from app.steps.locate.look import Again, Target, Task, look_at, unread
from app.steps.locate.walk import Unlisted

Thing = Target | Located | Unlisted | Again
"""What there is to look at, as the walk met it or as a second try."""

_SPAWN: Final = get_context("spawn")
_AT, _BEATS = 0, 1


class Worker:
    """One process: takes a batch, tells which of it it is at, gives the results of the whole batch."""

    def __init__(self, task: Task) -> None:
        self.connection, theirs = _SPAWN.Pipe()
        self._mark: Any = RawArray("q", 2)
        self._process = _SPAWN.Process(target=_serve, args=(theirs, task, self._mark), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, batch: Sequence[Thing]) -> None:
        """Send a batch. A process that is dead already is noticed when its results are taken."""
        self._mark[_AT] = -1
        try:
            self.connection.send(batch)
        except OSError:
            return

    def take(self) -> list[Located] | None:
        """Give the results of the batch; None when the process died over it."""
        try:
            results: list[Located] = self.connection.recv()
        except (EOFError, OSError):
            return None
        return results

    @property
    def at(self) -> int:
        """The place in the batch it is at; -1 before it began."""
        return int(self._mark[_AT])

    @property
    def beats(self) -> int:
        """A number that grows while something is read."""
        return int(self._mark[_BEATS])

    def end(self) -> None:
        """End the process, whatever it is at; it holds nothing that could be lost."""
        self._process.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


def look(thing: Thing, task: Task, pulse: Callable[[], None]) -> Located:
    """Look at one thing that a walk met."""
    if isinstance(thing, Located):
        return thing
    if isinstance(thing, Unlisted):
        return unread(thing.target, thing.problem, task)
    return look_at(thing, task, pulse)


def _serve(connection: Connection, task: Task, mark: Any) -> None:
    def pulse() -> None:
        mark[_BEATS] += 1

    best_engine(task.subject)
    _limit(task.limits.memory)
    while True:
        try:
            batch: Sequence[Thing] = connection.recv()
        except (EOFError, OSError):
            return  # the one who asked is gone
        results = []
        for place, thing in enumerate(batch):
            mark[_AT] = place
            pulse()
            results.append(look(thing, task, pulse))
        connection.send(results)


def _limit(more: int) -> None:
    """Let this process take no more than `more` bytes beyond what it has, and leave no image of itself."""
    if sys.platform == "linux":
        import resource

        with open("/proc/self/status", encoding="ascii") as status:
            held = next(int(line.split()[1]) for line in status if line.startswith("VmData:"))
        # Data, not address space: a file that is mapped to be read takes no memory of its own.
        resource.setrlimit(resource.RLIMIT_DATA, (held * 1024 + more,) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        threading.stack_size(1 << 20)
