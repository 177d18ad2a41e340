"""Say of each copy that nobody touched how it stands: a date, a lock, a person's word."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from app.domain.copies import Copy, Disposal
from app.domain.event import Settled
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Fact, KeepOutcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step

_ENDS: Final = {
    Disposal.MEDIUM: CopyOutcome.MEDIUM_DESTROYED,
    Disposal.EXPIRES: CopyOutcome.EXPIRES,
    Disposal.LOCKED: CopyOutcome.LOCKED,
    Disposal.UNREACHABLE: CopyOutcome.UNREACHABLE,
}


def is_standing(item: PlanItem, copies: Mapping[str, Copy]) -> bool:
    """Whether it is a copy that stays and is no file of its own, so that nothing can be read again."""
    copy = copies.get(item.id)
    return copy is not None and not item.fate.destroys and bool(copy.repository or copy.disposal.declared)


def check_standing(items: Iterable[PlanItem], copies: Mapping[str, Copy]) -> Iterator[Settled]:
    """Settle each copy that stays in a repository, or that a person declared; others are passed over."""
    for item in items:
        if is_standing(item, copies):
            outcome, evidence = _stand(copies[item.id])
            yield Settled(Step.CERTIFY, item.id, item.subject, outcome, evidence)


def _stand(copy: Copy) -> tuple[AnyOutcome, Evidence]:
    facts: list[Fact] = []
    if copy.until:
        facts.append(("until", copy.until.isoformat()))
    if copy.declared_by:
        facts.append(("declared_by", copy.declared_by))
    if copy.paper:
        facts.append(("paper_sha256", copy.paper))
    if copy.disposal in _ENDS:
        limits = dict.fromkeys((*((Reason.DECLARED,) if copy.declared_by else ()), *copy.reasons))
        return _ENDS[copy.disposal], Evidence(
            "declared" if copy.declared_by else "store", tuple(limits), tuple(facts)
        )
    return KeepOutcome.LEFT, Evidence("untouched", copy.reasons, tuple(facts))
