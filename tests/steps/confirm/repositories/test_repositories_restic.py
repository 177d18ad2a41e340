"""Restic, of two releases: what goes is taken out by hash, what stays restores equal."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from company_sample import Company, company, disposed, found, journalled, ran, sha, signed, tree
from restic_key import quicken

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import Progressed
from app.domain.outcome import CopyOutcome, KeyOutcome, Outcome, Reason
from app.domain.step import Stage
from app.steps.confirm import find_copies
from app.steps.confirm.repositories import restic
from app.steps.confirm.repositories.disposing import dispose
from app.steps.confirm.repositories.tool import Tool
from app.steps.confirm.repositories.work import at_work
from tests.in_time import ends_by_itself, soon

NEWER = Path(sys.prefix) / "opt" / "restic" / "usr" / "bin"
ENV = {"RESTIC_PASSWORD": "pw"}


@pytest.fixture(params=["older", "newer"])
def release(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The restic of the system, and one that can rewrite."""
    if request.param == "newer":
        if not (NEWER / "restic").exists():
            pytest.skip("no newer restic: tests/steps/confirm/repositories/newer_restic.sh fetches one")
        monkeypatch.setenv("PATH", f"{NEWER}{os.pathsep}{os.environ['PATH']}")
    elif not shutil.which("restic"):
        pytest.skip("restic is not installed")
    return str(request.param)


@pytest.fixture
def any_restic() -> None:
    if not shutil.which("restic"):
        pytest.skip("restic is not installed")


def backed_up(repo: Path, *sets: Company) -> Backup:
    if not repo.exists():
        ran("restic", "init", "-q", "-r", str(repo), env=ENV)
        quicken(repo, b"pw")
    for one in sets:
        one.write()
        ran("restic", "backup", "-q", "--no-cache", "-r", str(repo), str(one.root), env=ENV)
    return Backup("restic", repo)


def snapshots(repo: Path) -> list[dict[str, object]]:
    return json.loads(ran("restic", "snapshots", "--json", "--no-cache", "-r", str(repo), env=ENV))


def restored(repo: Path, snapshot: str, root: Path, out: Path) -> dict[str, bytes]:
    ran("restic", "restore", snapshot, "--no-cache", "-r", str(repo), "--target", str(out), env=ENV)
    return tree(out / str(root)[1:])


def blobs(repo: Path) -> set[str]:
    told = ran("restic", "list", "blobs", "--no-cache", "-r", str(repo), env=ENV)
    return {line.split()[-1] for line in told.splitlines()}


def test_300_files_of_one_customer_go_and_everybody_elses_restore_equal(
    tmp_path: Path, release: str, signers, record_property
) -> None:
    """Three hundred files, two snapshots, an earlier version, and one file of several blobs."""
    one = company(tmp_path / "co", 300, 400)
    early = Company(one.root, {**one.mine, "data/0/goes-7": b"an earlier version"}, one.others)
    # More than restic's largest chunk, 8 MiB: where it cuts is drawn anew for each repository.
    one.mine["data/big"] = random.Random(1).randbytes(9_000_000)
    one.others["data/other big"] = random.Random(2).randbytes(3_000_000)
    backup = backed_up(tmp_path / "repo", early, one)
    hashes = {sha(data) for data in (*one.mine.values(), *early.mine.values())}
    small = {sha(data) for data in one.mine.values() if len(data) < 512 << 10}
    assert small <= blobs(tmp_path / "repo")

    copies, searched = found(backup, one.wanted())
    assert {copy.sha256 for copy in copies} == hashes
    assert len(hashes) == 302
    assert (searched.fault, searched.check) == (None, "check --read-data")
    assert {copy.disposal for copy in copies} == {Disposal.EXPUNGE}
    (old,) = [copy for copy in copies if copy.reasons]
    assert (old.sha256, old.reasons) == (sha(b"an earlier version"), (Reason.OTHER_VERSION,))
    (big,) = [copy for copy in copies if len(copy.marks) > 1]
    recorded = {mark for copy in copies for mark in copy.marks}
    assert recorded <= blobs(tmp_path / "repo")

    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert dict(ended[big.id].evidence.facts)["hashes"] == len(big.marks)
    assert recorded & blobs(tmp_path / "repo") == set()
    for at, snapshot in enumerate(snapshots(tmp_path / "repo")):
        assert restored(tmp_path / "repo", snapshot["id"], one.root, tmp_path / f"out{at}") == one.others
    record_property("hashes_left", 0)


def test_only_what_was_signed_goes(tmp_path: Path, release: str, signers) -> None:
    """The same path holds another person's content in one snapshot; a copy nobody signed for stays."""
    one = company(tmp_path / "co", 4, 4)
    swapped = Company(one.root, {**one.mine, "data/0/goes-$HOME.csv": b"of somebody else"}, one.others)
    backup = backed_up(tmp_path / "repo", swapped, one)
    copies, _ = found(backup, one.wanted(paths=False))
    assert len(copies) == 4
    left_out, asked = copies[0], copies[1:]
    ended = disposed(signed(asked, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    there = blobs(tmp_path / "repo")
    assert left_out.sha256 in there
    assert sha(b"of somebody else") in there
    assert not {copy.sha256 for copy in asked} & there


def test_a_backup_made_after_the_search_is_searched_again(tmp_path: Path, any_restic, signers) -> None:
    one = company(tmp_path / "co", 3, 3)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    (one.root / "copied elsewhere").write_bytes(next(iter(one.mine.values())))
    backed_up(tmp_path / "repo", one)
    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    assert not {copy.sha256 for copy in copies} & blobs(tmp_path / "repo")


def test_a_relative_backup_is_known_by_its_paths(tmp_path: Path, any_restic) -> None:
    one = company(tmp_path / "co", 3, 3)
    one.write()
    old = one.root / "data/0/goes-$HOME.csv"
    old.write_bytes(b"earlier")
    ran("restic", "init", "-q", "-r", str(tmp_path / "repo"), env=ENV)
    quicken(tmp_path / "repo", b"pw")
    ran("restic", "backup", "-q", "-r", str(tmp_path / "repo"), "data", env=ENV, cwd=one.root)
    copies, _ = found(Backup("restic", tmp_path / "repo"), one.wanted())
    assert sha(b"earlier") in {copy.sha256 for copy in copies}


def test_what_is_kept_elsewhere_is_an_exception(tmp_path: Path, any_restic) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    kept = sha(next(iter(one.mine.values())))
    copies, _ = found(backup, one.wanted(frozenset({kept})))
    by_hash = {copy.sha256: copy for copy in copies}
    assert (by_hash[kept].disposal, by_hash[kept].reasons) == (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,))
    assert [copy.disposal for copy in copies if copy.sha256 != kept] == [Disposal.EXPUNGE]


def test_a_hidden_snapshot_brought_back_is_seen(tmp_path: Path, any_restic, signers, monkeypatch) -> None:
    """Somebody restores the old repository behind our back, between the act and the proof."""
    from dataclasses import replace

    from app.steps.confirm.repositories import KINDS, restic, work

    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    shutil.copytree(tmp_path / "repo", tmp_path / "hidden")
    copies, _ = found(backup, one.wanted())

    def undone(repository, entries):
        yield from restic.KIND.remove(repository, entries)
        shutil.copytree(tmp_path / "hidden", tmp_path / "repo", dirs_exist_ok=True)

    monkeypatch.setitem(KINDS, "restic", replace(restic.KIND, remove=undone))
    monkeypatch.setattr(work, "KINDS", KINDS)
    ended = disposed(signed(copies, signers), copies, backup)
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (Outcome.SURVIVES, (Reason.COPIES_REMAIN,))
    }


@pytest.mark.parametrize("fault", ["damaged", "wrong password", "no repository", "locked", "missing tool"])
def test_what_can_not_be_checked_says_why_and_nothing_is_found(
    tmp_path: Path, any_restic, monkeypatch, fault: str
) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup, password = backed_up(tmp_path / "repo", one), "pw"
    expected = Reason.WRONG_PASSPHRASE
    if fault == "damaged":
        pack = max((tmp_path / "repo/data").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
        data = bytearray(pack.read_bytes())
        data[len(data) // 3] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(data)
        expected = Reason.REPOSITORY_DAMAGED
    elif fault == "wrong password":
        password = "other"
    elif fault == "no repository":
        shutil.rmtree(tmp_path / "repo")
        (tmp_path / "repo").mkdir()
        expected = Reason.UNREADABLE
    elif fault == "locked":
        with subprocess.Popen(
            ["restic", "backup", "--stdin", "-r", str(tmp_path / "repo")],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **ENV},
        ) as other:
            assert soon(lambda: list((tmp_path / "repo/locks").iterdir()))
            copies, searched = found(backup, one.wanted(), password)
            other.kill()
        assert (copies, searched.fault) == ([], Reason.REPOSITORY_LOCKED)
        return
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
        expected = Reason.TOOL_MISSING
    copies, searched = found(backup, one.wanted(), password)
    assert (copies, searched.fault) == ([], expected)


def test_a_repository_damaged_after_signing_is_not_touched(tmp_path: Path, any_restic, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    pack = max((tmp_path / "repo/data").rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
    pack.chmod(0o600)
    pack.write_bytes(bytes(pack.stat().st_size))
    before = tree(tmp_path / "repo")
    ended = disposed(signed(copies, signers), copies, backup)
    assert {(event.outcome, event.evidence.limits[0]) for event in ended.values()} == {
        (Outcome.FAILED, Reason.REPOSITORY_DAMAGED)
    }
    assert tree(tmp_path / "repo") == before


def test_what_was_gone_before_we_began_is_not_ours(tmp_path: Path, any_restic, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    plan = signed(copies, signers)
    disposed(plan, copies, backup)
    again = disposed(plan, copies, backup)
    assert {(event.outcome, event.evidence.limits) for event in again.values()} == {
        (Outcome.FAILED, (Reason.GONE,))
    }
    # begun is not enough: whoever was stopped before the hashes were noted had taken nothing out
    begun = disposed(plan, copies, backup, stages={copy.id: Stage.BEGUN for copy in copies})
    assert {event.evidence.limits for event in begun.values()} == {(Reason.GONE,)}
    # with the journal's word that its hashes were noted, it is the end of the work
    ours = disposed(plan, copies, backup, stages={copy.id: Stage.NOTED for copy in copies})
    assert {event.outcome for event in ours.values()} == {CopyOutcome.EXPUNGED}


def test_stopped_anywhere_it_goes_on_and_no_tool_is_left(tmp_path: Path, release: str, signers) -> None:
    one = company(tmp_path / "co", 5, 5)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    plan, by_id = signed(copies, signers), {copy.id: copy for copy in copies}
    stages: dict[str, Stage] = {}
    for after in (2, 12, 25, 40):
        run = dispose(plan, copies=by_id, backups=[backup], stages=stages, password=lambda _: "pw")
        journalled(run, stages, after)
        left = subprocess.run(
            ["pgrep", "-f", f"restic.*{tmp_path}"], capture_output=True, text=True, check=False
        ).stdout
        assert left == ""
    ended = disposed(plan, copies, backup, stages=stages)
    why = {(event.outcome, *event.evidence.limits) for event in ended.values()}
    assert {one[0] for one in why} == {CopyOutcome.EXPUNGED}, why
    (left,) = snapshots(tmp_path / "repo")
    assert restored(tmp_path / "repo", left["id"], one.root, tmp_path / "out") == one.others


def died_after(tool: type[Tool], verb: str, monkeypatch: pytest.MonkeyPatch, count: int = 1) -> None:
    """End the process, as a kill does, right after the tool did `verb` for the `count`-th time."""
    real, done = tool.output, []

    def output(self, *arguments, **how):
        answer = yield from real(self, *arguments, **how)
        if arguments[0] == verb:
            done.append(verb)
            if len(done) == count:
                raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(tool, "output", output)


@pytest.mark.parametrize(("verb", "count"), [("backup", 1), ("forget", 2), ("tag", 1)])
def test_killed_between_two_snapshots_no_twin_is_left(
    tmp_path: Path, any_restic, signers, monkeypatch, verb: str, count: int
) -> None:
    """A restic before 0.15, in a repository of two snapshots with labels of their own."""
    one = company(tmp_path / "co", 3, 3)
    backup = backed_up(tmp_path / "repo", one)
    (one.root / "data/later").write_bytes(b"later")
    ran(
        "restic",
        "backup",
        "-q",
        "--no-cache",
        "--time",
        "2026-01-02 03:04:05",
        "--tag",
        "nightly",
        "--tag",
        "a",
        str(one.root),
        env={**ENV, "RESTIC_REPOSITORY": str(tmp_path / "repo")},
    )
    before = [(told["time"][:19], told.get("tags")) for told in snapshots(tmp_path / "repo")]
    copies, _ = found(backup, one.wanted())
    plan = signed(copies, signers)
    with monkeypatch.context() as patch:
        died_after(Tool, verb, patch, count)
        if tuple(map(int, ran("restic", "version").split()[1].split(".")))[:2] >= (0, 15):
            pytest.skip("this restic rewrites snapshots itself")
        with pytest.raises(KeyboardInterrupt):
            disposed(plan, copies, backup)
    if (verb, count) == ("backup", 1):
        assert len(snapshots(tmp_path / "repo")) == 3
    ended = disposed(plan, copies, backup, stages={copy.id: Stage.NOTED for copy in copies})
    assert {event.outcome for event in ended.values()} == {CopyOutcome.EXPUNGED}
    left = snapshots(tmp_path / "repo")
    assert [(told["time"][:19], told.get("tags")) for told in left] == before
    for at, told in enumerate(left):
        more = {"data/later": b"later"} if told.get("tags") else {}
        assert restored(tmp_path / "repo", told["id"], one.root, tmp_path / f"out{at}") == {
            **one.others,
            **more,
        }


def test_a_label_that_was_changed_by_half_is_ended(tmp_path: Path, any_restic) -> None:
    """Restic writes the snapshot anew before it removes the old; a kill between leaves both."""
    repo, mark = tmp_path / "repo", "0" * 16
    backup = backed_up(repo)
    one = company(tmp_path / "co", 1, 1)
    one.write()
    tag = f"lethe-instead-of-{mark}-{mark}"
    ran("restic", "backup", "-q", "-r", str(repo), "--tag", tag, "--tag", "a", str(one.root), env=ENV)
    (tagged,) = (repo / "snapshots").iterdir()
    data = tagged.read_bytes()
    with at_work(backup, lambda _: "pw") as repository:
        drawn(restic.KIND.remove(repository, ()))
        (repo / "snapshots" / tagged.name).write_bytes(data)
        assert len(snapshots(repo)) == 2
        drawn(restic.KIND.remove(repository, ()))
    (left,) = snapshots(repo)
    assert left["tags"] == ["a"]


def drawn(run) -> None:
    for _ in run:
        pass


def test_a_copy_goes_with_the_key_of_its_repository(tmp_path: Path, any_restic, signers) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    (key,) = (tmp_path / "repo/keys").iterdir()
    copies, _ = found(backup, one.wanted(), shredded=frozenset({str(key)}))
    assert {copy.disposal for copy in copies} == {Disposal.KEY}
    plan = signed(copies, signers)
    ends = {
        KeyOutcome.KEY_DESTROYED_HERE: CopyOutcome.KEY_SHREDDED,
        KeyOutcome.MEDIUM_RESIDUE: Outcome.RESIDUE_POSSIBLE,
        KeyOutcome.FAILED: Outcome.SURVIVES,
        None: Outcome.SURVIVES,
    }
    for end, outcome in ends.items():
        ended = disposed(plan, copies, backup, key_end=lambda _, end=end: end)
        assert {event.outcome for event in ended.values()} == {outcome}


def test_a_register_that_says_other_than_what_was_signed_is_not_followed(
    tmp_path: Path, any_restic, signers
) -> None:
    from dataclasses import replace

    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    copies, _ = found(backup, one.wanted())
    plan = signed(copies, signers)
    other = sha(next(iter(one.others.values())))
    forged = [replace(copy, sha256=other, marks=(other,)) for copy in copies]
    ended = disposed(plan, forged, backup)
    assert {event.outcome for event in ended.values()} == {Outcome.FAILED}
    assert other in blobs(tmp_path / "repo")


def test_nothing_but_a_signed_plan_opens_the_door(tmp_path: Path, signers) -> None:
    with pytest.raises(TypeError):
        next(dispose(object(), copies={}, backups=[], stages={}, password=lambda _: ""))


def test_a_long_check_shows_progress_and_can_be_broken_off(tmp_path: Path, any_restic) -> None:
    one = company(tmp_path / "co", 2, 2)
    backup = backed_up(tmp_path / "repo", one)
    events = find_copies([backup], one.wanted(), key=b"k" * 32, password=lambda _: "pw")
    assert isinstance(next(events), Progressed)
    with ends_by_itself():
        events.close()
