"""Names, keystreams, open folders and holes: what a run takes, and what it leaves as it is."""

import os
import resource
from pathlib import Path

import pytest
from wiped_secret import SECRET, SEED

from app.domain.event import Noted, Settled
from app.domain.outcome import Outcome, Reason
from app.domain.wiping import Wiping
from app.steps.wipe.keystream import Keystream, names_for
from app.steps.wipe.scene import Scene
from app.system.disk import Disk
from tests.held import files_open, leaves_no_file_open


def test_every_new_name_taken_means_removal_under_the_old_one(job):
    item = job.add(job.folder / "a", SECRET)
    for name in names_for(SEED, item.id, 1):
        (job.folder / name).write_bytes(b"another's")
    taken = set(os.listdir(job.folder)) - {"a"}
    end = job.run()[item.id]
    assert end.outcome is Outcome.OVERWRITTEN
    assert set(os.listdir(job.folder)) == taken
    assert Reason.NAME_REMAINS not in end.evidence.limits


def test_sparse_is_not_filled_and_not_called_overwritten(job):
    path = job.folder / "a"
    with path.open("wb") as file:
        file.write(SECRET)
        file.seek(200 << 20)
        file.write(SECRET)
        file.truncate(300 << 20)
        os.fsync(file.fileno())
    item = job.add(path, sha256="")
    before = path.stat().st_blocks
    held = []

    class Looking(Disk):
        def unlink(self, folder, name):
            told = self.look(folder, name)
            fd = self.open_to_read(folder, name)
            held.append((told.st_blocks, os.pread(fd, len(SECRET), 0), os.pread(fd, len(SECRET), 200 << 20)))
            os.close(fd)
            super().unlink(folder, name)

    end = job.run(disk=Looking())[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.SPARSE in end.evidence.limits
    keystream = Keystream(SEED, item.id)
    assert held == [(before, keystream.at(0, len(SECRET)), keystream.at(200 << 20, len(SECRET)))]


def test_the_scene_keeps_few_folders_and_files_open(job):
    for i in range(100):
        (job.folder / f"d{i}").mkdir()
        job.add(job.folder / f"d{i}" / "a", b"x")
    most = []

    class Counting(Disk):
        def look(self, folder, name):
            most.append(len(files_open()))
            return super().look(folder, name)

    before = len(files_open())
    usual = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256 + 40, usual[1]))
    try:
        with leaves_no_file_open():
            ends = job.run(disk=Counting())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
    assert {end.outcome for end in ends.values()} == {Outcome.OVERWRITTEN}
    assert max(most) <= before + 70 + 40


def test_closing_a_scene_twice_is_harmless(job):
    item = job.add(job.folder / "a", SECRET)
    from app.steps.wipe.scene import Terms

    scene = Scene(Terms(Disk(), SEED, None, (), Wiping(), frozenset()))
    folder, name = scene.place(item)
    scene.__exit__(None, None, None)
    scene.__exit__(None, None, None)
    assert folder.fd is None
    assert name == "a"


def test_the_names_and_keys_of_items_differ(job):
    assert len({Keystream(SEED, f"r-{i}").sha256 for i in range(100)}) == 100
    assert len({name for i in range(100) for name in names_for(SEED, f"r-{i}", 12)}) == 800
    stream = Keystream(SEED, "r")
    assert stream.at(0, 100)[32:] == stream.at(32, 68)
    assert stream.at(0, (8 << 20) + 1)[-1:] == stream.at(8 << 20, 1)


@pytest.mark.parametrize("kind", [Settled, Noted])
def test_no_event_names_a_path(job, kind):
    job.add(job.folder / "张三.csv", SECRET)
    job.run()
    assert all("张三" not in repr(event) for event in job.events if isinstance(event, kind))
    assert Path(job.items[0].path).name == "张三.csv"
