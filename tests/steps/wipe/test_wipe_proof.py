"""The proof on the device: large files, devices that fail, places that can't be trusted."""

import errno
import os
import subprocess
from dataclasses import replace

import pytest
from wiped_secret import SEED

from app.domain.fate import Fate
from app.domain.outcome import Outcome, Reason
from app.domain.wiping import Method, Wiping
from app.steps.wipe import purge as purging
from app.steps.wipe.keystream import CHUNK, ROOM, Keystream, Repeated
from app.steps.wipe.places import Place, placed
from app.steps.wipe.verdict import Done, Verdict
from app.system.device import Device
from app.system.disk import Folder
from app.system.extents import Extent, ExtentFlag

VERDICT = Verdict(Outcome.OVERWRITTEN, (), "ext4", "v-0")
LARGE = 19 * (1 << 20) + 12345


def large(job, made):
    job.folder = made.mount
    item = job.add(made.mount / "大.bin", b"secret--" * (LARGE // 8 + 1))
    os.sync()
    return item


@pytest.mark.parametrize("wiping", [Wiping(), Wiping(Method.ZEROS), Wiping(Method.GAT_1143_3)])
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_large_file_is_proven(job, image, kind, wiping):
    made = image(kind, megabytes=0 if kind == "xfs" else 96)
    item = large(job, made)
    assert job.run(wiping=wiping)[item.id].outcome is Outcome.PROVEN
    assert made.hits(b"secret--secret--") == 0


def test_a_large_file_is_read_back_directly_where_the_device_is_not_read(job, image):
    made = image("ext4", megabytes=96)
    item = large(job, made)
    assert job.run(wiping=Wiping(device=False))[item.id].outcome is Outcome.OVERWRITTEN
    assert made.hits(b"secret--secret--") == 0


@pytest.mark.parametrize("size", [6000, LARGE])
def test_a_device_that_fails_proves_nothing(job, image, monkeypatch, size):
    made = image("ext4", megabytes=96)
    job.folder = made.mount
    item = job.add(made.mount / "a", b"s" * size)
    os.sync()
    real = Device.read

    def fails(device, offset, length):
        if length >= 4096 and offset > 1 << 20:
            raise OSError(errno.EIO, "bad sector")
        return real(device, offset, length)

    monkeypatch.setattr(Device, "read", fails)
    end = job.run(wiping=Wiping(names=False))[item.id]
    assert end.outcome is Outcome.RESIDUE_POSSIBLE
    assert set(end.evidence.limits) >= {Reason.NOT_READ_FROM_DEVICE, Reason.NAMES_NOT_PURGED}
    assert dict(end.evidence.facts)["read_back"] == "file"


@pytest.mark.parametrize("size", [6000, LARGE])
def test_another_content_on_the_device_is_no_proof(job, image, monkeypatch, size):
    made = image("ext4", megabytes=96)
    job.folder = made.mount
    item = job.add(made.mount / "a", b"s" * size)
    os.sync()
    real = Device.read
    monkeypatch.setattr(Device, "read", lambda device, offset, length: real(device, offset + 4096, length))
    end = job.run(wiping=Wiping(names=False))[item.id]
    assert Reason.NOT_READ_FROM_DEVICE in end.evidence.limits


RUN = [(0, 8192)]
BAD = [flag for flag in ExtentFlag if flag not in (ExtentFlag.LAST, ExtentFlag.MERGED)]


@pytest.mark.parametrize("flag", BAD)
def test_an_extent_of_which_more_is_said_has_no_place(flag):
    assert placed(RUN, [Extent(0, 1 << 20, 8192, int(flag))]) is None


def test_places():
    assert placed(RUN, []) is None
    assert placed(RUN, [Extent(0, 1 << 20, 4096, 0)]) is None
    assert placed(RUN, [Extent(4096, 1 << 20, 8192, 0)]) is None
    assert placed([], []) == []
    two = [Extent(0, 1 << 20, 4096, 0), Extent(4096, 5 << 20, 8192, int(ExtentFlag.LAST))]
    assert placed(RUN, two, 7) == [Place(1 << 20, 4096, 0, 7), Place(5 << 20, 4096, 4096, 7)]
    assert placed([(4096, 8192)], two) == [Place(5 << 20, 4096, 4096, 0)]


@pytest.mark.parametrize("stream", [Keystream(SEED, "r"), Keystream(SEED, "r", 2), Repeated(b"\x6d\xb6\xdb")])
def test_a_stream_is_the_same_however_it_is_asked_for(stream):
    whole = stream.at(0, 2 * CHUNK + 64)
    assert stream.at(CHUNK, 100) == whole[CHUNK : CHUNK + 100]
    held = bytearray(ROOM)
    stream.into(memoryview(held), 48, CHUNK)
    assert held[:CHUNK] == whole[48 : 48 + CHUNK]
    assert whole[:64] not in (bytes(64), whole[64:128]) or isinstance(stream, Repeated)


def test_no_two_passes_or_files_share_a_keystream():
    made = {Keystream(SEED, item, number).at(0, 32) for item in ("a", "b") for number in range(4)}
    assert len(made) == 8


def test_a_mount_inside_is_not_crossed_for_the_bin_either(job, image, tmp_path):
    made = image("ext4")
    inner = job.folder / "inner"
    inner.mkdir()
    subprocess.run(["mount", "--bind", made.mount, inner], check=True)
    try:
        item = job.add(inner / "a.csv", b"secret", fate=Fate.TRASH)
        assert job.run()[item.id].evidence.limits == (Reason.MOUNT_CROSSED,)
        assert (inner / "a.csv").exists()
    finally:
        subprocess.run(["umount", inner], check=True)


def test_without_open_folders_no_name_is_called_purged(job, monkeypatch):
    """As on Windows."""
    item = job.add(job.folder / "a", b"x")
    monkeypatch.setattr(purging, "open_folder", lambda path: Folder(path, None))
    end = job.run()[item.id]
    assert Reason.NAMES_NOT_PURGED in end.evidence.limits


def test_where_the_volume_can_not_be_found_no_name_is_called_purged(job, monkeypatch):
    item = job.add(job.folder / "a", b"x")
    assert purging._ground_of([Done(replace(item, path="/none/a", location="/none/b"), VERDICT)]) is None
    monkeypatch.setattr(purging, "_ground_of", lambda done: None)
    end = job.run()[item.id]
    assert Reason.NAMES_NOT_PURGED in end.evidence.limits


def test_a_folder_too_big_to_be_filled(job, image, monkeypatch):
    from app.steps.wipe import folders

    made = image("xfs")
    job.folder = made.mount
    item = job.add(made.mount / "a", b"x")
    monkeypatch.setattr(folders, "_MOST", 2)
    end = job.run()[item.id]
    assert Reason.NAMES_NOT_PURGED in end.evidence.limits
    assert os.listdir(made.mount) == []
