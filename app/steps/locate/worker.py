"""A process that looks at files for another one, within limits that its system enforces."""

from __future__ import annotations

import os
import sys
import threading
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, Final, NamedTuple

from app.steps.locate.job import Fetch, Glance, Listing, Part, Report, Task

_SPAWN: Final = get_context("spawn")
_AT, _BEATS, _SIZE = 0, 1, 2

Databases = tuple[bytes, bytes]
Job = Glance | Part | Listing | Fetch
Answer = Any
"""A Report for a Glance; what `part.look_at_part` gives for a Part; Listed and Sight for what is elsewhere;
True for what is made ready."""


class Ready(NamedTuple):
    """What a process is told first: the task, and the searches compiled for it."""

    task: Task
    engine: Databases | None
    sieve: Databases | None


class Worker:
    """One process: takes a job, tells which of its files it is at, gives the answer as a whole."""

    def __init__(self) -> None:
        # No module is to be taken from the current folder: it may be one that is looked at.
        os.environ["PYTHONSAFEPATH"] = "1"
        self.connection, theirs = _SPAWN.Pipe()
        self._mark: Any = RawArray("q", 3)
        self._process = _SPAWN.Process(target=_serve, args=(theirs, self._mark), daemon=True)
        self._process.start()
        theirs.close()

    def give(self, job: Ready | Job) -> None:
        """Send a job. A process that is dead already is noticed when its answer is taken."""
        self._mark[_AT] = -1
        try:
            self.connection.send(job)
        except OSError:
            return

    def take(self) -> Answer | None:
        """Give the answer to the job; None when the process died over it."""
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            return None

    @property
    def at(self) -> int:
        """The place of the file it is at; -1 before it began."""
        return int(self._mark[_AT])

    @property
    def size(self) -> int:
        """Bytes of the file it is at, 0 for a small one."""
        return int(self._mark[_SIZE])

    @property
    def beats(self) -> int:
        """A number that grows while something is read."""
        return int(self._mark[_BEATS])

    def kill(self) -> None:
        """Let the process end, whatever it is at; it holds nothing that could be lost."""
        self._process.kill()

    def end(self) -> None:
        """End the process, and wait until it has."""
        self.kill()
        self._process.join()
        self._process.close()
        self.connection.close()


class _Told:
    """The mark that the other process reads."""

    def __init__(self, mark: Any) -> None:
        self._mark = mark

    def at(self, place: int, size: int) -> None:
        self._mark[_AT] = place
        self._mark[_SIZE] = size
        self._mark[_BEATS] += 1

    def pulse(self) -> None:
        self._mark[_BEATS] += 1


class Unwatched:
    """The mark of a look that nobody watches."""

    def at(self, place: int, size: int) -> None:
        """Do nothing."""

    def pulse(self) -> None:
        """Do nothing."""


def answer(job: Job, task: Task, mark: _Told | Unwatched) -> Answer:
    """Do a job, here."""
    if isinstance(job, Part):
        from app.steps.locate.part import look_at_part

        mark.at(0, job.last - job.first)
        return look_at_part(job, task, mark.pulse)
    if isinstance(job, Listing | Fetch):
        from app.steps.locate.fetch import at_location

        mark.at(0, job.object.size if isinstance(job, Fetch) else 0)
        return at_location(job, task, mark.pulse)
    from app.steps.locate.glance import look_at_groups

    report: Report = look_at_groups(job, task, mark)
    return report


def _serve(connection: Connection, mark: Any) -> None:
    import app.steps.locate.glance  # noqa: F401  while the searches are being compiled elsewhere
    from app.steps.locate.category import load_sieve
    from app.steps.locate.engine import load_engine
    from app.steps.locate.presence import has_hyperscan

    if has_hyperscan():
        import hyperscan  # noqa: F401  as above
    task = None
    told = _Told(mark)
    while True:
        try:
            job = connection.recv()
        except (EOFError, OSError):
            return  # the one who asked is gone
        if isinstance(job, Ready):
            task = job.task
            if job.engine:
                load_engine(task.subject, task.means.patterns, job.engine)
            if job.sieve:
                load_sieve(job.sieve)
            _limit(task.limits.memory)
            connection.send(True)
        elif task:
            connection.send(answer(job, task, told))


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
