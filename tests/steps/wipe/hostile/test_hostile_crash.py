"""Killed, and its power cut, on real file systems: the short count. The full one is `benchmarks/crash.py`."""

import os
import time

import pytest
from campaign.crash import Report, crash_campaign
from campaign.town import SYSTEMS
from campaign.yard import NotHere

KILLS = int(os.environ.get("LETHE_IMAGE_KILLS", "4"))
CUTS = int(os.environ.get("LETHE_IMAGE_CUTS", "2"))
SEED = int(os.environ.get("LETHE_SEED", "20261121"))
SECONDS = 60

if not hasattr(os, "fork"):
    pytest.skip("this system has no fork", allow_module_level=True)


@pytest.mark.parametrize("system", SYSTEMS)
def test_killed_and_cut_off(tmp_path, capsys, system):
    report = Report()
    try:
        crash_campaign(
            system, KILLS, CUTS, SEED, tmp_path / "crash", report, deadline=time.monotonic() + SECONDS
        )
    except NotHere as reason:
        pytest.skip(str(reason))
    with capsys.disabled():
        print(f"\n{report.table()}")
    assert report.findings == []
    killed, cut = report.row(system, "killed"), report.row(system, "power cut")
    assert killed.points >= 1
    assert cut.points >= 1
    assert killed.entries + cut.entries > 0, "nothing was acknowledged: the campaign tells nothing"


def test_an_image_that_is_put_back_loses_entries_and_is_found_out(tmp_path, monkeypatch):
    """Shows that the campaign can fail: what was acknowledged is not on the medium."""
    from campaign import crash

    monkeypatch.setattr(crash._Trials, "_acknowledged", lambda self: {"r-never": "Outcome.overwritten"})
    report = Report()
    try:
        crash_campaign("ext4", 1, 0, SEED, tmp_path / "crash", report)
    except NotHere as reason:
        pytest.skip(str(reason))
    assert report.row("ext4", "killed").lost == 1
