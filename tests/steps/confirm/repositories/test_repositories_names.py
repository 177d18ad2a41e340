"""Files whose names are no UTF-8, as an old Chinese system wrote them: found, and never said to be gone before."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path

import pytest
from company_sample import Company, disposed, found, ran, sha, signed

from app.domain.case import Backup
from app.domain.outcome import CopyOutcome, Outcome, Reason

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only here a name may be any bytes")

GOES, LARGE = b"name,phone\nA,13800138000\n" * 20, os.urandom(600 << 10)
TWIN = hashlib.sha256(b"twin").digest() * (len(GOES) // 32 + 1)
ODD = os.urandom(700 << 10)
MINE = {"客户.csv".encode("gbk"): GOES, "大.bin".encode("gbk"): LARGE, b'\1\a"\\.bin': ODD}
OTHERS = {b"??.csv": TWIN[: len(GOES)], "��.csv".encode(): b"of others"}


@pytest.fixture
def backup(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backup:
    kind: str = request.param
    if not shutil.which(kind):
        pytest.skip(f"{kind} is not installed")
    root = tmp_path / "co"
    root.mkdir()
    for name, data in {**MINE, **OTHERS}.items():
        (root / os.fsdecode(name)).write_bytes(data)
    monkeypatch.setenv("RCLONE_CONFIG", str(tmp_path / "rclone.conf"))
    monkeypatch.setenv("BORG_BASE_DIR", str(tmp_path / "base"))
    monkeypatch.setenv("BORG_PASSPHRASE", "pw")
    monkeypatch.setenv("RESTIC_PASSWORD", "pw")
    repo = str(tmp_path / "repo")
    if kind == "rclone":
        shutil.copytree(root, repo)
    elif kind == "borg":
        ran("borg", "init", "-e", "repokey", repo)
        ran("borg", "create", f"{repo}::1", str(root))
    else:
        ran("restic", "-q", "-r", repo, "init")
        ran("restic", "-q", "-r", repo, "backup", str(root))
    return Backup(kind, Path(repo))


def left(backup: Backup, out: Path) -> set[str]:
    """The content that the tool itself gives back."""
    out.mkdir()
    if backup.kind == "rclone":
        out = Path(backup.path)
    elif backup.kind == "borg":
        ran("borg", "extract", f"{backup.path}::1", cwd=out)
    else:
        ran("restic", "-q", "-r", str(backup.path), "restore", "latest", "--target", str(out))
    return {sha(path.read_bytes()) for path in out.rglob("*") if path.is_file()}


@pytest.mark.parametrize("backup", ["borg", "rclone", "restic"], indirect=True)
def test_a_name_that_is_no_text_hides_nothing(backup: Backup, tmp_path: Path, signers) -> None:
    one = Company(tmp_path / "co", {str(n): data for n, data in enumerate(MINE.values())}, {})
    copies, searched = found(backup, one.wanted(paths=False))
    assert searched.fault is None
    assert {copy.sha256 for copy in copies} == {sha(GOES), sha(LARGE), sha(ODD)}
    ended = disposed(signed(copies, signers), copies, backup)
    there = left(backup, tmp_path / "out")
    assert {sha(data) for data in OTHERS.values()} <= there
    for copy in copies:
        gone = ended[copy.id].outcome in (CopyOutcome.EXPUNGED, Outcome.REMOVED)
        assert gone is (copy.sha256 not in there), ended[copy.id]
        assert gone or Reason.COPIES_REMAIN in ended[copy.id].evidence.limits
