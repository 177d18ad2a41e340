"""The wipe of a file on the Mac, from the step down to the documented calls, over recorded answers."""

from __future__ import annotations

import errno
import os
import struct
import sys
import types
from pathlib import Path

import pytest
from mac_world import DISK, POSIX_ONLY, World
from recorded_mac import LOCAL, extended, snapshot, volume

from app.domain.event import Noted, Settled
from app.domain.limit import LimitKind
from app.domain.outcome import Outcome, Reason
from app.journal import Journal
from app.steps.confirm.traces import system_limits
from app.steps.wipe import wipe
from app.system import protected
from app.system.disk import this_read_only_disk
from app.system.macos import api as m

CONTENT = "张三,13800138000\r\n".encode() * 500
SEED = bytes(range(32))


@pytest.fixture
def world(monkeypatch):
    """A Mac as far as the program can tell: its name, its calls, and nothing that only Linux has."""
    world = World()
    native = types.ModuleType("native")
    native.Native = lambda: world
    monkeypatch.setitem(sys.modules, "app.system.macos.native", native)
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(protected.is_protected, "__defaults__", ((), "darwin"))
    for name in POSIX_ONLY:
        monkeypatch.delattr(os, name)
    return world


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "客户"
    folder.mkdir()
    return folder


def run(folder, sign, hole=0, **options):
    """Wipe one file; gives how it ended and every note."""
    path = folder / "名单.csv"
    path.write_bytes(CONTENT)
    os.truncate(path, len(CONTENT) + hole)
    plan = sign((str(path), path.stat(), CONTENT, str(folder)))
    events = list(wipe(plan, stages={}, seed=SEED, **options))
    (end,) = [event for event in events if isinstance(event, Settled)]
    return end, {event.what: event for event in events if isinstance(event, Noted)}


def test_a_plain_file_is_overwritten_past_every_cache_renamed_and_removed(world, folder, sign):
    end, notes = run(folder, sign)
    overwritten = notes["overwritten"].evidence
    assert dict(overwritten.facts)["outcome"] == Outcome.OVERWRITTEN.value
    assert overwritten.limits == (Reason.NOT_READ_FROM_DEVICE,)
    # The journal of HFS+ is not written over, so the name may stand there.
    assert (end.outcome, end.evidence.limits[-1]) == (Outcome.RESIDUE_POSSIBLE, Reason.NAMES_NOT_PURGED)
    assert world.done(m.F_NOCACHE)
    assert world.done(m.F_FULLFSYNC)
    assert not world.done("sync")
    ((_, old, new),) = world.done("rename")
    assert (old, len(new)) == ("名单.csv", len("名单.csv"))
    assert os.listdir(folder) == []
    order = [entry[0] for entry in world.log]
    assert order.index(m.F_NOCACHE) < order.index(m.F_FULLFSYNC) < order.index("rename")
    # The folder, too, is put through the cache of the disk.
    assert m.F_FULLFSYNC in order[order.index("rename") :]


def test_what_is_on_the_disk_before_the_removal_is_the_pass(world, folder, sign, monkeypatch):
    left = []
    remove = os.unlink

    def watched(name, *, dir_fd=None):
        with open(os.open(name, os.O_RDONLY, dir_fd=dir_fd), "rb") as file:
            left.append(file.read())
        remove(name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "unlink", watched)
    run(folder, sign)
    (content,) = left
    assert len(content) == 12_288
    assert CONTENT[:16] not in content


def test_where_there_is_no_full_sync_the_common_one_is_asked(world, folder, sign):
    world.full_sync = errno.ENOTSUP
    end, _ = run(folder, sign)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert world.done("sync")


def test_a_sync_that_fails_is_no_good_news(world, folder, sign):
    world.full_sync = errno.EIO
    end, _ = run(folder, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.IO_ERROR,))
    assert os.listdir(folder) == ["名单.csv"]


def test_what_the_volume_stands_on_is_told(world, folder, sign):
    _, notes = run(folder, sign)
    facts = dict(notes["medium"].evidence.facts)
    assert (facts["device"], facts["model"], facts["bus"]) == ("/dev/disk2", "WDC WD10EZEX", "SATA")
    assert facts["rotational"] is True
    assert facts["file_system"] == "hfs"


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"volume": volume("apfs", source="/dev/disk2")}, Reason.COPY_ON_WRITE),
        ({"volume": volume("apfs", source="/dev/disk2"), "extended": extended(1)}, Reason.SHARED_EXTENTS),
        ({"volume": volume("smbfs", 0)}, Reason.NETWORK),
        ({"volume": volume("hfs", LOCAL | 0x40000000, source="/dev/disk2")}, Reason.UNKNOWN_MEDIUM),
        ({"attributes": {b"com.apple.ResourceFork": 286}}, Reason.OTHER_STREAMS),
        ({"attributes": errno.EACCES}, Reason.OTHER_STREAMS),
        ({"flags": m.UF_COMPRESSED}, Reason.COMPRESSED),
        ({"nlink": 2}, Reason.HARD_LINK),
        ({"disks": {"/dev/disk2": DISK | {"SolidState": True}}}, Reason.FLASH),
        ({"disks": {}}, Reason.UNKNOWN_MEDIUM),
    ],
    ids=["apfs", "clone", "share", "mounted snapshot", "resource fork", "attributes unknown", "compressed",
         "another name", "flash", "disk unknown"],
)  # fmt: skip
def test_what_an_overwrite_does_not_reach_is_said_before_and_after(world, folder, sign, differs, reason):
    world.__dict__.update(differs)
    end, notes = run(folder, sign)
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert reason in end.evidence.limits
    assert reason in notes["overwritten"].evidence.limits


def test_a_file_with_a_hole_is_sparse(world, folder, sign):
    end, _ = run(folder, sign, hole=1 << 20)
    assert Reason.SPARSE in end.evidence.limits


def test_a_file_whose_content_is_in_the_cloud_is_refused_untouched(world, folder, sign):
    world.flags = m.SF_DATALESS
    end, _ = run(folder, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.NETWORK,))
    assert end.evidence.method == "untouched"
    assert (folder / "名单.csv").read_bytes() == CONTENT


def test_a_file_that_another_program_has_open_is_left(world, folder, sign):
    world.pids = struct.pack("=ii", os.getpid(), 4711)
    end, _ = run(folder, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.OPEN_ELSEWHERE,))
    assert (folder / "名单.csv").read_bytes() == CONTENT


def test_a_link_is_never_followed(world, folder, sign):
    (folder / "别处.csv").write_bytes(CONTENT)
    path = folder / "名单.csv"
    path.symlink_to("别处.csv")
    plan = sign((str(path), path.lstat(), CONTENT, str(folder)))
    (end,) = [event for event in wipe(plan, stages={}, seed=SEED) if isinstance(event, Settled)]
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.LINK,))
    assert (folder / "别处.csv").read_bytes() == CONTENT


def test_where_a_folder_really_is_decides_what_is_protected(world, folder, sign, monkeypatch):
    control = world.control

    def of_disk(fd, command, question=0):
        if command == m.F_GETPATH:
            return b"/Applications/Mail.app".ljust(len(question), b"\0")
        return control(fd, command, question)

    monkeypatch.setattr(world, "control", of_disk)
    end, _ = run(folder, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.PROTECTED_PLACE,))
    assert (folder / "名单.csv").read_bytes() == CONTENT


def test_emptied_folders_are_removed_but_not_the_location(world, folder, sign):
    inner = folder / "甲方" / "合同"
    inner.mkdir(parents=True)
    path = inner / "名单.csv"
    path.write_bytes(CONTENT)
    list(wipe(sign((str(path), path.stat(), CONTENT, str(folder))), stages={}, seed=SEED))
    assert os.listdir(folder) == []
    assert [old for _, old, _ in world.done("rename")] == ["名单.csv", "合同", "甲方"]


def test_the_dry_run_changes_nothing(world, folder, sign):
    end, _ = run(folder, sign, disk=this_read_only_disk())
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.READ_ONLY,))
    assert (folder / "名单.csv").read_bytes() == CONTENT


def test_the_journal_goes_through_the_cache_of_the_disk(world, tmp_path):
    journal = Journal.create(tmp_path / "journal.jsonl")
    world.log.clear()
    journal.append("case.opened", {})
    journal.commit()
    assert world.done(m.F_FULLFSYNC)
    journal.close()


def test_snapshots_time_machine_and_swap_are_named_as_limits(world, folder, tmp_path):
    world.volume = volume("apfs")
    world.snaps = [snapshot("com.apple.TimeMachine.2026-11-20-101010.local")]
    found = {(limit.kind, limit.name) for limit in system_limits([folder], home=tmp_path)}
    assert found >= {
        (LimitKind.SNAPSHOT, "com.apple.TimeMachine.2026-11-20-101010.local"),
        (LimitKind.BACKUP_SERVICE, "备份盘"),
        (LimitKind.SWAP, "/System/Volumes/VM/swapfile0"),
        (LimitKind.HIBERNATION, "/System/Volumes/VM/sleepimage"),
    }


@pytest.mark.parametrize(("where", "seen"), [("folder", True), ("volume", False)])
def test_snapshots_are_asked_for_where_a_destroyed_file_was(world, folder, monkeypatch, where, seen):
    world.volume, world.snaps = volume("apfs"), [snapshot("com.apple.os.update")]
    device = world.device
    monkeypatch.setattr(world, "device", lambda place: 77 if place == "/Volumes" else device(place))
    path = folder / "没有了" / "名单.csv" if where == "folder" else "/Volumes/没有/名单.csv"
    found = [limit for limit in system_limits([Path(path)], home=folder) if limit.kind is LimitKind.SNAPSHOT]
    assert [limit.seen for limit in found] == [seen]


@pytest.mark.parametrize("flag", [m.UF_IMMUTABLE, m.SF_APPEND])
def test_an_immutable_file_is_left_and_said_to_be_so(world, folder, sign, monkeypatch, flag):
    opened = os.open

    def refusing(path, flags, *rest, **named):
        if flags & os.O_RDWR and str(path).endswith(".csv"):
            raise PermissionError(errno.EPERM, "immutable")
        return opened(path, flags, *rest, **named)

    world.flags = flag
    monkeypatch.setattr(os, "open", refusing)
    end, _ = run(folder, sign)
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.IMMUTABLE,))


def test_the_dry_run_reads_past_the_cache_too(world, folder, sign):
    run(folder, sign, disk=this_read_only_disk())
    assert world.done(m.F_NOCACHE)
