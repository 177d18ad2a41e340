"""From the engine's offsets to sightings: what stands there, exactly, and what speaks for it.

One span is one kind, most specific first: identity number, social credit code,
mobile, bank card. A number that fails its checksum still counts where a header or a
label names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from app.steps.locate import checks, grade
from app.steps.locate.engine import LABEL_KINDS, UNPLAIN, Class, Engine, Hits
from app.steps.locate.passage import Passage
from app.steps.locate.plain import is_utf8_near, mend, plain
from app.steps.locate.words import ODD, PROVINCE_SIGNS, family, header_kinds


class Sighting(NamedTuple):
    """One value at one place. `value` is normalised; it lives only until it has been counted."""

    start: int
    end: int
    kind: str
    value: str
    why: int


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
_EMAIL: Final = re.compile(
    rb"[A-Za-z0-9_%+\-][A-Za-z0-9._%+\-]{0,63}"
    rb"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+([A-Za-z]{2,24})(?![A-Za-z0-9])"
)
_PLATE: Final = re.compile(
    ("(?:" + "|".join(PROVINCE_SIGNS) + ")").encode()
    + rb"[A-HJ-NP-Z](?:\xc2\xb7|\xe2\x80\xa2|[ .\-])?"
    + rb"(?:[DABCEFGHJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[DABCEFGHJK]|[A-HJ-NP-Z0-9]{4}"
    + "(?:[A-HJ-NP-Z0-9]|挂|学|警|港|澳))(?![0-9A-Za-z])".encode()
)
_KEY_BODY: Final = re.compile(rb"[0-9A-Za-z+/=\-]{16,}")
_RUN_CHARS: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+- ()")
_RUN: Final = bytes(1 if byte in _RUN_CHARS else 0 for byte in range(256))
"""For bytes.translate: 0 at whatever ends the run of characters that a number can stand in."""
_LONE: Final = re.compile(rb"(?:[^0-9]*[^0-9A-Za-z])?([0-9]{11,19})(?:[^0-9A-Za-z][^0-9]*)?")
"""A run with one number in it and nothing glued to that: nearly all are."""
_NOT_TOP_LEVEL: Final = frozenset(
    {b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"py", b"map"}
)
_SOLID_EMAIL: Final = re.compile(r"[^@]{3,}@[^.]{2,}\..+")
"""In bytes that are no text, a shorter one turns up by chance every few megabytes."""
_HASHES: Final = re.compile(rb"[0-9a-fA-F]{24,}")

_BY_LENGTH: Final = {
    **dict.fromkeys((14, 16, 17, 19), (3,)),
    **dict.fromkeys((13, 15), (2, 3)),
    11: (2,),
    18: (0, 1, 3),
}
"""Which of the four readers of numbers a bare run of so many digits concerns: most runs are bare."""
_BEFORE: Final = 180
_AFTER: Final = 60
_ODD_BEFORE: Final = 24
_NEIGHBOUR: Final = 200
_LABEL_BLOCK: Final = 12
"""Labels are looked for in blocks of 4 KiB (2 to this power), where a number stands near."""
_LONGEST_LABEL: Final = 64
_NO_LABELS: Final[dict[str, list[int]]] = {}


def sightings(passage: Passage, engine: Engine, today: date) -> list[Sighting]:
    """Find what stands in one passage."""
    hits = engine.spots(passage.data)
    if not hits:
        return []
    if passage.loose and not is_utf8_near(passage.data, [end for end, _ in hits]):
        passage = passage._replace(data=mend(passage.data)[0], loose=False)
        hits = engine.spots(passage.data)
    return sightings_at(passage, hits, engine, today)


def sightings_at(passage: Passage, hits: Hits, engine: Engine, today: date) -> list[Sighting]:
    """Find what stands in one passage where the engine has reported something."""
    data = passage.data
    if any(kind in UNPLAIN for _, kind in hits):
        data = plain(data)
        hits = engine.spots(data)
    view = _View(data, engine, passage, today)
    found = _no_chance_cards(sorted(view.all(hits)), view)
    if passage.raw:
        found = [s for s in found if s.kind != "email" or _SOLID_EMAIL.fullmatch(s.value)]
    return found if passage.column else _with_companions(found)


def _with_companions(found: list[Sighting]) -> list[Sighting]:
    near: set[int] = set()
    for place, (left, right) in enumerate(pairwise(found)):
        if left.kind != right.kind and right.start - left.end <= _NEIGHBOUR:
            near.update((place, place + 1))
    return [Sighting(*s[:4], s.why | grade.COMPANION) if i in near else s for i, s in enumerate(found)]


def _no_chance_cards(found: list[Sighting], view: _View) -> list[Sighting]:
    """Drop unlabelled cards where most numbers of that shape fail Luhn: one in ten passes by chance."""
    if view.card_shapes < 10 or view.card_passes * 2 >= view.card_shapes:
        return found
    named = grade.HEADER | grade.CONTEXT
    return [s for s in found if s.kind != "bank.card" or s.why & named]


class _View:
    """One passage while it is looked at: where the labels are and what has been tried."""

    def __init__(self, data: bytes, engine: Engine, passage: Passage, today: date) -> None:
        self.data = data
        self.today = today
        self._engine = engine
        self._labels: dict[int, dict[str, list[int]]] = {}
        self.headers = header_kinds(passage.header) if passage.header else frozenset[str]()
        if not passage.column:
            self.headers -= {ODD}
        self.in_column = passage.column
        self.card_shapes = 0
        self.card_passes = 0

    def all(self, hits: Hits) -> Iterator[Sighting]:
        done = 0
        for end, kind in hits:
            if kind == Class.NUMBER:
                if end - 1 > done:  # the character after the run may be the last that was matched
                    start, done = self._run(end - 1)
                    yield from self._numbers(start, done)
            elif kind == Class.EMAIL:
                yield from self._email(end)
            elif kind == Class.PLATE:
                yield from self._plate(end)
            elif kind == Class.KEY:
                yield from self._key(end)
            elif kind == Class.SUBJECT:
                yield from self._subject(end)

    def _run(self, at: int) -> tuple[int, int]:
        """Give the whole run of characters a number can stand in, so that no value is cut."""
        data, reach = self.data, 64
        while True:
            start = max(0, at - reach)
            first = start + data[start:at].translate(_RUN).rfind(0) + 1
            if first > start or start == 0:
                break
            reach *= 4
        reach = 64
        while True:
            last = data[at : at + reach].translate(_RUN).find(0)
            if last >= 0:
                return first, at + last
            if at + reach >= len(data):
                return first, len(data)
            reach *= 4

    def _ends(self, kind: str, first: int, last: int) -> bool:
        """Whether a label of this kind ends between two places."""
        first = max(first, 0)
        for block in range(first >> _LABEL_BLOCK, (last >> _LABEL_BLOCK) + 1):
            labels = self._labels.get(block)
            if labels is None:
                labels = self._labels[block] = self._labelled(block << _LABEL_BLOCK)
            if labels and any(first <= end <= last for end in labels.get(kind, ())):
                return True
        return False

    def _labelled(self, start: int) -> dict[str, list[int]]:
        """Give the ends of the labels in one block, read with what stands around it."""
        before = min(start, _LONGEST_LABEL)
        stop = start + (1 << _LABEL_BLOCK)
        hits = self._engine.labels(self.data[start - before : stop + _LONGEST_LABEL])
        if not hits:
            return _NO_LABELS
        found: dict[str, list[int]] = {}
        for end, kind in hits:
            if start <= end + start - before < stop:
                found.setdefault(LABEL_KINDS[kind - Class.LABEL], []).append(end + start - before)
        return found

    def named(self, kind: str, start: int, end: int) -> int:
        """Tell whether a header or a label nearby names this kind."""
        kind = family(kind)
        if kind in self.headers:
            return grade.HEADER
        if self.in_column:
            return 0
        return grade.CONTEXT if self._ends(kind, start - _BEFORE, end + _AFTER) else 0

    def odd(self, start: int) -> bool:
        """Tell whether the number is labelled as an order number or the like."""
        return ODD in self.headers or self._ends(ODD, start - _ODD_BEFORE, start)

    def _numbers(self, start: int, end: int) -> Iterator[Sighting]:
        run = self.data[start:end]
        lone = _LONE.fullmatch(run)
        if lone:
            run, start = lone[1], start + lone.start(1)
        everything = self._id, self._uscc, self._mobile, self._card
        readers = tuple(everything[i] for i in _BY_LENGTH.get(len(run), ())) if lone else everything
        claimed = bytearray(len(run))
        for read in readers:
            for (first, last), kind, value, why in read(run, start):
                if claimed.find(1, first, last) < 0:
                    claimed[first:last] = b"\1" * (last - first)
                    yield Sighting(start + first, start + last, kind, value, why)

    def _id(self, run: bytes, base: int) -> Iterator[_Claim]:
        for m in _ID.finditer(run):
            value = _plain(m[0])
            kind = checks.id_kind(value)
            why = grade.PATTERN | self.named(kind, base + m.start(), base + m.end())
            why |= grade.CHECKSUM if checks.id_checksum(value) else 0
            why |= grade.DATE if checks.id_date(value, self.today) else 0
            why |= grade.REGION if checks.id_region(value) else 0
            if why == why & ~(grade.CHECKSUM | grade.HEADER | grade.CONTEXT) and _is_other(value):
                continue
            yield m.span(), kind, value, why

    def _uscc(self, run: bytes, base: int) -> Iterator[_Claim]:
        for m in _USCC.finditer(run):
            value = m[0].decode().upper()
            named = self.named("cn.uscc", base + m.start(), base + m.end())
            office, region = checks.uscc_office(value), checks.uscc_region(value)
            valid = checks.uscc_checksum(value)
            if named or (valid and office and region):
                why = grade.PATTERN | named | (grade.CHECKSUM if valid else 0)
                yield (
                    m.span(),
                    "cn.uscc",
                    value,
                    why | (grade.PREFIX if office else 0) | (grade.REGION if region else 0),
                )

    def _mobile(self, run: bytes, base: int) -> Iterator[_Claim]:
        for m in _MOBILE.finditer(run):
            if self._fraction(base + m.start(), base + m.end()) or _in_hash(run, m):
                continue
            value = _plain(m[1])
            named = self.named("cn.mobile", base + m.start(), base + m.end())
            why = grade.PATTERN | named | (grade.PREFIX if checks.mobile_prefix(value) else 0)
            if not named and self.odd(base + m.start()):
                continue
            yield m.span(), "cn.mobile", value, why | (grade.ODD if _glued(run, m) else 0)

    def _card(self, run: bytes, base: int) -> Iterator[_Claim]:
        for m in _CARD.finditer(run):
            value = _plain(m[0])
            if self._fraction(base + m.start(), base + m.end()) or checks.is_run(value) or _in_hash(run, m):
                continue
            named = self.named("bank.card", base + m.start(), base + m.end())
            prefix, valid = checks.card_prefix(value), checks.luhn(value)
            self.card_shapes += prefix
            self.card_passes += prefix and valid
            if not named and (not (prefix and valid) or len(value) < 16 or self.odd(base + m.start())):
                continue
            why = grade.PATTERN | named | (grade.CHECKSUM if valid else 0) | (grade.PREFIX if prefix else 0)
            yield m.span(), "bank.card", value, why | (grade.ODD if _glued(run, m) else 0)

    def _fraction(self, start: int, end: int) -> bool:
        """Whether the digits are part of a decimal number; a trailing .0 is how spreadsheets export text."""
        before = self.data[max(0, start - 2) : start]
        after = self.data[end : end + 3]
        if before[-1:] == b"." and before[:1].isdigit():
            return True
        return (
            after[:1] == b"."
            and after[1:2].isdigit()
            and not (after[1:2] == b"0" and not after[2:3].isdigit())
        )

    def _email(self, end: int) -> Iterator[Sighting]:
        at = end - 2
        start = max(0, at - 64)
        for m in _EMAIL.finditer(self.data, start, min(len(self.data), at + 256)):
            if m.start() < at < m.end() and m[1].lower() not in _NOT_TOP_LEVEL:
                why = grade.PATTERN | self.named("email", m.start(), m.end())
                yield Sighting(m.start(), m.end(), "email", m[0].decode().lower(), why)

    def _plate(self, end: int) -> Iterator[Sighting]:
        for m in _PLATE.finditer(self.data, max(0, end - 12), min(len(self.data), end + 12)):
            if m.start() < end <= m.end() and any(48 <= b <= 57 for b in m[0]):
                why = grade.PATTERN | self.named("cn.plate", m.start(), m.end())
                value = re.sub("[·• .-]", "", m[0].decode())
                yield Sighting(m.start(), m.end(), "cn.plate", value, why)

    def _key(self, end: int) -> Iterator[Sighting]:
        body = _KEY_BODY.search(self.data, max(0, end - 24), end + 400)
        value = body[0][:96].decode() if body else "header"
        yield Sighting(max(0, end - 16), end, "secret.key", value, grade.PATTERN | grade.PREFIX)

    def _subject(self, end: int) -> Iterator[Sighting]:
        digits = self.data[end - 1 : end].isdigit()
        if not (digits and self.data[end : end + 1].isdigit()):
            yield Sighting(max(0, end - 1), end, "custom.subject", "subject", grade.PATTERN)


_Claim = tuple[tuple[int, int], str, str, int]


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
    if not _glued(run, m):
        return False
    return any(h.start() <= m.start() and m.end() <= h.end() for h in _HASHES.finditer(run))
