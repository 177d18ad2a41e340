"""What the journal says of a case: the one source for where it stands and how each item ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from app.domain.outcome import AnyOutcome, Evidence, KeepOutcome, Reason
from app.domain.plan import Subject
from app.domain.step import Stage, Step
from app.identity import Signature
from app.journal import Entry
from app.register import Shelf
from app.register.codec import build, outcome_named, plain

SLOT: Final = "k-register"
"""The id under which the journal speaks of the register's own key."""


@dataclass(frozen=True, slots=True)
class Result:
    """How one item ended, as the journal holds it. `at` is RFC 3339."""

    id: str
    subject: Subject
    step: Step
    outcome: AnyOutcome
    evidence: Evidence
    at: str


@dataclass(frozen=True, slots=True)
class Pending:
    """What stands in the way of later steps: records without a fate, kept ones unsealed, copies left open.

    `unchecked` are backups that failed their own check, or could not be read.
    """

    undecided: int = 0
    unsealed: int = 0
    copies_open: int = 0
    unchecked: int = 0


@dataclass(slots=True)
class State:
    """Everything replayed from the journal. It lives: each new entry is told to it too.

    What is said of each item lies on shelves, for a case may have millions of them.

    Attributes:
        finished: steps that ran to their end and whose results still count.
        stages: how far each item of the plan has come.
        noted: for items about to be removed, the evidence of what was done to them.
        results: how each item ended; the last word counts.
        sealed_with: the limits of the package of what the law keeps; None while nothing is sealed.
        package: SHA-256 of that package, empty while nothing is sealed.
        receipts: SHA-256 of the receipt that each custodian gave for this very package, by their
            number in the case file, from 1.
        earlier: SHA-256 of every receipt that lay there before the present package was made.
        signed: digest of the signed plan, empty before.
        planned: Merkle root over its salted lines, which was signed with it.
        pending: what still stands in the way of later steps.
        accounted: SHA-256 of `account.json`, empty before.
        certified: SHA-256 of `certificate.pdf`, empty before.
    """

    opened_at: str = ""
    begun_at: str = ""
    begun: set[Step] = field(default_factory=set)
    finished: set[Step] = field(default_factory=set)
    stages: Shelf[Stage] = field(default_factory=lambda: Shelf(lambda stage: stage.value, Stage))
    noted: Shelf[Evidence] = field(default_factory=lambda: Shelf(plain, lambda told: build(Evidence, told)))
    results: Shelf[Result] = field(default_factory=lambda: Shelf(plain, lambda told: build(Result, told)))
    sealed_with: set[Reason] | None = None
    package: str = ""
    receipts: dict[int, str] = field(default_factory=dict)
    earlier: set[str] = field(default_factory=set)
    signed: str = ""
    planned: str = ""
    signatures: tuple[Signature, ...] = ()
    accounted: str = ""
    certified: str = ""
    certificate_number: str = ""
    pending: Pending = Pending()

    def tell(self, entry: Entry) -> None:
        """Take in one entry. Entries of kinds that say nothing of the state pass by."""
        if "pending" in entry.body:
            self.pending = Pending(*entry.body["pending"])
        reader = _READERS.get(entry.event)
        if reader:
            reader(self, entry)

    def void_from(self, step: Step) -> None:
        """Forget that `step` and those after it were done: what they rest on has changed."""
        kept = {done for done in self.finished if done.index < step.index}
        self.begun &= kept
        self.finished &= kept
        if step.index <= Step.CONFIRM.index:
            self.sealed_with = None
            self.package = ""
            self.earlier.update(self.receipts.values())
            self.receipts.clear()
        for item in [one.id for one in self.results.values() if one.step.index >= step.index]:
            del self.results[item]
            self.stages.pop(item, None)


def _opened(state: State, entry: Entry) -> None:
    # Said once more when an older case is brought up to a new format.
    state.opened_at = state.opened_at or entry.t


def _declared(state: State, entry: Entry) -> None:
    state.void_from(Step(entry.body["void_from"]))
    if entry.body["complete"]:
        state.begun.add(Step.COMPANY)
        state.finished.add(Step.COMPANY)


def _overruled(state: State, _: Entry) -> None:
    state.void_from(Step.CONFIRM)


def _step_begun(state: State, entry: Entry) -> None:
    step = Step(entry.body["step"])
    if not state.signed:
        state.void_from(step)
    state.begun.add(step)
    if step.destroys and not state.begun_at:
        state.begun_at = entry.t


def _step_finished(state: State, entry: Entry) -> None:
    state.finished.add(Step(entry.body["step"]))


def _begun(state: State, entry: Entry) -> None:
    state.stages.put(entry.body["ids"], Stage.BEGUN)


def _noted(state: State, entry: Entry) -> None:
    state.stages.put(entry.body["ids"], Stage.NOTED)
    state.noted.put(entry.body["ids"], build(Evidence, entry.body["evidence"]))


def _settled(state: State, entry: Entry) -> None:
    item = str(entry.body["id"])
    if entry.body["step"] != Step.CONFIRM.value:
        state.stages[item] = Stage.SETTLED
    state.results[item] = result = Result(
        item,
        Subject(entry.body["subject"]),
        Step(entry.body["step"]),
        outcome_named(entry.body["outcome"]),
        build(Evidence, entry.body["evidence"]),
        entry.t,
    )
    if result.outcome is KeepOutcome.SEALED:
        state.sealed_with = (state.sealed_with or set()).union(result.evidence.limits)
        state.package = str(dict(result.evidence.facts).get("package_sha256", ""))


def _receipt(state: State, entry: Entry) -> None:
    # It was given for the package of then; one that is sealed anew makes all of them void.
    state.receipts[int(entry.body["custodian"])] = str(entry.body["paper"])


def _receipts_earlier(state: State, entry: Entry) -> None:
    state.earlier.update(entry.body["papers"])


def _signed(state: State, entry: Entry) -> None:
    state.signed = str(entry.body["plan"])
    state.planned = str(entry.body.get("planned", ""))
    state.signatures = tuple(Signature.from_plain(one) for one in entry.body["signatures"])
    state.begun.add(Step.SIGN)
    state.finished.add(Step.SIGN)


def _accounted(state: State, entry: Entry) -> None:
    state.accounted = str(entry.body["sha256"])
    state.certificate_number = str(entry.body["number"])


def _certified(state: State, entry: Entry) -> None:
    state.certified = str(entry.body["certificate.pdf"])


_READERS: Final = {
    "opened": _opened,
    "declared": _declared,
    "overruled": _overruled,
    "step.begun": _step_begun,
    "step.finished": _step_finished,
    "begun": _begun,
    "noted": _noted,
    "settled": _settled,
    "receipt": _receipt,
    "receipts.earlier": _receipts_earlier,
    "signed": _signed,
    "accounted": _accounted,
    "certified": _certified,
}
