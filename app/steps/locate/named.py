"""What counts only where a label or the head of its column names it: too many other things look like it.

In running text the value stands right after its label, with nothing but signs, tags and a word such as
"number" between; in a column it is the cell. Its checksum, where there is one, is evidence and no filter.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final, NamedTuple

from app.steps.locate import checks, grade, papers, persons
from app.steps.locate.words import ALSO, header_kinds

Weigh = Callable[[str], int | None]
"""Gives what speaks for a value besides its label; None when it is none."""

_GAP: Final = (
    r"(?:[\s\"'=:>\[(|/,*_#&;.\-]|：|＝|，|、|（|）|】|“|”|号码|號碼|编号|編號|账号|帐号|賬號|帳號|证|證|号|號|为|為|是"
    r"|(?i:number|address|addr|value|num|no|id|code)|地址|</?[A-Za-z][^<>\n]{0,60}>){0,16}?"
).encode()
_END: Final = rb"(?![0-9A-Za-z])"
_BEFORE: Final = 24
_WITHIN: Final = 240
_SHARE: Final = 5
"""One in so many cells of a column must be a name."""
_FILLED: Final = re.compile(rb"(?m)^[ \t\r\"']*[^ \t\r\n\"']")
_IPV4: Final = rb"[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])"
_NO_SECRET: Final = re.compile(
    r"(?i)(?:str|string|text|char|varchar|null|none|nil|true|false|required|optional|password|passwd|secret|changeme|yes|no)[0-9]*"
    r"|\*+|x+|\.+|-+|_+|(?:\$|%|\{|<).*|[a-z_.]+(?:\(.*|\[.*|\.[a-z_]+)"
)
"""What stands after the word in programs and forms: a type, a variable, stars."""


def _nothing(_value: str) -> int:
    return 0


def _checked(check: Callable[[str], bool]) -> Weigh:
    return lambda value: grade.CHECKSUM if check(value) else 0


def _org(value: str) -> int:
    right = papers.registration(value) if len(value) == 15 else papers.organisation(value)
    return grade.CHECKSUM if right else 0


def _public(value: str) -> int | None:
    """An address of the net at large: one of a private net or of the machine itself names nobody."""
    import ipaddress

    try:
        return grade.PREFIX if ipaddress.ip_address(value).is_global else None
    except ValueError:
        return None


def _device(value: str) -> int:
    return grade.CHECKSUM | grade.PREFIX if papers.device(value) else 0


def _mac(value: str) -> int | None:
    return None if len(set(value)) < 3 else 0


def _device_id(value: str) -> int:
    card = value.startswith("8986") and value.isdigit() and checks.luhn(value)
    return grade.CHECKSUM if card else grade.PREFIX if value.startswith("460") else 0


def _longitude(value: str) -> int | None:
    return grade.PREFIX if 73.5 <= float(value) <= 135.1 else None


def _macao(value: str) -> int | None:
    return grade.PREFIX if value[0] in "157" else None


def _wechat(value: str) -> int | None:
    return grade.PREFIX if value.lower().startswith("wxid_") else 0


def _secret(value: str) -> int | None:
    return None if _NO_SECRET.fullmatch(value) else 0


class Written(NamedTuple):
    """How a value is written, what speaks for it, and the form in which it is counted."""

    value: bytes
    weigh: Weigh = _nothing
    cell: bytes = b""
    """The same in a column of its own, where it may be written more freely."""
    drop: bytes = b""
    """Signs in it that say nothing."""
    upper: bool = True
    loose: bool = True
    """Whether it may be looked for in bytes that are no text."""
    gap: bytes = _GAP
    """What may stand between the label and it."""
    end: bytes = _END
    """What must not follow it."""
    wide: bool = False
    """Whether it is in Chinese: spaces in it say nothing, and figures may have double width."""


WRITTEN: Final[dict[str, Written]] = {
    "cn.tw_permit": Written(rb"[0-9]{8}(?:[0-9]{2})?"),
    "mo.id": Written(rb"[157]/?[0-9]{6}/?\(?[0-9]\)?", _macao, drop=b"/()"),
    "cn.military": Written(
        "(?:军|兵|士|文|武|海|空|南|北|沈|兰|成|济|广|政|后|装|参|警)字第?[0-9]{6,8}".encode(),
        lambda _value: grade.PREFIX,
    ),
    "cn.social": Written(rb"(?:[0-9A-Z][0-9]{8}|[0-9]{12})"),
    "cn.driver": Written(rb"[0-9]{12}"),
    "cn.org": Written(rb"(?:[0-9A-Z]{8}-?[0-9X]|[0-9]{15})", _org, drop=b"-"),
    "wechat": Written(
        rb"(?:wxid_[0-9a-z]{8,22}|o[0-9A-Za-z_\-]{27}|(?=[A-Za-z_\-]*[0-9_\-])[A-Za-z][0-9A-Za-z_\-]{5,19})",
        _wechat,
        rb"(?:o[0-9A-Za-z_\-]{27}|[A-Za-z][0-9A-Za-z_\-]{5,19})",
        upper=False,
    ),
    "qq": Written(rb"[1-9][0-9]{4,10}(?!\.)"),
    "ip": Written(rb"(?:" + _IPV4 + rb"|[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7})", _public),
    "mac": Written(
        rb"[0-9A-Fa-f]{2}(?P<joint>[:\-])(?:[0-9A-Fa-f]{2}(?P=joint)){4}[0-9A-Fa-f]{2}", _mac, drop=b":-"
    ),
    "imei": Written(rb"[0-9]{15}", _device),
    "device.id": Written(
        rb"(?:460[0-9]{12}|8986[0-9]{15,16}|[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"
        rb"|(?=[a-f]*[0-9])[0-9A-Fa-f]{16,40})",
        _device_id,
    ),
    "vin": Written(rb"[0-9A-HJ-NPR-Za-hj-npr-z]{13}[0-9]{4}", _checked(papers.vehicle)),
    "gps": Written(rb"[0-9]{2,3}\.[0-9]{4,16}", _longitude),
    "secret.password": Written(
        rb"(?:(?<=[\"'])[!#-&(-~]{6,64}(?=[\"'])|(?=[!-~]{0,63}[0-9!@#%^*+])[!#-%*+\--:=?-Z^-z|~]{6,64})",
        _secret,
        rb"[!-~]{4,128}",
        upper=False,
        loose=False,
    ),
    "name": Written(
        *(persons.NAME, persons.weigh_name),
        gap=persons.GAP, end=persons.NAME_END, upper=False, loose=False, wide=True,
    ),
    "address": Written(
        *(persons.ADDRESS, persons.weigh_address, persons.ADDRESS_CELL),
        gap=persons.GAP, end=b"", upper=False, loose=False, wide=True,
    ),
}  # fmt: skip
NAMED_KINDS: Final = tuple(WRITTEN)
"""In the order in which the engine numbers them."""


@cache
def headed(header: str) -> tuple[str, ...]:
    """Give the kinds of which a head names values that nothing else tells."""
    kinds = header_kinds(header)
    if "name" in kinds and not persons.of_people(header):
        kinds -= {"name"}
    return tuple(kind for kind in NAMED_KINDS if kind in kinds or (kind == "mo.id" and ALSO[kind] in kinds))


class Value(NamedTuple):
    """One value at its place."""

    start: int
    end: int
    text: str
    why: int


@cache
def _after(kind: str) -> re.Pattern[bytes]:
    one = WRITTEN[kind]
    return re.compile(one.gap + b"(?P<value>" + one.value + b")" + one.end)


@cache
def _cells(kind: str) -> re.Pattern[bytes]:
    one = WRITTEN[kind]
    body = one.cell or one.value
    return re.compile(rb"(?m)^[ \t\"']*(?P<value>" + body + rb")[ \t\"'\r]*$")


def after_label(kind: str, data: bytes, end: int, *, one_line: bool) -> Value | None:
    """Give the value that follows the label that ends at a place; `one_line` where lines are cells."""
    m = _after(kind).match(data, end, min(len(data), end + _WITHIN))
    if m is None or (one_line and b"\n" in data[end : m.start("value")]):
        return None
    return _value(kind, m, WRITTEN[kind].weigh)


def in_column(kind: str, data: bytes, header: str) -> Iterator[Value]:
    """Give the values of a column whose head names the kind.

    Where few cells of a column of names are any, they are doubtful: most of it is something else.
    """
    listed = kind == "name" and persons.of_names(header)
    weigh = persons.weigh_name_in_list if listed else WRITTEN[kind].weigh
    found = [value for m in _cells(kind).finditer(data) if (value := _value(kind, m, weigh))]
    enough = len(found) * _SHARE
    few = kind == "name" and enough <= data.count(b"\n") and enough <= len(_FILLED.findall(data))
    for value in found:
        yield value._replace(why=value.why | grade.ODD) if few else value


def _value(kind: str, m: re.Match[bytes], weigh: Weigh) -> Value | None:
    one = WRITTEN[kind]
    text = m["value"].translate(None, one.drop).decode("utf-8", "replace")
    text = "".join(unicodedata.normalize("NFKC", text).split()) if one.wide else text
    text = text.upper() if one.upper else text
    why = weigh(text)
    return None if why is None else Value(*m.span("value"), text, grade.PATTERN | why)
