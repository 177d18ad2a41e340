"""Numbers in a run of digits: which of them are identifiers, and what speaks for each.

One span is one kind, most specific first. A number that fails its checksum still counts
where a header or a label names it.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from typing import Final

from app.steps.locate import checks, grade, papers
from app.steps.locate.shapes import is_date
from app.steps.locate.sighting import Sighting, View
from app.steps.locate.words import ALSO

_RUN_CHARS: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+- ()")
RUN: Final = bytes(1 if byte in _RUN_CHARS else 0 for byte in range(256))
"""For bytes.translate: 0 at whatever ends the run of characters that a number can stand in."""
_S: Final = rb"[ \-]?"
_USCC_CHAR: Final = rb"[0-9A-HJ-NP-RTUW-Ya-hj-np-rtuw-y]"
_ID: Final = re.compile(
    rb"(?<![0-9])[1-9][0-9]{3}" + _S + rb"[0-9]{2}" + _S + rb"(?:18|19|20)" + _S + rb"[0-9]{2}" + _S
    + rb"(?:0[1-9]|1[0-2])" + _S + rb"(?:0[1-9]|[12][0-9]|3[01])" + _S + rb"[0-9]{2}" + _S + rb"[0-9]" + _S
    + rb"[0-9Xx](?![0-9])"
)  # fmt: skip
_USCC: Final = re.compile(
    rb"(?<![0-9A-Za-z])" + _USCC_CHAR + rb"{2}[0-9]{6}" + _USCC_CHAR + rb"{10}(?![0-9A-Za-z])"
)
_MOBILE: Final = re.compile(
    rb"(?<![0-9])(?:\(?(?:\+|00)?86\)?[ \-]?)?(1[3-9][0-9]" + _S + rb"[0-9]{4}" + _S + rb"[0-9]{4})(?![0-9])"
)
_CARD: Final = re.compile(
    rb"(?<![0-9])(?:[0-9]{13,19}|[0-9]{4}([ \-])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?)(?![0-9])"
)
_LANDLINE: Final = re.compile(
    rb"(?<![0-9])(?:\(?(?:\+|00)?86\)?[ \-]?)?\(?(0?(?:10|2[0-57-9]|[3-9][0-9]{2}))\)?"
    rb"([ \-]?)([1-9][0-9]{6,7})(?![0-9])"
)
_OLD_ID: Final = re.compile(rb"(?<![0-9])[1-9][0-9]{14}(?![0-9])")
_LONE: Final = re.compile(rb"(?:[^0-9]*[^0-9A-Za-z])?([0-9]{11,19})(?:(?![ \-][Xx])[^0-9A-Za-z][^0-9]*)?")
"""A run with one number in it, nothing glued to that, and no X that may be its last sign: nearly all are."""
_HASHES: Final = re.compile(rb"[0-9a-fA-F]{24,}|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

_PIECE: Final = 64
_BY_LENGTH: Final = {
    **dict.fromkeys((14, 16, 17, 19), (5,)),
    11: (2, 3),
    12: (3,),
    13: (2, 5),
    15: (2, 4, 5),
    18: (0, 1, 5),
}
"""Which of the six readers of numbers a bare run of so many digits concerns: most runs are bare."""
_Claim = tuple[tuple[int, int], str, str, int]


_ID_ALONE: Final = re.compile(
    rb"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{4}"
)
_FIGURES: Final = b"0123456789"
_ALONE: Final = frozenset({11, 16, 17, 18, 19})
_FIGURE: Final = frozenset(bytes([one]) for one in _FIGURES)
_SIGN: Final = _FIGURE | {b"X", b"x"}
_JOINTS: Final = b" -()"
_MOBILE_SIZE: Final = 11
_ID_SIZE: Final = 18
_REACH: Final = 23
"""Bytes read before the end: the longest number, and what stands near it."""
_NEAR: Final = 4
"""Joints between two parts of a number are fewer."""
_PARTS: Final = frozenset({b".", b"-", *(bytes([one]) for one in string.ascii_letters.encode())})
"""With one of these right before or after it a number may be part of another thing."""


def alone(view: View, end: int) -> tuple[Sighting, ...] | None:
    """Read a number that is bound to no other and to no letter, without asking for its whole run.

    `end` is after its last figure. None where there is more to be asked than of most; then
    `numbers` has the answer.
    """
    data = view.data
    head = data[end - _REACH if end > _REACH else 0 : end]
    before = head.rstrip(_FIGURES)
    number = head[len(before) :]
    start = end - len(number)
    if len(number) not in _ALONE or not _is_quiet(before[-_NEAR:], number, data[end : end + 2]):
        return None
    value = number.decode()
    if len(number) == _MOBILE_SIZE:
        if not "13" <= value[:2] <= "19":
            return None
        kind, why = "cn.mobile", _weigh_mobile(view, value, start, end, glued=False)
    elif len(number) == _ID_SIZE:
        told = _weigh_id(view, value, start, end) if _ID_ALONE.fullmatch(number) else None
        if told is None:
            return None
        kind, why = told
    else:
        kind, why = "bank.card", _weigh_card(view, value, start, end, glued=False)
    return () if why is None else (Sighting(start, end, kind, value, why),)


def _is_quiet(before: bytes, number: bytes, after: bytes) -> bool:
    """Whether no letter, dot or dash stands right at a number, and no sign that a joint could bind to it.

    Of what may have joints, only an identity number can begin with sixteen or seventeen figures in one
    piece, or have eleven in its midst; and only a mobile number can have its country before it.
    """
    if before[-1:] in _PARTS or after[:1] in _PARTS:
        return False
    if len(number) == _MOBILE_SIZE:
        return before.rstrip(_JOINTS)[-1:] not in _FIGURE
    return len(number) >= _ID_SIZE or after[1:] not in _SIGN


def numbers(view: View, start: int, end: int) -> Iterator[Sighting]:
    """Read every number of a run of the characters that one can stand in, most specific first."""
    run = view.data[start:end]
    lone = _LONE.fullmatch(run)
    if lone:
        run, start = lone[1], start + lone.start(1)
    readers = tuple(_READERS[i] for i in _BY_LENGTH.get(len(run), ())) if lone else _READERS
    claimed = bytearray(len(run))
    for read in readers:
        for (first, last), kind, value, why in read(view, run, start):
            if claimed.find(1, first, last) < 0:
                claimed[first:last] = b"\1" * (last - first)
                yield Sighting(start + first, start + last, kind, value, why)


def _id(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _ID.finditer(run):
        value = _plain(m[0])
        told = _weigh_id(view, value, base + m.start(), base + m.end())
        if told:
            yield m.span(), told[0], value, told[1]


def _weigh_id(view: View, value: str, start: int, end: int) -> tuple[str, int] | None:
    kind = checks.id_kind(value)
    why = grade.PATTERN | view.named(kind, start, end)
    why |= grade.CHECKSUM if checks.id_checksum(value) else 0
    why |= grade.DATE if checks.id_date(value, view.today) else 0
    why |= grade.REGION if checks.id_region(value) else 0
    if not why & (grade.CHECKSUM | grade.HEADER | grade.CONTEXT) and _is_other(value):
        return None
    return kind, why


def _uscc(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _USCC.finditer(run):
        value, start, end = m[0].decode().upper(), base + m.start(), base + m.end()
        named = view.named("cn.uscc", start, end)
        office, region = checks.uscc_office(value), checks.uscc_region(value)
        valid = checks.uscc_checksum(value)
        told = valid and office and region and not (view.odd(start) or _fraction(view.data, start, end))
        if named or told:
            why = grade.PATTERN | named | (grade.CHECKSUM if valid else 0)
            yield (
                m.span(),
                "cn.uscc",
                value,
                why | (grade.PREFIX if office else 0) | (grade.REGION if region else 0),
            )


def _mobile(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _MOBILE.finditer(run):
        if _fraction(view.data, base + m.start(), base + m.end()) or _in_hash(run, m):
            continue
        value = _plain(m[1])
        why = _weigh_mobile(view, value, base + m.start(), base + m.end(), glued=_glued(run, m))
        if why is not None:
            yield m.span(), "cn.mobile", value, why


def _weigh_mobile(view: View, value: str, start: int, end: int, *, glued: bool) -> int | None:
    named = view.named("cn.mobile", start, end)
    if not named and (view.odd(start) or (glued and is_date(value[:8]))):
        return None
    why = grade.PATTERN | named | (grade.PREFIX if checks.mobile_prefix(value) else 0)
    return why | (grade.ODD if glued else 0)


def _landline(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _LANDLINE.finditer(run):
        code, number = _plain(m[1]), m[3].decode()
        whole = code if code[0] == "0" else "0" + code
        start, end = base + m.start(), base + m.end()
        if (len(whole) == 3 and len(number) < 8) or _fraction(view.data, start, end) or _in_hash(run, m):
            continue
        if not (code[0] == "0" or m[0][:1] == b"(" or b"86" in m[0][:4]) or _glued(run, m):
            continue
        named = view.named("cn.landline", start, end) or view.named(ALSO["cn.landline"], start, end)
        if not named and (not (m[2] or b")" in m[0]) or view.odd(start) or is_date(number)):
            continue
        yield m.span(), "cn.landline", whole + number, grade.PATTERN | grade.PREFIX | named


def _old_id(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _OLD_ID.finditer(run):
        value = m[0].decode()
        named = view.named("cn.id15", base + m.start(), base + m.end())
        if named and papers.old_identity(value):
            yield m.span(), "cn.id15", value, grade.PATTERN | grade.DATE | grade.REGION | named


def _card(view: View, run: bytes, base: int) -> Iterator[_Claim]:
    for m in _CARD.finditer(run):
        value = _plain(m[0])
        if _fraction(view.data, base + m.start(), base + m.end()) or _in_hash(run, m):
            continue
        why = _weigh_card(view, value, base + m.start(), base + m.end(), glued=_glued(run, m))
        if why is not None:
            yield m.span(), "bank.card", value, why


def _weigh_card(view: View, value: str, start: int, end: int, *, glued: bool) -> int | None:
    if checks.is_run(value):
        return None
    named = view.named("bank.card", start, end)
    prefix, valid = checks.card_prefix(value), checks.luhn(value)
    view.card_shapes += prefix
    view.card_passes += prefix and valid
    if not named and (not (prefix and valid) or len(value) < 16 or view.odd(start)):
        return None
    why = grade.PATTERN | named | (grade.CHECKSUM if valid else 0) | (grade.PREFIX if prefix else 0)
    return why | (grade.ODD if glued else 0)


_READERS: Final = _id, _uscc, _mobile, _landline, _old_id, _card


def _fraction(data: bytes, start: int, end: int) -> bool:
    """Whether the digits are part of a decimal number; a trailing .0 is how spreadsheets export text."""
    before = data[max(0, start - 2) : start]
    after = data[end : end + 3]
    if before[-1:] == b"." and before[:1].isdigit():
        return True
    return (
        after[:1] == b"." and after[1:2].isdigit() and not (after[1:2] == b"0" and not after[2:3].isdigit())
    )


def _plain(number: bytes) -> str:
    return number.translate(None, b" -").decode().upper()


def _is_other(value: str) -> bool:
    """Whether an identity number without checksum is a better card or credit code."""
    if value.isdigit() and checks.luhn(value) and checks.card_prefix(value):
        return True
    return "X" not in value[:17] and checks.uscc_checksum(value) and checks.uscc_office(value)


def _glued(run: bytes, m: re.Match[bytes]) -> bool:
    """Whether a letter stands right before or after the number."""
    return run[m.start() - 1 : m.start()].isalpha() or run[m.end() : m.end() + 1].isalpha()


def _in_hash(run: bytes, m: re.Match[bytes]) -> bool:
    """Whether the number is part of a long hexadecimal word."""
    if not (_glued(run, m) or b"-" in (run[m.start() - 1 : m.start()], run[m.end() : m.end() + 1])):
        return False
    # Of a very long word a piece around the number is enough.
    near = _HASHES.finditer(run, max(0, m.start() - _PIECE), m.end() + _PIECE)
    return any(h.start() <= m.start() and m.end() <= h.end() for h in near)
