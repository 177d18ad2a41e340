"""The steps of the wizard and the gates between them."""

from __future__ import annotations

from enum import Enum


class Step(Enum):
    """A verb of the wizard, in order."""

    COMPANY = "company"
    LOCATE = "locate"
    DECIDE = "decide"
    CONFIRM = "confirm"
    SIGN = "sign"
    SHRED = "shred"
    WIPE = "wipe"
    CERTIFY = "certify"

    @property
    def index(self) -> int:
        """Place in the order, from 0."""
        return list(Step).index(self)

    @property
    def destroys(self) -> bool:
        """Whether the step changes what it can't give back: a commit page."""
        return self in (Step.SHRED, Step.WIPE)


class Stage(Enum):
    """How far the journal shows one item of the plan to have come."""

    FRESH = "fresh"
    BEGUN = "begun"
    """The intent is on disk; the act may have started."""
    NOTED = "noted"
    """The content was overwritten and read back; the removal may have started."""
    SETTLED = "settled"


class Gate(Enum):
    """Why a step may not be entered yet, or no longer."""

    COMPANY_INCOMPLETE = "company_incomplete"
    SIMPLE_WITH_DISPUTE = "simple_with_dispute"
    EARLIER_STEP = "earlier_step"
    SIGNED = "signed"
    NOT_SIGNED = "not_signed"
    UNDECIDED = "undecided"
    NOT_SEALED = "not_sealed"
    ONE_RECIPIENT = "one_recipient"
    """What is kept is sealed for one key alone, and nobody says why."""
    NOT_RESTORED = "not_restored"
    """A custodian's own key was not at hand when the package was restored, and nobody says why."""
    NO_RECEIPT = "no_receipt"
    """The custodian's receipt is not among the documents of the case, and nobody says why."""
    BACKUP_NOT_CHECKED = "backup_not_checked"
    COPY_WITHOUT_DISPOSAL = "copy_without_disposal"
    CLOSED = "closed"
    REGISTER_LOCKED = "register_locked"
