"""What a page of the printed inventory carries besides its rows: head, columns, foot, and the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain.case import Role
from app.steps.certify.account import Account
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.faces import Weight
from app.steps.certify.page.sheet import (
    BOTTOM,
    HEIGHT,
    INNER,
    LABEL,
    LEFT,
    MM,
    NOTE,
    TOP,
    WIDTH,
    Ink,
    Item,
    Rule,
    Sheet,
    Style,
    Turned,
    set_lines,
    width_of,
)
from app.steps.certify.volumes.rows import Lane
from app.steps.certify.wording import Words, capital

ROWS: Final = 64
"""Rows of a page."""
SIZE: Final = 6.2
LEAD: Final = 10.0
_HEAD: Final = HEIGHT - TOP - 34
TOP_ROW: Final = _HEAD - 27
"""Baseline of the first row."""
FOOT: Final = BOTTOM - 20
_END: Final = 190.0
"""Points that total, signatures and seal take."""
_SEAL: Final = 50 * MM
_RIGHT: Final = LEFT + INNER
_TITLE: Final = Style(13, 17, Weight.BOLD, Ink.ACCENT)
_COLUMN: Final = Style(6.0, 7.6, ink=Ink.MUTE)
_TOTAL: Final = Style(8.4, 12, Weight.BOLD)
_SHARES: Final = (
    ("number", 26, 1.0),
    ("id", 70, 0.0),
    ("name", 96, 0.0),
    ("category", 62, 0.0),
    ("tier", 32, 0.0),
    ("people", 22, 1.0),
    ("bytes", 36, 1.0),
    ("outcome", 74, 0.0),
    ("settled", 58, 0.0),
)
_REPEATING: Final = ("category", "tier", "people", "outcome", "settled")
"""Columns with few different texts."""


def _lanes() -> tuple[Lane, ...]:
    gap, x, lanes = 6.0, LEFT, []
    scale = (INNER - gap * (len(_SHARES) - 1)) / sum(share for _, share, _ in _SHARES)
    for name, share, align in _SHARES:
        lanes.append(Lane(x, share * scale, align, name in _REPEATING))
        x += share * scale + gap
    return tuple(lanes)


LANES: Final = _lanes()


@dataclass(frozen=True, slots=True)
class Listing:
    """The look of the printed inventory of one account."""

    account: Account
    words: Words

    @property
    def pages(self) -> int:
        """How many pages there are: at least one, and one more where the end finds no room below the rows."""
        full, rest = divmod(len(self.account.lines), ROWS)
        return full + 1 if self._room(rest) else full + 2

    @staticmethod
    def _room(rows: int) -> bool:
        return TOP_ROW - rows * LEAD - BOTTOM >= _END

    def title(self, volume: int, volumes: int) -> str:
        """Name a volume, counted from 0."""
        named = f"{self.words.label('inventory.title')} {self.account.number}"
        return (
            f"{named} · {self.words.label('inventory.volume', n=volume + 1, of=volumes)}"
            if volumes > 1
            else named
        )

    def folio(self, page: int) -> str:
        """Write the number of a page, counted from 0 through all volumes."""
        return self.words.label("title.page", page=f"{page + 1:,}", pages=f"{self.pages:,}")

    def frame(self, rows: int, volume: int, volumes: int) -> list[Item]:
        """What all pages of a volume with so many rows share."""
        account, words = self.account, self.words
        sheet = Sheet()
        sheet.turn(HEIGHT)
        if account.rehearsal:
            ghost = Style(96, 110, Weight.BOLD, Ink.GHOST)
            sheet.put(Turned(WIDTH / 2, HEIGHT / 2, words.each("title.rehearsal")[0], ghost, 50))
        top = HEIGHT - TOP - 14
        sheet.text(LEFT, top, words.label("inventory.title"), _TITLE)
        sheet.text(_RIGHT, top + 4, account.number, LABEL, align=1.0)
        part = f" · {words.label('inventory.volume', n=volume + 1, of=volumes)}" if volumes > 1 else ""
        sheet.text(_RIGHT, top - 7, account.machine_id + part, NOTE, align=1.0)
        sheet.text(LEFT, top - 13, visible(account.company), NOTE)
        for lane, (name, _, _) in zip(LANES, _SHARES, strict=True):
            for n, label in enumerate(words.each(f"column.{name}")):
                at = lane.x + lane.align * (lane.width - width_of(label, _COLUMN))
                sheet.text(at, _HEAD - 8 - n * 7.6, label, _COLUMN)
        sheet.put(Rule(LEFT, _HEAD, _RIGHT, _HEAD, Ink.FRAME, 0.6))
        for n in range(rows + 1):
            y = TOP_ROW + LEAD - 3.1 - n * LEAD
            sheet.put(
                Rule(
                    LEFT,
                    y,
                    _RIGHT,
                    y,
                    Ink.FRAME if n in (0, rows) else Ink.HAIR,
                    0.5 if n in (0, rows) else 0.3,
                )
            )
        sheet.put(Rule(LEFT, FOOT + 12, _RIGHT, FOOT + 12, Ink.HAIR))
        sheet.text(LEFT, FOOT, words.each("inventory.running")[0], _COLUMN)
        sheet.put(Turned(WIDTH - 6 * MM, HEIGHT / 2, words.label("title.seam"), NOTE, 90))
        return sheet.pages[0]

    def ending(self, rows: int) -> list[Item]:
        """What follows the last row: total, that nothing follows, signatures and the place of the seal."""
        words, account = self.words, self.account
        sheet = Sheet()
        sheet.turn(HEIGHT)
        y = TOP_ROW + LEAD - 3.1 - rows * LEAD - 14
        count = len(account.lines)
        total = words.each("inventory.total", count=f"{count:,}", capital=capital(count))
        sheet.text(LEFT, y, "　".join(total) if len(total) > 1 else total[0], _TOTAL)
        sheet.text(_RIGHT, y, words.label("title.end"), LABEL, align=1.0)
        y -= 16
        y = set_lines(sheet, LEFT, y, NOTE.lines(words.lines("inventory.note"), INNER - _SEAL - 30), NOTE)
        self._people(sheet, y - 8)
        self._square(sheet, _RIGHT - _SEAL, TOP_ROW + LEAD - 3.1 - rows * LEAD - 32 - _SEAL)
        return sheet.pages[0]

    def _people(self, sheet: Sheet, y: float) -> None:
        words, reach = self.words, INNER - _SEAL - 30
        date = words.each("sign.date")[0]
        for signer in self.account.signers[:4]:
            label = f"{words.said(Role(signer.role))}　{visible(signer.name)}"
            y -= 22
            text = LABEL.lines(label, reach * 0.45)[0]
            sheet.text(LEFT, y, text, LABEL)
            sheet.text(LEFT + reach, y, date, LABEL, align=1.0)
            sheet.put(
                Rule(
                    LEFT + max(110.0, width_of(text, LABEL) + 8),
                    y - 2,
                    LEFT + reach - width_of(date, LABEL) - 8,
                    y - 2,
                    Ink.FRAME,
                )
            )

    def _square(self, sheet: Sheet, x: float, y: float) -> None:
        for x1, y1, x2, y2 in (
            (x, y, x + _SEAL, y),
            (x, y + _SEAL, x + _SEAL, y + _SEAL),
            (x, y, x, y + _SEAL),
            (x + _SEAL, y, x + _SEAL, y + _SEAL),
        ):
            sheet.put(Rule(x1, y1, x2, y2, Ink.FRAME, 0.5, (2.0, 2.0)))
        sheet.text(x + _SEAL / 2, y + 8, self.words.label("sign.seal"), LABEL, align=0.5)


def foot_lanes() -> tuple[Lane, ...]:
    """Where the running digest and the page's number stand, right of its label."""
    return (Lane(LEFT + 92, 280), Lane(_RIGHT - 100, 100, 1.0))
