"""A sighting: one value at one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple, Protocol


class Sighting(NamedTuple):
    """One value at one place. `value` is normalised; it lives only until it has been counted."""

    start: int
    end: int
    kind: str
    value: str
    why: int


class View(Protocol):
    """One passage while it is looked at."""

    data: bytes
    today: date
    card_shapes: int
    """Numbers that begin as cards do, and how many of them pass Luhn."""
    card_passes: int

    def named(self, kind: str, start: int, end: int) -> int:
        """Tell whether a header or a label nearby names a kind."""

    def mentioned(self, kind: str, start: int) -> bool:
        """Tell whether a label of a kind stands anywhere before a place, as over a table in a document."""

    def odd(self, start: int) -> bool:
        """Tell whether the number is labelled as an order number or the like."""


Reader = Callable[[View, int], Iterable[Sighting]]
"""Reads what stands at the end of what the engine reported."""
