"""What is left on the raw device. A test through the files would pass even for a wiper that erases nothing."""

import contextlib
import os
import shutil
import subprocess

import pytest
from wiped_secret import SEED

from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import wipe
from app.system.disk import Disk
from app.system.extents import Attribute
from app.system.swap import may_swap

NEEDLE = "客户身份证11010519491231002X；".encode()
SIZES = [1, 3, 40, 900, 4095, 4096, 4097, 6000, 70_000, 1_000_000]


def content(size):
    """Every 64 bytes hold the needle whole; sizes too short for one hold what there is room for."""
    line = NEEDLE.ljust(63, b".") + b"\n"
    return (line * (size // 64 + 1))[:size]


def fill(job, image, sizes=SIZES, count=3):
    folder = image.mount / "客户"
    folder.mkdir()
    job.folder = folder
    for n in range(count):
        for size in sizes:
            job.add(folder / f"记录{n}-{size}.csv", content(size))
    os.sync()
    return folder


def remounted(job, image):
    """Take everything out of memory; a loop device may come back with another number, so plan anew."""
    image.detach()
    image.attach()
    paths = [item.path for item in job.items]
    job.items.clear()
    for path in paths:
        job.add(path)


PLAIN = {
    "ext4": ("ext4", [], []),
    "ext4 of 1 KiB blocks": ("ext4", ["-b", "1024"], []),
    "xfs": ("xfs", [], []),
    "xfs without reflinks": ("xfs", ["-m", "reflink=0"], []),
}


@pytest.mark.parametrize("name", PLAIN)
def test_where_overwritten_is_said_nothing_is_left(job, image, name):
    kind, mkfs, mount = PLAIN[name]
    made = image(kind, mkfs, mount)
    fill(job, made)
    remounted(job, made)
    ends = job.run()
    assert {end.outcome for end in ends.values()} == {Outcome.PROVEN}
    assert {dict(end.evidence.facts)["file_system"] for end in ends.values()} == {kind}
    assert os.listdir(job.folder) == []
    assert made.hits(NEEDLE) == 0


class CutsFirst(Disk):
    """As other wipers do: cut the file, which frees its blocks, then write as much again."""

    def open_in_place(self, folder, name):
        path, fd = folder.at(name)
        size = self.look(folder, name).st_size
        opened = os.open(path, os.O_RDWR | os.O_TRUNC, dir_fd=fd)
        os.ftruncate(opened, size)
        return opened


def test_the_search_sees_what_a_wiper_leaves_that_cuts_first(job, image, monkeypatch):
    """Shows that the test above can fail."""
    from app.steps.wipe import examine, overwrite, prove

    monkeypatch.setattr(examine, "unchanged", lambda told, stamp: True)
    monkeypatch.setattr(overwrite, "data_segments", lambda fd, size: [(0, size)] if size else [])
    monkeypatch.setattr(prove, "same_places", lambda before, after: True)
    made = image("ext4")
    fill(job, made)
    remounted(job, made)
    ends = job.run(disk=CutsFirst(), wiping=Wiping(trim=False))
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert os.listdir(job.folder) == []
    assert made.hits(NEEDLE) > 0


DOUBTFUL = {
    "ext4 that journals data": ("ext4", [], ["data=journal"], Reason.JOURNALLED_DATA),
    "btrfs": ("btrfs", [], [], Reason.COPY_ON_WRITE),
    "btrfs nodatacow": ("btrfs", [], ["nodatacow"], Reason.COPY_ON_WRITE),
    "btrfs compressed": ("btrfs", [], ["compress-force=zstd"], Reason.COMPRESSED),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_where_bytes_may_remain_no_good_outcome_is_said(job, image, name):
    kind, mkfs, mount, reason = DOUBTFUL[name]
    made = image(kind, mkfs, mount)
    fill(job, made, sizes=[6000, 70_000, 1_000_000])
    remounted(job, made)
    ends = job.run()
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}
    assert all(reason in end.evidence.limits for end in ends.values())
    assert os.listdir(job.folder) == []


def test_an_ext4_that_journals_data_by_its_superblock(job, image):
    """The table of mounts does not show what the superblock asks for."""
    made = image("ext4")
    made.detach()
    subprocess.run(["tune2fs", "-o", "journal_data", made.path], check=True, capture_output=True)
    made.attach()
    fill(job, made, sizes=[6000], count=1)
    (end,) = job.run().values()
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.JOURNALLED_DATA in end.evidence.limits


def test_btrfs_does_leave_the_content(job, image):
    made = image("btrfs")
    fill(job, made, sizes=[70_000])
    remounted(job, made)
    job.run(wiping=Wiping(trim=False))
    assert made.hits(NEEDLE) > 0


def test_data_in_the_inode_is_overwritten_there_and_doubted(job, image):
    made = image("ext4", ["-O", "inline_data", "-I", "256"])
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(b"INLINE-SECRET-OF-A-CUSTOMER")
    os.sync()
    made.detach()
    assert made.path.read_bytes().count(b"INLINE-SECRET-OF-A-CUSTOMER") > 0
    made.attach()
    job.add(path)
    end = job.run()["r-000000"]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.INLINE in end.evidence.limits


def _clone(source, target):
    made = subprocess.run(["cp", "--reflink=always", source, target], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no reflink here: {made.stderr!r}")


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_reflink_elsewhere_is_seen_and_its_bytes_are_never_called_gone(job, image, kind):
    made = image(kind)
    fill(job, made, sizes=[70_000], count=2)
    _clone(job.items[0].path, made.mount / "clone")
    os.sync()
    remounted(job, made)
    ends = job.run()
    shared = ends[job.items[0].id]
    assert shared.outcome is Outcome.SURVIVES
    assert Reason.SHARED_EXTENTS in shared.evidence.limits
    other = ends[job.items[1].id]
    assert other.outcome is (Outcome.PROVEN if kind == "xfs" else Outcome.RESIDUE_POSSIBLE)
    assert (made.mount / "clone").read_bytes() == content(70_000)
    assert made.hits(NEEDLE) > 0


def test_a_clone_that_a_stopped_run_has_parted_from_is_not_forgotten(job, image, monkeypatch):
    """After the overwrite the file shares nothing any more; the clone holds the bytes all the same."""
    made = image("xfs")
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(content(70_000))
    os.sync()
    _clone(path, made.mount / "clone")
    os.sync()
    item = job.add(path)
    stopped = wipe(job.signed(), stages={}, seed=SEED, disk=_StopsAfterWriting())
    with pytest.raises(KeyboardInterrupt):
        list(stopped)
    os.sync()
    end = job.run(stages={item.id: Stage.BEGUN})[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SHARED_EXTENTS in end.evidence.limits
    assert made.hits(NEEDLE) > 0


class _StopsAfterWriting(Disk):
    def sync(self, fd):
        super().sync(fd)
        raise KeyboardInterrupt


def test_a_snapshot_is_said_to_hold_it(job, image):
    if not shutil.which("btrfs"):
        pytest.skip("btrfs-progs is not installed")
    made = image("btrfs")
    subprocess.run(
        ["btrfs", "-q", "subvolume", "create", made.mount / "data"], check=True, capture_output=True
    )
    job.folder = made.mount / "data"
    item = job.add(job.folder / "a.csv", content(70_000))
    subprocess.run(
        ["btrfs", "-q", "subvolume", "snapshot", "-r", made.mount / "data", made.mount / "snap"],
        check=True,
        capture_output=True,
    )
    os.sync()
    end = job.run()[item.id]
    assert end.outcome is Outcome.SURVIVES
    assert {Reason.SHARED_EXTENTS, Reason.SNAPSHOT} <= set(end.evidence.limits)
    assert (made.mount / "snap" / "a.csv").read_bytes() == content(70_000)


def test_blocks_that_xfs_moves_though_it_shares_nothing_any_more(job, image):
    """A reserve left by an earlier write next to shared blocks takes the overwrite to new ones.

    The extents of the file say nothing of it before; where they lie after tells.
    """
    made = image("xfs")
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(content(1 << 20))
    os.sync()
    _clone(path, made.mount / "clone")
    with path.open("r+b") as file:  # parts one block, and reserves for its neighbours
        file.write(b"x" * 4096)
        os.fsync(file.fileno())
    (made.mount / "clone").unlink()
    os.sync()
    item = job.add(path)
    end = job.run()[item.id]
    left = made.hits(NEEDLE)
    assert left == 0 or end.outcome is Outcome.RESIDUE_POSSIBLE


def test_an_image_that_lies_on_a_copy_on_write_file_system(job, image):
    """In place on the inner file system is not in place on the device."""
    outer = image("btrfs")
    inner_folder = outer.mount / "images"
    inner_folder.mkdir()
    inner = image("ext4", folder=inner_folder)
    job.folder = inner.mount
    item = job.add(inner.mount / "a.csv", content(70_000))
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.COPY_ON_WRITE in end.evidence.limits


def test_a_file_whose_data_is_journalled_by_its_own_mark(job, image):
    made = image("ext4")
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(content(6000))
    marked = subprocess.run(["chattr", "+j", path], capture_output=True, check=False)
    if marked.returncode:
        pytest.skip(f"no such attribute here: {marked.stderr!r}")
    os.sync()
    item = job.add(path)
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.JOURNALLED_DATA in end.evidence.limits


def _fill_up(path):
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 16, 4096):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))
                    os.fsync(file.fileno())


def test_a_really_full_disk(job, image):
    """Overwriting needs room where nothing is overwritten in place. The step stops, and goes on when there is."""
    made = image("btrfs", ["-M"], megabytes=128)
    job.folder = made.mount
    items = [job.add(made.mount / f"{i}.csv", os.urandom(12 << 20)) for i in range(3)]
    os.sync()
    job.items = []
    _fill_up(made.mount / "ballast")
    items = [job.add(item.path) for item in items]
    with pytest.raises(Refused) as refused:
        job.run()
    assert refused.value.fault is Fault.DISK_FULL
    done, noted = job.ends(), job.noted()
    assert all(end.outcome is not Outcome.FAILED for end in done.values())
    (made.mount / "ballast").unlink()
    os.sync()
    subprocess.run(["btrfs", "filesystem", "sync", made.mount], check=False, capture_output=True)
    stages = {item.id: Stage.BEGUN for item in items}
    stages |= dict.fromkeys(noted, Stage.NOTED) | dict.fromkeys(done, Stage.SETTLED)
    rest = job.run(stages=stages, noted=noted)
    assert set(rest) | set(done) == {item.id for item in items}
    assert {(end.outcome, end.evidence.limits[0]) for end in rest.values()} == {
        (Outcome.RESIDUE_POSSIBLE, Reason.COPY_ON_WRITE)
    }
    assert not list(made.mount.glob("*.csv"))


def test_a_file_system_in_memory(job, tmp_path):
    mount = tmp_path / "memory"
    mount.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", mount], capture_output=True, check=False).returncode:
        pytest.skip("mounting needs root")
    try:
        job.folder = mount
        item = job.add(mount / "a.csv", content(6000))
        end = job.run()[item.id]
        assert end.outcome is (Outcome.RESIDUE_POSSIBLE if may_swap() else Outcome.OVERWRITTEN)
        assert Reason.IN_MEMORY in end.evidence.limits
    finally:
        subprocess.run(["umount", mount], check=True)


def test_an_overlay_is_not_understood_and_so_doubted(job, tmp_path):
    for name in ("low", "up", "work", "over"):
        (tmp_path / name).mkdir()
    (tmp_path / "low" / "a.csv").write_bytes(content(6000))
    options = f"lowerdir={tmp_path}/low,upperdir={tmp_path}/up,workdir={tmp_path}/work"
    done = subprocess.run(
        ["mount", "-t", "overlay", "none", "-o", options, tmp_path / "over"], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no overlay here: {done.stderr!r}")
    try:
        job.folder = tmp_path / "over"
        item = job.add(tmp_path / "over" / "a.csv")
        end = job.run()[item.id]
        assert not end.outcome.good
    finally:
        subprocess.run(["umount", tmp_path / "over"], check=True)
    assert (tmp_path / "low" / "a.csv").read_bytes() == content(6000)


def test_marks_of_a_file(image):
    from app.system.extents import attributes

    made = image("ext4")
    (made.mount / "a").write_bytes(b"x")
    subprocess.run(["chattr", "+i", made.mount / "a"], check=True)
    fd = os.open(made.mount / "a", os.O_RDONLY)
    try:
        assert attributes(fd) & Attribute.IMMUTABLE
    finally:
        os.close(fd)
    subprocess.run(["chattr", "-i", made.mount / "a"], check=True)
