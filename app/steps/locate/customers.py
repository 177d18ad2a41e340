"""Known customers: a list becomes a dictionary, and whoever names one of them is found in the same pass.

The list is held in memory, here and in the processes that look; it is never written.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.domain.fault import Fault, Refused
from app.steps.locate import grade
from app.steps.locate.dictionary import Spotter, compiled, spotter
from app.steps.locate.encoding import HEAD, detect
from app.steps.locate.passage import Passage
from app.steps.locate.plain import has_escapes, plain
from app.steps.locate.read.table import Row, cell_text, header_row
from app.steps.locate.sighting import Sighting
from app.steps.locate.words import header_kinds

KIND: Final = "custom.customer"
NAME: Final = "name"
NUMBER: Final = "number"
"""The company's own number for the customer."""

_NAME_HEADS: Final = re.compile(
    r"姓名|客户名|客户$|联系人|户名|名称|\b(?:name|customer|xm|khmc)\b", re.IGNORECASE | re.ASCII
)
_NUMBER_HEADS: Final = re.compile(
    r"会员|客户(?:编|代)?[号码]|客户编号|档案号|\b(?:member|customer|client)[ _]?(?:id|no|code)\b|\bkhbh\b",
    re.IGNORECASE | re.ASCII,
)
_TELLING: Final = (
    *("cn.id", "cn.passport", "cn.hkmo_permit", "cn.tw_permit", "hk.id", "mo.id", "tw.id", "cn.uscc"),
    *("cn.mobile", "cn.landline", "bank.card", "email", "wechat", "qq", "cn.plate", "cn.social"),
)
"""Kinds of which a value tells one customer from all others."""
_SHEETS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LARGEST: Final = 512 << 20
_SHORTEST: Final = 5
"""Characters a number or name in Latin letters must have to be looked for in running text."""
_STRONG: Final = grade.PATTERN | grade.KNOWN
_FAIR: Final = grade.PATTERN
_WEAK: Final = grade.PATTERN | grade.ODD
"""For a name of two characters, or of several customers: kept, to be looked at."""


class Customers:
    """Who is looked for. Neither repr nor pickle to a file: it goes to worker processes through a pipe."""

    def __init__(self, people: Sequence[Mapping[str, str]]) -> None:
        self.count = len(people)
        self._names: list[str] = []
        self._values: dict[str, tuple[int, ...]] = {}
        owners: dict[str, list[int]] = {}
        strong: set[str] = set()
        for number, person in enumerate(people):
            values = {kind: _plain(kind, text) for kind, text in person.items()}
            self._names.append(_canonical(values))
            for kind, value in values.items():
                for term in _terms(kind, value):
                    owners.setdefault(term, []).append(number)
                    if kind != NAME:
                        strong.add(term)
        self._values = {term: tuple(owners[term]) for term in strong}
        self._terms = [term.encode() for term in owners]
        self._owners = [tuple(dict.fromkeys(mine)) for mine in owners.values()]
        self._whys = [
            _STRONG if term in strong else _WEAK if _is_weak(term) or len(set(mine)) > 1 else _FAIR
            for term, mine in owners.items()
        ]
        self._spotter: Spotter | None = None
        self._loaded = b""

    @override
    def __getstate__(self) -> dict[str, object]:
        """Take the dictionary along as compiled here: no process that looks need do it again."""
        self._loaded = self._loaded or compiled(self._terms)
        return {**self.__dict__, "_spotter": None}

    def sightings(self, passage: Passage, found: Iterable[Sighting]) -> Iterator[Sighting]:
        """Find whom a passage names: by the identifiers found in it, and by name or number in its text."""
        for sighting in found:
            for number in self._values.get(sighting.value, ()):
                yield Sighting(sighting.start, sighting.end, KIND, self._names[number], _STRONG)
        self._spotter = self._spotter or spotter(self._terms, self._loaded)
        data = passage.data
        if has_escapes(data):
            data = plain(data)
        head = grade.HEADER if passage.column and _NAME_HEADS.search(passage.header) else 0
        for start, end, term in self._spotter(data):
            if _is_whole(data, start, end):
                why = self._whys[term]
                for number in self._owners[term]:
                    yield Sighting(
                        start, end, KIND, self._names[number], why | (0 if why == _STRONG else head)
                    )

    def digest(self) -> str:
        """Give a SHA-256 of the list, by which another one is told from it."""
        told = hashlib.sha256()
        for name, term in zip_longest(self._names, self._terms, fillvalue=""):
            told.update(f"{name!r}{term!r}".encode("utf-8", "surrogatepass"))
        return told.hexdigest()

    def found(self, number: int) -> str:
        """Give the value under which a customer (0 for the first of the list) is counted."""
        return self._names[number]

    @property
    def identified(self) -> bool:
        """Whether any of them is known by more than a name."""
        return bool(self._values)

    @property
    def terms(self) -> int:
        """How many different texts are looked for."""
        return len(self._terms)


def read_customers(path: Path, columns: Mapping[str, str] | None = None) -> Customers:
    """Read a list of customers: csv in any encoding, or a workbook's first sheet.

    `columns` says what a column head stands for (a kind of identifier, `name` or
    `number`); what it does not name is told by the head. A list of one column without a
    head is one of names.

    Raises:
        Refused: CUSTOMERS_UNREADABLE, when it can't be read or no column is known.
    """
    try:
        rows = _rows(path)
    except Exception as error:  # parsers of broken lists raise anything
        raise Refused(Fault.CUSTOMERS_UNREADABLE, str(path), type(error).__name__) from error
    known = {head.strip(): kind for head, kind in (columns or {}).items()}
    place, kinds = _head(rows, known)
    people = [
        person
        for row in rows[place + 1 :]
        if (
            person := {
                kinds[i]: text
                for i, cell in enumerate(row)
                if i in kinds and (text := cell_text(cell).strip())
            }
        )
    ]
    if not people:
        raise Refused(Fault.CUSTOMERS_UNREADABLE, str(path))
    return Customers(people)


def _rows(path: Path) -> list[Row]:
    with path.open("rb") as file:
        data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("the list is too large")
    if data.startswith(_SHEETS):
        import python_calamine

        return list(
            python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).iter_rows()
        )
    charset = detect(data[:HEAD], complete=len(data) <= HEAD)
    if charset is None:
        raise ValueError("the list is no text")
    text = codecs.decode(data, charset.codec)
    return max((list(csv.reader(io.StringIO(text, newline=""), delimiter=d)) for d in ",\t;|"), key=_width)


def _width(rows: list[Row]) -> float:
    """Give how many cells a row usually has: the right delimiter makes most of them."""
    return Counter(len(row) for row in rows[:200] if row).most_common(1)[0][0] if rows else 0


def _head(rows: list[Row], known: Mapping[str, str]) -> tuple[int, dict[int, str]]:
    """Give the place of the head and the kind of each column it names."""
    first = rows[:6]
    place = next((i for i, row in enumerate(first) if known and set(known) & set(map(cell_text, row))), None)
    place = header_row(first) if place is None else place
    if place is None:
        if not rows or max(map(len, first)) > 1:
            return -1, {}
        named = _column(cell_text(rows[0][0]), known) if rows[0] else ""
        return (0, {0: named}) if named else (-1, {0: NAME})
    kinds = {i: _column(cell_text(cell), known) for i, cell in enumerate(rows[place])}
    return place, {i: kind for i, kind in kinds.items() if kind}


def _column(head: str, known: Mapping[str, str]) -> str:
    """Say what a column holds by its head; nothing when that is not known."""
    head = head.strip()
    if head in known:
        return known[head]
    if _NUMBER_HEADS.search(head):
        return NUMBER
    kinds = header_kinds(head)
    if kind := next((one for one in _TELLING if one in kinds), ""):
        return kind
    return NAME if _NAME_HEADS.search(head) else ""


def _plain(kind: str, text: str) -> str:
    """Give a value in the form in which sightings give it."""
    spaced = " ".join(unicodedata.normalize("NFKC", text).split())
    if kind == "email":
        return spaced.lower()
    if kind in (NAME, NUMBER):
        return spaced
    bare = re.sub(r"[\s·•.\-]", "", spaced).upper()
    return re.sub(r"^(?:\+|00)?86(?=1\d{10}$)", "", bare) if kind == "cn.mobile" else bare


def _canonical(values: Mapping[str, str]) -> str:
    """Name a customer by the best there is, so that the same one is counted the same in another list."""
    order = ("cn.id", "cn.uscc", "cn.mobile", "email", "bank.card", NUMBER, "cn.plate", NAME)
    return next((f"{kind}:{values[kind]}" for kind in order if values.get(kind)), "")


def _terms(kind: str, value: str) -> Iterator[str]:
    if len(value) < (2 if kind == NAME and not value.isascii() else _SHORTEST):
        return
    yield from dict.fromkeys(
        (value,) if kind in ("cn.mobile", "bank.card") else (value, value.upper(), value.lower())
    )


def _is_weak(name: str) -> bool:
    return len(name) < 3


def _is_whole(data: bytes, start: int, end: int) -> bool:
    """Whether a text stands alone: no Latin letter or digit goes on where it begins or ends with one."""
    before, after = data[start - 1 : start] if start else b"", data[end : end + 1]
    return not (before.isalnum() and data[start : start + 1].isalnum()) and not (
        after.isalnum() and data[end - 1 : end].isalnum()
    )
