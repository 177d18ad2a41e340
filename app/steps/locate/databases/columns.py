"""Columns of one batch of rows: what stands in each cell, and in which row."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from typing import Final

from app.steps.locate import grade
from app.steps.locate.customers import Customers
from app.steps.locate.engine import Engine
from app.steps.locate.passage import Passage
from app.steps.locate.plain import plain
from app.steps.locate.read.table import cell_text
from app.steps.locate.sight import sightings
from app.steps.locate.sighting import Sighting
from app.steps.locate.words import LABELS, family, header_kinds
from app.system.databases.rows import Values

_SHARE: Final = 0.5
"""Of the filled cells of a sample that must hold one kind, for the column to count as one of that kind."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands in one column of a batch: sightings, each with the row it is in."""

    column: str
    sightings: tuple[tuple[int, Sighting], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for."""

    engine: Engine
    today: date
    customers: Customers | None = None


def heads(columns: Sequence[str], sample: Sequence[Values], search: Search) -> tuple[str, ...]:
    """Give the head under which each column is searched: its name, or a better one that its sample suggests.

    A column named c7 of which half the cells are valid identity numbers is one of them, so
    that a mistyped one in it counts too.
    """
    return tuple(
        name if header_kinds(name) else _suggested(name, _cells(sample, place), search)
        for place, name in enumerate(columns)
    )


def _suggested(name: str, cells: list[bytes], search: Search) -> str:
    filled = sum(1 for cell in cells if cell.strip())
    data = b"\n".join(cells)
    found = sightings(Passage(data, name, column=True), search.engine, search.today)
    kinds = Counter(family(one.kind) for one in found if grade.confidence(one.kind, one.why) >= grade.FOUND)
    kind, count = max(kinds.items(), key=lambda pair: pair[1], default=("", 0))
    return LABELS[kind][0] if kind in LABELS and count >= filled * _SHARE else name


def look_at_columns(
    columns: Sequence[str], titles: Sequence[str], rows: Sequence[Values], search: Search
) -> Iterator[Seen]:
    """Search one batch, column by column."""
    for place, (name, title) in enumerate(zip(columns, titles, strict=True)):
        cells = _cells(rows, place)
        starts = list(accumulate((len(cell) + 1 for cell in cells), initial=0))
        passage = Passage(b"\n".join(cells), title, column=bool(title), where=name)
        found = sightings(passage, search.engine, search.today)
        if search.customers:
            found = [*found, *search.customers.sightings(passage, found)]
        yield Seen(name, tuple((bisect_right(starts, one.start) - 1, one) for one in found))


def _cells(rows: Sequence[Values], place: int) -> list[bytes]:
    """One column as text; wide characters are made plain here, so that no place in it shifts later."""
    return [plain(cell_text(row[place]).encode("utf-8", "replace")) for row in rows]
