"""Lines that are one value each, taken together: most of what a list of customers is.

What is said of each is what `sight` would say. Whatever is not told by its shape alone, with a
right checksum and no word near it, is left to `sight`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import compress, repeat
from typing import Final, NamedTuple

from app.steps.locate import checks, grade, sums
from app.steps.locate.engine import LABEL_KINDS, Class, Engine
from app.steps.locate.hashes import better
from app.steps.locate.named import headed
from app.steps.locate.passage import Passage
from app.steps.locate.words import ODD, header_kinds

Values = dict[str, dict[str, int]]
"""By kind, values with what speaks for each."""
_LINE: Final = re.compile(rb"(?m)^(?:[0-9]{11}|[0-9]{16,19}|[0-9]{17}[Xx]|[^\n@]{1,64}@[^\n@]{3,128})$")
_SAMPLE: Final = 2 << 10
_SHARE: Final = 4
"""One in so many lines must be a value: where few are, each alone takes less time."""
_MAIL_LINE: Final = (
    r"(?>[a-z]{4,24}[0-9]{0,10}|(?:[0-9]{0,5}[a-z._]){1,20}[0-9]{0,5})"
    r"@(?:(?>[a-z]{1,30}[0-9]{0,3}|[0-9]{2,5})\.){1,3}(?:com|cn|net|org|edu|gov|hk|tw|mo)"
)
"""An address in which nothing else can be seen: no number, paper or key."""
_MAILS: Final = re.compile(f"(?:{_MAIL_LINE}\n)*+")
_MAIL_ALONE: Final = re.compile(_MAIL_LINE)
_MOBILE_ALONE: Final = re.compile(r"1[3-9][0-9]{9}")
_ID_ALONE: Final = re.compile(r"[1-8][0-9]{16}[0-9Xx]")
_CARD_ALONE: Final = re.compile(r"[0-9]{16,19}")
_SECONDS: Final = frozenset("3456789")
_NO_FIGURES: Final = str.maketrans("", "", "0123456789")
_NO_NUMBERS: Final = str.maketrans("", "", "0123456789.")
_NOTHING, _MOBILE, _ID, _CARD, _MAIL, _OTHER = range(6)
_KINDS: Final = {_MOBILE: "cn.mobile", _ID: "cn.id", _CARD: "bank.card", _MAIL: "email"}
_AT: Final = 255
"""Stands for the length of a line with an at sign."""
_LENGTHS: Final = {11: _MOBILE, 16: _CARD, 17: _CARD, 18: _ID, 19: _CARD, _AT: _MAIL}
_BY_LENGTH: Final = bytes(_LENGTHS.get(n, _OTHER if n > 10 else _NOTHING) for n in range(256))
_ONLY: Final = tuple(bytes(one == kind for one in range(256)) for kind in range(6))
_APART: Final = bytes(10)
"""So many lines without a value between two may be further apart than neighbours are."""
_BESIDE: Final = re.compile("KEY|<<|wxid_")
"""What is read together with the lines around it."""
_REGIONS: Final = frozenset(str(code) for code in range(11, 80) if checks.is_province(str(code)))
"""Without Hong Kong and Macao: their numbers are of another kind."""
_CARD_REGIONS: Final = ("62", "65")
"""Seventeen figures that begin so look like a card, and count among those that do."""
_DAYS: Final = frozenset(f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 29))
"""Days of every month in every year."""
_CENTURIES: Final = frozenset(("18", "19", "20"))
_CARDS_ENOUGH: Final = 10
_DIFFERS: Final = bytes(min(one, 1) for one in range(256))
_CARD_WHY: Final = grade.PATTERN | grade.CHECKSUM | grade.PREFIX
_ID_WHY: Final = grade.PATTERN | grade.CHECKSUM | grade.DATE | grade.REGION


class _Head(NamedTuple):
    """What the head over the lines says."""

    kinds: frozenset[str]
    odd: bool

    def named(self, kind: int) -> int:
        """Tell whether it names a kind."""
        return grade.HEADER if _KINDS[kind] in self.kinds else 0


class _Found(NamedTuple):
    """The values of one kind in order of their lines, what speaks for each, and the lines that are left."""

    values: list[str]
    whys: list[int] | int
    """One for each, or the same for all."""
    left: Sequence[str] = ()
    each: bytes = b""
    """Of the lines that may be cards, 0 for each that is none; empty where all are."""


def together(passage: Passage, engine: Engine, today: date) -> tuple[Values | None, Passage | None]:
    """Give the values of a passage, and what of it is left to be looked at: all of most."""
    data = passage.data
    if passage.raw or not _has_values(data) or not data.isascii() or b"\r" in data:
        return None, passage
    if passage.column and headed(passage.header):
        return None, passage
    lines = data.decode().removesuffix("\n").split("\n")
    codes = _codes(lines, mail=b"@" in data)
    kinds = header_kinds(passage.header) if passage.header else frozenset[str]()
    head = _Head(kinds, passage.column and ODD in kinds)
    found = _found(lines, codes, head, today)
    left = _left(lines, codes, found)
    if left and (not passage.column or _hangs_together(left, found, head, engine)):
        return None, passage
    if _MAIL in found and not _unlabelled(found[_MAIL].values, engine):
        return None, passage
    near = None if passage.column else _neighbours(codes, found)
    if near is None and not passage.column:
        return None, passage
    told = {_KINDS[kind]: _told(kind, one, near) for kind, one in found.items() if one.values}
    return told, passage._replace(data="\n".join(left).encode()) if left else None


def _has_values(data: bytes) -> bool:
    """Whether enough of the first lines are values."""
    start = data[:_SAMPLE]
    return len(_LINE.findall(start)) * _SHARE > start.count(b"\n")


def _codes(lines: list[str], *, mail: bool) -> bytes:
    """Give for each line which kind it may be of, by its length."""
    if mail:
        lengths = bytes([_AT if "@" in one else min(len(one), _AT - 1) for one in lines])
    else:
        try:
            lengths = bytes(map(len, lines))
        except ValueError:
            lengths = bytes([min(len(one), _AT - 1) for one in lines])
    return lengths.translate(_BY_LENGTH)


def _of(kind: int, lines: list[str], codes: bytes) -> list[str]:
    return list(compress(lines, codes.translate(_ONLY[kind])))


def _found(lines: list[str], codes: bytes, head: _Head, today: date) -> dict[int, _Found]:
    found = {}
    for kind in _KINDS:
        some = _of(kind, lines, codes) if kind in codes else []
        if not some:
            continue
        if kind == _MOBILE:
            found[kind] = _mobiles(some, head)
        elif kind == _MAIL:
            found[kind] = _mails(some, head)
        elif kind == _ID:
            found[kind] = _ids(some, head, today)
        else:
            found[kind] = _cards(some, head)
    return found


def _mobiles(lines: list[str], head: _Head) -> _Found:
    joined, left = "".join(lines), list[str]()
    if joined.translate(_NO_FIGURES) or set(joined[::11]) != {"1"} or not set(joined[1::11]) <= _SECONDS:
        lines, left = _parted(lines, _MOBILE_ALONE)
    named = head.named(_MOBILE)
    if head.odd and not named:
        return _Found([], [], left)
    whys = {start: _why_mobile(start) | named for start in {one[:3] for one in lines}}
    alike = set(whys.values())
    return _Found(lines, alike.pop() if len(alike) == 1 else [whys[one[:3]] for one in lines], left)


def _why_mobile(start: str) -> int:
    return grade.PATTERN | (grade.PREFIX if checks.mobile_prefix(start + "00000000") else 0)


def _mails(lines: list[str], head: _Head) -> _Found:
    left = list[str]()
    if not _MAILS.fullmatch("\n".join(lines) + "\n"):
        lines, left = _parted(lines, _MAIL_ALONE)
    return _Found(lines, grade.PATTERN | head.named(_MAIL), left)


def _ids(lines: list[str], head: _Head, today: date) -> _Found:
    left = list[str]()
    if "".join(lines).translate(_NO_FIGURES):
        lines, left = _parted(lines, _ID_ALONE)  # what is left may be a key, in which an a is no A
        left += [one for one in lines if _looks_like_card(one)]
        lines = [one.upper() for one in lines if not _looks_like_card(one)]
    year = f"{today.year:04}"
    plain = [
        one
        for one in lines
        if one[:2] in _REGIONS
        and one[6:8] in _CENTURIES
        and ((one[10:14] in _DAYS and one[6:10] < year) or checks.id_date(one, today))
    ]
    if len(plain) < len(lines):
        kept = set(plain)
        left += [one for one in lines if one not in kept]
    right = sums.identity_numbers("".join(plain).encode())
    if 0 in right:
        left += [one for one, fits in zip(plain, right, strict=True) if not fits]
        plain = list(compress(plain, right))
    return _Found(plain, _ID_WHY | head.named(_ID), left)


def _looks_like_card(number: str) -> bool:
    """Whether the seventeen figures before an X begin as a card's: they count among those that do."""
    return number[17] in "Xx" and number[:2] in _CARD_REGIONS


def _cards(lines: list[str], head: _Head) -> _Found:
    """Read what may be cards; those of wrong figures count too, where they begin as cards do."""
    lines, left = _parted(lines, _CARD_ALONE) if "".join(lines).translate(_NO_FIGURES) else (lines, [])
    named, right = head.named(_CARD), _pass(lines)
    starts = {one[:6].ljust(len(one), "0") for one in lines}
    if 0 not in right and all(checks.card_prefix(one) and not _may_be_run(one) for one in starts):
        if head.odd and not named:
            return _Found([], [], left, bytes(len(lines)))
        return _Found(lines, _CARD_WHY | named, left)
    return _doubtful_cards(lines, right, head, left)


def _may_be_run(start: str) -> bool:
    """Whether a number that begins so may be one or two figures over and over, or count up or down."""
    return len(set(start[:6])) < 3 or checks.is_run(start[:6])


def _doubtful_cards(lines: list[str], right: bytes, head: _Head, left: list[str]) -> _Found:
    named, shapes, passes = head.named(_CARD), 0, 0
    values, whys, each = [], [], bytearray(len(lines))
    for place, (one, fits) in enumerate(zip(lines, right, strict=True)):
        if checks.is_run(one):
            continue
        begins = checks.card_prefix(one)
        shapes += begins
        passes += begins and fits
        if named or (begins and fits and not head.odd):
            each[place] = 1
            values.append(one)
            why = (grade.CHECKSUM if fits else 0) | (grade.PREFIX if begins else 0)
            whys.append(grade.PATTERN | named | why)
    if not named and shapes >= _CARDS_ENOUGH and passes * 2 < shapes:
        return _Found([], [], left, bytes(len(lines)))
    return _Found(values, whys, left, bytes(each))


def _pass(lines: list[str]) -> bytes:
    """Tell of each number whether it passes Luhn."""
    alike = {len(one) for one in lines}
    if len(alike) == 1:
        return sums.cards("".join(lines).encode(), alike.pop())
    return bytes(map(checks.luhn, lines))


def _left(lines: list[str], codes: bytes, found: dict[int, _Found]) -> list[str]:
    left = [one for each in found.values() for one in each.left]
    if _OTHER in codes:
        left += _of(_OTHER, lines, codes)
    few = _of(_NOTHING, lines, codes) if _NOTHING in codes else []
    if "".join(few).translate(_NO_NUMBERS):
        left += [one for one in few if one.translate(_NO_NUMBERS)]
    return left


def _hangs_together(left: list[str], found: dict[int, _Found], head: _Head, engine: Engine) -> bool:
    """Whether what is left of a column says something of the rest of it, or that of it."""
    if _CARD in found and not head.named(_CARD):
        return True  # how many cards of all pass counts
    text = "\n".join(left)
    labels = {LABEL_KINDS[kind - Class.LABEL] for _, kind in engine.labels(text.encode())}
    return ODD in labels or bool(_BESIDE.search(text))


def _unlabelled(mails: list[str], engine: Engine) -> bool:
    """Whether no word in the addresses names a number nearby; that of their host has none after it."""
    hits = engine.labels(("\n".join(mails) + "\n").encode())
    if not hits:
        return True
    kinds = Counter(LABEL_KINDS[kind - Class.LABEL] for _, kind in hits)
    hosts = kinds.pop("qq", 0)
    return not kinds and hosts == sum(one.endswith("@qq.com") for one in mails)


def _neighbours(codes: bytes, found: dict[int, _Found]) -> dict[int, bytes] | None:
    """Tell of each value whether one of another kind is beside it; None where that is not plain."""
    cards = found.get(_CARD)
    if cards and 0 in cards.each:
        told = iter(cards.each)
        codes = bytes(code if code != _CARD or next(told) else _NOTHING for code in codes)
    if _APART in codes:
        return None
    codes = codes.replace(b"\0", b"")
    if not codes:
        return {}
    # Two neighbours that differ leave something of each other when one is taken from the other.
    first, second = int.from_bytes(codes[:-1], "big"), int.from_bytes(codes[1:], "big")
    differ = (first ^ second).to_bytes(len(codes) - 1, "big").translate(_DIFFERS)
    before, after = int.from_bytes(b"\0" + differ, "big"), int.from_bytes(differ + b"\0", "big")
    near = (before | after).to_bytes(len(codes), "big")
    return {kind: bytes(compress(near, codes.translate(_ONLY[kind]))) for kind in found}


def _told(kind: int, one: _Found, near: dict[int, bytes] | None) -> dict[str, int]:
    if near is None or 1 not in near[kind]:
        if isinstance(one.whys, int):
            return dict.fromkeys(one.values, one.whys)
        return dict(zip(one.values, one.whys, strict=True))
    name = _KINDS[kind]
    whys = repeat(one.whys, len(one.values)) if isinstance(one.whys, int) else one.whys
    told: dict[str, int] = {}
    for value, why, beside in zip(one.values, whys, near[kind], strict=True):
        now = why | (beside and grade.COMPANION)
        known = told.get(value)
        told[value] = now if known is None or known == now else better(name, known, now)
    return told


def _parted(lines: list[str], shape: re.Pattern[str]) -> tuple[list[str], list[str]]:
    """Part lines of one shape from the others."""
    fit = shape.fullmatch
    return [one for one in lines if fit(one)], [one for one in lines if not fit(one)]
