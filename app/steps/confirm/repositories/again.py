"""Ask the repositories once more, right before certifying: what was taken out of them is still not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import Progressed, Settled
from app.domain.fate import Fate
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Outcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.reading import CantRead
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.work import PATIENCE, Passwords, at_work, by_path, kind_of, told

_GONE: Final = (CopyOutcome.EXPUNGED, Outcome.REMOVED)
_SEEN: Final = "absent_at"
"""The fact that tells when the absence was seen last, RFC 3339."""

Ended = Mapping[str, tuple[AnyOutcome, Evidence, str]]
"""How each item ended, by its id, and when."""


def check_expunged(
    items: Iterable[PlanItem],
    ended: Ended,
    *,
    copies: Mapping[str, Copy],
    backups: Sequence[Backup],
    password: Passwords,
    patience: float = PATIENCE,
) -> Iterator[Progressed | Settled]:
    """Ask each repository for the recorded hashes of what was taken out of it; nothing is changed.

    Settled as before where all are absent, and as SURVIVES where one is there again: a later
    backup, or somebody who laid an older state back. Where the repository can't be asked, the
    outcome stays with the limit NOT_ASKED_AGAIN, and `absent_at` tells when it was seen.
    """
    known = by_path(tuple(backups))
    groups: dict[str, list[PlanItem]] = defaultdict(list)
    for item in items:
        copy = copies.get(item.id)
        if item.fate is not Fate.EXPUNGE or copy is None or copy.repository not in known:
            continue
        if copy.disposal in (Disposal.EXPUNGE, Disposal.DISCARD) and _was_gone(item, ended):
            groups[copy.repository].append(item)
    for path, group in groups.items():
        left = yield from _asked(known[path], group, copies, password, patience)
        for item in group:
            yield _settled(item, ended[item.id], None if left is None else left & _marks(item, copies))


def _was_gone(item: PlanItem, ended: Ended) -> bool:
    return item.id in ended and ended[item.id][0] in _GONE


def _marks(item: PlanItem, copies: Mapping[str, Copy]) -> frozenset[str]:
    return frozenset(copies[item.id].marks or (item.sha256,))


def _asked(
    backup: Backup,
    items: Sequence[PlanItem],
    copies: Mapping[str, Copy],
    password: Passwords,
    patience: float,
) -> Generator[Progressed, None, frozenset[str] | None]:
    """Give which of the hashes are there; None when the repository does not tell."""
    kind = kind_of(backup)
    if kind is None:
        return None
    marks = frozenset().union(*(_marks(item, copies) for item in items))
    sizes = frozenset(item.stamp.size for item in items)
    try:
        with at_work(backup, password, patience) as repository:
            asked = kind.remaining(repository, marks, sizes)
            return (yield from told(Step.CERTIFY, asked, "bytes", str(backup.path)))
    except (Unusable, OSError, CantRead, ValueError, KeyError, TypeError):
        return None


def _settled(
    item: PlanItem, before: tuple[AnyOutcome, Evidence, str], left: frozenset[str] | None
) -> Settled:
    outcome, evidence, at = before
    facts = tuple(fact for fact in evidence.facts if fact[0] != _SEEN)
    limits: tuple[Reason, ...] = tuple(one for one in evidence.limits if one is not Reason.NOT_ASKED_AGAIN)
    if left is None:
        seen = str(dict(evidence.facts).get(_SEEN, at))
        limits, facts = (*limits, Reason.NOT_ASKED_AGAIN), (*facts, (_SEEN, seen))
    elif left:
        outcome, limits = Outcome.SURVIVES, (*limits, Reason.COPIES_REMAIN)
        facts = tuple((name, len(left)) if name == "hashes_left" else (name, value) for name, value in facts)
    return Settled(
        Step.CERTIFY, item.id, item.subject, outcome, replace(evidence, limits=limits, facts=facts)
    )
