"""The counts a certificate prints, taken from the lines and from nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from app.domain.copies import Trace
from app.domain.fate import Fate, Ground
from app.domain.outcome import AnyOutcome, KeepOutcome, Reason
from app.domain.plan import Subject
from app.domain.record import Tier
from app.steps.certify.account import Account, Line
from app.steps.certify.status import destroyed, failing_of

K = TypeVar("K")

RECEIPT: Final = "custodian"
"""The kind of document by which a custodian says that they took over what was sealed."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Lines counted together. `people` are estimates added up, `bytes` are of all lines."""

    lines: int
    bytes: int
    people: int
    destroyed: int
    kept: int
    failing: int


@dataclass(frozen=True, slots=True)
class MethodRow:
    """What was done to lines of one kind by one method, and how they ended.

    `passes` are the bytes of each pass as `Pass.text` writes them, a blank between; empty
    where the evidence names none.
    """

    subject: Subject
    method: str
    passes: str
    sum: Sum
    outcomes: tuple[tuple[AnyOutcome | None, int], ...]


@dataclass(frozen=True, slots=True)
class KeptRow:
    """What is kept for one reason."""

    fate: Fate
    ground: Ground
    rule: str
    law: str
    sum: Sum
    outcomes: tuple[tuple[AnyOutcome | None, int], ...]


def summed(lines: Sequence[Line]) -> Sum:
    """Count lines. Kept are those whose fate does not destroy and which are no exception."""
    failing = [failing_of(line) is not None for line in lines]
    return Sum(
        len(lines),
        sum(line.bytes for line in lines),
        sum(line.people for line in lines),
        sum(destroyed(line) for line in lines),
        sum(not line.fate.destroys and not bad for line, bad in zip(lines, failing, strict=True)),
        sum(failing),
    )


def records_of(account: Account) -> list[Line]:
    """Give the lines that are records, not copies or keys."""
    return [line for line in account.lines if line.subject is Subject.RECORD]


def by_category(account: Account) -> list[tuple[Tier, str, Sum]]:
    """Count records by tier, gravest first, and category."""
    groups = _grouped(records_of(account), lambda line: (line.tier, line.category))
    rows = [(tier, category, summed(lines)) for (tier, category), lines in groups.items()]
    return sorted(rows, key=lambda row: (-row[0].rank, row[1]))


def by_method(account: Account) -> list[MethodRow]:
    """Group what was to be destroyed by kind, method and passes, in order of first appearance."""
    lines = [line for line in account.lines if line.fate.destroys]
    groups = _grouped(lines, lambda line: (line.subject, *_act(line)))
    return [MethodRow(*key, summed(group), _outcomes(group)) for key, group in groups.items()]


def _act(line: Line) -> tuple[str, str]:
    """The method and the bytes of its passes, as the evidence names them."""
    if line.evidence is None:
        return "", ""
    return line.evidence.method, str(dict(line.evidence.facts).get("pass_bytes", ""))


def by_ground(account: Account) -> list[KeptRow]:
    """Group what is kept by fate and reason."""
    lines = [line for line in account.lines if not line.fate.destroys]
    groups = _grouped(lines, lambda line: (line.fate, line.ground, line.rule, line.law))
    return [KeptRow(*key, summed(group), _outcomes(group)) for key, group in groups.items()]


@dataclass(frozen=True, slots=True)
class TraceRow:
    """Traces of one kind: how many were found, and how many of them are gone."""

    trace: Trace
    count: int
    destroyed: int


def traces_of(lines: Iterable[Line]) -> list[TraceRow]:
    """Count traces by kind, which the rule of their line names."""
    groups = _grouped(lines, _trace_of)
    return [
        TraceRow(trace, len(groups[trace]), sum(map(destroyed, groups[trace])))
        for trace in Trace
        if trace in groups
    ]


def _trace_of(line: Line) -> Trace | None:
    names = {f"trace.{trace.value}": trace for trace in Trace}
    return next((names[one] for one in line.rule.split() if one in names), None)


def limits_seen(account: Account, more: Iterable[Reason] = ()) -> list[tuple[Reason, int]]:
    """Give each limit that any outcome carries, with how many carry it, most frequent first."""
    seen = Counter(reason for line in account.lines if line.evidence for reason in line.evidence.limits)
    seen.update(reason for searched in account.searched for reason in searched.limits)
    seen.update(more)
    if not any(paper.kind == RECEIPT and paper.bytes for paper in account.papers):
        sealed = [line.evidence for line in account.lines if line.outcome is KeepOutcome.SEALED]
        told = (one is not None and Reason.NO_RECEIPT in one.limits for one in sealed)
        seen.update(Reason.NO_RECEIPT for one in told if not one)
    return sorted(seen.items(), key=lambda item: (-item[1], item[0].value))


def _grouped(lines: Iterable[Line], key: Callable[[Line], K]) -> dict[K, list[Line]]:
    groups: defaultdict[K, list[Line]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return dict(groups)


def _outcomes(lines: Sequence[Line]) -> tuple[tuple[AnyOutcome | None, int], ...]:
    return tuple(Counter(line.outcome for line in lines).most_common())
