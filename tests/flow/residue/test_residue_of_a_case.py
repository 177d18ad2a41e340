"""A whole case over fresh file systems, then the raw medium: where it spoke well, nothing is left.

Where something is left, the case had said so before anybody looked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from residue_ground import GROUNDS, run
from residue_records import FOLDERS, KEPT, Residue, content, lay, number_in

from app.domain.outcome import Outcome, Reason
from app.system.swap import may_swap

COMPANY = "公司资料"
UNTRIMMED = "[wipe]\ntrim = false\n"
"""Freed blocks are not given back to the image, so what is not there any more was overwritten."""

CLEAN = [
    ("ext4", ""),
    ("ext4", UNTRIMMED),
    ("ext4 of 1 KiB blocks", UNTRIMMED),
    ("xfs", ""),
]
DOUBTED = [
    ("ext4 data=journal", "", Reason.JOURNALLED_DATA),
    ("ext4 data=journal", UNTRIMMED, Reason.JOURNALLED_DATA),
    ("ext4 inline", "", Reason.INLINE),
    ("xfs", UNTRIMMED, Reason.NAMES_NOT_PURGED),
    ("btrfs", "", Reason.COPY_ON_WRITE),
    ("btrfs", UNTRIMMED, Reason.COPY_ON_WRITE),
    ("btrfs zstd", "", Reason.COMPRESSED),
    ("btrfs nodatacow", "", Reason.COPY_ON_WRITE),
    ("ntfs", "", Reason.UNKNOWN_MEDIUM),
]


def named(value):
    return (
        {UNTRIMMED: "untrimmed", "": "trimmed"}.get(value, value) if isinstance(value, str) else value.value
    )


@pytest.fixture
def laid(medium):
    """Lay the records, and see that the search finds every one of them on the medium."""

    def on(name, prepare=None):
        made = medium(GROUNDS[name])
        company = made.top / COMPANY
        if prepare:
            prepare(company)
        count = lay(company)
        os.sync()
        before = Residue.of(made.raw())
        # Compressed contents can't be searched; their names can.
        compressed = "zstd" in name
        assert compressed or before.lines == set(range(count))
        assert compressed or before.count > 70_000
        assert before.names == set(range(count))
        assert before.folders == set(range(FOLDERS))
        return made, company, count

    return on


def nothing_unsaid(ended, residue):
    """The promise of the whole program: no good word of a record of which a line or a name stands there."""
    assert not residue.lines & ended.good
    assert not residue.names & ended.good
    assert not residue.folders & ended.cleared
    for number in residue.lines | residue.names:
        end = ended.ends[number]
        assert end.outcome in (Outcome.RESIDUE_POSSIBLE, Outcome.SURVIVES)
        # A doubt about names alone excuses no line.
        assert number not in residue.lines or set(end.evidence.limits) - {Reason.NAMES_NOT_PURGED}


def only_what_is_nobodys(company: Path) -> None:
    """What is left of the tree: the location, and the folder with what was no record."""
    left = {str(path.relative_to(company)) for path in company.rglob("*")}
    assert left == {"杂项", *(f"杂项/{name}" for name in KEPT)}
    assert {name: (company / "杂项" / name).read_bytes() for name in KEPT} == KEPT


@pytest.mark.parametrize(("name", "more"), CLEAN, ids=named)
def test_where_all_is_proven_nothing_is_left(laid, carried, name, more):
    made, company, count = laid(name)
    ended = carried(company, more)
    assert len(ended.ends) == count
    assert ended.outcomes == {Outcome.PROVEN}
    assert ended.limits(Outcome.PROVEN) <= {Reason.FLASH}
    assert ended.cleared == set(range(FOLDERS))
    only_what_is_nobodys(company)
    assert Residue.of(made.raw()) == Residue(frozenset(), frozenset(), frozenset(), 0)


@pytest.mark.parametrize("folders", [6, 7])
def test_folders_alone_in_a_location_on_xfs(medium, carried, folders):
    """Their names stand in the inode of the location, and almost fill it: one name more moves them out of it."""
    made = medium(GROUNDS["xfs"])
    company = made.top / COMPANY
    for number in range(folders):
        folder = company / f"资料室{number:04d}区"
        folder.mkdir(parents=True)
        (folder / f"客户登记{number:04d}.csv").write_bytes(content(number, 600))
    os.sync()
    assert Residue.of(made.raw()).folders == set(range(folders))
    ended = carried(company)
    residue = Residue.of(made.raw())
    nothing_unsaid(ended, residue)
    assert ended.outcomes == {Outcome.PROVEN}
    assert not list(company.iterdir())


@pytest.mark.parametrize(("name", "more", "reason"), DOUBTED, ids=named)
def test_where_something_is_left_it_was_said(laid, carried, name, more, reason):
    made, company, count = laid(name)
    ended = carried(company, more)
    assert len(ended.ends) == count
    only_what_is_nobodys(company)
    assert reason in ended.limits(Outcome.RESIDUE_POSSIBLE)
    # Only the records that stand in their inodes are doubted there.
    small = name == "ext4 inline"
    assert ended.outcomes == {Outcome.RESIDUE_POSSIBLE} | ({Outcome.PROVEN} if small else set())
    residue = Residue.of(made.raw())
    nothing_unsaid(ended, residue)
    print(
        f"left on {name} {more!r}: {residue.count} lines of {len(residue.lines)} records, "
        f"{len(residue.names)} names, {len(residue.folders)} folders"
    )


def test_a_reflink_copy_elsewhere_on_xfs(laid, carried, tmp_path):
    made, company, count = laid("xfs")
    originals = [path for path in sorted(company.rglob("*客户登记*")) if path.stat().st_size >= 100_000]
    copies = {}
    for path in originals:
        copy = made.top / f"copy-{number_in(path.name)}"
        if subprocess.run(
            ["cp", "--reflink=always", path, copy], capture_output=True, check=False
        ).returncode:
            pytest.skip("this XFS has no reflinks")
        copies[number_in(path.name)] = copy
    assert len(copies) == 4
    os.sync()
    ended = carried(company)
    for number, copy in copies.items():
        end = ended.ends[number]
        assert end.outcome is Outcome.SURVIVES
        assert Reason.SHARED_EXTENTS in end.evidence.limits
        assert holders(end) == f"inode {copy.stat().st_ino}"
        listed = (tmp_path / "out" / "inventory.csv").read_text(encoding="utf-8-sig")
        assert f"holders=inode {copy.stat().st_ino} ({copy.name})" in listed
    assert {ended.ends[number].outcome for number in set(range(count)) - set(copies)} == {Outcome.PROVEN}
    residue = Residue.of(made.raw())
    assert residue.lines == set(copies)
    assert residue.count > 70_000
    nothing_unsaid(ended, residue)


def holders(end):
    return dict(end.evidence.facts).get("holders", "")


@pytest.fixture
def snapshot(laid, carried):
    """A case over a subvolume of which there is a snapshot."""
    if not shutil.which("btrfs"):
        pytest.skip("btrfs-progs is not installed")
    made, company, _ = laid("btrfs", lambda company: run("btrfs", "subvolume", "create", company))
    held = made.top / "昨夜"
    run("btrfs", "subvolume", "snapshot", "-r", company, held)
    os.sync()
    told = subprocess.run(["btrfs", "inspect-internal", "rootid", held], capture_output=True, check=True)
    return made, carried(company), held, int(told.stdout)


def test_a_snapshot_on_btrfs(snapshot, tmp_path):
    made, ended, held, tree = snapshot
    inodes = {number_in(path.name): path.stat().st_ino for path in held.rglob("*客户登记*")}
    own_extents = {number for number, end in ended.ends.items() if Reason.INLINE not in end.evidence.limits}
    assert len(own_extents) > 20
    assert not ended.good
    for number in own_extents:
        end = ended.ends[number]
        assert end.outcome is Outcome.SURVIVES
        assert {Reason.SNAPSHOT, Reason.SHARED_EXTENTS} <= set(end.evidence.limits)
        assert holders(end) == f"subvolume {tree} inode {inodes[number]}"
    listed = (tmp_path / "out" / "inventory.csv").read_text(encoding="utf-8-sig")
    assert f"({held.name}" in listed
    residue = Residue.of(made.raw())
    assert residue.lines == residue.names == set(ended.ends)
    assert residue.folders == set(range(FOLDERS))
    nothing_unsaid(ended, residue)


def test_a_small_file_in_a_snapshot_is_said_to_be_held(snapshot):
    _, ended, _, tree = snapshot
    assert {end.outcome for end in ended.ends.values()} == {Outcome.SURVIVES}
    assert all(f"subvolume {tree}" in holders(end) for end in ended.ends.values())


def test_in_memory_there_is_no_medium_and_that_is_said(medium, carried):
    """There is no image to search. What swap may hold of it nobody has looked at, and the case says that."""
    made = medium(GROUNDS["tmpfs"])
    company = made.top / COMPANY
    count = lay(company)
    ended = carried(company)
    assert len(ended.ends) == count
    assert ended.outcomes == {Outcome.RESIDUE_POSSIBLE if may_swap() else Outcome.OVERWRITTEN}
    for end in ended.ends.values():
        assert {Reason.IN_MEMORY, Reason.NOT_READ_FROM_DEVICE} <= set(end.evidence.limits)
        assert dict(end.evidence.facts)["read_back"] == "file"
    only_what_is_nobodys(company)
