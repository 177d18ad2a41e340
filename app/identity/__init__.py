"""People: create, unlock, sign; and the one door to destruction, SignedPlan."""

from app.identity.cms import Signer, cms_detached, cms_verify
from app.identity.person import Identity, create, unlock
from app.identity.signing import (
    PlanDigest,
    Signature,
    SignedPlan,
    refuse_alike,
    refuse_unsigned,
    sign_plan,
)

__all__ = [
    "Identity",
    "PlanDigest",
    "Signature",
    "SignedPlan",
    "Signer",
    "cms_detached",
    "cms_verify",
    "create",
    "refuse_alike",
    "refuse_unsigned",
    "sign_plan",
    "unlock",
]
