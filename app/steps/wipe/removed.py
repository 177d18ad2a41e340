"""The files that are removed and wait for the purge of their volume: a plan may have millions of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from app.domain.outcome import Outcome, Reason
from app.domain.plan import PlanItem
from app.register import Shelf
from app.steps.wipe.verdict import Done, Verdict

_Said = tuple[Verdict, bool]


class Removed:
    """What is to be said of each of them, on a shelf. `volumes` are those they lay on, as they came."""

    def __init__(self, items: Iterable[PlanItem]) -> None:
        self._items = items
        self._said: Shelf[_Said] = Shelf(_dump, _load)
        self.volumes: dict[str, None] = {}

    def add(self, done: Iterable[Done]) -> None:
        """Take in files of one batch."""
        alike: dict[_Said, list[str]] = {}
        for one in done:
            alike.setdefault((one.verdict, one.traced), []).append(one.item.id)
        for said, ids in alike.items():
            self._said.put(ids, said)
            self.volumes.setdefault(said[0].volume)

    def on(self, volume: str) -> OnVolume:
        """The files that lay on one volume."""
        return OnVolume(self._items, self._said, volume)


class OnVolume:
    """The removed files of one volume in plan order. May be gone through again."""

    def __init__(self, items: Iterable[PlanItem], said: Shelf[_Said], volume: str) -> None:
        self._items = items
        self._said = said
        self._volume = volume

    def __iter__(self) -> Iterator[Done]:
        for item in self._items:
            said = self._said.get(item.id)
            if said and said[0].volume == self._volume:
                yield Done(item, said[0], traced=said[1])


def _dump(said: _Said) -> list[Any]:
    verdict, traced = said
    limits = [reason.value for reason in verdict.limits]
    system, volume, seen, holders = verdict.file_system, verdict.volume, verdict.seen, verdict.holders
    return [verdict.outcome.value, limits, system, volume, seen, holders, traced]


def _load(told: list[Any]) -> _Said:
    outcome, limits, system, volume, seen, holders, traced = told
    known = tuple(Reason(reason) for reason in limits)
    return Verdict(Outcome(outcome), known, system, volume, seen, tuple(holders)), traced
