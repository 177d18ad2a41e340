"""The last blocks before the signatures: limits, and what binds the paper to the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from typing_extensions import override

from app.domain.case import Role
from app.identity import Identity
from app.steps.certify.account import Account
from app.steps.certify.difference import difference_of
from app.steps.certify.document.chapters import clock, label_width
from app.steps.certify.issuing import Issuing
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.qr import modules
from app.steps.certify.page.sheet import (
    CODE,
    LABEL,
    MM,
    NOTE,
    Matrix,
    Sheet,
    Strip,
)
from app.steps.certify.page.strips import CONTENT, Cell, Row, items
from app.steps.certify.status import Closing
from app.steps.certify.tally import limits_seen
from app.steps.certify.wording import Words, grouped

_QR: Final = 26 * MM


def limits(
    account: Account, words: Words, closing: Closing, people: Sequence[Identity], issuing: Issuing
) -> list[Strip]:
    """限制: what the certificate does not claim; first what always holds, then what this case met."""
    issued = {bool(person.papers.chain) for person in people}
    identities = {frozenset((True,)): "identities_issued", frozenset((True, False)): "identities_mixed"}
    names = (
        *("medium", "earlier", "declared"),
        identities.get(frozenset(issued), "identities"),
        "clock_stamped" if issuing.tsa else "clock",
        *("names", "tagged"),
    )
    seen = limits_seen(account, closing.evidence.limits)
    met = [words.limits_met(seen)] if seen else []
    met += [words.excused(one.limit, visible(one.why)) for one in account.excuses]
    fixed = [words.lines(f"limit.{name}") for name in names]
    return items([*fixed, *met], list(dict.fromkeys(map(words.beyond, account.beyond))))


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
    """绑定: digests, the journal's head, the place in the register of certificates, and the QR code."""
    pairs = [
        ("field.manifest", grouped(digests.manifest)),
        ("field.inventory", grouped(digests.inventory)),
        ("field.planned", grouped(digests.planned)),
        ("field.done", grouped(digests.done)),
        ("field.difference", _difference(account, words)),
        ("field.plan", grouped(account.plan)),
        ("field.journal", grouped(account.journal_head)),
        ("field.register", place_of(digests.issuing, words)),
        ("field.time", _time(digests.issuing, words)),
        ("field.stand_ins", stood_in(digests.issuing, words)),
        ("field.key", grouped(digests.key)),
        ("field.tool", f"{account.tool} · {account.system}"),
        ("field.signed_plan", _signed_before(account, words)),
    ]
    label, count = label_width(words) + 6, f"{account.journal_count:,}"
    rows: list[Strip] = [
        Row(
            (
                Cell.of(0, label - 4, words.label(key, count=count), LABEL),
                Cell.of(label, CONTENT - label, value, CODE),
            )
        )
        for key, value in pairs
        if value
    ]
    notes = "\n".join((words.lines("sentence.check"), words.lines("sentence.qr")))
    return [*rows, Coded(notes, modules(digests.code))]


def place_of(issuing: Issuing, words: Words) -> str:
    """The place in the register of certificates, with the hash of the one before."""
    follows = issuing.follows
    if follows is None:
        return words.lines("sentence.no_register")
    if not follows.previous:
        return words.lines("sentence.register_first", n=follows.n)
    return f"{grouped(follows.previous)}\n{words.lines('sentence.register_next', n=follows.n)}"


def _time(issuing: Issuing, words: Words) -> str:
    """Whose time the signatures bear."""
    if issuing.tsa:
        return words.lines("sentence.time_stamped", service=visible(issuing.tsa))
    return words.lines("sentence.time_ordered" if issuing.follows else "sentence.time_computer")


def stood_in(issuing: Issuing, words: Words) -> str:
    """Who stands in for whom, and why; empty when nobody does."""
    return "\n".join(
        words.lines(
            "sentence.stand_in",
            role=words.said(one.role),
            name=visible(one.name),
            instead_of=visible(one.instead_of),
            reason=visible(one.reason),
        )
        for one in issuing.stand_ins
    )


def _signed_before(account: Account, words: Words) -> str:
    return "\n".join(
        words.each(
            "sentence.before",
            role=words.said(Role(signer.role)),
            name=visible(signer.name),
            time=clock(signer.signed_at),
            fingerprint=signer.fingerprint[:16],
        )[0]
        for signer in account.signers
    )


def _difference(account: Account, words: Words) -> str:
    """What differs between the list that was approved and what happened."""
    found = difference_of(account)
    if found.none:
        return words.lines("sentence.no_difference", count=f"{found.planned:,}")
    counts = {name: f"{len(getattr(found, name)):,}" for name in ("unanswered", "unplanned", "otherwise")}
    return words.lines("sentence.difference", planned=f"{found.planned:,}", done=f"{found.done:,}", **counts)


@dataclass(frozen=True, slots=True)
class Coded(Strip):
    """The QR code at the right, beside what is said of it."""

    notes: str
    rows: tuple[bytes, ...]

    def _beside(self) -> Row:
        return Row((Cell.of(0, CONTENT - _QR - 12, self.notes, NOTE),), above=6)

    @property
    @override
    def height(self) -> float:
        return max(self._beside().height, _QR + 8)

    @override
    def draw(self, sheet: Sheet, x: float, top: float) -> None:
        self._beside().draw(sheet, x, top)
        sheet.put(Matrix(x + CONTENT - _QR, top - _QR - 6, _QR, self.rows))
