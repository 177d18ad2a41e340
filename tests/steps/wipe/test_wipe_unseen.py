"""What an auditor found left behind: each is doubted now, or not destroyed."""

import os
import subprocess
from dataclasses import replace

import pytest
from wiped_secret import SEED

from app.domain.event import Begun
from app.domain.outcome import Outcome, Reason
from app.domain.step import Stage
from app.domain.wiping import Wiping
from app.steps.wipe import wipe
from app.system.disk import Disk

LINE = "身份证 110101199003074610 王小明的合同\n".encode()


class Dying(Disk):
    """A disk whose program dies at its second write."""

    writes = 0

    def overwrite(self, fd, offset, data):
        self.writes += 1
        if self.writes == 2:
            raise KeyboardInterrupt
        super().overwrite(fd, offset, data)


def half(job, path):
    """Overwrite a part of a file, as a run that is killed leaves it."""
    events = []
    with pytest.raises(KeyboardInterrupt):
        events.extend(wipe(job.signed(), stages={}, seed=SEED, disk=Dying()))
    stages = {item.id: Stage.BEGUN for item in job.items}
    assert LINE not in path.read_bytes()[:4096]
    return stages


def test_what_is_added_between_a_kill_and_the_resume_was_not_signed_for(job):
    path = job.folder / "a.csv"
    item = job.add(path, LINE * 200_000)
    stages = half(job, path)
    assert job.run(stages=stages)[item.id].outcome.good
    item = job.add(path, LINE * 200_000)
    job.items = [item]
    stages = half(job, path)
    with path.open("ab") as file:
        file.write("新签订单".encode() * 2000)
    end = job.run(stages=stages)[item.id]
    assert (end.outcome, end.evidence.limits) == (Outcome.FAILED, (Reason.CHANGED,))
    assert path.read_bytes().endswith("新签订单".encode())


def test_blocks_behind_the_end_are_doubted(job, image):
    made = image("ext4")
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(LINE * 20_000)
    os.sync()
    os.truncate(path, 4096)
    subprocess.run(["fallocate", "-n", "-l", "1000000", path], check=True)
    os.sync()
    item, plain = job.add(path), job.add(made.mount / "b.csv", LINE * 100)
    ends = job.run(wiping=Wiping(trim=False))
    assert ends[item.id].outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.BEYOND_END in ends[item.id].evidence.limits
    assert ends[plain.id].outcome is Outcome.PROVEN


def test_the_rest_of_a_cluster_is_doubted(job, image):
    made = image("ext4", ["-O", "bigalloc", "-C", "65536"])
    job.folder = made.mount
    path = made.mount / "a.csv"
    path.write_bytes(LINE * 1000)
    os.sync()
    os.truncate(path, 4096)
    os.sync()
    item = job.add(path)
    assert Reason.BEYOND_END in job.run()[item.id].evidence.limits


def test_an_image_in_a_journal_of_data_is_doubted(job, image):
    outer = image("ext4", mount=["data=journal"], megabytes=160)
    made = image("ext4", folder=outer.mount)
    job.folder = made.mount
    item = job.add(made.mount / "a.csv", LINE * 100)
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.JOURNALLED_DATA in end.evidence.limits


def test_what_is_trimmed_out_of_an_image_is_not_gone(job, image):
    outer = image("ext4", megabytes=500)
    made = image("xfs", folder=outer.mount)
    job.folder = made.mount
    item = job.add(made.mount / "王小明的合同.csv", LINE * 100)
    end = job.run()[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert Reason.NAMES_NOT_PURGED in end.evidence.limits


def fast(made):
    """Files whose names went into the journal's part for fast commits."""
    for number in range(20):
        fd = os.open(made.mount / f"{number}.csv", os.O_CREAT | os.O_WRONLY)
        os.write(fd, LINE * 10)
        os.fsync(fd)
        os.close(fd)
        yield made.mount / f"{number}.csv"


def test_names_in_fast_commits_are_doubted_where_the_journal_is_not_read(job, image):
    made = image("ext4", ["-O", "fast_commit"])
    job.folder = made.mount
    for path in fast(made):
        job.add(path)
    ends = job.run(wiping=Wiping(device=False))
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}


@pytest.mark.parametrize(("count", "best"), [(20, Outcome.OVERWRITTEN), (2000, Outcome.RESIDUE_POSSIBLE)])
def test_a_folder_that_was_split_is_doubted_where_it_is_not_read(job, image, count, best):
    made = image("ext4")
    job.folder = made.mount
    for number in range(count):
        job.add(made.mount / f"合同{number * 7919 % count:05}.csv", b"x")
    ends = job.run(wiping=Wiping(device=False))
    assert {end.outcome for end in ends.values()} == {best}


def test_what_a_stopped_run_removed_is_not_called_seen(job, image):
    """Its folder's blocks were not noted in this run; with one block they need not be."""
    made = image("ext4")
    job.folder = made.mount
    for number in range(2000):
        job.add(made.mount / f"合同{number:05}.csv", b"x")
    stages, noted = {}, {}
    for event in wipe(job.signed(), stages={}, seed=SEED):
        job.events.append(event)
        if isinstance(event, Begun) and event.ids[0].startswith("v-"):
            break
    noted = job.noted()
    stages = dict.fromkeys(noted, Stage.NOTED)
    ends = job.run(stages=stages, noted=noted)
    assert {end.outcome for end in ends.values()} == {Outcome.RESIDUE_POSSIBLE}


@pytest.mark.parametrize(("gone", "best"), [(False, Outcome.OVERWRITTEN), (True, Outcome.RESIDUE_POSSIBLE)])
def test_a_folder_that_went_while_a_run_was_stopped_is_doubted(job, image, gone, best):
    """Nobody knows whether it had grown beyond a block, and left names where nothing clears them."""
    made = image("ext4")
    job.folder = made.mount
    (made.mount / "甲").mkdir()
    item = job.add(made.mount / "甲" / "王小明.csv", b"x")
    careful = Wiping(device=False)
    for event in wipe(job.signed(), stages={}, seed=SEED, wiping=careful):
        job.events.append(event)
        if isinstance(event, Begun) and event.ids[0].startswith("v-"):
            break
    if gone:
        (made.mount / "甲").rmdir()
    noted = job.noted()
    stages = dict.fromkeys(noted, Stage.NOTED)
    assert job.run(stages=stages, noted=noted, wiping=careful)[item.id].outcome is best


@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_attributes_of_files_and_of_emptied_folders_are_doubted(job, image, kind):
    made = image(kind)
    job.folder = made.mount
    for name in ("甲", "乙"):
        (made.mount / name).mkdir()
    marked, plain = (job.add(made.mount / name / "a.csv", LINE * 100) for name in ("甲", "乙"))
    os.setxattr(marked.path, "trusted.redirect", "王小明".encode())
    job.items = [replace(job.add(marked.path), id=marked.id), plain]
    ends = job.run()
    assert Reason.OTHER_STREAMS in ends[marked.id].evidence.limits
    assert ends[plain.id].outcome is Outcome.PROVEN
    (made.mount / "丙").mkdir()
    os.setxattr(made.mount / "丙", "user.tags", "王小明".encode())
    job.items = []
    item = job.add(made.mount / "丙" / "a.csv", LINE * 100)
    assert Reason.NAMES_NOT_PURGED in job.run()[item.id].evidence.limits
