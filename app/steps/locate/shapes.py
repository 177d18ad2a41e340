"""Values that are told by their shape: addresses of mail, plates, papers with letters, keys, places."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from datetime import date
from typing import Final

from app.steps.locate import grade, papers
from app.steps.locate.sighting import Sighting, View
from app.steps.locate.words import ALSO, PROVINCE_SIGNS

_EMAIL: Final = re.compile(
    rb"[A-Za-z0-9_%+\-][A-Za-z0-9._%+\-]{0,63}"
    rb"@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+([A-Za-z]{2,24})(?![A-Za-z0-9])"
)
_LOGIN: Final = re.compile(rb"[a-z][a-z0-9+.\-]{1,20}://[^\s:/@\"'<>]{0,64}:([^\s/@\"'<>{}$*]{4,64})\Z")
_NOT_TOP_LEVEL: Final = frozenset(
    {b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"css", b"js", b"py", b"map"}
)
_PLATE: Final = re.compile(
    ("(?:" + "|".join(PROVINCE_SIGNS) + ")").encode()
    + rb"[A-HJ-NP-Z](?:\xc2\xb7|\xe2\x80\xa2|[ .\-])?"
    + rb"(?:[DABCEFGHJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[DABCEFGHJK]|[A-HJ-NP-Z0-9]{4}"
    + "(?:[A-HJ-NP-Z0-9]|挂|学|警|港|澳))(?![0-9A-Za-z])".encode()
)
_KEY_BODY: Final = re.compile(rb"[0-9A-Za-z+/=\-]{16,}")
_TOKENS: Final[tuple[tuple[re.Pattern[bytes], str, int], ...]] = (
    (re.compile(rb"(?<![0-9A-Za-z_])wxid_[0-9a-z]{10,22}(?![0-9A-Za-z])"), "wechat", grade.PREFIX),
    (
        re.compile(
            rb"(?<![0-9A-Za-z_])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|LTAI[0-9A-Za-z]{12,26}|AKID[0-9A-Za-z]{32}"
            rb"|gh[pousr]_[0-9A-Za-z]{36,}|glpat-[0-9A-Za-z_\-]{20,}|xox[abprs]-[0-9A-Za-z\-]{20,}"
            rb"|AIza[0-9A-Za-z_\-]{35}|sk-[0-9A-Za-z_\-]{32,})(?![0-9A-Za-z])"
        ),
        "secret.key",
        grade.PREFIX,
    ),
    (
        re.compile(
            rb"\$2[abxy]?\$[0-9]{2}\$[./0-9A-Za-z]{53}|\$argon2(?:id|i|d)\$[0-9A-Za-z$,=+/]{30,200}"
            rb"|\$[156y]\$[0-9A-Za-z./$=,]{20,150}|\{S?SHA\}[0-9A-Za-z+/=]{28,}"
        ),
        "secret.password",
        grade.PREFIX,
    ),
    (
        re.compile(
            "(?:军|兵|士|文|武|海|空|南|北|沈|兰|成|济|广|政|后|装|参|警)字第?[0-9]{6,8}(?![0-9])".encode()
        ),
        "cn.military",
        grade.PREFIX,
    ),
)
_HONG_KONG: Final = re.compile(rb"(?<![0-9A-Za-z])([A-Z]{1,2}[0-9]{6})\(([0-9A])\)")
_ZONE: Final = re.compile(
    rb"(?<![0-9A-Z])[0-9A-Z<]{9}[0-9<][A-Z]{3}[0-9]{7}[MF<][0-9]{7}(?:[0-9A-Z<]{14}[0-9<][0-9])?(?![0-9A-Z])"
)
_VEHICLE: Final = re.compile(rb"(?<![0-9A-Za-z])L[A-HJ-NPR-Z0-9]{12}[0-9]{4}(?![0-9A-Za-z])")
_COORDINATES: Final = re.compile(
    rb"(?<![0-9.])([0-9]{1,3}\.[0-9]{4,16})[ ]?[,;/ ][ ]?([0-9]{1,3}\.[0-9]{4,16})(?![0-9.])"
)
_VISITOR: Final = re.compile(rb"(?:^|[\s,])([0-9]{1,3}(?:\.[0-9]{1,3}){3}) [^ \n]{1,64} [^\n\[]{1,64} ?\Z")
_PAPERS: Final[tuple[tuple[str, re.Pattern[str], bool], ...]] = (
    ("cn.permanent_resident", re.compile(r"[A-Z]{3}[0-9]{12}"), True),
    ("tw.id", re.compile(r"[A-Z][1289][0-9]{8}"), True),
    ("cn.hkmo_permit", re.compile(r"C[A-HJ-NP-Z0-9][0-9]{7}|W[0-9]{8}|[HM][0-9]{8}(?:[0-9]{2})?"), True),
    ("cn.tw_permit", re.compile(r"[LT][0-9]{8}"), True),
    ("cn.passport", re.compile(r"[EG][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E?[0-9]{7,8}"), True),
    ("cn.passport", re.compile(r"[A-Z]{1,2}[0-9]{7,9}"), False),
)
"""Kind, form, and whether the form is its alone: the papers of other countries look like many things."""
_ANY_PAPER: Final = re.compile("|".join(f"(?:{form.pattern})" for _, form, _ in _PAPERS))
_TOKEN_BEFORE: Final = 240
_LINE: Final = 160
"""Bytes of a log's line before its time."""
_LETTERS_AND_FIGURES: Final = (string.ascii_letters + string.digits).encode()
_NAME_SIGNS: Final = _LETTERS_AND_FIGURES + b"._%+-"


def email(view: View, end: int) -> tuple[Sighting, ...]:
    """Read an address of mail, or the password of a login before the name of a machine."""
    data, at = view.data, end - 2
    far = max(0, at - 160)
    login = _LOGIN.search(data, far, at) if data.find(b"://", far, at) >= 0 else None
    if login:
        value = login[1].decode("utf-8", "replace")
        return (Sighting(*login.span(1), "secret.password", value, grade.PATTERN | grade.CONTEXT),)
    start = max(0, at - 64)
    name = data[start:at]
    if b"@" not in name:
        # Nothing before the first sign that is no part of a name can be part of the address.
        start += len(name.rstrip(_NAME_SIGNS))
    for m in _EMAIL.finditer(data, start, at + 256):
        first, last = m.span()
        if last > at:
            if first > at or m[1].lower() in _NOT_TOP_LEVEL:
                break
            why = grade.PATTERN | view.named("email", first, last)
            return (Sighting(first, last, "email", m[0].decode().lower(), why),)
    return ()


def plate(view: View, end: int) -> Iterator[Sighting]:
    """Read a number plate."""
    for m in _PLATE.finditer(view.data, max(0, end - 12), min(len(view.data), end + 12)):
        if m.start() < end <= m.end() and any(48 <= b <= 57 for b in m[0]):
            why = grade.PATTERN | view.named("cn.plate", m.start(), m.end())
            value = re.sub("[·• .-]", "", m[0].decode())
            yield Sighting(m.start(), m.end(), "cn.plate", value, why)


def key(view: View, end: int) -> Iterator[Sighting]:
    """Read the first line of a private key."""
    body = _KEY_BODY.search(view.data, max(0, end - 24), end + 400)
    value = body[0][:96].decode() if body else "header"
    yield Sighting(max(0, end - 16), end, "secret.key", value, grade.PATTERN | grade.PREFIX)


def subject(view: View, end: int) -> Iterator[Sighting]:
    """Tell of the text that is looked for besides."""
    digits = view.data[end - 1 : end].isdigit()
    if not (digits and view.data[end : end + 1].isdigit()):
        yield Sighting(max(0, end - 1), end, "custom.subject", "subject", grade.PATTERN)


def token(view: View, end: int) -> Iterator[Sighting]:
    """Read a key, a password's hash, or a number that carries its name in itself."""
    first, last = max(0, end - _TOKEN_BEFORE), min(len(view.data), end + _TOKEN_BEFORE)
    for pattern, kind, why in _TOKENS:
        for m in pattern.finditer(view.data, first, last):
            if m.start() < end <= m.end():
                yield Sighting(
                    *m.span(), kind, m[0].decode(), grade.PATTERN | why | view.named(kind, *m.span())
                )


def hong_kong(view: View, end: int) -> Iterator[Sighting]:
    """Read an identity number of Hong Kong; its brackets tell it."""
    for m in _HONG_KONG.finditer(view.data, max(0, end - 12), min(len(view.data), end + 4)):
        if m.end() == end or m.start() < end <= m.end():
            value = (m[1] + m[2]).decode()
            why = grade.PATTERN | _named(view, "hk.id", *m.span())
            yield Sighting(
                *m.span(), "hk.id", value, why | (grade.CHECKSUM if papers.hong_kong(value) else 0)
            )


def paper(view: View, end: int) -> Iterator[Sighting]:
    """Read the number of a passport, a permit or another paper that begins with a letter.

    Only where a label or a head names it, or where one stands over a table in a document.
    """
    data = view.data
    last = end if data[end - 1 : end].isdigit() else end - 1
    before = data[max(0, last - 16) : last]
    first = last - len(before) + len(before.rstrip(_LETTERS_AND_FIGURES))
    written = data[first:last].decode()
    text = written.upper()
    if not _ANY_PAPER.fullmatch(text):
        return
    forms = [(kind, own) for kind, form, own in _PAPERS if form.fullmatch(text)]
    for kind, own in forms:
        named = view.named(kind, first, last)
        if named:
            yield Sighting(first, last, kind, text, named | _paper(kind, text, own=own))
            return
    if view.odd(first) or written != text:
        return
    for kind, own in forms:
        named = view.named(ALSO.get(kind, kind), first, last) if own else 0
        mentioned = own and not named and view.mentioned(kind, first)
        if named or mentioned:
            yield Sighting(first, last, kind, text, named | _paper(kind, text, own=own))
            return


def _paper(kind: str, text: str, *, own: bool) -> int:
    right = kind == "tw.id" and papers.taiwan(text)
    return grade.PATTERN | (grade.PREFIX if own else 0) | (grade.CHECKSUM if right else 0)


def _named(view: View, kind: str, start: int, end: int) -> int:
    return view.named(kind, start, end) or (view.named(ALSO[kind], start, end) if kind in ALSO else 0)


def zone(view: View, end: int) -> Iterator[Sighting]:
    """Read a passport by the machine-readable line under its picture (ICAO 9303)."""
    for m in _ZONE.finditer(view.data, end, min(len(view.data), end + 96)):
        text = m[0].decode()
        if papers.readable_zone(text):
            why = grade.PATTERN | grade.CHECKSUM | grade.PREFIX
            yield Sighting(*m.span(), "cn.passport", text[:9].rstrip("<"), why)


def vehicle(view: View, end: int) -> Iterator[Sighting]:
    """Read the number of a vehicle made in China; of others only where one is named."""
    for m in _VEHICLE.finditer(view.data, max(0, end - 18), min(len(view.data), end + 1)):
        text = m[0].decode()
        named = view.named("vin", *m.span())
        if named or (papers.vehicle(text) and not view.odd(m.start())):
            right = grade.CHECKSUM if papers.vehicle(text) else 0
            yield Sighting(*m.span(), "vin", text, grade.PATTERN | right | named)


def coordinates(view: View, end: int) -> Iterator[Sighting]:
    """Read a pair of coordinates within China, in either order; it is counted by its longitude."""
    for m in _COORDINATES.finditer(view.data, max(0, end - 44), min(len(view.data), end + 16)):
        if not m.start() < end <= m.end():
            continue
        for north, east in ((m[1], m[2]), (m[2], m[1])):
            if 3.8 <= float(north) <= 53.6 and 73.5 <= float(east) <= 135.1:
                why = grade.PATTERN | grade.PREFIX | view.named("gps", *m.span())
                yield Sighting(*m.span(), "gps", east.decode(), why)
                break


def visitor(view: View, end: int) -> Iterator[Sighting]:
    """Read the address of who asked from a line of a server's log: the time in brackets names it."""
    from app.steps.locate.named import WRITTEN

    bracket = view.data.rfind(b"[", max(0, end - 16), end)
    if bracket < 0:
        return
    first = max(0, bracket - _LINE)
    m = _VISITOR.search(view.data, max(first, view.data.rfind(b"\n", first, bracket)), bracket)
    why = WRITTEN["ip"].weigh(m[1].decode()) if m else None
    if m and why is not None:
        yield Sighting(*m.span(1), "ip", m[1].decode(), grade.PATTERN | grade.CONTEXT | why)


def is_date(digits: str) -> bool:
    """Whether eight digits are a day of this century or the last."""
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).year < 2100
    except ValueError:
        return False
