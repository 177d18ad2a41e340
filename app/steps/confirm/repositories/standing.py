"""Say of each copy that nobody touched how it stands: a date, a lock, a person's word."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Copy, Disposal
from app.domain.event import Progressed, Settled
from app.domain.outcome import AnyOutcome, CopyOutcome, Evidence, Fact, KeepOutcome, Reason
from app.domain.plan import PlanItem
from app.domain.step import Step
from app.steps.confirm.repositories import KINDS
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.later import UNTIL, Answer, Dated, ask_repositories, asked_by
from app.steps.confirm.repositories.work import (
    PATIENCE,
    Passwords,
    at_work,
    by_path,
    no_password,
    told,
    understood,
)

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


def check_standing(
    items: Iterable[PlanItem],
    copies: Mapping[str, Copy],
    *,
    backups: Sequence[Backup] = (),
    password: Passwords = no_password,
    salts: bytes = b"",
    patience: float = PATIENCE,
) -> Iterator[Progressed | Settled]:
    """Settle each copy that stays in a repository, or that a person declared; others are passed over.

    Of a locked one it is asked how it is locked now, and noted by what it can be asked for after its
    date, `salts` keying its hash. One that is not there any more is LOCKED still, with GONE: its date is
    to come, and nobody saw it go. Where the store does not tell which it is, or is another than
    was searched, NOT_ASKED_AGAIN says that only a document will do.
    """
    standing = [(item, copies[item.id]) for item in items if is_standing(item, copies)]
    known, locked = by_path(backups), dict[str, list[Copy]]()
    for _, copy in standing:
        if copy.disposal is Disposal.LOCKED and copy.repository in known:
            locked.setdefault(copy.repository, []).append(copy)
    ends: dict[str, tuple[AnyOutcome, Evidence]] = {}
    for path, group in locked.items():
        store = yield from _store_of(known[path], password, patience)
        if store is None or any(copy.store and copy.store != store for copy in group):
            ends |= {copy.id: _limited(copy, Reason.NOT_ASKED_AGAIN) for copy in group}
            continue
        others = {copy.sha256 for copy in copies.values() if copy.repository == path and not copy.until}
        siblings = frozenset(copy.id for copy in group if copy.sha256 in others)
        dated = [Dated(copy.id, *_stand(copy, asked_by(copy, backups, salts, store))) for copy in group]
        for answer in ask_repositories(dated, backups, salts, password, patience, siblings=siblings):
            if isinstance(answer, Answer):
                ends[answer.dated.id] = _now(answer, dated)
            else:
                yield answer
    for item, copy in standing:
        outcome, evidence = ends.get(item.id) or _stand(copy)
        yield Settled(Step.CERTIFY, item.id, item.subject, outcome, evidence)


def _store_of(
    backup: Backup, password: Passwords, patience: float
) -> Generator[Progressed, None, str | None]:
    """What the store of a repository is known by; None when it does not tell."""
    try:
        with understood(), at_work(backup, password, patience) as repository:
            run = KINDS[backup.kind].store(repository)
            return (yield from told(Step.CERTIFY, run, "bytes", repository.path, patience))
    except Unusable:
        return None


def _now(answer: Answer, before: Sequence[Dated]) -> tuple[AnyOutcome, Evidence]:
    """How a locked copy ends by what its store said of it."""
    one, limit = answer.dated, Reason.NOT_ASKED_AGAIN
    if one.outcome is CopyOutcome.ABSENT:
        one, limit = next(it for it in before if it.id == one.id), Reason.GONE
    elif answer.reason is None:
        return one.outcome, one.evidence
    return one.outcome, replace(one.evidence, limits=(*one.evidence.limits, limit))


def _limited(copy: Copy, limit: Reason) -> tuple[AnyOutcome, Evidence]:
    outcome, evidence = _stand(copy)
    return outcome, replace(evidence, limits=(*evidence.limits, limit))


def _stand(copy: Copy, more: tuple[Fact, ...] = ()) -> tuple[AnyOutcome, Evidence]:
    facts: list[Fact] = []
    if copy.until:
        facts.append((UNTIL, copy.until.isoformat()))
    if copy.declared_by:
        facts.append(("declared_by", copy.declared_by))
    if copy.paper:
        facts.append(("paper_sha256", copy.paper))
    facts += more
    if copy.disposal in _ENDS:
        limits = dict.fromkeys((*((Reason.DECLARED,) if copy.declared_by else ()), *copy.reasons))
        return _ENDS[copy.disposal], Evidence(
            "declared" if copy.declared_by else "store", tuple(limits), tuple(facts)
        )
    return KeepOutcome.LEFT, Evidence("untouched", copy.reasons, tuple(facts))
