"""What a text says once all that can't be told apart by eye is taken away."""

from __future__ import annotations

import unicodedata


def letters(text: str) -> str:
    """Give the letters and digits of a text, one form for each; empty when it says nothing.

    Blanks, dashes and signs that nobody sees (U+200B …) are left out, so that a reason of
    these is none, and two spellings of one name are the same name.
    """
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())
