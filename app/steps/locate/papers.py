"""The arithmetic of other papers: permits of Hong Kong and Taiwan, codes of companies, devices, vehicles.

Every function takes the normalised value: ASCII, no separators, upper case.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from app.steps.locate.checks import is_province, luhn

_TAIWAN: Final = dict(zip("ABCDEFGHJKLMNPQRSTUVXYWZIO", range(10, 36), strict=True))
"""Two digits for the first letter: A-H 10-17, J-N 18-22, P-V 23-29, X, Y, W, Z, I, O."""
_ORG_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES: Final = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGH", range(1, 9), strict=True)),
    **dict(zip("JKLMN", range(1, 6), strict=True)),
    "P": 7,
    "R": 9,
    **dict(zip("STUVWXYZ", range(2, 10), strict=True)),
}
_MRZ_WEIGHTS: Final = (7, 3, 1)
_IMEI_BODIES: Final = frozenset(
    {"01", "35", "44", "45", "49", "50", "51", "52", "53", "54", "86", "91", "98", "99"}
)
"""Who gives the numbers out (GSMA); 86 is China's."""
_AREA_THREE: Final = frozenset({"010", *(f"02{n}" for n in "012345789")})


def hong_kong(number: str) -> bool:
    """Whether an identity number of Hong Kong, without its brackets, is right (mod 11)."""
    body, check = number[:-1], number[-1]
    padded = body if len(body) == 8 else " " + body
    values = [36 if c == " " else ord(c) - 55 if c.isalpha() else int(c) for c in padded]
    rest = (11 - sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11) % 11
    return check == ("A" if rest == 10 else str(rest))


def taiwan(number: str) -> bool:
    """Whether a Taiwanese identity number, a letter and nine digits, is right (mod 10)."""
    first = _TAIWAN[number[0]]
    digits = [int(c) for c in number[1:]]
    total = first // 10 + first % 10 * 9 + digits[8]
    return (total + sum(d * w for d, w in zip(digits, range(8, 0, -1), strict=False))) % 10 == 0


def org_check(first: str) -> str:
    """Give character 9 of an organisation code from its first eight (GB 11714, mod 11)."""
    values = (int(c) if c.isdigit() else ord(c) - 55 for c in first)
    rest = 11 - sum(value * weight for value, weight in zip(values, _ORG_WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else "0" if rest == 11 else str(rest)


def organisation(code: str) -> bool:
    """Whether an organisation code of nine characters is right."""
    return org_check(code[:8]) == code[8]


def registration(number: str) -> bool:
    """Whether a company's old registration number of 15 digits is right (MOD 11,10)."""
    p = 10
    for digit in number[:14]:
        p = ((p + int(digit)) % 10 or 10) * 2 % 11
    return (p + int(number[14])) % 10 == 1


def vehicle(number: str) -> bool:
    """Whether character 9 of a vehicle identification number is right (GB 16735, mod 11)."""
    total = sum(_VIN_VALUES[c] * weight for c, weight in zip(number, _VIN_WEIGHTS, strict=True))
    return number[8] == "0123456789X"[total % 11]


def readable_zone(line: str) -> bool:
    """Whether the second line of a passport's machine-readable zone, or its first 28 characters, is right.

    Number, birth and end each have a check digit of their own (ICAO 9303, weights 7-3-1).
    """
    parts = ((line[:9], line[9]), (line[13:19], line[19]), (line[21:27], line[27]))
    return all(check.isdigit() and _zone_check(text) == int(check) for text, check in parts)


def _zone_check(text: str) -> int:
    values = (0 if c == "<" else int(c) if c.isdigit() else ord(c) - 55 for c in text)
    return sum(value * _MRZ_WEIGHTS[at % 3] for at, value in enumerate(values)) % 10


def old_identity(number: str) -> bool:
    """Whether the 15 digits begin with a province and hold a day of the 20th century."""
    try:
        date(1900 + int(number[6:8]), int(number[8:10]), int(number[10:12]))
    except ValueError:
        return False
    return is_province(number)


def device(number: str) -> bool:
    """Whether 15 digits are an IMEI: Luhn, and a body that gives such numbers out."""
    return number[:2] in _IMEI_BODIES and luhn(number)


def area(number: str) -> int:
    """Give the length of the area code a landline number begins with; 0 when it has none."""
    if number[:3] in _AREA_THREE:
        return 3
    return 4 if number[:1] == "0" and number[1:2] in tuple("3456789") else 0
