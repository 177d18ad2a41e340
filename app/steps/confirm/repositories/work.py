"""The work in one repository: a scratch folder of its own, and its beats told as progress."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from app.domain.case import Backup
from app.domain.event import Progressed
from app.domain.step import Step
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.contract import Kind, Repository, Run

T = TypeVar("T")

PATIENCE: Final = 300.0
"""Seconds of complete silence of a tool, after which it counts as hung."""

Passwords = Callable[[Backup], str]


@contextmanager
def at_work(backup: Backup, password: Passwords, patience: float = PATIENCE) -> Iterator[Repository]:
    """Give a repository to work in; its scratch folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lethe-") as scratch:
        yield Repository(backup, Path(scratch), password(backup), patience)


def kind_of(backup: Backup) -> Kind | None:
    """The kind of a backup that is a repository, or None."""
    return KINDS.get(backup.kind)


def told(step: Step, run: Run[T], unit: str, now: str) -> Generator[Progressed, None, T]:
    """Follow a run, and say what it says as progress of a step."""
    try:
        while True:
            try:
                beat = next(run)
            except StopIteration as end:
                answer: T = end.value
                return answer
            yield Progressed(step, beat.done, beat.total, unit, now)
    finally:
        # Broken off, the run ends its tool before anything else is done.
        run.close()


def by_path(backups: Mapping[str, Backup] | tuple[Backup, ...]) -> dict[str, Backup]:
    """The repositories among the backups, by the path that copies in them name."""
    each = backups.values() if isinstance(backups, Mapping) else backups
    return {str(one.path): one for one in each if kind_of(one)}
