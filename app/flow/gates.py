"""The gates: what must hold before a step may be entered, as pure questions to the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.domain.case import Case, CaseKind
from app.domain.copies import Copy, Disposal
from app.domain.fate import Fate
from app.domain.fault import GateClosed
from app.domain.outcome import KeepOutcome
from app.domain.step import Gate, Step
from app.flow.state import Pending, State
from app.register import Register
from app.steps.locate.checks import is_uscc

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


def gate(step: Step, case: Case, state: State) -> GateClosed | None:
    """Say why `step` may not be entered, or None when it may."""
    if state.certified:
        return GateClosed(step, Gate.CLOSED)
    if state.signed:
        return _after_signing(step, state)
    return _before_signing(step, case, state)


def _before_signing(step: Step, case: Case, state: State) -> GateClosed | None:
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
    return _before_sign(step, state.pending) if step is Step.SIGN else None


def _undeclared(case: Case) -> Gate | None:
    if not complete(case):
        return Gate.COMPANY_INCOMPLETE
    return Gate.SIMPLE_WITH_DISPUTE if barred(case) else None


def _before_sign(step: Step, pending: Pending) -> GateClosed | None:
    if pending.unsealed:
        return GateClosed(step, Gate.NOT_SEALED, pending.unsealed)
    if pending.unchecked:
        return GateClosed(step, Gate.BACKUP_NOT_CHECKED, pending.unchecked)
    if pending.copies_open:
        return GateClosed(step, Gate.COPY_WITHOUT_DISPOSAL, pending.copies_open)
    return None


def _after_signing(step: Step, state: State) -> GateClosed | None:
    if step.index <= Step.SIGN.index:
        return GateClosed(step, Gate.SIGNED)
    missing = sum(
        earlier not in state.finished for earlier in (Step.SHRED, Step.WIPE) if earlier.index < step.index
    )
    return GateClosed(step, Gate.EARLIER_STEP, missing) if missing else None


def first_changed(old: Case, new: Case) -> Step:
    """The first step whose results rest on a declaration that changed; after all of them when none did."""
    if (old.locations, old.databases, old.backups, old.people) != (
        new.locations,
        new.databases,
        new.backups,
        new.people,
    ):
        return Step.LOCATE
    if (old.rules, old.holds, old.keys, old.services) != (new.rules, new.holds, new.keys, new.services):
        return Step.DECIDE
    if old.custodians != new.custodians or old.certificate.out != new.certificate.out:
        return Step.CONFIRM
    return Step.SIGN
