"""Hostile cases by the hundred: no good outcome while a byte remains, and nothing outside the plan changed.

The full run is `benchmarks/hostile.py --cases 1000`. What it found once stands in
`test_hostile_known.py`, one test each.
"""

import os

import pytest
from campaign.grounds import GROUNDS
from campaign.kinds import KINDS, Kind
from campaign.marks import Marks
from campaign.run import campaign

CASES = int(os.environ.get("LETHE_HOSTILE_CASES", "120"))
SEED = int(os.environ.get("LETHE_SEED", "20261121"))
PER_IMAGE = 6
"""So that the short count comes to every ground."""

if not hasattr(os, "geteuid") or os.geteuid() != 0:
    pytest.skip("mounting an image needs root", allow_module_level=True)


def test_no_good_outcome_while_a_byte_remains(tmp_path, capsys):
    report = campaign(CASES, SEED, tmp_path / "campaign", batch=PER_IMAGE)
    with capsys.disabled():
        print(f"\n{report.table()}")
        for reason, count in report.skipped.items():
            print(f"not made here ({count}): {reason}")
    assert not report.findings, report.findings
    assert report.cases >= CASES or report.skipped
    assert sum(row.good for row in report.rows.values()) > 0, "nothing was wiped: the campaign tells nothing"


@pytest.mark.parametrize("ground", GROUNDS)
def test_every_ground_can_be_had(tmp_path, ground):
    """A ground that can't be made here is skipped with its reason, not passed over."""
    report = campaign(1, SEED, tmp_path / "campaign", grounds=[ground], kinds=["plain", *COMMON], batch=1)
    if not report.cases:
        pytest.skip("; ".join(report.skipped) or f"no case on {ground}")
    assert report.cases == 1


COMMON = ("full volume: plain", "image copied below: plain", "journalled once: plain")


def test_the_search_sees_any_32_bytes(tmp_path):
    marks = Marks(b"0badcafe")
    marks.new()
    content = marks.content(marks.new(), 5000)
    for start in range(100, 130):
        image = tmp_path / "image"
        image.write_bytes(bytes(10_000) + content[start : start + 32] + b"\xff" * 5000)
        assert marks.hits(image)[2] >= 1
    image.write_bytes(os.urandom(100_000))
    assert not marks.hits(image)


def test_a_byte_that_remains_is_found_out(tmp_path, monkeypatch):
    """Shows that the campaign can fail: a plain copy, which no wipe of the file can reach, bears its mark."""

    def copied(yard, case):
        path, _ = yard.plain(case, yard.folder())
        (yard.folder() / "copy.csv").write_bytes(path.read_bytes())

    monkeypatch.setitem(KINDS, "copied", Kind("copied", copied, ("ext4",)))
    report = campaign(4, SEED, tmp_path / "campaign", grounds=["ext4"], kinds=["copied"], batch=4)
    if not report.cases:
        pytest.skip("; ".join(report.skipped))
    assert {finding.what for finding in report.findings} == {"false good"}


def test_a_changed_stranger_is_found_out(tmp_path, monkeypatch):
    def trodden(yard, case):
        path, _ = yard.plain(case, yard.folder())
        other = yard.folder() / "other.csv"
        yard.outsider(other)
        yard.disk.when("overwrite", path.name, lambda: other.write_bytes(b"trodden on"))

    monkeypatch.setitem(KINDS, "trodden", Kind("trodden", trodden, ("ext4",)))
    report = campaign(4, SEED, tmp_path / "campaign", grounds=["ext4"], kinds=["trodden"], batch=4)
    if not report.cases:
        pytest.skip("; ".join(report.skipped))
    assert {finding.what for finding in report.findings} == {"stranger changed"}


@pytest.mark.parametrize("cut", range(24))
def test_what_two_files_make_where_their_blocks_meet_is_not_taken_for_a_third(tmp_path, cut):
    marks = Marks(b"0badcafe")
    first, second = (marks.content(marks.new(), 5000) for _ in range(2))
    image = tmp_path / "image"
    image.write_bytes(b"".join(first[:1024] + second[start + cut : 4096] for start in range(0, 48 * 24, 24)))
    assert set(marks.hits(image)) <= {0, 1, 2}
