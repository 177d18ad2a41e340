"""Where bytes remain because somebody shares the blocks, the outcome says so and names who."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest
from wiped_secret import SEED

from app.domain.event import Noted
from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import holders, step, where_held, wipe
from app.steps.wipe.holders import NOT_FOUND, NOT_SEARCHED, _pieces
from app.steps.wipe.scene import Terms
from app.system import sharing
from app.system.disk import Disk
from app.system.sharing import Sharer
from app.system.walk import Patience, Walk

NEEDLE = "客户身份证11010519491231002X；".encode()
CONTENT = (NEEDLE.ljust(63, b".") + b"\n") * 1100


def clone(source, target):
    made = subprocess.run(["cp", "--reflink=always", source, target], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no reflink here: {made.stderr!r}")
    os.sync()
    return target


def btrfs(*argv):
    subprocess.run(["btrfs", "-q", *map(str, argv)], check=True, capture_output=True)


def told(end):
    return dict(end.evidence.facts).get("holders", "").split("; ")


@pytest.fixture
def shared(job, image):
    """A file on XFS, its clone, and the image."""
    made = image("xfs")
    job.folder = made.mount / "客户"
    job.folder.mkdir()
    path = job.folder / "张三.csv"
    path.write_bytes(CONTENT)
    other = clone(path, made.mount / "副本.csv")
    job.add(path)
    return made, other


def test_a_clone_outside_the_plan_is_named_and_can_be_found(job, shared):
    made, other = shared
    (end,) = job.run().values()
    assert end.outcome is Outcome.SURVIVES
    assert Reason.SHARED_EXTENTS in end.evidence.limits
    assert told(end) == [f"inode {other.stat().st_ino}"]
    assert where_held(str(made.mount), told(end)[0]) == str(other)
    assert other.read_bytes() == CONTENT
    assert made.hits(NEEDLE) > 0


def test_two_of_the_plan_that_share_the_first_remains_until_the_second_goes(job, shared):
    made, other = shared
    second = job.add(other, location=made.mount)
    first = job.items[0]
    ends = job.run()
    assert ends[first.id].outcome is Outcome.RESIDUE_POSSIBLE
    assert told(ends[first.id]) == [second.id]
    assert ends[second.id].outcome is Outcome.PROVEN
    assert made.hits(NEEDLE) == 0


def test_a_clone_that_the_plan_keeps_is_named_by_its_id(job, shared):
    made, other = shared
    kept = job.add(other, location=made.mount, fate=Fate.LEAVE)
    ends = job.run()
    assert ends["r-000000"].outcome is Outcome.SURVIVES
    assert told(ends["r-000000"]) == [kept.id]
    assert other.read_bytes() == CONTENT


def test_a_clone_that_goes_meanwhile_is_looked_for_and_not_found(job, shared):
    _, other = shared

    class Meddled(Disk):
        def overwrite(self, fd, offset, data):
            super().overwrite(fd, offset, data)
            other.unlink(missing_ok=True)

    (end,) = job.run(disk=Meddled()).values()
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert told(end) == [NOT_FOUND]


def test_without_patience_it_is_said_that_nobody_looked(job, shared, monkeypatch):
    monkeypatch.setattr(holders, "Walk", lambda mount, seconds: Walk(mount, most=0))
    (end,) = job.run().values()
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert told(end) == [NOT_SEARCHED]


def test_the_holder_is_not_forgotten_over_a_stop(job, shared):
    item = job.items[0]
    events = wipe(job.signed(), stages={}, seed=SEED)
    for event in events:
        if isinstance(event, Noted) and event.what == "overwritten":
            events.close()
            noted = {item.id: (Outcome(dict(event.evidence.facts)["outcome"]), event.evidence)}
    (end,) = job.run(stages={item.id: Stage.NOTED}, noted=noted).values()
    assert end.outcome is Outcome.SURVIVES
    assert told(end) == [f"inode {shared[1].stat().st_ino}"]


@pytest.fixture
def snapped(job, image):
    """A file in a subvolume of btrfs, a snapshot of that, and a clone beside the file."""
    made = image("btrfs")
    try:
        btrfs("subvolume", "create", made.mount / "客户")
    except FileNotFoundError:
        pytest.skip("btrfs-progs is not installed")
    job.folder = made.mount / "客户"
    path = job.folder / "张三.csv"
    path.write_bytes(CONTENT)
    (job.folder / "d").mkdir()
    clone(path, job.folder / "d" / "副本.csv")
    (made.mount / "保存").mkdir()
    btrfs("subvolume", "snapshot", job.folder, made.mount / "保存" / "昨天")
    job.add(path)
    os.sync()
    return made


def test_snapshots_and_clones_on_btrfs_are_named_and_can_be_found(job, snapped):
    (end,) = job.run().values()
    assert end.outcome is Outcome.SURVIVES
    assert {Reason.SNAPSHOT, Reason.SHARED_EXTENTS} <= set(end.evidence.limits)
    found = {where_held(str(snapped.mount), one) for one in told(end)}
    assert found == {"客户/d/副本.csv", "保存/昨天/张三.csv", "保存/昨天/d/副本.csv"}
    for one in found:
        assert (snapped.mount / one).read_bytes() == CONTENT


def test_a_snapshot_whose_files_are_all_in_the_plan(job, snapped, monkeypatch):
    """Each waits for those that come after it; the last leaves its blocks to nobody."""
    monkeypatch.setattr(step, "BATCH_ITEMS", 1)
    kept = snapped.mount / "保存" / "昨天"
    for path in (kept / "张三.csv", kept / "d" / "副本.csv", job.folder / "d" / "副本.csv"):
        job.add(path, location=snapped.mount)
    ends = job.run()
    assert told(ends["r-000000"]) == ["r-000003", "r-000001", "r-000002"]
    assert told(ends["r-000001"]) == ["r-000003", "r-000002"]
    assert told(ends["r-000003"]) == [""]
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}


def test_a_small_file_that_lies_in_the_tree_is_held_by_a_snapshot_too(job, snapped):
    """Its bytes have no extent of their own that could be shared."""
    small = job.folder / "小.csv"
    small.write_bytes(NEEDLE)
    alone = job.folder / "独.csv"
    os.sync()
    btrfs("subvolume", "snapshot", "-r", job.folder, snapped.mount / "保存" / "今天")
    alone.write_bytes(NEEDLE)
    os.sync()
    job.items.clear()
    held, free = job.add(small), job.add(alone)
    ends = job.run()
    assert ends[held.id].outcome is Outcome.SURVIVES
    assert {Reason.SNAPSHOT, Reason.INLINE} <= set(ends[held.id].evidence.limits)
    (holder,) = told(ends[held.id])
    assert where_held(str(snapped.mount), holder) == "保存/今天/小.csv"
    assert (ends[free.id].outcome, told(ends[free.id])) == (Outcome.RESIDUE_POSSIBLE, [NOT_FOUND])


def test_who_may_not_ask_btrfs_says_so(job, snapped, monkeypatch):
    def refused(fd, places):
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(holders, "sharers_on_btrfs", refused)
    (end,) = job.run().values()
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert told(end) == [NOT_SEARCHED]


def test_runs_that_overlap_are_cut(job):
    assert _pieces([(0, 10), (5, 20), (30, 40), (30, 40)]) == [(0, 5), (5, 10), (10, 20), (30, 40)]
    assert _pieces([]) == []


def test_many_holders_are_counted(job):
    from app.steps.wipe.verdict import Done, Verdict

    item = job.add(job.folder / "a", b"x")
    done = Done(item, Verdict(Outcome.RESIDUE_POSSIBLE, (Reason.SHARED_EXTENTS,), "xfs", "v"))
    terms = Terms(Disk(), SEED, None, (), Wiping(), frozenset(), items=[replace(item, path="/nowhere/a")])
    many = frozenset(Sharer(0, item.stamp.inode + 1 + n) for n in range(11))
    untouched, said = holders.said(
        [replace(done, item=replace(item, id="r-x")), done], {item.id: holders.Holding(many)}, terms
    )
    assert untouched.verdict.holders == ()
    assert len(said.verdict.holders) == 9
    assert said.verdict.holders[-1] == "and 3 more"
    own = holders.Holding(frozenset({Sharer(0, item.stamp.inode)}))
    (said,) = holders.said([done], {item.id: own}, terms)
    assert said.verdict.holders == (item.id,)
    assert Patience().seconds > 0


def test_who_is_not_there_any_more_is_not_found(tmp_path, monkeypatch):
    assert where_held(str(tmp_path), "r-000001") is None
    assert where_held(str(tmp_path), "subvolume 5 inode 300") is None
    assert where_held(str(tmp_path / "gone"), "subvolume 5 inode 300") is None
    monkeypatch.setattr(holders, "Walk", lambda mount: Walk(str(tmp_path)))
    assert where_held(str(tmp_path), "inode 1") is None
    monkeypatch.setattr(sharing.sys, "platform", "win32")
    with pytest.raises(OSError, match="not asked"):
        sharing.tree_of(0)
