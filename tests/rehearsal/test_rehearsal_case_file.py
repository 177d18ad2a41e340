"""The case file of the synthetic company, read by the flow."""

from __future__ import annotations

from pathlib import Path

from app.domain.case import Match
from app.flow.case_file import read_case_file
from app.rehearsal import build_company


def test_the_flow_reads_the_case(tmp_path: Path) -> None:
    case = read_case_file(build_company(tmp_path / "company", records=24))
    assert case.rehearsal
    assert (len(case.locations), len(case.backups), len(case.keys), len(case.people)) == (4, 2, 3, 2)
    assert all(location.path.is_dir() for location in case.locations)
    assert case.custodians[0].recipient.startswith("age1")
    assert case.holds[0].match == Match(glob="disputes/**")
    assert [rule.match for rule in case.rules][::3] == [Match(path="logo.png"), Match()]
