"""The arithmetic of Chinese identifiers: checksums, dates, regions and number ranges.

Every function takes the normalised value: ASCII, no separators, upper case. None
throws a value away: a checksum is evidence for a finding, not a filter.
"""

from __future__ import annotations

import re
from datetime import date
from operator import mul
from typing import Final

_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_ZERO: Final = 48 * sum(_ID_WEIGHTS)
"""What the weighted ASCII codes of seventeen zeros add up to."""
_ID_CHECK: Final = "10X98765432"
_USCC_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_VALUES: Final = bytes.maketrans(_USCC_ALPHABET.encode(), bytes(range(31)))
_USCC_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
_USCC_OFFICE: Final = frozenset("123456789ANY")
_USCC_BODY: Final = frozenset("123459")
_LUHN_DOUBLE: Final = bytes.maketrans(b"0123456789", b"0246813579")
_PROVINCES: Final = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for code in range(first, last + 1)
)
"""GB/T 2260, first two digits. Abolished counties share the prefix of a province that stands."""
_RESIDENCE: Final = ("810000", "820000", "830000")
_MOBILE: Final = re.compile(r"1(?:3\d|4[579]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])\d{8}")
_UNION: Final = frozenset({16, 17, 18, 19})
_CARD_LENGTHS: Final = {
    **dict.fromkeys(("60", "62", "65", "81", "95"), _UNION),
    **{f"4{d}": frozenset({13, 16, 18, 19}) for d in range(10)},
    **{f"5{d}": frozenset({16, 19}) for d in range(10)},
    **{f"2{d}": frozenset({16}) for d in range(2, 8)},
    **dict.fromkeys(("34", "37"), frozenset({15})),
    **dict.fromkeys(("30", "36", "38"), frozenset({14})),
    "35": frozenset({16}),
}
"""Lengths by the first two digits (ISO/IEC 7812 issuers that are met in China)."""
_UP: Final = "0123456789" * 4
_DOWN: Final = _UP[::-1]


def id_check(first: str) -> str:
    """Give character 18 of an identity number from its first 17 digits (GB 11643, MOD 11-2)."""
    return _ID_CHECK[(sum(map(mul, first.encode(), _ID_WEIGHTS)) - _ID_ZERO) % 11]


def id_checksum(number: str) -> bool:
    """Whether an 18-character identity number ends in its check character."""
    return id_check(number[:17]) == number[17]


def id_date(number: str, today: date) -> bool:
    """Whether the birth date inside is a day of the calendar that is not still to come."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])) <= today
    except ValueError:
        return False


def age(number: str, today: date) -> int:
    """Give the years of whom an identity number with a right date was given to."""
    return (
        today.year - int(number[6:10]) - ((today.month, today.day) < (int(number[10:12]), int(number[12:14])))
    )


def is_province(number: str) -> bool:
    """Whether the first two digits are a province's (GB/T 2260)."""
    return number[:2] in _PROVINCES


def id_region(number: str) -> bool:
    """Whether the number begins with a province, a residence permit's prefix or a foreigner's 9."""
    return number[:2] in _PROVINCES or number[:6] in _RESIDENCE or number[0] == "9"


def id_kind(number: str) -> str:
    """Name which document the number is of: cn.id, cn.residence or cn.permanent_resident."""
    if number[:6] in _RESIDENCE:
        return "cn.residence"
    return "cn.permanent_resident" if number[0] == "9" else "cn.id"


def uscc_check(first: str) -> str:
    """Give character 18 of a social credit code from its first 17 (GB 32100, MOD 31)."""
    values = first.encode().translate(_USCC_VALUES)
    return _USCC_ALPHABET[-sum(map(mul, values, _USCC_WEIGHTS)) % 31]


def uscc_checksum(code: str) -> bool:
    """Whether an 18-character social credit code ends in its check character."""
    return uscc_check(code[:17]) == code[17]


def is_uscc(text: str) -> bool:
    """Whether a text is a whole social credit code with a right check character; for a form's field."""
    code = text.strip().upper()
    return (
        len(code) == 18
        and set(code) <= set(_USCC_ALPHABET)
        and code[0] in _USCC_OFFICE
        and uscc_checksum(code)
    )


def uscc_office(code: str) -> bool:
    """Whether the first characters name a registering office and a kind of body it registers (GB 32100).

    Kinds of an office are not told apart: they have grown since. A number that begins with a date has none.
    """
    return code[0] in _USCC_OFFICE and code[1] in _USCC_BODY


def uscc_region(code: str) -> bool:
    """Whether characters 3-8 begin with a province, or with 10 for the national office."""
    return code[2:4] in _PROVINCES or code[2:4] == "10"


def luhn(number: str) -> bool:
    """Whether the digits pass ISO/IEC 7812-1 annex B."""
    digits = number.encode()
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_LUHN_DOUBLE)) - 48 * len(digits)
    return total % 10 == 0


def card_prefix(number: str) -> bool:
    """Whether a bank card can begin like this at this length."""
    lengths = _CARD_LENGTHS.get(number[:2])
    return lengths is not None and len(number) in lengths and (number[0] != "9" or number.startswith("9558"))


def is_run(number: str) -> bool:
    """Whether the digits are a filler: one or two digits over and over, or counting up or down."""
    return len(set(number)) <= 2 or number in _UP or number in _DOWN


def mobile_prefix(number: str) -> bool:
    """Whether the 11 digits lie in a range given to people (public list of 2022)."""
    return _MOBILE.fullmatch(number) is not None
