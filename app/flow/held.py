"""Who holds what a wiped file shared, by name: the journal only knows numbers, which hold nobody's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Final

from app.domain.outcome import Evidence
from app.steps.wipe import where_held

_MOST: Final = 32
"""Holders that are looked for; each may take a walk over its volume."""


class Holders:
    """Puts a name beside the numbers of holders. `named` gives a path as it may be shown, or nothing."""

    def __init__(self, named: Callable[[str], str]) -> None:
        self._named = named
        self._left = _MOST
        self._at = cache(self._look)

    def told(self, evidence: Evidence, place: str) -> Evidence:
        """Give the evidence with the names of its holders, as far as they are found from `place`."""
        facts = tuple(
            (name, "; ".join(self._at(place, one) for one in str(value).split("; ")))
            if name == "holders"
            else (name, value)
            for name, value in evidence.facts
        )
        return replace(evidence, facts=facts)

    def _look(self, place: str, holder: str) -> str:
        if self._left <= 0:
            return holder
        path = where_held(place, holder)
        self._left -= "inode" in holder
        name = self._named(path) if path else ""
        return f"{holder} ({name})" if name else holder
