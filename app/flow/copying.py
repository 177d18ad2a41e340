"""What the officer's word does to a copy that was found, and what a copy's end rests on."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from app.domain.case import Case
from app.domain.copies import Copy, Disposal, Searched
from app.domain.fault import GateClosed
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan, Subject
from app.domain.step import Gate, Step
from app.flow.desk import Desk
from app.flow.papers import attach
from app.steps.confirm import check_sealed


def stays(copy: Copy, by: str) -> Copy:
    """Keep a copy in a person's name; one that Lethe would destroy becomes an exception that says so."""
    if copy.disposal is Disposal.EXCEPTION or copy.disposal.declared:
        return replace(copy, declared_by=by)
    reasons = (*copy.reasons, Reason.KEPT_BY_OFFICER)
    return replace(copy, disposal=Disposal.EXCEPTION, reasons=reasons, declared_by=by)


def goes_after_all(copy: Copy) -> Copy:
    """Take that word back. What stays for any other reason, stays."""
    others = tuple(reason for reason in copy.reasons if reason is not Reason.KEPT_BY_OFFICER)
    if others == copy.reasons:
        return copy
    known = set(others) - {Reason.OTHER_VERSION, Reason.MIXED_ARCHIVE}
    goes = Disposal.EXPUNGE if copy.repository else Disposal.WIPE
    if Reason.MIXED_ARCHIVE in others:
        goes = Disposal.REWRITE
    return replace(copy, disposal=Disposal.EXCEPTION if known else goes, reasons=others, declared_by="")


def key_end(desk: Desk, plan: Plan, repository: str) -> KeyOutcome | None:
    """How the keys inside a repository ended, the worst of them; None when none of them was shredded."""
    inside, ends = os.path.realpath(repository), []
    for item in plan.items:
        if item.subject is not Subject.KEY or not Path(os.path.realpath(item.path)).is_relative_to(inside):
            continue
        result = desk.state.results.get(item.id)
        ended = result.outcome if result else None
        ends.append(ended if isinstance(ended, KeyOutcome) else KeyOutcome.FAILED)
    ladder = list(KeyOutcome)
    return max(ends, key=ladder.index) if ends else None


def bag_stands(desk: Desk, told: Searched) -> None:
    """Keep how a bag stands after files of it went, beside what its search could not look at."""

    def anew(one: Searched) -> Searched:
        limits = [limit for limit in one.limits if limit is not Reason.NOT_MENDED]
        return replace(one, limits=(*limits, *told.limits), fault=told.fault)

    known = desk.register.searched()
    desk.register.set_searched([anew(one) if one.backup == told.backup else one for one in known])


def keep_papers(case: Case, folder: Path) -> None:
    """Lay what was put forward as evidence for a declared backup with the documents of the case.

    Raises:
        Refused: PAPER_UNREADABLE.
    """
    for backup in case.backups:
        if backup.paper:
            attach(folder, backup.paper, "media")


def refuse_unsealed(desk: Desk, plan: Plan, step: Step) -> None:
    """Look once more, at the moment of destruction, that what the law keeps lies sealed as it was tested.

    Raises:
        GateClosed: NOT_SEALED.
    """
    ended = {one.id: (one.outcome, one.evidence) for one in desk.state.results.values()}
    gone = sum(1 for _ in check_sealed(plan.items, ended, desk.sealed_folder, desk.case.number))
    if gone:
        raise GateClosed(step, Gate.NOT_SEALED, gone)
