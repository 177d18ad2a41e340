"""The few entries of a small XFS folder lie in its inode, and stay there when it grows out of it."""

from __future__ import annotations

import errno
import os

import pytest

from app.domain.outcome import Outcome, Reason
from app.steps.wipe import folders as emptied
from app.system.churn import Churn
from app.system.folder_blocks import folder_blocks

NAMES = [f"资料室{n:04d}区" for n in range(6)]


@pytest.fixture
def cramped(job, image):
    """A location whose entries just fit into its inode: one name more and it grows out of it."""
    made = image("xfs")
    job.folder = made.mount / "公司资料"
    for name in NAMES:
        (job.folder / name / "总册").mkdir(parents=True)
        (job.folder / name / "总册" / "客户.csv").write_bytes(b"x" * 6000)
    (job.folder / "杂项").mkdir()
    (job.folder / "杂项" / "目录.txt").write_bytes(b"kept")
    os.sync()
    made.detach()
    made.attach()
    assert job.folder.stat().st_size < 200
    for name in NAMES:
        job.add(job.folder / name / "总册" / "客户.csv")
    return made


def left(made):
    return {name for name in NAMES if made.hits(name.encode())}


def test_the_names_of_emptied_folders_are_written_over_in_the_inode(job, cramped):
    ends = job.run()
    assert {end.outcome for end in ends.values()} == {Outcome.PROVEN}
    assert os.listdir(job.folder) == ["杂项"]
    assert os.listdir(cramped.mount) == ["公司资料"]
    assert left(cramped) == set()


def test_names_that_stay_in_the_inode_are_seen(job, cramped, monkeypatch):
    def grown(folder):
        """Its inode holds no entries while it is put on the disk."""
        for number in range(4):
            name = f"\x7f{number}{'~' * 60}"
            os.close(os.open(name, os.O_CREAT | os.O_RDONLY, 0o600, dir_fd=folder.fd))

    monkeypatch.setattr(emptied, "_fill", grown)
    ends = job.run()
    assert left(cramped)
    assert all(Reason.NAMES_NOT_PURGED in end.evidence.limits for end in ends.values())
    assert not any(end.outcome.good for end in ends.values())


def test_where_the_inode_of_a_folder_lies(image):
    made = image("xfs")
    folder = made.mount / "d"
    folder.mkdir()
    (folder / "一个名字".encode().decode()).write_bytes(b"")
    os.sync()
    fd = os.open(folder, os.O_RDONLY)
    try:
        ((offset, length),) = folder_blocks(fd, "xfs")
    finally:
        os.close(fd)
    made.detach()
    with made.path.open("rb") as raw:
        raw.seek(offset)
        inode = raw.read(length)
    assert inode[:2] == b"IN"
    assert "一个名字".encode() in inode


def test_a_churn_is_made_beside_a_folder_that_it_would_make_grow(job, cramped):
    (job.folder / ("k" * 12)).write_bytes(b"")
    size = job.folder.stat().st_size
    fd = os.open(job.folder, os.O_RDONLY)
    try:
        with Churn(fd, "a" * 16, 1024):
            beside = os.listdir(cramped.mount)
            assert job.folder.stat().st_size == size
        os.fstat(fd)
    finally:
        os.close(fd)
    assert sorted(beside) == sorted(["a" * 16, "公司资料"])
    assert os.listdir(cramped.mount) == ["公司资料"]


def test_a_folder_is_not_filled_where_that_is_not_known_to_help(monkeypatch):
    monkeypatch.setattr(emptied.sys, "platform", "win32")
    with pytest.raises(OSError, match=os.strerror(errno.ENOSYS)):
        emptied._fill(None)
