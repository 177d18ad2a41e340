"""The whole job on what the program takes for a Mac, by recorded answers over real files."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mac") / "company"
    done = subprocess.run(
        [sys.executable, HERE / "rehearse_as_mac.py", folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    account = json.loads((folder / "2026-001/certificate/account.json").read_text())
    return folder, told, account


def test_it_ends_with_a_certificate_that_is_good_anywhere(rehearsed):
    folder, told, _ = rehearsed
    assert told["code"] == 3
    done = subprocess.run(
        [sys.executable, "-m", "app", "verify", folder / "out/certificate.pdf"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_step_came_down_to_the_documented_calls(rehearsed):
    _, told, _ = rehearsed
    calls = ("F_NOCACHE", "F_GETPATH", "F_FULLFSYNC", "F_LOG2PHYS_EXT", "renameatx_np")
    assert [name for name in calls if not told["calls"].get(name)] == []


def test_no_file_is_graded_better_than_the_mac_allows(rehearsed):
    _, _, account = rehearsed
    ends = {line["outcome"] for line in account["lines"] if line["fate"] == "wipe"}
    assert ends
    assert not ends & {"proven", "overwritten"}


def test_the_medium_and_the_limits_of_the_place_are_certified(rehearsed):
    _, _, account = rehearsed
    (medium,) = account["media"]
    assert (medium["device"], medium["file_system"], medium["rotational"]) == ("/dev/disk2", "hfs", True)
    beyond = {(one["kind"], one["seen"]) for one in account["beyond"]}
    assert beyond == {("backup_service", True), ("hibernation", True), ("swap", True)}
