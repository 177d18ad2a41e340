"""Rows: a record in the form in which the register keeps it; millions are made, and few are read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as _text
from typing import Final

from app.domain.record import Finding, Look, Problem, Record, Stamp, Tier

Row = tuple[str, str, str, tuple[tuple[str, bytes], ...]]
"""Id, look, the record as JSON without its hashes, and the hashes of each kind, 16 bytes each, joined."""

MAC: Final = 16
"""Bytes of the keyed hash of one value."""


def make_row(
    names: Sequence[str],
    stamp: Stamp,
    sha256: str,
    verdict: tuple[Look, Tier, str, int],
    findings: Sequence[Finding],
    problems: Sequence[Problem],
    year: int | None,
    clue: str = "",
) -> Row:
    """Make the row of a record that was never made: the nouns alone would take longer than the look."""
    look, tier, category, people = verdict
    # Put together by hand: json.dumps takes four times as long.
    body = (
        f'{{"id": "{names[0]}", "path": {_text(names[1])}, "location": {_text(names[2])}, "stamp":'
        f' {{"device": {stamp.device}, "inode": {stamp.inode}, "size": {stamp.size},'
        f' "mtime_ns": {stamp.mtime_ns}, "ctime_ns": {stamp.ctime_ns}, "links": {stamp.links}}},'
        f' "sha256": "{sha256}", "look": "{look.value}", "tier": "{tier.value}",'
        f' "category": {_text(category)}, "people": {people},'
        f' "findings": [{", ".join(map(_told, findings))}],'
        f' "problems": {json.dumps([one.value for one in problems]) if problems else "[]"},'
        f' "year": {year or "null"}, "clue": {_text(clue)}}}'
    )
    return names[0], look.value, body, tuple((one.kind, b"".join(one.macs)) for one in findings)


def _told(one: Finding) -> str:
    where = json.dumps(one.where) if one.where else "[]"
    return f'{_evidence(one.kind, one.count, one.confidence, one.why)}, "macs": [], "where": {where}}}'


@lru_cache(4096)
def _evidence(kind: str, count: int, confidence: float, why: tuple[str, ...]) -> str:
    """Give what many findings have in common."""
    return json.dumps({"kind": kind, "count": count, "confidence": confidence, "why": why})[:-1]


def record_of(row: Row) -> Record:
    """Make the record of a row, hashes and all."""
    body = json.loads(row[2])
    macs = dict(row[3])
    findings = tuple(
        Finding(
            one["kind"],
            one["count"],
            one["confidence"],
            tuple(one["why"]),
            macs_in(macs.get(one["kind"], b"")),
            tuple(one["where"]),
        )
        for one in body["findings"]
    )
    return Record(
        **{
            **body,
            "stamp": Stamp(**body["stamp"]),
            "look": Look(body["look"]),
            "tier": Tier(body["tier"]),
            "findings": findings,
            "problems": tuple(map(Problem, body["problems"])),
        }
    )


def macs_in(joined: bytes) -> tuple[bytes, ...]:
    """Give the hashes that are joined."""
    return tuple(joined[at : at + MAC] for at in range(0, len(joined), MAC))
