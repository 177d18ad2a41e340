"""The engines that say where to look: Hyperscan, RE2 or the standard library, one interface.

An engine only reports that something of a class ends at an offset; what is there is
decided by `sight` alone, on the run of characters around it. So an engine need not
report every end, only one in each run, and all three lead to the same sightings.
Offsets of label words are the exception: each word is an expression of its own, and
every occurrence is reported.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Final

from app.steps.locate.words import LABELS

Hits = list[tuple[int, int]]
"""(end, class) in order of the end."""
Engine = Callable[[bytes], Hits]


class Class(IntEnum):
    """What an expression looks for. Labels follow from `LABEL` on, in the order of `LABEL_KINDS`."""

    NUMBER = 0
    EMAIL = 1
    PLATE = 2
    KEY = 3
    WIDE = 4
    """Wide characters or escapes, which must be made plain before a second pass."""
    SUBJECT = 5
    LABEL = 8


LABEL_KINDS: Final = tuple(LABELS)
PROVINCE_SIGNS: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_S: Final = rb"[ \-]?"
_USCC: Final = rb"[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]"
_SIGNS: Final = b"|".join(re.escape(sign.encode()) for sign in PROVINCE_SIGNS)
_FOLDED: Final = (
    rb"(?:\xc2\xa0|\xe3\x80\x80|\xe2\x80[\x80-\x95]|\xc3\x97|\xd1\x85|\xd0\xa5|\xef\xbc\xb8|\xef\xbd\x98)"
)

_ONE_DIGIT: Final = bytes.maketrans(b"123456789", b"000000000")
_TOO_LONG: Final = b"0" * 41
_RUN: Final = re.compile(rb"[0-9]{41,}")

Expression = tuple[bytes, int]

_EXPRESSIONS: Final[tuple[Expression, ...]] = (
    (
        rb"[1-9][0-9]{3}" + _S + rb"[0-9]{2}" + _S + rb"(?:18|19|20)" + _S + rb"[0-9]{2}" + _S + rb"[01][0-9]"
        + _S + rb"[0-3][0-9]" + _S + rb"[0-9]{2}" + _S + rb"[0-9]" + _S + rb"[0-9Xx]",
        Class.NUMBER,
    ),
    (rb"1[3-9][0-9]" + _S + rb"[0-9]{4}" + _S + rb"[0-9]{4}", Class.NUMBER),
    (rb"[2-9][0-9]{3}" + _S + rb"[0-9]{4}" + _S + rb"[0-9]{4}" + _S + rb"[0-9]", Class.NUMBER),
    (_USCC + rb"{2}[0-9]{6}" + _USCC + rb"{10}", Class.NUMBER),
    (rb"@[A-Za-z0-9]", Class.EMAIL),
    (rb"(?:" + _SIGNS + rb")[A-HJ-NP-Z](?:\xc2\xb7|\xe2\x80\xa2|[ .\-])?[A-HJ-NP-Z0-9]{4}", Class.PLATE),
    (rb"BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----", Class.KEY),
    (rb"AGE-SECRET-KEY-1[0-9A-Z]{8}", Class.KEY),
    (rb"PuTTY-User-Key-File-[0-9]", Class.KEY),
    (rb"\xef\xbc[\x8b\x8d\x90-\x99\xa0]", Class.WIDE),
    (rb"[0-9]" + _FOLDED, Class.WIDE),
    (rb"\\u[0-9a-fA-F]{4}", Class.WIDE),
    (rb"&#x?[0-9a-fA-F]{1,6};", Class.WIDE),
)  # fmt: skip


def subject_expression(subject: str, joint: str = "[ \\-]?") -> str:
    """Give the expression of a text or number that is looked for; numbers may be grouped anywhere."""
    plain = unicodedata.normalize("NFKC", subject).strip()
    compact = re.sub(r"[\s\-]", "", plain)
    if re.fullmatch(r"\+?[0-9]{5,}[0-9Xx]?", compact):
        return joint.join(re.escape(c) for c in compact.removeprefix("+"))
    return r"[ \t\r\n]+".join(re.escape(word) for word in plain.split())


def expressions(subject: str = "") -> tuple[Expression, ...]:
    """All expressions of a search with their classes."""
    labels = tuple(
        (word.encode(), Class.LABEL + place)
        for place, kind in enumerate(LABEL_KINDS)
        for word in LABELS[kind]
    )
    sought = ((subject_expression(subject).encode(), int(Class.SUBJECT)),) if subject.strip() else ()
    return _EXPRESSIONS + labels + sought


def _caseless(kind: int) -> bool:
    return kind >= Class.SUBJECT


def hyperscan_engine(wanted: Sequence[Expression]) -> Engine:
    """Compile for Hyperscan: block mode, ends only (reporting starts makes the patterns too large).

    Raises:
        ImportError: where it has no build.
    """
    import hyperscan

    flags = [
        (hyperscan.HS_FLAG_CASELESS if _caseless(kind) else 0)
        | (hyperscan.HS_FLAG_SINGLEMATCH if kind == Class.WIDE else 0)
        for _, kind in wanted
    ]
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[text for text, _ in wanted],
        ids=list(range(len(wanted))),
        elements=len(wanted),
        flags=flags,
    )
    kinds = [int(kind) for _, kind in wanted]

    def scan(data: bytes) -> Hits:
        hits: Hits = []
        append = hits.append

        def hit(which: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append((end, kinds[which]))

        database.scan(data, match_event_handler=hit)
        hits.sort()
        return hits

    return scan


def re2_engine(wanted: Sequence[Expression]) -> Engine:
    """Compile for RE2, which exists for every platform.

    Raises:
        ImportError: where it is not installed.
    """
    import re2

    compiled = []
    for text, kind in wanted:
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1  # bytes, not code points
        options.case_sensitive = not _caseless(kind)
        compiled.append((re2.compile(text, options), int(kind)))
    return _passes(compiled)


def re_engine(wanted: Sequence[Expression]) -> Engine:
    """Compile for the standard library: always there, and slow."""
    return _passes(
        [(re.compile(text, re.IGNORECASE if _caseless(kind) else 0), int(kind)) for text, kind in wanted]
    )


def _passes(compiled: list[tuple[re.Pattern[bytes], int]]) -> Engine:
    def scan(data: bytes) -> Hits:
        hits = [(m.end(), kind) for pattern, kind in compiled for m in pattern.finditer(data)]
        hits.sort()
        return hits

    return scan


@cache
def best_engine(subject: str = "") -> Engine:
    """Compile the search for the fastest engine this system has; once in a process."""
    wanted = expressions(subject)
    if importlib.util.find_spec("hyperscan"):
        return sparing(hyperscan_engine(wanted))
    if importlib.util.find_spec("re2"):
        return sparing(re2_engine(wanted))
    return sparing(re_engine(wanted))


def sparing(engine: Engine) -> Engine:
    """Keep digits that are no number from the engine, which would report an end at each of them.

    An identifier stands between other characters, so a run of more digits than the longest
    has, with room for joints, holds none. A file of such runs took a second for each megabyte.
    """

    def scan(data: bytes) -> Hits:
        if data.translate(_ONE_DIGIT).find(_TOO_LONG) >= 0:
            data = _RUN.sub(lambda run: b" " * len(run[0]), data)
        return engine(data)

    return scan
