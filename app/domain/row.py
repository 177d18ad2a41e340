"""Rows: a record in the form in which the register keeps it; millions are made, and few are read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from app.domain.record import Finding, Look, Problem, Record, Stamp, Tier

Row = tuple[str, str, str, tuple[tuple[str, bytes], ...]]
"""Id, look, the record as JSON without its hashes, and the hashes of each kind, 16 bytes each, joined."""

MAC: Final = 16


def row_of(record: Record) -> Row:
    """Put a record in its row."""
    return make_row(
        [record.id, record.path, record.location],
        record.stamp,
        record.sha256,
        (record.look, record.tier, record.category, record.people),
        record.findings,
        record.problems,
        record.year,
    )


def make_row(
    names: Sequence[str],
    stamp: Stamp,
    sha256: str,
    verdict: tuple[Look, Tier, str, int],
    findings: Iterable[Finding],
    problems: Iterable[Problem],
    year: int | None,
) -> Row:
    """Make the row of a record that was never made: the nouns alone would take longer than the look."""
    look, tier, category, people = verdict
    body: dict[str, Any] = {
        "id": names[0],
        "path": names[1],
        "location": names[2],
        "stamp": {
            "device": stamp.device,
            "inode": stamp.inode,
            "size": stamp.size,
            "mtime_ns": stamp.mtime_ns,
            "ctime_ns": stamp.ctime_ns,
            "links": stamp.links,
        },
        "sha256": sha256,
        "look": look.value,
        "tier": tier.value,
        "category": category,
        "people": people,
        "findings": [
            {
                "kind": one.kind,
                "count": one.count,
                "confidence": one.confidence,
                "why": one.why,
                "macs": (),
                "where": one.where,
            }
            for one in findings
        ],
        "problems": [problem.value for problem in problems],
        "year": year,
    }
    return names[0], look.value, json.dumps(body), tuple((one.kind, b"".join(one.macs)) for one in findings)


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
            _cut(macs.get(one["kind"], b"")),
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


def _cut(joined: bytes) -> tuple[bytes, ...]:
    return tuple(joined[at : at + MAC] for at in range(0, len(joined), MAC))
