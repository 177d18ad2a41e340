"""`lethe locate` on places that are no folder: their addresses are told, and a case takes none of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from app.domain.fault import Refused
from app.flow.case_file import read_case_file


def test_files_by_address_are_told_by_it(tmp_path):
    (tmp_path / "a.txt").write_text("手机 13812345678")
    (tmp_path / "b.txt").write_text("会议记录")
    asked = [sys.executable, "-m", "app", "locate", f"file://{tmp_path}", "--json"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True)
    record, summary = map(json.loads, ran.stdout.splitlines())
    assert record["path"] == f"file://{tmp_path}/a.txt"
    assert record["findings"] == {"cn.mobile": 1}
    assert summary["summary"]["files"] == 2


def test_a_cluster_that_is_not_there_is_told(tmp_path):
    asked = [sys.executable, "-m", "app", "locate", str(tmp_path), "--cluster", "tcp://nowhere"]
    ran = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode in (1, 2)
    assert "tcp://nowhere" in ran.stderr


@pytest.mark.parametrize("url", ["s3://bucket/prefix", "smb://host/share", "file:///tmp"])
def test_a_case_takes_no_such_place(tmp_path, url):
    path = tmp_path / "CASE.toml"
    head = 'case = "1"\n[company]\nname = "示例"\nuscc = "91350100M000100Y43"\n'
    path.write_text(f'{head}[[location]]\nurl = "{url}"\n', encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read_case_file(path)
    assert refused.value.line == 6
    path.write_text(f'{head}[[location]]\npath = "{url}"\n', encoding="utf-8")
    with pytest.raises(Refused):
        read_case_file(path)
