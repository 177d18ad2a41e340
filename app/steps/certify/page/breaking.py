"""Lines of Chinese and Latin text: what may be drawn, and where a line may break."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from app.steps.certify.page.faces import Face

_UNIT: Final = re.compile(r"[A-Za-z0-9À-ɏ]+(?:[.,][0-9]+)*|[ \t\u3000]+|.", re.DOTALL)
_GLUED_BACK: Final = frozenset("\u00a0，。、；：？！）》」』】〕”’…—～·%％,.;:?!)]}")
_GLUED_ON: Final = frozenset("\u00a0（《「『【〔“‘([{")
_MARKED: Final = frozenset(
    [0x00AD, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x2070)]
)


def visible(text: str) -> str:
    """Show what would be invisible or turn the text around, so that no name can pass for another.

    Controls and marks of direction or of zero width become `<U+202E>`, a byte of a name
    that is no text becomes `<0xFF>`.
    """
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"<0x{code - 0xDC00:02X}>"
    if code in _MARKED or unicodedata.category(character) in ("Cc", "Cs", "Cf"):
        return f"<U+{code:04X}>"
    return character


def drawable(text: str, face: Face) -> str:
    """Make every character one that `face` can draw: `〓(U+1F600)` for what it lacks, never an empty box."""
    return "".join(c if face.draws(c) else f"〓(U+{ord(c):04X})" for c in visible(text))


def break_lines(text: str, face: Face, size: float, width: float) -> list[str]:
    """Break `text` into lines no wider than `width` points, at least one; a newline in it ends a line.

    A break never falls inside a word that fits, before closing or after opening
    punctuation. A word wider than the line is cut, last of all.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _fill(drawable(paragraph, face), face, size, width)
    return lines


def _fill(text: str, face: Face, size: float, width: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for unit in _glued(_UNIT.findall(text)):
        if face.width((line + unit).rstrip(), size) <= width:
            line += unit
            continue
        if line.strip():
            lines.append(line.strip())
        line = unit.lstrip()
        while face.width(line.rstrip(), size) > width and len(line) > 1:
            head = _fitting(line, face, size, width)
            lines.append(line[:head])
            line = line[head:]
    return [*lines, line.strip()] if line.strip() or not lines else lines


def _glued(units: list[str]) -> list[str]:
    """Join units that no line break may part."""
    joined: list[str] = []
    opening = False
    for unit in units:
        if joined and (opening or (unit in _GLUED_BACK and not joined[-1].isspace())):
            joined[-1] += unit
        else:
            joined.append(unit)
        opening = unit in _GLUED_ON
    return joined


def _fitting(text: str, face: Face, size: float, width: float) -> int:
    """How many characters fit, at least one; closing punctuation is not left to begin the next line."""
    used, count = 0.0, 0
    while count < len(text) and (used := used + face.width(text[count], size)) <= width:
        count += 1
    while count > 1 and text[count : count + 1] in _GLUED_BACK:
        count -= 1
    return max(count, 1)
