"""The gates: what must hold before a step may be entered, as pure questions to the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from app.domain.case import Case, CaseKind, Custodian
from app.domain.copies import Copy, Disposal
from app.domain.fate import Fate
from app.domain.fault import GateClosed
from app.domain.outcome import KeepOutcome
from app.domain.step import Gate, Step
from app.flow.custodians import REASONS
from app.flow.custody import lacks_receipt, shut_by
from app.flow.desk import laid_out
from app.flow.state import Pending, State
from app.register import Register
from app.steps.locate.checks import is_uscc
from app.system.paths import lies_in, real_paths

T = TypeVar("T")

_DISPUTES: Final = frozenset({"lawsuit", "arbitration", "investigation"})
"""What bars a simple deregistration (市场主体登记管理条例实施细则 48)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one step stands: done, begun but not done, and the gate before it if that is closed."""

    step: Step
    done: bool
    begun: bool
    gate: GateClosed | None


def complete(case: Case) -> bool:
    """Whether the company's declarations suffice to begin."""
    company = case.company
    places = case.locations or case.databases
    return bool(case.number and company.name.strip() and places) and is_uscc(company.uscc)


def unlocked(part: T | None) -> T:
    """Give what only a case has that its officer opened.

    Raises:
        GateClosed: REGISTER_LOCKED.
    """
    if part is None:
        raise GateClosed(Step.COMPANY, Gate.REGISTER_LOCKED)
    return part


def barred(case: Case) -> bool:
    """Whether the case claims a simple deregistration while a dispute is open."""
    return case.company.kind is CaseKind.SIMPLE and any(hold.reason in _DISPUTES for hold in case.holds)


def count_pending(register: Register, state: State) -> Pending:
    """Count what stands in the way of later steps. Written to the journal, so that it can be asked there."""
    sealed = {result.id for result in state.results.values() if result.outcome is KeepOutcome.SEALED}
    wanted = {
        row.record.id
        for row in register.rows()
        if row.decision and row.decision.fate in (Fate.SEAL, Fate.TRANSFER)
    }
    unchecked = sum(one.fault is not None for one in register.searched())
    return Pending(register.undecided(), len(wanted - sealed), _open_copies(register.copies()), unchecked)


def _open_copies(copies: list[Copy]) -> int:
    """Copies that have neither a disposal nor an exception that a person has accepted."""
    return sum(copy.disposal is Disposal.EXCEPTION and not copy.declared_by for copy in copies)


def gate(step: Step, case: Case, state: State, folder: Path) -> GateClosed | None:
    """Say why `step` may not be entered, or None when it may. The documents of the case lie in `folder`."""
    if state.certified:
        return GateClosed(step, Gate.CLOSED)
    if state.signed:
        return _after_signing(step, case, state, folder)
    return _before_signing(step, case, state, folder)


def _before_signing(step: Step, case: Case, state: State, folder: Path) -> GateClosed | None:
    if step is Step.COMPANY:
        return None
    why, count = _undeclared(case), 0
    if not why and step.index > Step.SIGN.index:
        why = Gate.NOT_SIGNED
    if not why:
        count = sum(earlier not in state.finished for earlier in list(Step)[: step.index])
        why = Gate.EARLIER_STEP if count else None
    if not why and step.index >= Step.CONFIRM.index and state.pending.undecided:
        why, count = Gate.UNDECIDED, state.pending.undecided
    if why:
        return GateClosed(step, why, count)
    return _before_sign(step, case, state, folder) if step is Step.SIGN else None


def _undeclared(case: Case) -> Gate | None:
    if not complete(case):
        return Gate.COMPANY_INCOMPLETE
    return Gate.SIMPLE_WITH_DISPUTE if barred(case) else None


def _before_sign(step: Step, case: Case, state: State, folder: Path) -> GateClosed | None:
    pending = state.pending
    if pending.unsealed:
        return GateClosed(step, Gate.NOT_SEALED, pending.unsealed)
    if why := shut_by(case, state, folder):
        return GateClosed(step, why)
    if pending.unchecked:
        return GateClosed(step, Gate.BACKUP_NOT_CHECKED, pending.unchecked)
    if pending.copies_open:
        return GateClosed(step, Gate.COPY_WITHOUT_DISPOSAL, pending.copies_open)
    return None


def _after_signing(step: Step, case: Case, state: State, folder: Path) -> GateClosed | None:
    if step.index <= Step.SIGN.index:
        return GateClosed(step, Gate.SIGNED)
    missing = sum(
        earlier not in state.finished for earlier in (Step.SHRED, Step.WIPE) if earlier.index < step.index
    )
    if missing:
        return GateClosed(step, Gate.EARLIER_STEP, missing)
    # A receipt may be taken away after signing, so it is looked for at the act too.
    lost = step.destroys and lacks_receipt(case, state, folder)
    return GateClosed(step, Gate.NO_RECEIPT) if lost else None


def first_changed(old: Case, new: Case) -> Step:
    """The first step whose results rest on a declaration that changed; after all of them when none did.

    Where paths lead, disks are given ten seconds to say, all together, and as long to say what lies
    where the certificate goes: of one that is silent nothing is known, and its paths count as spelled.
    """
    # Asked once: a disk that wakes up meanwhile would tell of more the second time.
    asked = [(_locations(case), _own(case)) for case in (old, new)]
    spelled = [one for places, own in asked for one in (*places, *own)]
    led = dict(zip(spelled, real_paths(spelled), strict=True))
    before, after = (_passed_over(places, own, led) for places, own in asked)
    both = zip(_rested_on(old, before), _rested_on(new, after), strict=True)
    return next((step for (step, one), (_, other) in both if one != other), Step.SIGN)


def _rested_on(case: Case, passed_over: list[str]) -> tuple[tuple[Step, object], ...]:
    """What is declared that the results of each step rest on."""
    return (
        (Step.LOCATE, (case.locations, case.databases, case.backups, case.people, case.looking)),
        (Step.LOCATE, passed_over),
        (Step.DECIDE, (case.rules, case.holds, case.keys, case.services)),
        (Step.CONFIRM, (_sealed_to(case.custodians), case.certificate.out, case.vault.keep)),
        (Step.CONFIRM, case.certificate.register),
    )


def _locations(case: Case) -> list[str]:
    return [str(one.path) for one in case.locations]


def _own(case: Case) -> list[str]:
    """What Lethe lays in a case's folders, and the custodians' key files."""
    register = case.certificate.register
    own = (*laid_out(case), *(one.identity for one in case.custodians), register)
    return [str(one) for one in own if one]


def _passed_over(places: Sequence[str], own: Sequence[str], led: Mapping[str, str]) -> list[str]:
    """What in the locations nobody looks into: what Lethe lays there, and the custodians' key files.

    Declared for elsewhere, it changes nothing of what was found.
    """
    return sorted(led[path] for path in own if any(lies_in(led[path], led[place]) for place in places))


def _sealed_to(custodians: Sequence[Custodian]) -> list[Custodian]:
    """Custodians without what changes nothing in the package: receipts, and reasons."""
    nothing = Custodian("")
    reasons = {name: getattr(nothing, name) for name in (*REASONS, "receipt")}
    return [replace(one, **reasons) for one in custodians]
