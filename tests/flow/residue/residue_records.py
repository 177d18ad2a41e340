"""Records of which every line and every name can be told from all others, and a search for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SIZES = (11, 18, 60, 150, 600, 1023, 1024, 1500, 4095, 4096, 4097, 6000, 17_000, 100_000)
LARGE = 3_000_000
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
FOLDERS = 6
EACH = 7
CODINGS = ("utf-8", "utf-16-le", "utf-16-be")
KEPT = {"空.csv": b"", "一.csv": b"x"}
"""Sizes without room for anybody's data: no records, and so a case leaves them."""


def lay(company: Path) -> int:
    """Lay records of many sizes with Chinese names in Chinese folders, and give their number.

    One folder keeps what is nobody's data; two records are UTF-16.
    """
    number = 0
    for f in range(FOLDERS):
        folder = company / f"资料室{f:04d}区" / ("分册" if f % 2 else "总册")
        folder.mkdir(parents=True)
        for _ in range(EACH):
            name = f"{SURNAMES[number % len(SURNAMES)]}客户登记{number:04d}{'某' * (number % 23)}.csv"
            (folder / name).write_bytes(content(number, SIZES[number % len(SIZES)]))
            number += 1
    (company / "资料室0000区" / f"大客户登记{number:04d}.csv").write_bytes(content(number, LARGE))
    for coding in ("utf-16-le", "utf-16-be"):
        number += 1
        text = "\ufeff" + content(number, 6000).decode()
        (company / "资料室0001区" / f"双字节客户登记{number:04d}.txt").write_bytes(text.encode(coding))
    (company / "杂项").mkdir()
    for name, data in KEPT.items():
        (company / "杂项" / name).write_bytes(data)
    return number + 1


def content(number: int, size: int) -> bytes:
    """`size` bytes of record `number`; each line has a mark of its own."""
    phone = f"1381234{number:04d}"
    if size < 60:
        return phone.ljust(size, ".").encode()
    who = f"11010519491231002X,{phone}"
    # Every line has its mark, some a person: what takes long in a big file is finding people.
    lines = (
        f"R{number:04d}L{n:06d},{'a visit, and paid in cash,,,,' if n % 40 else who}\n"
        for n in range(size // 42 + 1)
    )
    return "".join(lines).encode()[:size]


def number_in(path: str) -> int:
    """The number of the record at a path."""
    (found,) = re.findall("客户登记([0-9]{4})", path)
    return int(found)


def folder_in(path: str) -> int:
    """The number of the folder above a record."""
    (found,) = re.findall("资料室([0-9]{4})区", path)
    return int(found)


@dataclass(frozen=True)
class Residue:
    """What stands on a medium, whole or half a line alike, in UTF-8 and both orders of UTF-16.

    `lines`, `names` and `folders` are numbers: of records whose lines stand there, of
    records whose names do, and of folders. `count` is how many different lines.
    """

    lines: frozenset[int]
    names: frozenset[int]
    folders: frozenset[int]
    count: int

    @classmethod
    def of(cls, raw: bytes) -> Residue:
        marks, phones = _standing(raw, "R####L######"), _standing(raw, "1381234####")
        numbers = {int(mark[1:5]) for mark in marks} | {int(phone[7:]) for phone in phones}
        return cls(
            frozenset(numbers),
            frozenset(number_in(name) for name in _standing(raw, "客户登记####")),
            frozenset(folder_in(name) for name in _standing(raw, "资料室####区")),
            len(marks),
        )


def _standing(raw: bytes, words: str) -> set[str]:
    """Every form of `words`, in which `#` is a digit, that stands in `raw` in any coding."""
    return {
        found.decode(coding)
        for coding in CODINGS
        for found in re.findall(b"".join(_pattern(one, coding) for one in words), raw)
    }


def _pattern(one: str, coding: str) -> bytes:
    if one != "#":
        return re.escape(one.encode(coding))
    return {"utf-8": b"[0-9]", "utf-16-le": b"[0-9]\\x00", "utf-16-be": b"\\x00[0-9]"}[coding]
