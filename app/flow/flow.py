"""The flow: one case, its steps in order, what is recorded, and where it goes on after a stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from app.domain.case import Case, FateRule, HoldRule, Match, Role
from app.domain.copies import Copy, Searched
from app.domain.fate import Decision, Fate
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.key import Key
from app.domain.plan import Plan
from app.domain.step import Gate, Step
from app.flow import accounting, closing, work
from app.flow.copying import goes_after_all, stays
from app.flow.desk import Passphrase, from_environment, now
from app.flow.found_keys import FoundKey, found_keys
from app.flow.gates import Standing, complete, first_changed, gate
from app.flow.late_searches import all_searched
from app.flow.opened import OpenCase
from app.flow.people import refuse_unapproved
from app.flow.planning import draw_plan
from app.flow.recording import Work
from app.flow.sought import Sought
from app.flow.state import Result
from app.flow.watching import in_custody
from app.identity import Identity, SignedPlan, sign_plan
from app.journal import FirstKey
from app.register import Row
from app.register.codec import build
from app.steps.certify import Status, planned_root
from app.steps.certify.account import Coverage, Signer
from app.steps.decide import decide


class Flow:
    """One opened case: what may be done next, and what was done. Used by one thread at a time."""

    def __init__(self, opened: OpenCase) -> None:
        self._at = opened
        self._state = opened.state
        self._plan: Plan | None = None
        self._signed: SignedPlan | None = None
        self.sought = Sought()

    @classmethod
    def create(
        cls, folder: Path, case: Case, officer: Identity, passphrase: Passphrase = from_environment
    ) -> Self:
        """Make the case folder with its journal, register and slot, and stand at the first step.

        Raises:
            Refused: CASE_EXISTS; WRONG_ROLE unless the identity is an officer's.
        """
        return cls(OpenCase.create(folder, case, officer, passphrase))

    @classmethod
    def open(
        cls, folder: Path, officer: Identity | None = None, passphrase: Passphrase = from_environment
    ) -> Self:
        """Open a case where it stands. Without an officer it is only looked at, and nothing can begin.

        Raises:
            Refused: CASE_NOT_FOUND, CASE_IN_USE, CASE_TOO_NEW, JOURNAL_BROKEN, REGISTER_BROKEN,
                WRONG_PASSPHRASE when the identity is not that of this case's officer.
        """
        return cls(OpenCase.open(folder, officer, passphrase))

    def close(self) -> None:
        """Put everything on disk and release the case."""
        self._at.close()

    # Where the case stands

    @property
    def folder(self) -> Path:
        """The case folder."""
        return self._at.folder

    @property
    def officer(self) -> Identity | None:
        """Who opened the case; None for a read-only look."""
        return self._at.officer

    @property
    def case(self) -> Case:
        """What the officer declared."""
        return self._at.case

    @property
    def closed(self) -> bool:
        """Whether the case is certified and its register's key gone."""
        return bool(self._state.certified)

    @property
    def certificate(self) -> Path | None:
        """The finished certificate, where it was handed out."""
        return closing.handed_out(self._at) if self.closed else None

    @property
    def status(self) -> Status | None:
        """What the certificate says of the whole, None before it is issued."""
        return closing.status_of_case(self._at) if self.closed else None

    def gate(self, step: Step) -> GateClosed | None:
        """Why `step` may not be entered now, or None."""
        return gate(step, self._at.case, self._state, self._at.folder)

    def done(self, step: Step) -> bool:
        """Whether `step` ran to its end and its results count."""
        return step in self._state.finished

    def standing(self) -> tuple[Standing, ...]:
        """Where every step stands, in order."""
        return tuple(
            Standing(step, self.done(step), step in self._state.begun, self.gate(step)) for step in Step
        )

    def rows(self) -> list[Row]:
        """The records with their decisions; empty once the register is closed for good."""
        return list(self._at.readable.register.rows()) if self._at.readable else []

    def keys(self) -> list[Key]:
        """The keys that confirm took in."""
        return self._at.readable.register.declared_keys() if self._at.readable else []

    def copies(self) -> list[Copy]:
        """The copies that confirm found."""
        return self._at.readable.register.copies() if self._at.readable else []

    def searched(self) -> list[Searched]:
        """How the search of each backup ended."""
        return all_searched(self._at.readable.register) if self._at.readable else []

    def found_keys(self) -> tuple[FoundKey, ...]:
        """Records with keys or passwords that nobody declared as keys."""
        return found_keys(self._at.readable.register, self.case) if self._at.readable else ()

    def coverage(self) -> Coverage:
        """What locate looked at; zeros before it ran, or once the register is closed for good."""
        stored = self._at.readable.register.fact("coverage") if self._at.readable else None
        return build(Coverage, stored) if stored else Coverage(0, 0, 0, 0, 0, 0, 0)

    def named(self) -> tuple[int, int] | None:
        """How many customers of the list were named somewhere, and how many it has; None without a list."""
        told = self._at.readable.register.fact("named") if self._at.readable else None
        return (int(told[0]), int(told[1])) if told else None

    def results(self) -> list[Result]:
        """How each item ended so far, from the journal."""
        return list(self._state.results.values())

    def signers(self) -> list[Signer]:
        """Who signed the plan."""
        return list(accounting.signers(self._state))

    # What the officer declares and decides

    def declare(self, case: Case) -> None:
        """Take new declarations; `case.toml` holds them after the call. What rests on changed ones is void.

        Raises:
            GateClosed: SIGNED or CLOSED after signing.
        """
        self._before_signing(Step.COMPANY)
        step = first_changed(self._at.case, case)
        self._at.redeclare(case)
        self._plan = None
        self._at.recorder().note("declared", {"void_from": step.value, "complete": complete(case)})
        self._at.bind()

    def overrule(self, record: str, fate: Fate, reason: str) -> Decision:
        """Give one record a fate by the officer's word.

        Raises:
            Refused: RECORD_PROTECTED when a hold or the law keeps it; RECORD_UNKNOWN.
            GateClosed: after signing.
        """
        self._before_signing(Step.DECIDE)
        row = self._at.desk().register.row(record)
        if row.decision and row.decision.protected:
            raise Refused(Fault.RECORD_PROTECTED, record, row.decision.rule)
        return self._word(row, "rules", FateRule(Match(path=row.record.path), fate, reason))

    def hold(self, record: str, reason: str, reference: str = "") -> Decision:
        """Put a hold on one record.

        Raises:
            Refused: RECORD_UNKNOWN.
            GateClosed: after signing.
        """
        self._before_signing(Step.DECIDE)
        row = self._at.desk().register.row(record)
        return self._word(row, "holds", HoldRule(Match(path=row.record.path), reason, reference))

    def accept(self, copy: str, by: str) -> None:
        """Accept in `by`'s name that a copy stays, also one that Lethe would destroy.

        Raises:
            Refused: RECORD_UNKNOWN.
            GateClosed: after signing.
        """
        self._rule_on(copy, "accepted", lambda one: stays(one, by))

    def let_go(self, copy: str) -> None:
        """Let a copy be destroyed after all, which only the officer's word kept; another is left as it is.

        Raises:
            Refused: RECORD_UNKNOWN.
            GateClosed: after signing.
        """
        self._rule_on(copy, "let_go", goes_after_all)

    def _rule_on(self, copy: str, event: str, ruled: Callable[[Copy], Copy]) -> None:
        self._before_signing(Step.CONFIRM)
        found = self.copies()
        path = next((one.path for one in found if one.id == copy), None)
        if path is None:
            raise Refused(Fault.RECORD_UNKNOWN, copy)
        # The members of an archive go or stay with it.
        ruled_on = [ruled(one) for one in found if one.path == path]
        for one in ruled_on:
            self._at.desk().register.add_copy(one)
        self._plan = None
        reasons = sorted({why.value for one in ruled_on for why in one.reasons})
        self._at.recorder().note(event, {"copy": copy, "reasons": reasons, "pending": self._at.settle()})

    # The steps

    def begin(
        self,
        step: Step,
        *,
        people: Sequence[Identity] = (),
        passphrase: Passphrase = from_environment,
    ) -> Work:
        """Begin or resume a step and draw its events; closing the iterator stops it cleanly.

        Raises:
            GateClosed: before anything begins.
            Refused: PERSON_MISSING when certifying without officer and witness.
            ValueError: for COMPANY and SIGN, which `declare` and `sign` do.
        """
        if step in (Step.COMPANY, Step.SIGN):
            raise ValueError(step.value)
        if shut := self.gate(step):
            raise shut
        self._at.note_receipts()
        self._plan = None
        if step is Step.CERTIFY:
            _must_have(people, Role.OFFICER)
            _must_have(people, Role.WITNESS)
            signed = None if self._state.accounted else self._signed_plan()
            return self._follow(step, closing.certifying(self._at, signed, people, passphrase))
        desk = self._at.desk()
        works: dict[Step, Callable[[], Work]] = {
            Step.LOCATE: lambda: work.locating(desk, passphrase, self.sought),
            Step.DECIDE: lambda: work.deciding(desk),
            Step.CONFIRM: lambda: work.confirming(desk, passphrase),
            Step.SHRED: lambda: work.shredding(desk, self._signed_plan(), passphrase),
            Step.WIPE: lambda: work.wiping(desk, self._signed_plan(), passphrase),
        }
        return self._follow(step, in_custody(self._at, step, works[step]()))

    def plan(self) -> Plan:
        """The list as it would be signed; the same object until something changes.

        Raises:
            GateClosed: while the sign step may not be entered.
        """
        if self._state.signed:
            return self._signed_plan().plan
        if shut := self.gate(Step.SIGN):
            raise shut
        if self._plan is None:
            desk = self._at.desk()
            self._plan = draw_plan(self._at.case, now(), desk.register, desk.terms())
        return self._plan

    def sign(self, people: Sequence[Identity]) -> None:
        """Freeze the plan and sign it; after this nothing before it can change.

        Raises:
            Refused: OFFICER_IS_WITNESS, PERSON_MISSING, WRONG_ROLE, SIGNATURE_INVALID, CUSTODIAN_SIGNS.
            GateClosed: while the sign step may not be entered.
        """
        _must_have(people, Role.OFFICER)
        _must_have(people, Role.WITNESS)
        refuse_unapproved(self._at.case, people)
        self._at.take_receipts(people)
        plan = self.plan()
        if shut := self.gate(Step.SIGN):
            raise shut
        desk = self._at.desk()
        signed = sign_plan(plan, people, now(), planned_root(plan.items, desk.keys.salts))
        desk.register.commit()
        self._at.hand_first_key(people)
        self._at.recorder().note(
            "signed",
            {
                "plan": signed.digest,
                "planned": signed.planned,
                "items": len(plan.items),
                "signatures": [one.plain() for one in signed.signatures],
            },
        )
        self._signed = signed
        self._at.forget_first_key()

    def show_first_key(self) -> FirstKey | None:
        """Give the journal's first key to be shown, which is journalled; None after signing."""
        return self._at.show_first_key()

    def _follow(self, step: Step, events: Work) -> Work:
        return self._at.recorder().follow(step, events, self._at.settle)

    def _before_signing(self, step: Step) -> None:
        if self._state.certified:
            raise GateClosed(step, Gate.CLOSED)
        if self._state.signed:
            raise GateClosed(step, Gate.SIGNED)

    def _word(self, row: Row, name: str, rule: HoldRule | FateRule) -> Decision:
        desk = self._at.desk()
        desk.add_word(name, rule)
        decision = desk.numbered(next(decide([row.record], desk.terms())))
        desk.register.decide([decision])
        self._plan = None
        told = {"record": row.record.id, "fate": decision.fate.value, "ground": decision.ground.value}
        self._at.recorder().note("overruled", {**told, "pending": self._at.settle()})
        return decision

    def _signed_plan(self) -> SignedPlan:
        """The signed plan, its signatures checked anew whenever the case is opened."""
        if self._signed is None:
            plan = self._at.desk().register.plan()
            if plan is None or plan.digest() != self._state.signed:
                raise Refused(Fault.PLAN_CHANGED, self._at.case.number)
            self._signed = SignedPlan(plan, self._state.signatures, self._state.planned)
        return self._signed


def _must_have(people: Sequence[Identity], role: Role) -> None:
    if all(person.role is not role for person in people):
        raise Refused(Fault.PERSON_MISSING, role.value)
