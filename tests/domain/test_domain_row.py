"""A record keeps all it says in the row that the register holds, and an event of many files tells each."""

from __future__ import annotations

import json
from array import array
from dataclasses import replace

import pytest

from app.domain.event import Located, Looked
from app.domain.record import Finding, Look, Problem, Record, Stamp, Tier
from app.domain.row import MAC, Row, macs_in, make_row, record_of

BARE = Record("r-1", "/in/a.txt", "/in", Stamp(1, 2, 3, 4, 5, 1), "", Look.UNREADABLE, Tier.GENERAL, "", 0)
MACS = (b"a" * MAC, b"b" * MAC)


def row_of(record: Record) -> Row:
    verdict = (record.look, record.tier, record.category, record.people)
    names = [record.id, record.path, record.location]
    return make_row(
        names,
        record.stamp,
        record.sha256,
        verdict,
        record.findings,
        record.problems,
        record.year,
        record.clue,
    )


@pytest.mark.parametrize(
    "record",
    [
        BARE,
        replace(BARE, problems=(Problem.DENIED, Problem.NO_PRIMARY_KEY)),
        replace(BARE, path='/in/客户\udce4 "x"\\\n.txt', location="/in", look=Look.FOUND, tier=Tier.CORE),
        replace(BARE, sha256="0" * 64, category="customer.list", people=7, year=2025, clue="heads: 姓名"),
        replace(
            BARE,
            findings=(
                Finding("cn.id", 2, 0.99, ("checksum", "date"), MACS, ("甲!A", "#3")),
                Finding("secret.password", 1, 1.0, ()),
            ),
        ),
    ],
    ids=["bare", "problems", "names", "all", "findings"],
)
def test_a_row_is_the_record_it_was_made_of(record):
    row = row_of(record)
    assert record_of(row) == record
    # what the register asks of a row without reading it
    assert (row[0], row[1]) == (record.id, record.look.value)
    assert [(kind, macs_in(joined)) for kind, joined in row[3]] == [(f.kind, f.macs) for f in record.findings]
    assert not any(mac.hex() in row[2] for mac in MACS), "a hash stands in its own column alone"
    assert json.loads(row[2])["path"] == record.path


def test_an_event_of_many_files_tells_each():
    second, last = replace(BARE, id="r-2", path="/in/b"), replace(BARE, id="r-9", path="/in/deep/c")
    looks = bytes(map(tuple(Look).index, (Look.CLEAN, Look.FOUND, Look.FOUND)))
    folders = (("/in/", ("a", "b")), ("/in/deep/", ("c",)))
    event = Looked(folders, looks, array("q", (10, 20, 5)), {2: row_of(last), 1: row_of(second)})
    assert list(event.records()) == [second, last]
    assert list(event.each()) == [
        Located("/in/a", Look.CLEAN, 10),
        Located("/in/b", Look.FOUND, 20, second),
        Located("/in/deep/c", Look.FOUND, 5, last),
    ]
    assert {look: count for look, count in event.counts().items() if count} == {Look.CLEAN: 1, Look.FOUND: 2}
    assert event.size == 35
