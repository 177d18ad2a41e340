"""From the journal to the certificate, and back: verify."""

from app.steps.certify.account import Account, Coverage, Line, Signer
from app.steps.certify.checking.verify import verify, verify_code, verifying
from app.steps.certify.evidence.annex import ANNEX
from app.steps.certify.evidence.inventory import inventory_fits, write_inventory
from app.steps.certify.evidence.leaves import planned_root
from app.steps.certify.evidence.ledger import LEDGER, Follows, enter, entered, next_place
from app.steps.certify.evidence.proof import prove
from app.steps.certify.issue import compose
from app.steps.certify.issuing import Issuing, StandIn
from app.steps.certify.masking import masked
from app.steps.certify.status import Closing, Status, status_of
from app.steps.certify.verdict import Check, Said, Standing, Verdict
from app.steps.certify.wording import explained

__all__ = [
    "ANNEX",
    "LEDGER",
    "Account",
    "Check",
    "Closing",
    "Coverage",
    "Follows",
    "Issuing",
    "Line",
    "Said",
    "Signer",
    "StandIn",
    "Standing",
    "Status",
    "Verdict",
    "compose",
    "enter",
    "entered",
    "explained",
    "inventory_fits",
    "masked",
    "next_place",
    "planned_root",
    "prove",
    "status_of",
    "verify",
    "verify_code",
    "verifying",
    "write_inventory",
]
