"""Questions to many disks at once, asked apart: who waits for the answer can say so, and can be stopped.

One that is silent is given up after some seconds. In a step that is told as progress; who asks outside
of one waits for as long.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from app.domain.event import Progressed
from app.domain.step import Step
from app.steps.confirm.repositories.work import PATIENCE, asked
from app.system import mounts, paths

E = TypeVar("E")
S = TypeVar("S")
T = TypeVar("T")

Paths = Iterable[str | os.PathLike[str]]


def shown_as(show: Callable[[E], S], run: Generator[E, None, T]) -> Generator[S, None, T]:
    """Draw a run to its end and give what it found, and on the way what is to be shown of what it says."""
    try:
        while True:
            try:
                said = next(run)
            except StopIteration as end:
                found: T = end.value
                return found
            yield show(said)
    finally:
        run.close()


def of_step(step: Step, told: Generator[Progressed, None, T]) -> Generator[Progressed, None, T]:
    """Draw a hunt to its end, as a part of this step, and give what it found."""
    return shown_as(lambda one: replace(one, step=step), told)


def led_to(step: Step, each: Paths) -> Generator[Progressed, None, list[str]]:
    """As `real_paths`."""
    return _apart(step, paths.real_paths, each)


def silent_among(step: Step, each: Paths) -> Generator[Progressed, None, frozenset[str]]:
    """As `silent_of`."""
    return _apart(step, paths.silent_of, each)


def silent_inside(step: Step, places: Iterable[str]) -> Generator[Progressed, None, frozenset[str]]:
    """As `silent_below`."""
    return _apart(step, mounts.silent_below, places)


def _apart(step: Step, ask: Callable[[list[str]], T], each: Paths) -> Generator[Progressed, None, T]:
    names = [os.fspath(one) for one in each]
    return of_step(step, asked(partial(ask, names), next(iter(names), ""), PATIENCE))
