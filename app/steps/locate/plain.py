"""Plain text of what is written wide or escaped: one form, so that one pattern fits."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Final

from app.steps.locate.presence import holds

_LINE: Final = 512
_BACKSLASH: Final = ord("\\")
_AMPERSAND: Final = ord("&")
"""One byte is looked for at the speed of memory, two are not: most texts have neither."""
_ESCAPE: Final = re.compile(rb"\\u([0-9a-fA-F]{4})")
_ENTITY: Final = re.compile(rb"&#x?[0-9a-fA-F]{1,6};")
_PREFIX: Final = rb"(?:[a-zA-Z0-9]{1,16}:)?"
_TEXT: Final = _PREFIX + rb"t(?:| [^<>]*[^<>/])>"
_RUNS: Final = re.compile(
    rb"</" + _PREFIX + rb"t>\s*+"
    rb"(?:<(?!"
    + _TEXT
    + rb"|/?"
    + _PREFIX
    + rb"(?:si|is|c|v|row|rPh|p|br|tab|comment)[ />]|/"
    + _PREFIX
    + rb"t>)"
    rb"[^<>]*+>\s*+)*+<" + _TEXT
)
"""What stands between two texts of one string: only how the second looks."""
_FOLD: Final = {
    **{0xFF01 + i: 0x21 + i for i in range(94)},
    **dict.fromkeys((0xA0, 0x3000, 0x2002, 0x2003, 0x2009), 0x20),
    **dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015), 0x2D),
    **dict.fromkeys((0xD7, 0x445, 0x425), 0x58),
}
"""Full-width forms, wide spaces, dashes, and the three characters people type for a final X."""
_FOLDABLE: Final = re.compile("[" + "".join(map(chr, _FOLD)) + "]")


def plain(text: bytes) -> bytes:
    """Resolve escapes and fold wide characters to ASCII."""
    resolved = unescape(text)
    wide = resolved.decode("utf-8", "replace")
    return wide.translate(_FOLD).encode() if _FOLDABLE.search(wide) else resolved


def whole_runs(xml: bytes) -> bytes:
    """Join the texts of a string whose parts look different (ECMA-376 part 1, 18.4.4, 21.1.2.3.8)."""
    return _RUNS.sub(b"", xml) if has_runs(xml) else xml


def has_runs(xml: bytes) -> bool:
    """Whether a string has parts that may look different."""
    return holds(rb"</(?:[a-zA-Z0-9]{1,16}:)?r>")(xml)


def mend(text: bytes) -> tuple[bytes, bool]:
    """Make a text UTF-8 line by line, trying GB18030; and tell whether all of it is sure."""
    lines, sure = [], True
    for line in text.split(b"\n"):
        for codec in ("utf-8", "gb18030"):
            try:
                lines.append(line.decode(codec).encode())
                break
            except UnicodeDecodeError:
                continue
        else:
            sure = False
            lines.append(line.decode("utf-8", "replace").encode())
    return b"\n".join(lines), sure


def has_escapes(text: bytes) -> bool:
    """Whether something in a text may be written as an escape."""
    return (_BACKSLASH in text and b"\\u" in text) or (_AMPERSAND in text and b"&#" in text)


def unescape(text: bytes) -> bytes:
    r"""Resolve \uXXXX of JSON and &#...; of markup."""
    if _BACKSLASH in text and b"\\u" in text:
        text = _ESCAPE.sub(lambda m: chr(int(m[1], 16)).encode("utf-8", "replace"), text)
    if _AMPERSAND in text and b"&#" in text:
        text = _ENTITY.sub(lambda m: html.unescape(m[0].decode()).encode("utf-8", "replace"), text)
    return text


def is_utf8_near(data: bytes, ends: Iterable[int]) -> bool:
    """Whether the lines in which something was reported are UTF-8, or what stands near of long ones."""
    known, lines = 0, []
    for end in ends:
        if end <= known:
            continue
        floor = max(0, end - _LINE)
        first = data.rfind(b"\n", floor, end) + 1 or floor
        known = data.find(b"\n", end, end + _LINE)
        known = min(end + _LINE, len(data)) if known < 0 else known
        lines.append(data[first:known])
    try:
        b"\n".join(lines).decode()
    except UnicodeDecodeError:
        return all(map(_decodes, lines))
    return True


def _decodes(line: bytes) -> bool:
    """Whether a line is UTF-8, but for a character that may be cut at either end of it."""
    start = 0
    while start < min(3, len(line)) and line[start] & 0xC0 == 0x80:
        start += 1
    try:
        line[start:].decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
