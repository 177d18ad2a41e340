"""The work in one repository: a scratch folder of its own, its beats told as progress, its failures named."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from app.domain.case import Backup
from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.domain.step import Step
from app.steps.confirm.reading import CantRead
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.contract import Beat, Kind, Repository, Run, Unusable
from app.steps.confirm.repositories.waiting import waiting, watched

T = TypeVar("T")

PATIENCE: Final = 300.0
"""Seconds of complete silence of a tool, after which it counts as hung."""

_OTHERWISE: Final = (
    OSError,
    CantRead,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What comes of reading a text that is made otherwise than was thought."""

Passwords = Callable[[Backup], str]


def no_password(_: Backup) -> str:
    """Stand for the passwords of repositories that have none."""
    return ""


@contextmanager
def at_work(backup: Backup, password: Passwords, patience: float = PATIENCE) -> Iterator[Repository]:
    """Give a repository to work in; its scratch folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lethe-") as scratch:
        yield Repository(backup, Path(scratch), password(backup), patience)


@contextmanager
def understood() -> Iterator[None]:
    """Say what it means that a tool printed something else than the versions of it that are known.

    Raises:
        Unusable: TOOL_FAILED.
    """
    try:
        yield
    except _OTHERWISE:
        raise Unusable(Reason.TOOL_FAILED) from None


def kind_of(backup: Backup) -> Kind | None:
    """The kind of a backup that is a repository, or None."""
    return KINDS.get(backup.kind)


def told(
    step: Step, run: Run[T], unit: str, now: str, patience: float = PATIENCE
) -> Generator[Progressed, None, T]:
    """Follow a run, and say what it says as progress of a step. Broken off, it ends its tool first.

    Raises:
        Unusable: TOOL_HUNG after so many seconds without a sign of life; besides what the run raises.
    """
    return (yield from _shown(watched(run, patience), step, unit, now))


def asked(call: Callable[[], T], path: str, patience: float) -> Generator[Progressed, None, T]:
    """Give what `call` gives, which asks a disk that may hang. Broken off, nobody waits for it.

    Raises:
        Unusable: TOOL_HUNG after so many seconds without an answer; besides what the call raises.
    """
    return (yield from _shown(waiting(call, patience), Step.CONFIRM, "files", path))


def _shown(
    apart: Generator[Beat | None, None, T], step: Step, unit: str, now: str
) -> Generator[Progressed, None, T]:
    last = Beat()
    try:
        while True:
            try:
                last = next(apart) or last
            except StopIteration as end:
                answer: T = end.value
                return answer
            yield Progressed(step, last.done, last.total, unit, now)
    finally:
        apart.close()


def by_path(backups: Sequence[Backup]) -> dict[str, Backup]:
    """The repositories among the backups, by the path that copies in them name."""
    return {str(one.path): one for one in backups if kind_of(one)}
