"""The exceptions (异常): each of them printed, on the front where they are few, else in a table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from app.domain.outcome import AnyOutcome, Reason
from app.domain.plan import Subject
from app.steps.certify.account import Account
from app.steps.certify.page.breaking import visible
from app.steps.certify.page.sheet import BODY, NOTE, SMALL, Strip
from app.steps.certify.page.strips import CONTENT, Cell, Column, Row, paragraph, table
from app.steps.certify.status import Closing, Exceptional, Failing, exceptions
from app.steps.certify.wording import Words

FEW: Final = 8
"""Exceptions that are told one by one on the front; more would push the signatures off it."""
_SIDE_BY_SIDE: Final = 2
_ID: Final = 76.0
_GAP: Final = 10.0


@dataclass(frozen=True, slots=True)
class Group:
    """Exceptions of one kind: the same thing happened to them for the same reasons."""

    failing: Failing
    outcome: AnyOutcome | None
    limits: tuple[Reason, ...]
    members: tuple[Exceptional, ...]

    @property
    def count(self) -> int:
        """How many there are; files that nobody looked into are counted one by one."""
        return sum(one.count for one in self.members)


def grouped_exceptions(found: Sequence[Exceptional]) -> list[Group]:
    """Group exceptions, in order of their first appearance."""
    groups: dict[tuple[Failing, AnyOutcome | None, tuple[Reason, ...]], list[Exceptional]] = {}
    for one in found:
        outcome = one.line.outcome if one.line else None
        groups.setdefault((one.failing, outcome, one.limits), []).append(one)
    return [Group(*key, tuple(members)) for key, members in groups.items()]


def exceptional(account: Account, words: Words, closing: Closing) -> list[Strip]:
    """What the front says: every one with its reason where they are few, else how many for which reason."""
    found = list(exceptions(account, closing))
    if not found:
        return paragraph(words.lines("sentence.no_exceptions"), BODY)
    if len(found) <= FEW:
        shares = (("number", 0.5, 1.0), ("item", 3.0, 0.0), ("what", 2.4, 0.0), ("why", 3.4, 0.0))
        rows = [
            (f"{n:,}", _item(one, words), _what(one, words), words.reasons(one.limits))
            for n, one in enumerate(found, 1)
        ]
        return table(_columns(words, shares), rows)
    shares = (("kind", 0.5, 1.0), ("count", 0.7, 1.0), ("what", 3.4, 0.0), ("why", 4.2, 0.0))
    rows = [
        (str(n), f"{group.count:,}", _what(group.members[0], words, group.count), words.reasons(group.limits))
        for n, group in enumerate(grouped_exceptions(found), 1)
    ]
    return [
        *table(_columns(words, shares), rows),
        *paragraph(words.lines("sentence.exceptions_behind", count=f"{len(found):,}"), NOTE, above=3),
    ]


def behind(account: Account, words: Words, closing: Closing) -> list[Strip]:
    """What stands behind the signatures: each exception by its id and name, kind by kind."""
    found = list(exceptions(account, closing))
    if len(found) <= FEW:
        return []
    strips: list[Strip] = []
    for n, group in enumerate(grouped_exceptions(found), 1):
        what = _what(group.members[0], words, group.count).replace("\n", " · ")
        why = "; ".join(words.reason(limit) for limit in group.limits)
        head = f"{n}.　{what}{words.colon}{why}" if why else f"{n}.　{what}"
        lines = [replace(row, head=None) for row in paragraph_rows(f"{head}（×{group.count:,}）")]
        strips += [replace(lines[0], above=6.0 if strips else 0.0), *lines[1:]]
        strips += _listed(group, words)
    return strips


def paragraph_rows(text: str) -> list[Row]:
    """Set a group's heading; it is one row, so that it never stands parted from itself."""
    return [Row((Cell.of(0, CONTENT, text, SMALL),), below=2, ruled=True)]


def _listed(group: Group, words: Words) -> list[Strip]:
    column = (CONTENT - (_SIDE_BY_SIDE - 1) * _GAP) / _SIDE_BY_SIDE
    strips: list[Strip] = []
    for _, pair in groupby(enumerate(group.members), lambda one: one[0] // _SIDE_BY_SIDE):
        cells: list[Cell] = []
        for place, (_, one) in enumerate(pair):
            x = place * (column + _GAP)
            record, name = _names(one, words)
            cells.append(Cell(x, _ID, (_cut(record, _ID),), NOTE))
            cells.append(Cell(x + _ID + 4, column - _ID - 4, (_cut(name, column - _ID - 4),), NOTE))
        strips.append(Row(tuple(cells)))
    return strips


def _cut(text: str, width: float) -> str:
    """Cut a text to one line; the whole of it stands in the inventory."""
    lines = NOTE.lines(text, width)
    return lines[0] if len(lines) == 1 else NOTE.lines(text, width - NOTE.size)[0] + "…"


def _columns(words: Words, shares: Sequence[tuple[str, float, float]]) -> list[Column]:
    return [Column(words.lines(f"column.{name}"), share, align) for name, share, align in shares]


def _names(one: Exceptional, words: Words) -> tuple[str, str]:
    if one.line:
        kind = "" if one.line.subject is Subject.RECORD else f"{words.said(one.line.subject)} "
        return one.line.id, f"{kind}{visible(one.line.name)}"
    return "", visible(one.searched.backup) if one.searched else ""


def _item(one: Exceptional, words: Words) -> str:
    if one.line:
        kind = "" if one.line.subject is Subject.RECORD else f" · {words.said(one.line.subject)}"
        return f"{one.line.id}{kind}\n{visible(one.line.name)}".rstrip()
    return visible(one.searched.backup) if one.searched else ""


def _what(one: Exceptional, words: Words, count: int = 0) -> str:
    text = words.label(f"failing.{one.failing.value}", count=f"{count or one.count:,}")
    if one.line and one.line.outcome:
        return f"{text}\n{words.said(one.line.outcome)}"
    return text
