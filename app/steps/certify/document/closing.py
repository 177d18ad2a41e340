"""The last blocks: limits, what binds the paper to the data, and the signatures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from typing_extensions import override

from app.domain.case import Role
from app.identity import Identity
from app.steps.certify.account import Account
from app.steps.certify.difference import difference_of
from app.steps.certify.document.chapters import clock, label_width
from app.steps.certify.evidence.manifest import fields_of
from app.steps.certify.issuing import Issuing
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.qr import modules
from app.steps.certify.page.sheet import (
    CODE,
    LABEL,
    MM,
    NOTE,
    SMALL,
    STRONG,
    Ink,
    Matrix,
    Rule,
    Sheet,
    Strip,
    set_lines,
    width_of,
)
from app.steps.certify.page.strips import CONTENT, Cell, Row, items, paragraph
from app.steps.certify.status import Closing
from app.steps.certify.tally import limits_seen
from app.steps.certify.wording import Words, grouped

_FIXED: Final = ("medium", "earlier", "declared", "identities", "clock", "names", "tagged")
_QR: Final = 26 * MM
SEAL: Final = 50 * MM
"""Side of the square that stays clear for the 公章, whose diameter may be 45 mm (国发〔1999〕25号 §14)."""
_FIELD_HEIGHT: Final = 13.5 * MM


def limits(account: Account, words: Words, closing: Closing) -> list[Strip]:
    """限制: what the certificate does not claim; first what always holds, then what this case met."""
    fixed = [words.lines(f"limit.{name}") for name in _FIXED]
    seen = limits_seen(account, closing.evidence.limits)
    met = words.limits_met(seen) if seen else ""
    return items([*fixed, *filter(None, [met]), *(words.beyond(limit) for limit in account.beyond)])


@dataclass(frozen=True, slots=True)
class Digests:
    """What the paper carries so that it can be held against the files."""

    manifest: str
    inventory: str
    planned: str
    done: str
    code: str = ""
    """What the QR code says."""
    key: str = ""
    """SHA-256 of the public key that signed the code."""
    issuing: Issuing = field(default_factory=Issuing)
    """Place in the register of certificates, stand-ins, and whose time it is."""


def binding(account: Account, words: Words, digests: Digests) -> list[Strip]:
    """绑定: digests, the journal's head, and the QR code."""
    pairs = [
        ("field.manifest", grouped(digests.manifest)),
        ("field.inventory", grouped(digests.inventory)),
        ("field.planned", grouped(digests.planned)),
        ("field.done", grouped(digests.done)),
        ("field.difference", _difference(account, words)),
        ("field.plan", grouped(account.plan)),
        ("field.journal", grouped(account.journal_head)),
        ("field.key", grouped(digests.key)),
        ("field.tool", f"{account.tool} · {account.system}"),
    ]
    count = f"{account.journal_count:,}"
    left = [(words.label(key, count=count), value) for key, value in pairs]
    before = [
        words.each(
            "sentence.before",
            role=words.said(Role(signer.role)),
            name=visible(signer.name),
            time=clock(signer.signed_at),
            fingerprint=signer.fingerprint[:16],
        )[0]
        for signer in account.signers
    ]
    if before:
        left.append((words.label("field.signed_plan"), "\n".join(before)))
    notes = "\n".join((words.lines("sentence.check"), words.lines("sentence.qr")))
    return [Bound(tuple(left), notes, modules(digests.code), label_width(words) + 6)]


def _difference(account: Account, words: Words) -> str:
    """What differs between the list that was approved and what happened."""
    found = difference_of(account)
    if found.none:
        return words.lines("sentence.no_difference", count=f"{found.planned:,}")
    counts = {name: f"{len(getattr(found, name)):,}" for name in ("unanswered", "unplanned", "otherwise")}
    return words.lines("sentence.difference", planned=f"{found.planned:,}", done=f"{found.done:,}", **counts)


@dataclass(frozen=True, slots=True)
class Bound(Strip):
    """Digests in rows of the whole width; below them the QR code at the right, beside what is said of it."""

    pairs: tuple[tuple[str, str], ...]
    notes: str
    rows: tuple[bytes, ...]
    label: float

    def _above(self) -> list[Row]:
        return [
            Row(
                (
                    Cell.of(0, self.label - 4, label, LABEL),
                    Cell.of(self.label, CONTENT - self.label, text, CODE),
                )
            )
            for label, text in self.pairs
        ]

    def _beside(self) -> Row:
        return Row((Cell.of(0, CONTENT - _QR - 12, self.notes, NOTE),), above=6)

    @property
    @override
    def height(self) -> float:
        return sum(row.height for row in self._above()) + max(self._beside().height, _QR + 8)

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        for row in self._above():
            row.draw(sheet, x, top)
            top -= row.height
        self._beside().draw(sheet, x, top)
        sheet.put(Matrix(x + CONTENT - _QR, top - _QR - 6, _QR, self.rows))


def signing(account: Account, words: Words, people: Sequence[Identity]) -> list[Strip]:
    """签署: the declaration, a place for each signature, and the clear square for the seal."""
    signers = tuple(
        (field, f"{words.said(person.role)}　{visible(person.name)}") for field, person in fields_of(people)
    )
    return [
        *paragraph(words.lines("sentence.declaration"), SMALL),
        Signatures(
            signers,
            words.label("sign.wet"),
            words.each("sign.date")[0],
            words.label("sign.seal"),
            account.company,
        ),
    ]


@dataclass(frozen=True, slots=True)
class Signatures(Strip):
    """Signature fields below each other, at the lower right the square for the seal over unit and date."""

    signers: tuple[tuple[str, str], ...]
    wet: str
    date: str
    seal: str
    unit: str

    @property
    @override
    def height(self) -> float:
        return max(len(self.signers) * _PERSON, SEAL + 16) + 8

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        width = CONTENT - SEAL - 20
        for number, (name, label) in enumerate(self.signers):
            self._person(sheet, x, top - 8 - number * _PERSON, width, name, label)
        self._square(sheet, x + CONTENT - SEAL - 3, top - self.height + 3)

    def _person(self, sheet: Sheet, x: float, top: float, width: float, field: str, label: str) -> None:
        y = set_lines(sheet, x, top, STRONG.lines(label, width)[:1], STRONG) - 2
        low = y - _FIELD_HEIGHT
        for line in _outline(x, low, width, _FIELD_HEIGHT):
            sheet.put(line)
        sheet.reserve(field, x, low, width, _FIELD_HEIGHT)
        base = low - 17
        sheet.text(x, base, self.wet, LABEL)
        half = x + width - width_of(self.date, LABEL) - 8
        sheet.put(Rule(x + width_of(self.wet, LABEL) + 8, base - 2, half, base - 2, Ink.FRAME, 0.5))
        sheet.text(x + width, base, self.date, LABEL, align=1.0)

    def _square(self, sheet: Sheet, x: float, low: float) -> None:
        for line in _outline(x, low, SEAL, SEAL):
            sheet.put(line)
        sheet.text(x + SEAL / 2, low + SEAL + 4, self.seal, LABEL, align=0.5)
        units = SMALL.lines(self.unit, SEAL - 12)[:3]
        y = low + 34 + len(units) * SMALL.lead
        for unit in units:
            sheet.text(x + SEAL / 2, y - SMALL.lead, unit, SMALL, align=0.5)
            y -= SMALL.lead
        sheet.text(x + SEAL / 2, low + 16, self.date, LABEL, align=0.5)


_PERSON: Final = STRONG.lead + 2 + _FIELD_HEIGHT + 30


def _outline(x: float, y: float, width: float, height: float) -> list[Rule]:
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return [Rule(*start, *end, Ink.FRAME, 0.5, (2.0, 2.0)) for start, end in pairwise(corners)]
