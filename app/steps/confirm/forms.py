"""Tell what holds files that can be opened by its first bytes: archives, mails."""

from __future__ import annotations

from enum import Enum
from typing import Final

from app.steps.confirm.mails import OLE, is_mail
from app.system.packed import Packed, packed_as


class Mails(Enum):
    """What holds mails."""

    MAIL = "mail"
    """A mail or a mailbox, as text."""
    OLE = "ole"
    """An Outlook mail, or any other file of that build."""
    STORE = "store"
    """The store of Outlook, which is not looked into."""


Form = Packed | Mails
"""A form of archive or mail; 7z is looked into where that program is, and when it is a file of its own."""

_MAGIC: Final = ((OLE, Mails.OLE), (b"!BDN", Mails.STORE))


def form_of(head: bytes) -> Form | None:
    """Tell the form from the first `packed.HEAD` bytes of a file; None when it is none."""
    if packed := packed_as(head):
        return packed
    for magic, form in _MAGIC:
        if head.startswith(magic):
            return form
    return Mails.MAIL if is_mail(head) else None
