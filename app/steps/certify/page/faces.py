"""The faces of the certificate: embedded, subset, and with text that can be copied and searched."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cache
from itertools import groupby
from typing import Final

from app.system.paths import resource


class Weight(Enum):
    """A weight of the one family the certificate is set in."""

    REGULAR = "NotoSansSC-Regular"
    BOLD = "NotoSansSC-Bold"


RARE: Final = "LetheRareHan"
"""The face of the hanzi that the family lacks, for either weight."""
_RARE_HANZI: Final = (
    range(0x20000, 0x2A6D7),
    range(0x2A700, 0x2B735),
    range(0x2B740, 0x2B81E),
    range(0x2B820, 0x2CEA2),
    range(0x2CEB0, 0x2EBE1),
)
"""What it draws: CJK Extensions B to F as GB 18030-2022 level 3 has them. It is 30 MB and only
loaded for a text that needs it, so this is known without looking."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A registered font: its name for the canvas and what it can draw itself."""

    name: str
    glyphs: frozenset[int]

    def draws(self, character: str) -> bool:
        """Whether this font or the one for rare hanzi has a glyph for this character."""
        code = ord(character)
        return code in self.glyphs or any(code in block for block in _RARE_HANZI)

    def font(self, character: str) -> str:
        """Name the registered font that draws this character."""
        if ord(character) in self.glyphs or not self.draws(character):
            return self.name
        return _rare()

    def runs(self, text: str) -> Iterator[tuple[str, str]]:
        """Part `text` into runs of one registered font each: its name and the run."""
        return ((name, "".join(run)) for name, run in groupby(text, self.font))

    def width(self, text: str, size: float) -> float:
        """Width of `text` in points."""
        return sum(_advance(self, character) for character in text) * size / 1000


_BLOCK: Final = 100
"""Entries of one bfchar block (PDF 32000-1 section 9.10.3; Adobe Technical Note 5014)."""


@cache
def face(weight: Weight) -> Face:
    """Register a weight with reportlab, cured of its defects, and give it."""
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics, ttfonts

    # Any other base font would sneak in unembedded, which PDF/A forbids.
    rl_config.canvas_basefontname = Weight.REGULAR.value
    # Streams as bytes, not as text a quarter longer.
    rl_config.useA85 = 0
    ttfonts.makeToUnicodeCMap = to_unicode
    font = ttfonts.TTFont(weight.value, str(resource(f"fonts/{weight.value}.ttf")), shapable=False)
    pdfmetrics.registerFont(font)
    return Face(weight.value, frozenset(font.face.charToGlyph))


@cache
def _rare() -> str:
    from reportlab.pdfbase import pdfmetrics, ttfonts

    path = str(resource(f"fonts/{RARE}.ttf"))
    # Without an ASCII half: the font has no such glyphs.
    pdfmetrics.registerFont(ttfonts.TTFont(RARE, path, asciiReadable=False, shapable=False))
    return RARE


@cache
def _advance(face: Face, character: str) -> float:
    from reportlab.pdfbase import pdfmetrics

    return float(pdfmetrics.stringWidth(character, face.font(character), 1000))


def to_unicode(fontname: str, subset: Sequence[int]) -> str:
    """Write the map from codes to text: UTF-16BE, so that characters above U+FFFF are copied right.

    reportlab's own writes five hex digits for them, which readers take for another character.
    """
    entries = [(code, target) for code, value in enumerate(subset) if (target := _utf16(value))]
    blocks = [entries[i : i + _BLOCK] for i in range(0, len(entries), _BLOCK)]
    lines = [
        "/CIDInit /ProcSet findresource begin",
        "12 dict begin",
        "begincmap",
        f"/CIDSystemInfo << /Registry ({fontname}) /Ordering ({fontname}) /Supplement 0 >> def",
        f"/CMapName /{fontname} def",
        "/CMapType 2 def",
        "1 begincodespacerange",
        f"<00> <{len(subset) - 1:02X}>",
        "endcodespacerange",
    ]
    for block in blocks:
        lines.append(f"{len(block)} beginbfchar")
        lines += [f"<{code:02X}> <{target}>" for code, target in block]
        lines.append("endbfchar")
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)


def _utf16(value: int) -> str:
    """Hex of UTF-16BE; empty for U+0000, which PDF/A does not allow as a target."""
    if not value:
        return ""
    scalar = 0xFFFD if 0xD800 <= value <= 0xDFFF else value
    return chr(scalar).encode("utf-16-be").hex().upper()
