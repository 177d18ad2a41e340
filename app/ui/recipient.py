"""Whether what was typed is an age recipient, so that no case is written that can't be read again."""

from __future__ import annotations

import re
from typing import Final

_FORM: Final = re.compile(r"age1[02-9ac-hj-np-z]{20,}")


def is_recipient(text: str) -> bool:
    """Whether a text is an age recipient whose checksum is right."""
    import pyrage

    if not _FORM.fullmatch(text):
        return False
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True
