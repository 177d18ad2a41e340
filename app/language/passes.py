"""Words for the passes of a wipe: each is told by the bytes it writes, never by a name alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.domain.wiping import Pass
from app.language.table import Language, fill, words

_SHOWN: Final = 16
"""Of a longer pattern that many bytes are shown, and how many there are."""


def passes(sequence: Sequence[Pass], language: Language) -> tuple[str, ...]:
    """Say what each pass writes, in order, numbered."""
    texts = words()["pass"]
    return tuple(
        fill(texts["nth"][language.value], language, {"n": number, "what": _told(one, language)})
        for number, one in enumerate(sequence, 1)
    )


def _told(one: Pass, language: Language) -> str:
    texts = words()["pass"]
    if one.random:
        return texts["random"][language.value]
    shown = " ".join(f"0x{byte:02x}" for byte in one.fill[:_SHOWN])
    if len(one.fill) > _SHOWN:
        shown += f" … ({len(one.fill)})"
    return fill(texts["fill"][language.value], language, {"bytes": shown})
