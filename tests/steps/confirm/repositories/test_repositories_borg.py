"""Borg: what goes is taken out by hash, what stays extracts equal."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from company_sample import Company, company, disposed, found, journalled, ran, sha, signed, tree

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.step import Stage
from app.steps.confirm.repositories.disposing import dispose
from tests.in_time import SLEEP, sleepers, soon

pytestmark = pytest.mark.skipif(not shutil.which("borg"), reason="borg is not installed")


@pytest.fixture(autouse=True)
def own_borg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BORG_BASE_DIR", str(tmp_path / "base"))
    monkeypatch.setenv("BORG_PASSPHRASE", "pw")
    monkeypatch.setenv("BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK", "yes")


def backed_up(repo: Path, *sets: Company, mode: str = "repokey-blake2") -> Backup:
    if not repo.exists():
        ran("borg", "init", "-e", mode, str(repo))
    for one in sets:
        one.write()
        ran("borg", "create", f"{repo}::{len(archives(repo))}", str(one.root))
    return Backup("borg", repo)


def archives(repo: Path) -> list[str]:
    return [one["name"] for one in json.loads(ran("borg", "list", "--json", str(repo)))["archives"]]


def hashes(repo: Path) -> set[str]:
    told = [ran("borg", "list", "--format", "{sha256}{NL}", f"{repo}::{name}") for name in archives(repo)]
    return {line for text in told for line in text.split()}


def extracted(repo: Path, archive: str, root: Path, out: Path) -> dict[str, bytes]:
    out.mkdir()
    ran("borg", "extract", f"{repo}::{archive}", cwd=out)
    return tree(out / str(root)[1:])


def test_300_files_of_one_customer_go_and_everybody_elses_extract_equal(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 300, 400)
    early = Company(one.root, {**one.mine, "data/0/goes-7": b"an earlier version"}, one.others)
    backup = backed_up(tmp_path / "repo", early, one)
    doomed = {sha(data) for data in (*one.mine.values(), *early.mine.values())}
    assert doomed <= hashes(tmp_path / "repo")
    copies, searched = found(backup, one.wanted())
    assert {copy.sha256 for copy in copies} == doomed
    assert len(doomed) == 301
    assert (searched.fault, searched.check) == (None, "check --verify-data")
    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert doomed & hashes(tmp_path / "repo") == set()
    for name in archives(tmp_path / "repo"):
        assert extracted(tmp_path / "repo", name, one.root, tmp_path / f"out{name}") == one.others


def test_hard_links_of_a_file_go_with_it(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    one.write()
    os.link(one.root / "data/0/goes-$HOME.csv", one.root / "data/another name")
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted(paths=False))
    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert not {copy.sha256 for copy in copies} & hashes(tmp_path / "repo")


def test_only_what_was_signed_goes(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 3, 3)
    swapped = Company(one.root, {**one.mine, "data/0/goes-$HOME.csv": b"of somebody else"}, one.others)
    backup = backed_up(tmp_path / "repo", swapped, one)
    copies, _ = found(backup, one.wanted(paths=False))
    left_out, asked = copies[0], copies[1:]
    disposed(signed(asked, signers), copies, backup)
    assert {left_out.sha256, sha(b"of somebody else")} <= hashes(tmp_path / "repo")
    assert not {copy.sha256 for copy in asked} & hashes(tmp_path / "repo")


def test_an_unencrypted_repository_is_not_graded_as_gone(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one, mode="none")
    copies, _ = found(backup, one.wanted())
    ended = disposed(signed(copies, signers), copies, backup)
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (Outcome.REMOVED, (Reason.FREED_IN_CLEAR,))
    }
    # none of the plain bytes is in a segment any more: compact did what the default would not
    segments = b"".join(tree(tmp_path / "repo/data").values())
    assert not any(data[:100] in segments for data in one.mine.values())


def test_append_only_takes_no_removal(tmp_path: Path) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    ran("borg", "config", str(tmp_path / "repo"), "append_only", "1")
    copies, _ = found(backup, one.wanted())
    assert {(copy.disposal, copy.reasons) for copy in copies} == {(Disposal.EXCEPTION, (Reason.APPEND_ONLY,))}


def test_a_copy_goes_with_the_key_in_the_config(tmp_path: Path) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted(), shredded=frozenset({str(tmp_path / "repo/config")}))
    assert {copy.disposal for copy in copies} == {Disposal.KEY}


@pytest.mark.parametrize("fault", ["damaged", "wrong password", "no repository", "locked"])
def test_what_can_not_be_checked_says_why_and_nothing_is_found(tmp_path: Path, fault: str) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup, password = backed_up(tmp_path / "repo", one), "pw"
    if fault == "damaged":
        segment = max((tmp_path / "repo/data").rglob("*"), key=lambda p: p.stat().st_size * p.is_file())
        data = bytearray(segment.read_bytes())
        data[len(data) // 3] ^= 1
        segment.write_bytes(data)
        expected = Reason.REPOSITORY_DAMAGED
    elif fault == "wrong password":
        password, expected = "other", Reason.WRONG_PASSPHRASE
    elif fault == "no repository":
        shutil.rmtree(tmp_path / "repo")
        (tmp_path / "repo").mkdir()
        expected = Reason.UNREADABLE
    else:
        expected = Reason.REPOSITORY_LOCKED
        with subprocess.Popen(
            ["borg", "with-lock", str(tmp_path / "repo"), *SLEEP.split()], stderr=subprocess.DEVNULL
        ) as other:
            try:
                assert soon(sleepers)
                copies, searched = found(backup, one.wanted(), password)
            finally:
                subprocess.run(["pkill", "-P", str(other.pid)], check=False)
                other.terminate()
        assert (copies, searched.fault) == ([], expected)
        return
    copies, searched = found(backup, one.wanted(), password)
    assert (copies, searched.fault) == ([], expected)


def test_stopped_anywhere_it_goes_on(tmp_path: Path, signers) -> None:
    one = company(tmp_path / "co", 5, 5)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    plan, by_id = signed(copies, signers), {copy.id: copy for copy in copies}
    stages: dict[str, Stage] = {}
    for after in (2, 20, 40, 60):
        run = dispose(plan, copies=by_id, backups=[backup], stages=stages, password=lambda _: "pw")
        journalled(run, stages, after)
    ended = disposed(plan, copies, backup, stages=stages)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert extracted(tmp_path / "repo", "0", one.root, tmp_path / "out") == one.others
