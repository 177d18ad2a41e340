"""Who holds what a wiped file shared, by name: the journal only knows numbers, which hold nobody's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Final

from app.domain.outcome import Evidence
from app.steps.wipe import where_held

_MOST: Final = 32
"""Holders that are looked for; each may take a walk over its volume."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Holders:
    """Puts a name beside the numbers of holders, and beside the ids of `copies`, whose paths it is given.

    `named` gives a path as it may be shown, or nothing.
    """

    def __init__(self, named: Callable[[str], str], copies: Mapping[str, str] = _NONE) -> None:
        self._named = named
        self._copies = copies
        self._left = _MOST
        self._at = cache(self._look)

    def told(self, evidence: Evidence, place: str) -> Evidence:
        """Give the evidence with the names of its holders, as far as they are found from `place`."""
        facts = tuple((name, self._shown(name, value, place)) for name, value in evidence.facts)
        return replace(evidence, facts=facts)

    def _shown(self, name: str, value: str | int | bool, place: str) -> str | int | bool:
        if name == "holders":
            return "; ".join(self._at(place, one) for one in str(value).split("; "))
        if name == "copies_at":
            return "; ".join(self._copy(one) for one in str(value).split())
        return value

    def _copy(self, item: str) -> str:
        """A copy of a key that was found while shredding: only the register knows where."""
        name = self._named(self._copies[item]) if item in self._copies else ""
        return f"{item} ({name})" if name else item

    def _look(self, place: str, holder: str) -> str:
        if self._left <= 0:
            return holder
        path = where_held(place, holder)
        self._left -= "inode" in holder
        name = self._named(path) if path else ""
        return f"{holder} ({name})" if name else holder
