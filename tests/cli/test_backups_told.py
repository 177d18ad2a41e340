"""A backup that can't be checked stops the job before the list is signed, and the reason is said in words."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from command_line import lethe

from app.rehearsal import PASSPHRASES


def declared(company: Path, kind: str) -> Path:
    file = company / "CASE.toml"
    more = f'\n[[backup]]\nkind = "{kind}"\npath = "repo"\npassword_env = "OF_IT"\n'
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    return file


@pytest.mark.parametrize("fault", ["wrong password", "in use", "no program"])
def test_the_reason_is_said_and_nothing_is_touched(company: Path, tmp_path: Path, fault: str) -> None:
    (tmp_path / "bin").mkdir()
    path, why = f"{tmp_path / 'bin'}:/usr/bin:/bin", "the passphrase was wrong"
    if fault == "wrong password":
        if not shutil.which("borg"):
            pytest.skip("borg is not installed")
        made = {"BORG_PASSPHRASE": "right", "BORG_BASE_DIR": str(tmp_path), "PATH": path}
        command = ["borg", "init", "-e", "repokey", str(company / "repo")]
        subprocess.run(command, env=made, check=True, capture_output=True)
    else:
        (company / "repo").mkdir()
        path, why = str(tmp_path / "bin"), "is not installed"
    if fault == "in use":
        why = "is at work in the repository"
        (tmp_path / "bin/borg").write_text("#!/bin/sh\necho Failed to create/acquire the lock >&2\nexit 2\n")
        (tmp_path / "bin/borg").chmod(0o755)
        path += ":/usr/bin:/bin"
    before = {one.name: one.read_bytes() for one in (company / "customers").rglob("*") if one.is_file()}
    done = lethe("run", declared(company, "borg"), **PASSPHRASES, OF_IT="wrong", PATH=path)
    assert done.returncode == 1
    (said,) = [line for line in done.stderr.splitlines() if str(company / "repo") in line]
    assert why in said
    after = {one.name: one.read_bytes() for one in (company / "customers").rglob("*") if one.is_file()}
    assert after == before
