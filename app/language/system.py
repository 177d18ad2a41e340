"""What the operating system says of a failure: it speaks English alone, whatever Lethe speaks."""

from __future__ import annotations

import errno
import os
from functools import cache

from app.language.table import Language, words


@cache
def _known() -> dict[str, str]:
    """The system's sentence -> the name of its error, of those that a file or folder can meet."""
    return {os.strerror(getattr(errno, name)): name for name in words()["system"] if hasattr(errno, name)}


def system_says(told: str, language: Language) -> str:
    """Put a sentence of the system in words; one that is not known stays as it is."""
    name = _known().get(told)
    return words()["system"][name][language.value] if name else told
