"""What the officer's word does to a copy that was found."""

from __future__ import annotations

from dataclasses import replace

from app.domain.copies import Copy, Disposal
from app.domain.outcome import Reason


def stays(copy: Copy, by: str) -> Copy:
    """Keep a copy in a person's name; one that Lethe would destroy becomes an exception that says so."""
    if copy.disposal is Disposal.EXCEPTION:
        return replace(copy, declared_by=by)
    reasons = (*copy.reasons, Reason.KEPT_BY_OFFICER)
    return replace(copy, disposal=Disposal.EXCEPTION, reasons=reasons, declared_by=by)


def goes_after_all(copy: Copy) -> Copy:
    """Take that word back. What stays for any other reason, stays."""
    others = tuple(reason for reason in copy.reasons if reason is not Reason.KEPT_BY_OFFICER)
    if others == copy.reasons:
        return copy
    return replace(
        copy, disposal=Disposal.EXCEPTION if others else Disposal.WIPE, reasons=others, declared_by=""
    )
