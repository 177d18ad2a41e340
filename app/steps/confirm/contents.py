"""What a file that holds others was seen to hold, and what speaks against its going whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.outcome import Reason
from app.steps.confirm.archives import Member
from app.steps.confirm.wanted import Wanted


@dataclass(slots=True)
class Contents:
    """What one file was seen to hold."""

    ids: set[str] = field(default_factory=set)
    against: set[Reason] = field(default_factory=set)
    """Why the file can't be disposed of as a whole."""
    attached: dict[str, None] = field(default_factory=dict)
    """The names of what is attached to a mail and goes."""


def weigh(member: Member, wanted: Wanted, contents: Contents) -> None:
    """Enter what one member without a problem means for the whole."""
    ids = wanted.doomed.get(member.sha256, ())
    contents.ids.update(ids)
    if member.attached is not None and ids:
        contents.against.add(Reason.IN_MAIL)
        contents.attached[member.attached] = None
    if member.sha256 in wanted.kept:
        contents.against.add(Reason.KEPT_CONTENT if ids or member.opened else Reason.MIXED_ARCHIVE)
    elif not ids and not member.opened and member.attached is None:
        contents.against.add(Reason.MIXED_ARCHIVE)
