"""Counting: distinct values by keyed hash, and what they say of the file as a whole."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from app.domain.record import Finding, Tier
from app.domain.row import MAC, macs_in
from app.steps.locate import checks, grade
from app.steps.locate.hashes import Hashes, better
from app.steps.locate.keyed import keyed, keyed_each, pads
from app.steps.locate.sighting import Sighting

_PERSONS: Final = ("cn.id", "cn.id15", "cn.residence", "cn.permanent_resident", "hk.id", "mo.id", "tw.id")
_PAPERS: Final = ("cn.passport", "cn.hkmo_permit", "cn.tw_permit", "cn.military", "cn.social", "cn.driver")
_DIRECT: Final = (
    *_PERSONS,
    *_PAPERS,
    *("cn.mobile", "bank.card", "email", "wechat", "qq", "custom.customer"),
)
_SENSITIVE: Final = frozenset({*_PERSONS, *_PAPERS, "bank.card", "minor.under14"})
_BORN: Final = frozenset({"cn.id", "cn.residence", "cn.permanent_resident"})
"""Kinds whose values tell the day of birth."""
PEOPLE: Final = (
    _PERSONS,
    ("custom.customer",),
    ("cn.passport", "cn.hkmo_permit", "cn.tw_permit", "cn.military"),
    ("cn.mobile",),
    *(("bank.card",), ("email",), ("wechat",), ("qq",), ("name",)),
)
"""Kinds that stand for a person, the surest first."""
_CORE: Final = frozenset({"secret.key", "secret.password"})
_WHERE_MOST: Final = 5
_WHERE_CHARS: Final = 200
AGGREGATE: Final = 50
"""Persons from which two direct identifiers make a file sensitive as a whole."""


class Tally:
    """The distinct values of one file. Holds keyed hashes and evidence, never a value."""

    def __init__(self, key: bytes) -> None:
        self._key = pads(key)
        self._today = date.today()
        self._kinds: dict[str, Hashes] = {}
        self._places: dict[str, dict[str, None]] = {}

    def add(self, sightings: Iterable[Sighting], where: str = "") -> None:
        """Count sightings; of several of one value the one with the best evidence stays."""
        seen: dict[str, dict[str, int]] = {}
        for _, _, kind, value, why in sightings:
            values = seen.get(kind)
            if values is None:
                values = seen[kind] = {}
            known = values.get(value)
            values[value] = why if known is None or known == why else better(kind, known, why)
        self.add_kinds(seen, where)

    def add_kinds(self, seen: Mapping[str, Mapping[str, int]], where: str = "") -> None:
        """Count many values by their kinds, each with its evidence."""
        for kind, values in seen.items():
            self.add_many(kind, values, where)
            if kind in _BORN:
                self._add_minors(values)

    def _add_minors(self, values: Mapping[str, int]) -> None:
        """Count the identity numbers that are a child's (PIPL 31) or a youth's, by their day of birth."""
        first = str(self._today.year - 18)
        young = [value for value in values if value[6:10] >= first]
        for value in young:
            why = values[value]
            if why & grade.DATE and (years := checks.age(value, self._today)) < 18:
                self.add_many("minor.under14" if years < 14 else "minor.under18", {value: why})

    def add_many(self, kind: str, values: Mapping[str, int], where: str = "") -> None:
        """Count many values of one kind, each with its evidence."""
        places = self._places.setdefault(kind, {})
        if (
            where
            and len(places) < _WHERE_MOST
            and any(grade.confidence(kind, why) >= grade.FLOOR for why in set(values.values()))
        ):
            places[where[:_WHERE_CHARS]] = None
        macs = keyed_each(self._key, f"{kind}\0".encode(), values)
        self._held(kind).take(dict(zip(macs, values.values(), strict=True)))

    def _held(self, kind: str) -> Hashes:
        held = self._kinds.get(kind)
        if held is None:
            held = self._kinds[kind] = Hashes(kind)
        return held

    @property
    def weight(self) -> int:
        """Bytes that it takes in memory, roughly."""
        return 200 * sum(map(len, self._kinds.values()))

    def absorb(self, other: Tally) -> None:
        """Take in what another part of the same file holds."""
        for kind, theirs in other._kinds.items():
            held = self._held(kind)
            for part in theirs.parts():
                held.take(dict(part))
            places = self._places.setdefault(kind, {})
            for where in other._places[kind]:
                if len(places) < _WHERE_MOST:
                    places[where] = None

    def findings(self) -> tuple[Finding, ...]:
        """Give one finding a kind, in order of the name; values below the floor are nothing."""
        return tuple(replace(one, macs=macs_in(b"".join(one.macs))) for one in self.joined())

    def joined(self) -> tuple[Finding, ...]:
        """Do as `findings`, with the hashes of each in one piece: as a row takes them, in little memory."""
        made = (_finding(kind, held, tuple(self._places[kind])) for kind, held in sorted(self._kinds.items()))
        return tuple(one for one in made if one)


def mac_of(key: bytes, kind: str, value: str) -> bytes:
    """Give the keyed hash under which a value is counted."""
    return keyed(pads(key), f"{kind}\0{value}".encode())[:MAC]


def record_id(key: bytes, path: str) -> str:
    """Give what `app.domain.canonical.handle` would for a record, in a third of the time."""
    text = path if path.isascii() else unicodedata.normalize("NFC", path)
    return "r-" + keyed(pads(key), text.encode("utf-8", "surrogatepass"))[:8].hex()


def _finding(kind: str, held: Hashes, where: tuple[str, ...]) -> Finding | None:
    counts: dict[int, int] = {}
    pieces = []
    for part in held.parts():
        alike = Counter(part.values()) if len(part) > 1 else dict.fromkeys(part.values(), 1)
        strong = {why: n for why, n in alike.items() if grade.confidence(kind, why) >= grade.FLOOR}
        kept = (
            list(part) if len(strong) == len(alike) else [mac for mac, why in part.items() if why in strong]
        )
        kept.sort()
        pieces.append(b"".join(kept))
        for why, n in strong.items():
            counts[why] = counts.get(why, 0) + n
    total = sum(counts.values())
    if not total:
        return None
    mean, shared = _shared(kind, counts, total)
    return Finding(kind, total, mean, grade.names(shared), (b"".join(pieces),), where)


def _shared(kind: str, counts: Mapping[int, int], total: int) -> tuple[float, int]:
    """Give the mean confidence, and the evidence that holds for at least half of the values."""
    if len(counts) == 1:
        [why] = counts
        return grade.confidence(kind, why), why & ~grade.ODD
    mean = sum(grade.confidence(kind, why) * n for why, n in counts.items()) / total
    bits = (1 << place for place in range(10) if 1 << place != grade.ODD)
    return round(mean, 2), sum(
        bit for bit in bits if sum(n for why, n in counts.items() if why & bit) * 2 >= total
    )


def people(findings: Iterable[Finding]) -> int:
    """Estimate the persons in a file: the most numerous kind of direct identifier.

    A lower bound of the union, since a row has one identity number and one mobile of
    the same person. Findings to be looked at count only where there are no others.
    """
    findings = tuple(findings)
    direct = [finding for finding in findings if finding.kind in _DIRECT]
    strong = [finding for finding in direct if finding.confidence >= grade.FOUND]
    counts = {finding.kind: finding.count for finding in strong or direct}
    if not counts:  # many share a name: it says how many they are where nothing else does
        return max((one.count for one in findings if one.kind == "name"), default=0)
    persons = sum(counts.get(kind, 0) for kind in _PERSONS)
    return max(persons, *counts.values(), 0)


def tier(findings: Iterable[Finding]) -> Tier:
    """Grade a file by PIPL 28 and GB/T 45574, and as a whole by the aggregation rule."""
    strong = [finding for finding in findings if finding.confidence >= grade.FOUND]
    kinds = {finding.kind for finding in strong}
    if kinds & _CORE:
        return Tier.CORE
    many = [f for f in strong if f.kind in _DIRECT and f.count >= AGGREGATE]
    return Tier.SENSITIVE if kinds & _SENSITIVE or len(many) >= 2 else Tier.GENERAL
