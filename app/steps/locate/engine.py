"""The engines that say where to look: Hyperscan, RE2 or the standard library, one interface.

An engine only reports that something of a class ends at an offset; what is there is
decided by `sight` alone, on the run of characters around it. So an engine need not
report every end, only one in each run, and all three lead to the same sightings.
The expressions are coarse on purpose: the fewer states they have, the faster they are
looked for, and what they report too much costs less than what they save.
Label words are looked for only near what was reported; each is an expression of its own,
and every occurrence is reported.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import cache
from typing import Any, Final, NamedTuple

from app.domain.pattern import Pattern
from app.steps.locate.named import NAMED_KINDS
from app.steps.locate.words import LABELS

Hits = list[tuple[int, int]]
"""(end, class) in order of the end."""
Scan = Callable[[bytes], Hits]


class Engine(NamedTuple):
    """Two searches over the same bytes."""

    spots: Scan
    """Where something may end."""
    labels: Scan
    """Where a label word ends."""
    patterns: tuple[Pattern, ...] = ()
    """The case's own, in the order of their classes from `Class.PATTERN` on."""


class Class(IntEnum):
    """What an expression looks for.

    From `NAMED` on come the labels of `NAMED_KINDS`, whose values nothing else tells; from
    `LABEL` on all labels, in the order of `LABEL_KINDS`.
    """

    NUMBER = 0
    EMAIL = 1
    PLATE = 2
    KEY = 3
    WIDE = 4
    """Wide characters, which must be made plain before a second pass."""
    SUBJECT = 5
    ESCAPE = 6
    """Escaped characters, with which it is the same."""
    TOKEN = 7
    """What carries its own name: a key of a service, the hash of a password."""
    PAPER = 8
    """A letter and seven digits or more: the number of a passport or permit, where one is named."""
    HONG_KONG = 9
    ZONE = 10
    VEHICLE = 11
    COORDINATES = 12
    VISITOR = 13
    PATTERN = 32
    """From here on the patterns of the case, 32 at the most."""
    NAMED = 64
    LABEL = 128


UNPLAIN: Final = (Class.WIDE, Class.ESCAPE)
"""Told once in a text, wherever it is first."""

LABEL_KINDS: Final = tuple(LABELS)
_CODE: Final = rb"[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]"
_FOLDED: Final = rb"(?:[\xc2\xc3\xd0\xd1][\x85\x97\xa0\xa5]|\xe3\x80\x80|\xe2\x80[\x80-\x95])"
"""What `plain` folds after a figure, and some letters besides: told apart, they are a tenth slower."""

Expression = tuple[bytes, int]

_EXPRESSIONS: Final[tuple[Expression, ...]] = (
    # Eleven digits, at most one joint between two, and the end of the run: one end, however long it is.
    (rb"[0-9](?:[ \-]?[0-9]){10}(?:[^0-9]|$)", Class.NUMBER),
    (rb"[0-9]{6}" + _CODE + rb"{10}(?:[^0-9A-Za-z]|$)", Class.NUMBER),
    (rb"\(0[0-9]{2,3}\) ?[0-9]{7,8}(?:[^0-9]|$)", Class.NUMBER),
    (rb"@[A-Za-z0-9]", Class.EMAIL),
    # After any character that is not ASCII: the signs of the provinces themselves are ten times as slow.
    (rb"[\x80-\xff][A-HJ-NP-Z](?:\xc2\xb7|\xe2\x80\xa2|[ .\-])?[A-HJ-NP-Z0-9]{4}", Class.PLATE),
    (rb"BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----", Class.KEY),
    (rb"AGE-SECRET-KEY-1[0-9A-Z]{8}", Class.KEY),
    (rb"PuTTY-User-Key-File-[0-9]", Class.KEY),
    (rb"(?:AKIA|ASIA)[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12}|AKID[0-9A-Za-z]{32}", Class.TOKEN),
    (rb"gh[pousr]_[0-9A-Za-z]{36}|glpat-[0-9A-Za-z_\-]{20}|xox[abprs]-[0-9A-Za-z\-]{20}", Class.TOKEN),
    (rb"AIza[0-9A-Za-z_\-]{35}|sk-[0-9A-Za-z_\-]{32}|wxid_[0-9a-z]{10}", Class.TOKEN),
    (rb"\$2[abxy]?\$[0-9]{2}\$[./0-9A-Za-z]{8}|\$argon2(?:id|i|d)\$", Class.TOKEN),
    (rb"\$[156y]\$[0-9A-Za-z./]{4}|\{S?SHA\}", Class.TOKEN),
    ("字第?[0-9]{6}".encode(), Class.TOKEN),
    # Many names in addresses of mail look like it.
    (rb"[A-Za-z][0-9]{7,12}(?:[^0-9A-Za-z@]|$)", Class.PAPER),
    (rb"[0-9]{6}\([0-9A]\)", Class.HONG_KONG),
    (rb"[A-Z]<<[A-Z]", Class.ZONE),
    (rb"L[A-HJ-NPR-Z0-9]{12}[0-9]{4}(?:[^0-9A-Za-z]|$)", Class.VEHICLE),
    (rb"\.[0-9]{4,16} ?[,;/ ] ?[0-9]{2,3}\.[0-9]{4}", Class.COORDINATES),
    (rb"\[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:", Class.VISITOR),
    (rb"\xef\xbc[\x8b\x8d\x90-\x99\xa0\xb8]|\xef\xbd\x98", Class.WIDE),
    (rb"[0-9]" + _FOLDED, Class.WIDE),
    (rb"\\u[0-9a-fA-F]{4}", Class.ESCAPE),
    (rb"&#[xX]?[0-9a-fA-F]", Class.ESCAPE),
)


def subject_expression(subject: str, joint: str = "[ \\-]?") -> str:
    """Give the expression of a text or number that is looked for; numbers may be grouped anywhere."""
    plain = unicodedata.normalize("NFKC", subject).strip()
    compact = re.sub(r"[\s\-]", "", plain)
    if re.fullmatch(r"\+?[0-9]{5,}[0-9Xx]?", compact):
        return joint.join(re.escape(c) for c in compact.removeprefix("+"))
    return r"[ \t\r\n]+".join(re.escape(word) for word in plain.split())


def expressions(subject: str = "", patterns: tuple[Pattern, ...] = ()) -> tuple[Expression, ...]:
    """All expressions of a search with their classes."""
    labels = tuple(
        (word.encode(), Class.LABEL + place)
        for place, kind in enumerate(LABEL_KINDS)
        for word in LABELS[kind]
    )
    named = tuple(
        (word.encode(), Class.NAMED + place)
        for place, kind in enumerate(NAMED_KINDS)
        for word in LABELS[kind]
    )
    sought = ((subject_expression(subject).encode(), int(Class.SUBJECT)),) if subject.strip() else ()
    own = tuple((one.regex.encode(), Class.PATTERN + place) for place, one in enumerate(patterns))
    return _EXPRESSIONS + own + named + labels + sought


def _parts(wanted: Sequence[Expression]) -> tuple[list[Expression], list[Expression]]:
    labels = [one for one in wanted if one[1] >= Class.LABEL]
    return [one for one in wanted if one[1] < Class.LABEL], labels


def _caseless(kind: int) -> bool:
    return kind == Class.SUBJECT or kind >= Class.NAMED


def hyperscan_engine(wanted: Sequence[Expression]) -> Engine:
    """Compile for Hyperscan.

    Raises:
        ImportError: where it has no build.
    """
    return _loaded(wanted, hyperscan_databases(wanted))


def hyperscan_databases(wanted: Sequence[Expression]) -> tuple[bytes, bytes]:
    """Compile to bytes that another process on this machine can load in no time.

    Block mode, ends only: reporting starts makes the patterns too large.

    Raises:
        ImportError: where it has no build.
    """
    import hyperscan

    made = []
    for part in _parts(wanted):
        flags = [
            (hyperscan.HS_FLAG_CASELESS if _caseless(kind) else 0)
            | (hyperscan.HS_FLAG_SINGLEMATCH if kind in UNPLAIN else 0)
            for _, kind in part
        ]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[text for text, _ in part],
            ids=list(range(len(part))),
            elements=len(part),
            flags=flags,
        )
        made.append(hyperscan.dumpb(database))
    return made[0], made[1]


def _loaded(wanted: Sequence[Expression], databases: tuple[bytes, bytes]) -> Engine:
    spots, labels = (_scan(database, part) for database, part in zip(databases, _parts(wanted), strict=True))
    return Engine(spots, labels)


def _scan(compiled: bytes, part: list[Expression]) -> Scan:
    import hyperscan

    database = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    kinds = [int(kind) for _, kind in part]
    search = database.scan

    def hit(which: int, _start: int, end: int, _flags: int, hits: Any) -> None:
        hits.append((end, kinds[which]))

    def scan(data: bytes) -> Hits:
        hits: Hits = []
        search(data, match_event_handler=hit, context=hits)
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
    return _engine(compiled)


def re_engine(wanted: Sequence[Expression]) -> Engine:
    """Compile for the standard library: always there, and slow."""
    return _engine(
        [(re.compile(text, re.IGNORECASE if _caseless(kind) else 0), int(kind)) for text, kind in wanted]
    )


def _engine(compiled: list[tuple[re.Pattern[bytes], int]]) -> Engine:
    labels = [one for one in compiled if one[1] >= Class.LABEL]
    return Engine(_passes([one for one in compiled if one[1] < Class.LABEL]), _passes(labels))


def _passes(compiled: list[tuple[re.Pattern[bytes], int]]) -> Scan:
    def scan(data: bytes) -> Hits:
        hits = [(m.end(), kind) for pattern, kind in compiled for m in pattern.finditer(data)]
        hits.sort()
        return hits

    return scan


@cache
def compiled(subject: str = "", patterns: tuple[Pattern, ...] = ()) -> tuple[bytes, bytes] | None:
    """Compile the search so that other processes need not: None where there is no Hyperscan."""
    wanted = expressions(subject, patterns)
    return hyperscan_databases(wanted) if importlib.util.find_spec("hyperscan") else None


_READY: Final[dict[tuple[str, tuple[Pattern, ...]], Engine]] = {}


def best_engine(subject: str = "", patterns: tuple[Pattern, ...] = ()) -> Engine:
    """Make the search ready for the fastest engine this system has; once in a process."""
    if (subject, patterns) not in _READY:
        wanted, databases = expressions(subject, patterns), compiled(subject, patterns)
        if databases:
            made = _loaded(wanted, databases)
        else:
            made = re2_engine(wanted) if importlib.util.find_spec("re2") else re_engine(wanted)
        _READY[subject, patterns] = made._replace(patterns=patterns)
    return _READY[subject, patterns]


def load_engine(subject: str, patterns: tuple[Pattern, ...], databases: tuple[bytes, bytes]) -> None:
    """Make the search ready that `compiled` compiled in another process."""
    made = _loaded(expressions(subject, patterns), databases)
    _READY[subject, patterns] = made._replace(patterns=patterns)
