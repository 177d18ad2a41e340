"""The addendum on paper: the certificate it adds to, what became of keys and copies, digests, signatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.domain.outcome import Reason
from app.identity import Identity
from app.register.codec import outcome_named
from app.steps.certify.account import Account
from app.steps.certify.document.chapters import clock, label_width, outcome
from app.steps.certify.document.closing import place_of, stood_in
from app.steps.certify.document.signing import signing
from app.steps.certify.issuing import Issuing
from app.steps.certify.page.blocks import Block, Parting, place
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.faces import Weight
from app.steps.certify.page.sheet import (
    BOTTOM,
    HEIGHT,
    LABEL,
    LEFT,
    NOTE,
    RIGHT,
    TOP,
    WIDTH,
    Fill,
    Ink,
    Rule,
    Sheet,
    Strip,
    Style,
    Turned,
)
from app.steps.certify.page.strips import Column, fields, paragraph, table
from app.steps.certify.status import Status
from app.steps.certify.wording import Words, grouped

_TITLE: Final = Style(20, 27, Weight.BOLD, Ink.ACCENT)
_NUMBER: Final = Style(10, 14, Weight.BOLD)
_GHOST: Final = Style(84, 96, Weight.BOLD, Ink.GHOST)
Told = Mapping[str, Any]


def laid_out_addition(
    told: Told, account: Account, people: Sequence[Identity], digest: str, issuing: Issuing
) -> Sheet:
    """Lay an addendum out; the sheet knows where each signature field lies. `digest` is its manifest's."""
    words, sheet = Words.of(account.language), Sheet()
    sheet.turn(HEIGHT - TOP)
    _head(sheet, told, account, words)
    for name, strips in (
        ("addition", _added(told, account, words)),
        ("keys", _asked("key", told["keys"], account, words)),
        ("copies", _asked("copy", told.get("copies", ()), account, words)),
        ("binding", _binding(told, words, digest, issuing)),
        ("signing", signing(account, words, people, issuing)),
    ):
        if not strips:
            continue
        parting = Parting.NEVER if name in ("binding", "signing") else Parting.LONG
        titles = words.each(f"block.{name}")
        place(sheet, Block(titles, words.each("title.continued"), tuple(strips), parting))
    _foot(sheet, account, words)
    return sheet


def _head(sheet: Sheet, told: Told, account: Account, words: Words) -> None:
    y = sheet.y - 10
    sheet.text(LEFT, y, f"{words.label('title.brand')} · {words.label('title.original')}", LABEL)
    sheet.text(WIDTH - RIGHT, y, account.number, _NUMBER, align=1.0)
    sheet.text(WIDTH - RIGHT, y - 13, account.machine_id, NOTE, align=1.0)
    y -= 40
    for text in words.each("title.addendum", n=told["n"]):
        sheet.text(WIDTH / 2, y, text, _TITLE, align=0.5)
        y -= 24
    sheet.put(Fill(WIDTH / 2 - 18, y + 9, 36, 1.6, Ink.ACCENT))
    if account.rehearsal:
        sheet.text(WIDTH / 2, y - 6, words.label("title.rehearsal_note"), NOTE, align=0.5)
        y -= 12
    sheet.y = y - 10


def _foot(sheet: Sheet, account: Account, words: Words) -> None:
    """Number the pages, say whose they are, and mark those of a rehearsal."""
    for number, items in enumerate(sheet.pages, 1):
        page = Sheet([items])
        foot = BOTTOM - 20
        page.put(Rule(LEFT, foot + 12, WIDTH - RIGHT, foot + 12, Ink.HAIR))
        page.text(LEFT, foot, f"{visible(account.company)} · {account.machine_id}", NOTE)
        folio = words.label("title.page", page=number, pages=len(sheet.pages))
        page.text(WIDTH - RIGHT, foot, folio, NOTE, align=1.0)
        if account.rehearsal:
            text = words.each("title.rehearsal")[0]
            fills = sum(isinstance(item, Fill) for item in items)
            items.sort(key=lambda item: not isinstance(item, Fill))
            items.insert(fills, Turned(WIDTH / 2, HEIGHT / 2, text, _GHOST, 50))


def _added(told: Told, account: Account, words: Words) -> list[Strip]:
    pairs = [
        ("field.company", visible(account.company)),
        ("field.adds_to", f"{account.number} · {account.machine_id}"),
        ("field.issued", clock(told["issued_at"])),
        ("field.since", words.label(f"status.{Status(told['status']).value}")),
    ]
    return [
        *paragraph(words.lines("sentence.addition")),
        *fields([(words.label(key), value) for key, value in pairs], label_width(words), columns=1),
    ]


def _asked(head: str, asked: Sequence[Told], account: Account, words: Words) -> list[Strip]:
    if not asked:
        return []
    names = {line.id: visible(line.name) for line in account.lines}
    heads = ((head, 3.0), ("was", 2.2), ("became", 2.2), ("conditions", 3.0))
    columns = [Column(words.lines(f"column.{name}"), share) for name, share in heads]
    rows = [
        (
            f"{one['id']}\n{names.get(one['id'], '')}".rstrip(),
            _ended(one["before"], words),
            _ended(one["after"], words),
            words.reasons([Reason(limit) for limit in one["after"]["limits"]]),
        )
        for one in asked
    ]
    return list(table(columns, rows))


def _ended(said: Told, words: Words) -> str:
    until = said["facts"].get("until", "")
    date = f"\n{words.label('sentence.until', date=clock(until))}" if until else ""
    return f"{outcome(outcome_named(said['outcome']), words)}\n{clock(said['at'])}{date}"


def _binding(told: Told, words: Words, digest: str, issuing: Issuing) -> list[Strip]:
    pairs = [
        ("field.manifest", grouped(digest)),
        ("field.certificate_sha", grouped(told["upgrades"]["certificate"])),
        ("field.manifest_sha", grouped(told["upgrades"]["manifest"])),
        ("field.journal", grouped(told["journal"]["head"])),
        ("field.register", place_of(issuing, words)),
        ("field.stand_ins", stood_in(issuing, words)),
    ]
    if told["upgrades"]["previous"]:
        pairs.insert(3, ("field.previous_sha", grouped(told["upgrades"]["previous"])))
    count = f"{told['journal']['count']:,}"
    return list(
        fields(
            [(words.label(key, count=count), value) for key, value in pairs if value],
            label_width(words) + 6,
            columns=1,
        )
    )
