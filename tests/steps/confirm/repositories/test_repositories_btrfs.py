"""Btrfs snapshots on a volume of our own: they go whole, are asked for again, and say what lies in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from company_sample import asked, company, disposed, found, packed, ran, signed, tree, unmounted

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import Outcome, Reason


def test_a_btrfs_snapshot_goes_whole(volume: Path, signers) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 20, 20)
    one.write()
    ran("btrfs", "subvolume", "snapshot", "-r", str(volume / "data"), str(volume / "snap"))
    backup = Backup("btrfs", volume / "snap")
    copies, searched = found(backup, one.wanted())
    assert (searched.fault, searched.files) == (None, 60)
    assert {copy.disposal for copy in copies} == {Disposal.DISCARD}
    plan = signed(copies, signers)
    # one of them kept by the officer keeps the whole
    few = disposed(signed(copies[1:], signers), copies, backup)
    assert {event.evidence.limits for event in few.values()} == {(Reason.KEPT_RECORD,)}
    assert (volume / "snap").exists()
    ended = disposed(plan, copies, backup)
    # the blocks stand in clear until they are used again
    assert {(event.outcome, event.evidence.limits) for event in ended.values()} == {
        (Outcome.REMOVED, (Reason.FREED_IN_CLEAR,))
    }
    assert "snap" not in ran("btrfs", "subvolume", "list", str(volume))
    assert tree(one.root) == {**one.mine, **one.others}


def test_a_folder_that_is_no_snapshot_is_not_deleted(volume: Path) -> None:
    one = company(volume / "co", 2, 2)
    one.write()
    copies, searched = found(Backup("btrfs", one.root), one.wanted())
    assert copies == []
    assert searched.fault in (Reason.UNREADABLE, Reason.TOOL_FAILED)


def snapped(volume: Path, source: str = "data", name: str = "snap") -> Backup:
    ran("btrfs", "subvolume", "snapshot", "-r", str(volume / source), str(volume / name))
    return Backup("btrfs", volume / name)


def test_btrfs_is_asked_once_more(volume: Path, signers) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 3, 3)
    one.write()
    backup = snapped(volume)
    copies, _ = found(backup, one.wanted(paths=False))
    plan = signed(copies, signers)
    ended = disposed(plan, copies, backup)
    assert {event.outcome for event in ended.values()} == {Outcome.REMOVED}
    again = asked(plan, copies, backup, ended)
    assert {one.id: (one.outcome, one.evidence) for one in again.values()} == {
        one.id: (one.outcome, one.evidence) for one in ended.values()
    }
    # the disk is taken away: its mount point is a folder of another file system, and empty
    image = volume.parent / "image"
    unmounted(volume)
    try:
        nobody = asked(plan, copies, backup, ended)
        other = volume.parent / "other"
        with other.open("wb") as file:
            file.truncate(256 << 20)
        ran("mkfs.btrfs", "-q", str(other))
        ran("mount", "-o", "loop", str(other), str(volume))
        try:
            another = asked(plan, copies, backup, ended)
        finally:
            unmounted(volume)
    finally:
        ran("mount", "-o", "loop", str(image), str(volume))
    for told in (nobody, another):
        assert {(e.outcome, e.evidence.limits[-1]) for e in told.values()} == {
            (Outcome.REMOVED, Reason.NOT_ASKED_AGAIN)
        }
    # laid back
    snapped(volume)
    again = asked(plan, copies, backup, ended)
    assert {(e.outcome, e.evidence.limits[-1]) for e in again.values()} == {
        (Outcome.SURVIVES, Reason.COPIES_REMAIN)
    }


def test_btrfs_says_what_lies_in_archives_and_mails(volume: Path, signers) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 1, 1)
    one.write()
    (goes,) = one.mine.values()
    packed(volume / "data/co/packed", goes)
    backup = snapped(volume)
    copies, searched = found(backup, one.wanted(paths=False))
    assert (searched.fault, searched.limits, searched.unopened) == (None, (Reason.NOT_OPENED,), 2)
    # it goes whole, with whatever else an archive in it holds
    assert {Path(copy.member).name: (copy.disposal, copy.reasons) for copy in copies} == {
        Path(name).name: (Disposal.DISCARD, ())
        for name in (*one.mine, "some.zip", "some.tar.gz", "mail.eml", "only.zip")
    }
    ended = disposed(signed(copies, signers), copies, backup)
    assert {event.outcome for event in ended.values()} == {Outcome.REMOVED}
    assert {event.outcome for event in asked(signed(copies, signers), copies, backup, ended).values()} == {
        Outcome.REMOVED
    }


_AS_OWNER_ALONE = """
import sys
from pathlib import Path
from app.domain.case import Backup
from app.steps.confirm import Wanted, find_copies
from app.steps.confirm.repositories.btrfs import KIND
from app.steps.confirm.repositories.contract import Repository, Unusable
backup = Backup("btrfs", Path(sys.argv[1]))
wanted = Wanted({}, frozenset(), frozenset())
for run in (KIND.verify, lambda one: KIND.find(one, wanted)):
    try:
        list(run(Repository(backup, Path("/nowhere"))))
        print("read")
    except Unusable as error:
        print(error.reason.name)
*_, told = find_copies([backup], wanted, key=bytes(32), password=lambda _: "")
print(told.searched.fault)
"""
"""Checks and searches a snapshot without the privilege of reading what is not permitted."""


@pytest.mark.parametrize("hidden", ["folder", "file", "names"])
def test_what_may_not_be_read_in_a_snapshot_is_not_passed_over(
    volume: Path, hidden: str, as_owner_alone
) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 2, 2)
    one.write()
    open_ = snapped(volume, name="open")
    assert as_owner_alone(_AS_OWNER_ALONE, open_.path) == ["read", "read", "None"]
    # a folder that can't be listed, a file that can't be opened, names behind which nothing can be seen
    inner = next(iter(one.mine)) if hidden == "file" else "data"
    (one.root / inner).chmod(0o600 if hidden == "names" else 0)
    told = as_owner_alone(_AS_OWNER_ALONE, snapped(volume).path)
    assert told == ["DENIED", "DENIED", "Reason.DENIED"]


def test_an_archive_of_any_name_in_a_snapshot_is_opened(volume: Path) -> None:
    ran("btrfs", "subvolume", "create", str(volume / "data"))
    one = company(volume / "data/co", 1, 1)
    one.write()
    packed(volume / "data/packed", *one.mine.values())
    for name, now in (("some.zip", "old.bak"), ("mail.eml", "note.txt"), ("unknown.rar", "7")):
        (volume / "data/packed" / name).rename(volume / "data/packed" / now)
    copies, searched = found(snapped(volume), one.wanted(paths=False))
    assert {"old.bak", "note.txt"} <= {Path(copy.member).name for copy in copies}
    assert searched.unopened == 2
