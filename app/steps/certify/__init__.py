"""From the journal to the certificate, and back: verify."""

from app.steps.certify.account import Account, Coverage, Line, Signer
from app.steps.certify.inventory import inventory_fits, write_inventory
from app.steps.certify.issue import compose
from app.steps.certify.masking import masked
from app.steps.certify.proof import prove
from app.steps.certify.status import Closing, Status, status_of
from app.steps.certify.verdict import Check, Standing, Verdict
from app.steps.certify.verify import verify
from app.steps.certify.wording import explained

__all__ = [
    "Account",
    "Check",
    "Closing",
    "Coverage",
    "Line",
    "Signer",
    "Standing",
    "Status",
    "Verdict",
    "compose",
    "explained",
    "inventory_fits",
    "masked",
    "prove",
    "status_of",
    "verify",
    "write_inventory",
]
