"""Which encoding a text is in, by rules made for Chinese offices; charset-normalizer stands behind."""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

from app.steps.locate.presence import has_hyperscan, holds

HEAD: Final = 64 << 10
"""How many bytes decide."""

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_FREQUENT: Final = frozenset(
    "的一是不了在人有我他这中们来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里"
    "姓名手机电话身份证号地址客户公司日期金额市省区路"
)
_SIMPLIFIED: Final = "这个们来时说对会国学点后发过还开关电话号码户"
_TRADITIONAL: Final = "這個們來時說對會國學點後發過還開關電話號碼戶"
_LETTERS: Final = re.compile(
    "[ -~\u00a0-\u00ff\u2010-\u2027\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff00-\uff5e\U00020000-\U0003ffff]"
)
"""Latin, the signs and syllables beside Chinese, and Chinese with its rare characters."""
_READABLE: Final = 0.95
_PLANES: Final = 3
_ASCII: Final = bytes(range(0x80))
_CONTROLS: Final = bytes(b for b in range(32) if b not in b"\t\n\r\f\x1b") + b"\x7f"


_NEVER: Final = bytes((0xC0, 0xC1, *range(0xF5, 0x100)))
"""Bytes that no UTF-8 has."""


_TAIL: Final = rb"[\x80-\xbf]"
_DOUBT: Final = b"[" + b"".join(b"\\x%02x" % byte for byte in _CONTROLS + _NEVER) + b"]"
_NO_UTF8: Final = b"|".join(
    (
        _DOUBT,
        rb"(?:^|[\x00-\x7f])" + _TAIL,
        rb"[\xc2-\xdf](?:[^\x80-\xbf]|" + _TAIL + _TAIL + rb")",
        rb"[\xe0-\xef]" + _TAIL + rb"?(?:[^\x80-\xbf]|" + _TAIL + _TAIL + _TAIL + rb")",
        rb"[\xf0-\xf4]" + _TAIL + rb"{0,2}(?:[^\x80-\xbf]|" + _TAIL + rb"{4})",
        # Written longer than need be, halves of a pair, beyond the last character (RFC 3629, 3).
        rb"\xe0[\x80-\x9f]|\xed[\xa0-\xbf]|\xf0[\x80-\x8f]|\xf4[\x90-\xbf]",
    )
)


def is_not_plain(data: bytes) -> bool:
    """Whether bytes hold a control character, or one that no UTF-8 has: soon told, and enough for a doubt."""
    if not has_hyperscan():
        return len(data.translate(None, _CONTROLS + _NEVER)) != len(data)
    return holds(_DOUBT)(data)


def is_not_utf8(lines: bytes) -> bool:
    """Whether bytes that end with a line hold a control character, or are no UTF-8: sooner than decoding."""
    if not has_hyperscan():
        return is_not_plain(lines) or _decode(lines, "utf-8", complete=True) is None
    return holds(_NO_UTF8)(lines)


class Charset(NamedTuple):
    """A Python codec, and whether it is a guess."""

    codec: str
    doubtful: bool = False


NO_TEXT: Final = Charset("")
"""What is remembered of bytes that were looked at and are no text."""


def detect(head: bytes, *, complete: bool) -> Charset | None:
    """Name the encoding of a text by its first bytes; None when it is no text.

    `complete` says that `head` is all there is, so that a character cut at its end is
    an error and not an accident.
    """
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return Charset(codec)
    order = _utf32_order(head) or _utf16_order(head)
    if order:
        return Charset(order)
    if b"\0" in head or len(head.translate(None, _CONTROLS)) < 0.98 * len(head):
        return None
    if _decode(head, "utf-8", complete=complete) is not None:
        return Charset("utf-8")
    return _chinese(head, complete=complete) or _guess(head)


def _decode(head: bytes, codec: str, *, complete: bool) -> str | None:
    try:
        return codecs.getincrementaldecoder(codec)().decode(head, complete)
    except UnicodeError:
        return None


def _utf32_order(head: bytes) -> str | None:
    """Tell UTF-32 without a mark: no character needs more than the lower three of its four bytes."""
    sample = head[: 8 << 10]
    if len(head) % 4 or not sample:
        return None
    for codec, high, plane in (("utf-32-le", 3, 2), ("utf-32-be", 0, 1)):
        if not any(sample[high::4]) and max(sample[plane::4]) <= _PLANES:
            text = _decode(sample, codec, complete=False)
            if text and _readable(text) > _READABLE:
                return codec
    return None


def _utf16_order(head: bytes) -> str | None:
    sample = head[: 8 << 10]
    sample = sample[: len(sample) & ~1]
    nul = b"\0" in sample[: 4 << 10]
    if not sample or not (nul or len(head) % 2 == 0):
        return None
    if not nul and (_mostly_ascii(sample) or _decode(sample, "utf-8", complete=False) is not None):
        return None
    scores = {codec: _readable(sample.decode(codec, "replace")) for codec in ("utf-16-le", "utf-16-be")}
    codec = max(scores, key=lambda name: scores[name])
    if scores[codec] <= _READABLE:
        return None
    if nul:
        return codec
    # Two-byte Chinese text can look like UTF-16 by chance; frequent characters decide.
    as_chinese = _decode(sample, "gb18030", complete=False) or ""
    return codec if _frequent(sample.decode(codec, "replace")) > _frequent(as_chinese) else None


def _mostly_ascii(sample: bytes) -> bool:
    return len(sample.translate(None, _ASCII)) <= len(sample) * 0.1


def _readable(text: str) -> float:
    """Give the share of characters that stand in texts of an office: a wrong order gives many others."""
    return sum(c in "\t\n\r" or _LETTERS.match(c) is not None for c in text) / len(text)


def _frequent(text: str) -> int:
    return sum(c in _FREQUENT for c in text)


def _chinese(head: bytes, *, complete: bool) -> Charset | None:
    mainland = _decode(head, "gb18030", complete=complete)
    island = _decode(head, "cp950", complete=complete)
    if mainland is None:
        return Charset("cp950") if island is not None else None
    if island is not None:
        traditional = sum(map(island.count, _TRADITIONAL))
        if traditional > sum(map(mainland.count, _SIMPLIFIED)):
            return Charset("cp950")
    return Charset("gb18030")


def _guess(head: bytes) -> Charset | None:
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    return Charset(best.encoding, doubtful=True) if best else None
