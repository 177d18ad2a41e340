"""What the officer's word does to a copy that was found, and what a copy's end rests on."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from app.domain.case import Case
from app.domain.copies import Copy, Disposal, Searched
from app.domain.event import Progressed
from app.domain.fate import Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import KeyOutcome, Reason
from app.domain.plan import Plan, Subject
from app.domain.step import Gate, Stage, Step
from app.domain.wording import letters
from app.flow.asking import led_to
from app.flow.custody import keep_receipts
from app.flow.desk import Desk
from app.flow.papers import lay
from app.steps.confirm import check_sealed
from app.steps.confirm.repositories.work import by_path
from app.system.paths import lies_in


def stays(copy: Copy, by: str) -> Copy:
    """Keep a copy in a person's name; one that Lethe would destroy becomes an exception that says so.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a name that is none.
    """
    if not letters(by):
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, copy.path, 'declared_by: "name"')
    if copy.disposal is Disposal.EXCEPTION or copy.disposal.declared:
        return replace(copy, declared_by=by)
    reasons = (*copy.reasons, Reason.KEPT_BY_OFFICER)
    return replace(copy, disposal=Disposal.EXCEPTION, reasons=reasons, declared_by=by, was=copy.disposal)


def goes_after_all(copy: Copy) -> Copy:
    """Take that word back: it goes as it was to go. What stays for any other reason, stays."""
    if copy.was is None:
        return copy
    others = tuple(reason for reason in copy.reasons if reason is not Reason.KEPT_BY_OFFICER)
    return replace(copy, disposal=copy.was, reasons=others, declared_by="", was=None)


def also_of(known: Copy, of: Iterable[str]) -> Copy:
    """Give a known copy as one of what it was found to be besides; what becomes of it stays as decided."""
    return replace(known, of=tuple(sorted({*known.of, *of})))


def astray(plan: Plan, copies: Mapping[str, Copy]) -> Iterator[Path]:
    """Archives that were signed to be written anew, and of which the register says so no more.

    They hold what nobody signed for, and must not go as a whole.
    """
    signed = f"disposal.{Disposal.REWRITE.value}"
    for item in plan.with_fate(Fate.WIPE):
        copy = copies.get(item.id)
        if item.rule.startswith(signed) and (copy is None or copy.disposal is not Disposal.REWRITE):
            yield Path(item.path)


def key_ends(desk: Desk, plan: Plan, step: Step) -> Generator[Progressed, None, dict[str, KeyOutcome]]:
    """How the keys inside each repository ended, the worst of them; those without any to go left out."""
    stores = list(by_path(desk.case.backups))
    keys = [item for item in plan.items if item.subject is Subject.KEY] if stores else []
    led = yield from led_to(step, (*stores, *(item.path for item in keys)))
    ladder, worst = list(KeyOutcome), dict[str, KeyOutcome]()
    for item, place in zip(keys, led[len(stores) :], strict=True):
        result = desk.state.results.get(item.id)
        end = result.outcome if result and isinstance(result.outcome, KeyOutcome) else KeyOutcome.FAILED
        for store, inside in zip(stores, led, strict=False):
            if lies_in(place, inside):
                worst[store] = max(worst.get(store, end), end, key=ladder.index)
    return worst


def bag_stands(desk: Desk, told: Searched) -> None:
    """Keep how a bag stands after files of it went, beside what its search could not look at."""

    def anew(one: Searched) -> Searched:
        limits = [limit for limit in one.limits if limit is not Reason.NOT_MENDED]
        return replace(one, limits=(*limits, *told.limits), fault=told.fault)

    known = desk.register.searched()
    desk.register.set_searched([anew(one) if one.backup == told.backup else one for one in known])


def keep_papers(case: Case, folder: Path) -> None:
    """Lay what is declared of evidence for backups, and of receipts, with the documents of the case.

    Raises:
        Refused: PAPER_UNREADABLE; also for one of no bytes, which shows nothing.
    """
    for backup in case.backups:
        if backup.paper:
            if backup.paper.is_file() and not backup.paper.stat().st_size:
                raise Refused(Fault.PAPER_UNREADABLE, str(backup.paper), "0 B")
            lay(folder, backup.paper, "media")
    keep_receipts(case, folder)


def refuse_unsealed(desk: Desk, plan: Plan, step: Step) -> None:
    """Look once more, at the moment of destruction, that what the law keeps lies sealed as it was tested.

    Once all that the step destroys is gone, there is nothing to be kept from it any more: the
    certificate says what became of the package.

    Raises:
        GateClosed: NOT_SEALED.
    """
    ended = {one.id: (one.outcome, one.evidence) for one in desk.state.results.values()}
    gone = sum(1 for _ in check_sealed(plan.items, ended, desk.sealed_folder, desk.case.number))
    if gone and _anything_left(desk, plan, step):
        raise GateClosed(step, Gate.NOT_SEALED, gone)


def _anything_left(desk: Desk, plan: Plan, step: Step) -> bool:
    keys = step is Step.SHRED
    mine = (one for one in plan.items if one.fate.destroys and (one.subject is Subject.KEY) is keys)
    return any(desk.state.stages.get(one.id) is not Stage.SETTLED for one in mine)
