"""From evidence to confidence: what speaks for a value, and how much."""

from __future__ import annotations

from functools import cache
from typing import Final

PATTERN: Final = 1
CHECKSUM: Final = 2
DATE: Final = 4
REGION: Final = 8
PREFIX: Final = 16
HEADER: Final = 32
CONTEXT: Final = 64
COMPANION: Final = 128
KNOWN: Final = 512
"""It is an identifier or number of a customer of the list."""
ODD: Final = 256
"""Speaks against: the label is of another number, or the value is glued into a word."""

FLOOR: Final = 0.35
"""Below it a value is nothing."""
FOUND: Final = 0.6
"""From here a finding counts for tier and people; between the two it is kept, to be looked at."""

_NAMES: Final = {
    PATTERN: "pattern",
    CHECKSUM: "checksum",
    DATE: "date",
    REGION: "region",
    PREFIX: "prefix",
    HEADER: "header",
    CONTEXT: "context",
    COMPANION: "companion",
    KNOWN: "known",
}
_WEIGHTS: Final = {CHECKSUM: 35, DATE: 5, REGION: 5, PREFIX: 10, COMPANION: 15, KNOWN: 40, ODD: -25}
_NAMED: Final = 25
_SHAPES: Final = {
    "cn.mobile": 50,
    "cn.plate": 60,
    "cn.landline": 50,
    "cn.military": 60,
    **dict.fromkeys(("qq", "ip", "mac", "device.id", "gps"), 40),
    **dict.fromkeys(("cn.passport", "cn.hkmo_permit", "cn.tw_permit", "tw.id", "mo.id"), 35),
    **dict.fromkeys(("cn.social", "cn.driver", "cn.org", "imei"), 35),
    "wechat": 50,
    "name": 40,
    "address": 50,
    "secret.password": 50,
    "email": 65,
    "secret.key": 100,
    "custom.subject": 100,
    "custom.customer": 60,
}
"""How much the bare shape says, in hundredths: eleven digits that begin like a mobile
number are rarely anything else, eighteen digits often are."""


@cache
def confidence(kind: str, why: int) -> float:
    """Grade one value 0-1. A header and a context word say the same thing and count once."""
    score = _SHAPES.get(kind, 60 if kind.startswith("custom.") else 30)
    score += sum(weight for bit, weight in _WEIGHTS.items() if why & bit)
    score += _NAMED if why & (HEADER | CONTEXT) else 0
    return min(max(score, 0), 100) / 100


@cache
def names(why: int) -> tuple[str, ...]:
    """Put evidence in the words of `Finding.why`."""
    return tuple(name for bit, name in _NAMES.items() if why & bit)
