"""The frame: blocks with their title at the left, parted over pages with title and table head repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.steps.certify.page.sheet import (
    BLOCK,
    BLOCK_EN,
    BOTTOM,
    HEIGHT,
    INNER,
    LEFT,
    MARGIN,
    MM,
    TOP,
    Fill,
    Ink,
    Rule,
    Sheet,
    Strip,
    set_lines,
)
from app.steps.certify.page.strips import PAD, Row

_AIR: Final = 4.0
"""Space above and below the content of a block."""
NEXT_TOP: Final = HEIGHT - TOP - 6 * MM
"""Where content starts on the pages after the first, below their running head."""


@dataclass(frozen=True, slots=True)
class Block:
    """One box of the form: a title in each language, and its strips."""

    titles: tuple[str, ...]
    continued: tuple[str, ...]
    strips: tuple[Strip, ...]
    whole: bool = False
    """Not parted, if it fits on one page at all."""


def place(sheet: Sheet, block: Block) -> None:
    """Put a block on the sheet, over as many pages as it needs."""
    _begin(sheet, block)
    start, titles = sheet.y, block.titles
    sheet.y -= _AIR
    for number, strip in enumerate(block.strips):
        if strip.height + _AIR > sheet.room():
            sheet.y -= _AIR
            _frame(sheet, start, titles)
            sheet.turn(NEXT_TOP)
            start, titles = sheet.y, _marked(block)
            sheet.y -= _AIR
            if isinstance(strip, Row) and strip.head and number:
                _draw(sheet, strip.head)
        _draw(sheet, strip)
    sheet.y -= _AIR
    _frame(sheet, start, titles)


def _begin(sheet: Sheet, block: Block) -> None:
    """Turn the page when no more than the title would fit, or a short block would be parted for nothing."""
    whole = sum(strip.height for strip in block.strips) + 2 * _AIR
    least = sum(strip.height for strip in block.strips[:2]) + 2 * _AIR
    short = block.whole or whole < (NEXT_TOP - BOTTOM) / 5
    if sheet.room() < max(least, 34) or (short and sheet.room() < whole):
        sheet.turn(NEXT_TOP)


def _draw(sheet: Sheet, strip: Strip) -> None:
    strip.draw(sheet, LEFT + MARGIN + PAD, sheet.y)
    sheet.y -= strip.height


def _marked(block: Block) -> tuple[str, ...]:
    return tuple(f"{t} ({c})" for t, c in zip(block.titles, block.continued, strict=True))


def _frame(sheet: Sheet, top: float, titles: Sequence[str]) -> None:
    """Draw the box around what stands between `top` and the present foot, and its title."""
    foot = sheet.y
    page = sheet.pages[-1]
    page.insert(0, Fill(LEFT, foot, MARGIN, top - foot))
    right = LEFT + INNER
    for line in (
        Rule(LEFT, top, right, top, Ink.FRAME, 0.6),
        Rule(LEFT, foot, right, foot, Ink.FRAME, 0.6),
        Rule(LEFT, top, LEFT, foot, Ink.FRAME, 0.6),
        Rule(right, top, right, foot, Ink.FRAME, 0.6),
        Rule(LEFT + MARGIN, top, LEFT + MARGIN, foot, Ink.HAIR, 0.5),
    ):
        sheet.put(line)
    y = top - _AIR
    for number, title in enumerate(titles):
        style = BLOCK_EN if number else BLOCK
        y = set_lines(sheet, LEFT + PAD, y, style.lines(title, MARGIN - 1.4 * PAD), style)
