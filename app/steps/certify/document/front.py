"""The document as a whole: head, status, blocks in order, running heads and feet, watermark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.identity import Identity
from app.steps.certify.account import Account
from app.steps.certify.document import chapters, closing
from app.steps.certify.document.exceptional import behind, exceptional
from app.steps.certify.document.shortened import MEASURES, Measure, cut, shortened
from app.steps.certify.document.signing import signing
from app.steps.certify.page.blocks import NEXT_TOP, Block, Parting, place
from app.steps.certify.page.faces import Weight
from app.steps.certify.page.sheet import (
    BOTTOM,
    HEIGHT,
    INNER,
    LABEL,
    LEFT,
    MM,
    NOTE,
    RIGHT,
    TOP,
    WIDTH,
    Fill,
    Ink,
    Item,
    Rule,
    Sheet,
    Strip,
    Style,
    Text,
    Turned,
    width_of,
)
from app.steps.certify.page.strips import Cell, Row, paragraph
from app.steps.certify.status import Closing, exceptions, status_of
from app.steps.certify.tally import records_of, summed
from app.steps.certify.wording import Words

_TITLE: Final = Style(25, 32, Weight.BOLD, Ink.ACCENT)
_SUBTITLE: Final = Style(11, 15, ink=Ink.MUTE)
_NUMBER: Final = Style(10, 14, Weight.BOLD)
_STATUS: Final = Style(16, 22, Weight.BOLD, Ink.ACCENT)
_STATUS_EN: Final = Style(9.5, 13, ink=Ink.ACCENT)
_FIGURE: Final = Style(15, 20, Weight.BOLD, Ink.BLACK)
_FIGURE_LABEL: Final = Style(6.8, 9, ink=Ink.MUTE)
_GHOST: Final = Style(96, 110, Weight.BOLD, Ink.GHOST)
_FIGURES: Final = 0.6
"""Share of the status panel that the figures take."""
_RIGHT_EDGE: Final = WIDTH - RIGHT
FRONT: Final = 3
"""Pages that the front may take, signatures and all."""


def laid_out(
    account: Account, people: Sequence[Identity], issued_at: str, end: Closing, digests: closing.Digests
) -> Sheet:
    """Lay the certificate out; the sheet knows where each signature field lies.

    The front, signatures and all, takes at most three pages. Where it would take more, long
    tables and texts are shortened there, and the whole of them stands in the annex behind it.
    """
    words = Words.of(account.language)
    chapter = _chapters(account, words, people, issued_at, end, digests)
    for measure in (None, *MEASURES):
        sheet = Sheet()
        sheet.turn(HEIGHT - TOP)
        _head(sheet, account, words)
        _status(sheet, account, words, end)
        shortened_ones = [name for name, strips in chapter if _put(sheet, name, strips, words, measure)]
        if len(sheet.pages) <= FRONT:
            break
    front = len(sheet.pages)
    _annex(sheet, account, words, end, [(n, strips) for n, strips in chapter if n in shortened_ones])
    _end(sheet, words)
    for number in range(len(sheet.pages)):
        _furnish(sheet.pages, number, account, words, behind=number >= front)
    return sheet


_Chapters = list[tuple[str, list[Strip]]]


def _chapters(
    account: Account,
    words: Words,
    people: Sequence[Identity],
    issued_at: str,
    end: Closing,
    digests: closing.Digests,
) -> _Chapters:
    issuing = digests.issuing
    return [
        ("company", chapters.company(account, words, issued_at)),
        ("basis", chapters.basis(account, words)),
        ("scope", chapters.scope(account, words)),
        ("methods", chapters.methods(account, words)),
        ("media", chapters.media(account, words)),
        ("keys", chapters.keys(account, words, end)),
        ("copies", chapters.copies(account, words)),
        ("kept", chapters.kept(account, words)),
        ("evidence", chapters.evidence(account, words)),
        ("exceptions", exceptional(account, words, end)),
        ("limits", closing.limits(account, words, end, people, issuing)),
        ("binding", closing.binding(account, words, digests)),
        ("signing", signing(account, words, people, issuing)),
    ]


def _put(sheet: Sheet, name: str, strips: list[Strip], words: Words, measure: Measure | None) -> bool:
    """Put a block on the front; give whether it was shortened to the measure."""
    if measure is None:
        place(sheet, _block(name, strips, words))
        return False
    if name == "exceptions":
        # Of these most of all the reader must see each kind.
        measure = replace(measure, rows=2 * measure.rows + 2)
    short = shortened(strips, measure)
    note: tuple[str, ...] = ()
    if short.cut:
        note = words.each("title.more" if short.spared else "title.cut", count=f"{short.spared:,}")
    block = _block(name, short.strips or paragraph("\n".join(note)), words)
    if name != "signing":
        block = replace(block, note=note if short.strips else (), parting=Parting.FREELY)
    place(sheet, block)
    return short.cut


def _annex(sheet: Sheet, account: Account, words: Words, end: Closing, whole: _Chapters) -> None:
    """Put behind the signatures what the front shortened, and each of many exceptions."""
    rest = behind(account, words, end)
    if whole or rest:
        sheet.turn(NEXT_TOP)
    for name, strips in whole:
        rows = tuple(strip for strip in strips if isinstance(strip, Row))
        titles = tuple(
            text.format(block=title)
            for text, title in zip(
                words.each("title.annex_of", block="{block}"), words.each(f"block.{name}"), strict=True
            )
        )
        place(sheet, Block(titles, words.each("title.continued"), rows))
    if rest:
        place(sheet, _block("behind", rest, words))


def _block(name: str, strips: list[Strip], words: Words) -> Block:
    parting = Parting.NEVER if name in ("binding", "signing") else Parting.LONG
    return Block(words.each(f"block.{name}"), words.each("title.continued"), tuple(strips), parting)


def _head(sheet: Sheet, account: Account, words: Words) -> None:
    y = sheet.y - 10
    brand = words.label("title.brand")
    sheet.text(LEFT, y, f"{brand} · {words.label('title.original')}", LABEL)
    sheet.text(_RIGHT_EDGE, y, account.number, _NUMBER, align=1.0)
    sheet.text(_RIGHT_EDGE, y - 13, account.machine_id, NOTE, align=1.0)
    titles = words.each("title.document")
    y -= 40
    _spaced(sheet, y, titles[0], _TITLE)
    if len(titles) > 1:
        sheet.text(WIDTH / 2, y - 20, titles[1], _SUBTITLE, align=0.5)
        y -= 20
    sheet.put(Fill(WIDTH / 2 - 18, y - 15, 36, 1.6, Ink.ACCENT))
    if account.rehearsal:
        sheet.text(WIDTH / 2, y - 30, words.label("title.rehearsal_note"), NOTE, align=0.5)
        y -= 12
    sheet.y = y - 28


def _spaced(sheet: Sheet, y: float, text: str, style: Style) -> None:
    """Centre a title; Chinese ones are set with space between the characters."""
    gap = 6.0 if not text.isascii() else 0.0
    if not gap:
        sheet.text(WIDTH / 2, y, text, style, align=0.5)
        return
    total = width_of(text, style) + gap * (len(text) - 1)
    x = WIDTH / 2 - total / 2
    for character in text:
        sheet.put(Text(x, y, character, style))
        x += width_of(character, style) + gap


def _status(sheet: Sheet, account: Account, words: Words, end: Closing) -> None:
    """The panel that answers at a glance: the status and four figures."""
    height, top = 52.0, sheet.y
    low = top - height
    sheet.put(Fill(LEFT, low, INNER, height), Fill(LEFT, low, 3.2, height, Ink.ACCENT))
    texts = words.each(f"status.{status_of(account, end).value}")
    room = INNER * (1 - _FIGURES) - 24
    if len(texts) > 1:
        sheet.text(LEFT + 16, low + 26, texts[0], _fitting(_STATUS, texts[0], room))
        sheet.text(LEFT + 16, low + 11, texts[1], _STATUS_EN)
    else:
        sheet.text(LEFT + 16, low + 20, texts[0], _fitting(_STATUS, texts[0], room))
    total, records = summed(account.lines), summed(records_of(account))
    found = sum(one.count for one in exceptions(account, end))
    figures = [
        ("destroyed", total.destroyed),
        ("kept", total.kept),
        ("exceptions", found),
        ("people", records.people),
    ]
    width = INNER * _FIGURES / len(figures)
    x = LEFT + INNER - width * len(figures)
    for name, figure in figures:
        sheet.put(Rule(x, low + 10, x, top - 10, Ink.HAIR))
        sheet.text(x + width / 2, low + 28, f"{figure:,}", _FIGURE, align=0.5)
        for n, label in enumerate(words.each(f"figure.{name}")):
            sheet.text(x + width / 2, low + 17 - n * 9, label, _FIGURE_LABEL, align=0.5)
        x += width
    sheet.y = low - 8


def _fitting(style: Style, text: str, room: float) -> Style:
    """Give the style, smaller if the text would not fit."""
    return replace(style, size=style.size * min(1.0, room / width_of(text, style)))


def _end(sheet: Sheet, words: Words) -> None:
    if sheet.room() < 14:
        return
    y = sheet.y - 16
    text = f"{words.label('title.end')}"
    sheet.text(WIDTH / 2, y, text, LABEL, align=0.5)
    reach = width_of(text, LABEL) / 2 + 8
    for side in (-1, 1):
        sheet.put(Rule(WIDTH / 2 + side * reach, y + 2.5, WIDTH / 2 + side * (reach + 60), y + 2.5, Ink.HAIR))


def _furnish(pages: list[list[Item]], number: int, account: Account, words: Words, *, behind: bool) -> None:
    """Add what each page carries: running head, foot, seam mark, watermark behind all."""
    page = Sheet([pages[number]])
    top, foot = HEIGHT - TOP - 8, BOTTOM - 20
    if number:
        title = words.label("title.document")
        page.text(LEFT, top, f"{title} · {words.label('title.annex')}" if behind else title, NOTE)
        page.text(_RIGHT_EDGE, top, account.number, NOTE, align=1.0)
    page.put(Rule(LEFT, foot + 12, _RIGHT_EDGE, foot + 12, Ink.HAIR))
    folio = words.label("title.page", page=number + 1, pages=len(pages))
    page.text(_RIGHT_EDGE, foot, folio, NOTE, align=1.0)
    room = INNER - width_of(f" · {account.machine_id}", NOTE) - width_of(folio, NOTE) - 12
    company = cut(Cell.of(0, room, account.company, NOTE), 1).lines[0]
    page.text(LEFT, foot, f"{company} · {account.machine_id}", NOTE)
    if len(pages) > 1:
        page.put(Turned(WIDTH - 6 * MM, HEIGHT / 2, words.label("title.seam"), NOTE, 90))
    if account.rehearsal:
        text = words.each("title.rehearsal")[0]
        ghost = Turned(WIDTH / 2, HEIGHT / 2, text, _fitting(_GHOST, text, 0.62 * WIDTH), 50)
        # Behind the text and above the tints, so that nothing covers it and it covers nothing.
        fills = sum(1 for item in pages[number] if isinstance(item, Fill))
        pages[number].sort(key=lambda item: 0 if isinstance(item, Fill) else 1)
        pages[number].insert(fills, ghost)
