"""The signatures: who approved before, who carried it out, who watched; and the clear square for the seal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from typing_extensions import override

from app.domain.case import Role
from app.identity import Identity
from app.steps.certify.account import Account
from app.steps.certify.document.chapters import clock
from app.steps.certify.document.shortened import cut
from app.steps.certify.evidence.manifest import fields_of
from app.steps.certify.issuing import Issuing
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.sheet import (
    LABEL,
    MM,
    NOTE,
    SMALL,
    STRONG,
    Ink,
    Rule,
    Sheet,
    Strip,
    Style,
    set_lines,
    width_of,
)
from app.steps.certify.page.strips import CONTENT, Cell, paragraph
from app.steps.certify.wording import Words

SEAL: Final = 50 * MM
"""Side of the square that stays clear for the 公章, whose diameter may be 45 mm (国发〔1999〕25号 §14)."""
_GAP: Final = 12.0
_ORDER: Final = (
    ("sign.approved", Role.APPROVER),
    ("sign.carried", Role.OFFICER),
    ("sign.witnessed", Role.WITNESS),
)
"""Approvers before, the officer, witnesses after (会计档案管理办法 art. 18)."""
_HEADING: Final = Style(7.8, 13.0, STRONG.weight, Ink.ACCENT)
_LEAST: Final = 0.6
"""A long name is set smaller, at least of this size, before it is cut."""
_MANY: Final = 4
"""More people than this stand closer, in two columns."""


@dataclass(frozen=True, slots=True)
class Person:
    """A place for one signature: the name of its field, whose it is, and what stands under the name."""

    field: str
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Form:
    """How tall the parts of one person's place are, in points, and how many stand side by side."""

    columns: int
    note: float
    box: float
    below: float

    @property
    def height(self) -> float:
        """The height of one person's place."""
        return STRONG.lead + self.note + 2 + self.box + self.below


_WIDE: Final = Form(1, NOTE.lead, 13.5 * MM, 28)
_CLOSE: Final = Form(2, 0, 12.2 * MM, 15)


def signing(account: Account, words: Words, people: Sequence[Identity], issuing: Issuing) -> list[Strip]:
    """签署: the declaration, a place for each signature by role, and the clear square for the seal."""
    form = _WIDE if len(people) <= _MANY else _CLOSE
    said = Captions(
        words.label("sign.wet"), words.each("sign.date")[0], words.label("sign.seal"), account.company
    )
    groups = list(_groups(account, words, people, issuing))
    strips: list[Strip] = [*paragraph(words.lines("sentence.declaration"), SMALL)]
    if form is _CLOSE:
        # Who approved has the whole width; the others stand beside the seal, in one column.
        strips += [Places(title, persons, form, said) for title, persons in groups[:-2]]
        groups = groups[-2:]
    return [*strips, Sealed(tuple(groups), form, said)]


def _groups(
    account: Account, words: Words, people: Sequence[Identity], issuing: Issuing
) -> Iterator[tuple[str, tuple[Person, ...]]]:
    """The people by role, in the order in which they act."""
    signed = {one.fingerprint: clock(one.signed_at) for one in account.signers}
    instead = {(one.role, one.name): visible(one.instead_of) for one in issuing.stand_ins}
    fields = fields_of(people)
    for title, role in _ORDER:
        persons = tuple(
            Person(
                field,
                f"{words.said(role)}　{visible(person.name)}",
                _note(words, signed.get(person.fingerprint), instead.get((role, person.name))),
            )
            for field, person in fields
            if person.role is role
        )
        if persons:
            yield words.label(title), persons


def _note(words: Words, signed: str | None, instead: str | None) -> str:
    """When they signed the plan before; or whom they stand in for."""
    if instead:
        return words.label("sign.instead", instead_of=instead)
    return words.label("sign.plan_signed", time=signed) if signed else ""


@dataclass(frozen=True, slots=True)
class Captions:
    """The words around the places."""

    wet: str
    date: str
    seal: str
    unit: str


@dataclass(frozen=True, slots=True)
class Places(Strip):
    """The places of one group under its heading, in as many columns as the form has."""

    title: str
    people: tuple[Person, ...]
    form: Form
    said: Captions
    width: float = CONTENT

    @property
    def _columns(self) -> int:
        return self.form.columns if self.width == CONTENT else 1

    @property
    @override
    def height(self) -> float:
        return _HEADING.lead + 3 + -(-len(self.people) // self._columns) * self.form.height

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        y = set_lines(sheet, x, top - 3, [self.title], _HEADING)
        room = (self.width - (self._columns - 1) * _GAP) / self._columns
        for number, person in enumerate(self.people):
            row, column = divmod(number, self._columns)
            self._place(sheet, x + column * (room + _GAP), y - row * self.form.height, room, person)

    def _place(self, sheet: Sheet, x: float, top: float, width: float, person: Person) -> None:
        style = replace(
            STRONG, size=STRONG.size * min(1.0, max(_LEAST, width / width_of(person.label, STRONG)))
        )
        set_lines(sheet, x, top, cut(Cell.of(0, width, person.label, style), 1).lines, style)
        y = top - STRONG.lead
        if self.form.note and person.note:
            set_lines(sheet, x, y, cut(Cell.of(0, width, person.note, NOTE), 1).lines, NOTE)
        low = y - self.form.note - 2 - self.form.box
        for line in outline(x, low, width, self.form.box):
            sheet.put(line)
        sheet.reserve(person.field, x, low, width, self.form.box)
        base = low - min(17.0, self.form.below - 4)
        sheet.text(x, base, self.said.wet, LABEL)
        end = x + width - width_of(self.said.date, LABEL) - 8
        sheet.put(Rule(x + width_of(self.said.wet, LABEL) + 8, base - 2, end, base - 2, Ink.FRAME, 0.5))
        sheet.text(x + width, base, self.said.date, LABEL, align=1.0)


@dataclass(frozen=True, slots=True)
class Sealed(Strip):
    """Groups below each other at the left, at the lower right the square for the seal over unit and date."""

    groups: tuple[tuple[str, tuple[Person, ...]], ...]
    form: Form
    said: Captions

    def _places(self) -> list[Places]:
        width = CONTENT - SEAL - 20
        return [Places(title, people, self.form, self.said, width) for title, people in self.groups]

    @property
    @override
    def height(self) -> float:
        return max(sum(one.height for one in self._places()), SEAL + 16) + 8

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        y = top - 4
        for places in self._places():
            places.draw(sheet, x, y)
            y -= places.height
        self._square(sheet, x + CONTENT - SEAL - 3, top - self.height + 3)

    def _square(self, sheet: Sheet, x: float, low: float) -> None:
        for line in outline(x, low, SEAL, SEAL):
            sheet.put(line)
        sheet.text(x + SEAL / 2, low + SEAL + 4, self.said.seal, LABEL, align=0.5)
        unit = cut(Cell.of(0, SEAL - 12, self.said.unit, SMALL), 3).lines
        y = low + 34 + len(unit) * SMALL.lead
        for text in unit:
            sheet.text(x + SEAL / 2, y - SMALL.lead, text, SMALL, align=0.5)
            y -= SMALL.lead
        sheet.text(x + SEAL / 2, low + 16, self.said.date, LABEL, align=0.5)


def outline(x: float, y: float, width: float, height: float) -> list[Rule]:
    """Draw a dashed rectangle."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return [Rule(*start, *end, Ink.FRAME, 0.5, (2.0, 2.0)) for start, end in pairwise(corners)]
