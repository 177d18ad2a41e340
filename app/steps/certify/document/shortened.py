"""Shorten what the front says where it would take more than its pages; the annex then has all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.steps.certify.page.sheet import Strip, width_of
from app.steps.certify.page.strips import Cell, Row


@dataclass(frozen=True, slots=True)
class Measure:
    """How much the front shows: that many rows of a table, and that many lines of each cell."""

    rows: int
    lines: int


_STEPS: Final = (
    (12, (16, 12, 10, 8, 6, 5)),
    (8, (16, 12, 10, 8, 6, 5, 4, 3)),
    (6, (10, 8, 6, 5, 4, 3, 2)),
    (4, (8, 6, 5, 4, 3, 2, 1)),
    (3, (6, 5, 4, 3, 2, 1)),
    (2, (4, 3, 2, 1, 0)),
)
"""Lines of a cell, and how many rows: fewer rows are counted, shorter texts are harder to read."""
MEASURES: Final = tuple(Measure(rows, lines) for lines, many in _STEPS for rows in many)
"""From hardly shortened to the least; the first under which the front fits is taken."""


@dataclass(frozen=True, slots=True)
class Shortened:
    """What is left of a block. `spared` rows stand in the annex alone; `cut` is whether anything was cut."""

    strips: list[Strip]
    spared: int
    cut: bool


def shortened(strips: Sequence[Strip], measure: Measure) -> Shortened:
    """Leave out spare rows beyond the measure, and cut cells that are longer."""
    bare = _heads_of_spare_tables(strips) if not measure.rows else set()
    strips = [strip for strip in strips if not (isinstance(strip, Row) and strip.cells in bare)]
    kept: list[Strip] = []
    seen: Counter[int] = Counter()
    spared, cut = 0, False
    for strip in strips:
        if not isinstance(strip, Row):
            kept.append(strip)
            continue
        if strip.spare and not strip.follows:
            seen[id(strip.head)] += 1
        if strip.spare and seen[id(strip.head)] > measure.rows:
            spared += not strip.follows
        elif strip.follows:
            cut = True
        else:
            row = _clipped(strip, measure.lines)
            cut = cut or row is not strip
            kept.append(row)
    return Shortened(kept, spared, cut or spared > 0)


def _heads_of_spare_tables(strips: Sequence[Strip]) -> set[tuple[Cell, ...]]:
    """The heads below which nothing would stand but spare rows."""
    rows = [strip for strip in strips if isinstance(strip, Row) and strip.head]
    needed = {id(row.head) for row in rows if not row.spare}
    return {row.head.cells for row in rows if row.head and id(row.head) not in needed}


def _clipped(row: Row, lines: int) -> Row:
    if all(len(cell.lines) <= lines for cell in row.cells):
        return row
    whole = row.ruled or row.head is not None
    below = 1.5 if whole and not row.below else row.below
    return replace(row, cells=tuple(cut(cell, lines) for cell in row.cells), ruled=whole, below=below)


def cut(cell: Cell, lines: int) -> Cell:
    """Cut a cell to so many lines; the last ends in an ellipsis."""
    if len(cell.lines) <= lines:
        return cell
    last = cell.lines[lines - 1]
    while last and width_of(f"{last}…", cell.style) > cell.width:
        last = last[:-1]
    return replace(cell, lines=(*cell.lines[: lines - 1], f"{last.rstrip()}…"))
