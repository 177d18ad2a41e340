"""The raw device, direct reading, churn, journals and rights: what they answer and what they refuse."""

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

from app.system import device as raw
from app.system import direct, folder_blocks, journals, trim
from app.system.churn import Churn
from app.system.volumes import Volume, Writes, volume_of

PLAIN = Volume(1, "/m", "/dev/null", "ext4", "rw;rw", Writes.IN_PLACE, 4096, 1 << 20)


def test_only_a_block_device_with_the_right_number_is_opened(tmp_path):
    (tmp_path / "a").write_bytes(b"x")
    assert raw.open_device(replace(PLAIN, source=str(tmp_path / "a"))) is None
    assert raw.open_device(PLAIN) is None
    assert raw.open_device(replace(PLAIN, source=str(tmp_path / "none"))) is None
    assert raw.open_device(replace(PLAIN, file_system="btrfs")) is None
    assert not raw.reads_raw(replace(PLAIN, file_system="xfs", options="rw,rtdev=/dev/sdb"))


def test_reading_past_every_cache(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(256)) * 64)
    with raw.Device(os.open(path, os.O_RDONLY)) as device:
        assert bytes(device.read(5000, 10)) == path.read_bytes()[5000:5010]
        with pytest.raises(OSError):
            device.read(16380, 100)
        device.close()
        with pytest.raises(ValueError, match="closed"):
            device.read(0, 1)


def test_the_same_bytes():
    one, other = (memoryview(direct.buffer(4096)) for _ in range(2))
    assert direct.same(one, other)
    other[4095] = 1
    assert not direct.same(one, other)
    assert not direct.same(one[:10], other)


def test_direct_where_it_is_not_offered(tmp_path, monkeypatch):
    inlet, outlet = os.pipe()
    os.close(inlet)
    os.close(outlet)
    assert not direct.go_direct(inlet)
    monkeypatch.setattr(direct.sys, "platform", "darwin")
    assert not direct.go_direct(0)


def test_churn_leaves_nothing_and_takes_over_what_was_left(tmp_path):
    (tmp_path / "churn").mkdir()
    (tmp_path / "churn" / "000").write_bytes(b"")
    parent = os.open(tmp_path, os.O_RDONLY)
    try:
        with Churn(parent, "churn", 512) as churn:
            assert churn.stir() == 512 * 512
            assert len(os.listdir(tmp_path / "churn")) == 512
        assert os.listdir(tmp_path) == []
    finally:
        os.close(parent)


def test_churn_that_finds_no_room(tmp_path, monkeypatch):
    parent = os.open(tmp_path, os.O_RDONLY)
    real = os.open

    def full(path, flags, *mode, **where):
        if path == "003":
            raise OSError(28, "full")
        return real(path, flags, *mode, **where)

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError), Churn(parent, "churn", 512):
        pass
    monkeypatch.undo()
    os.close(parent)
    assert os.listdir(tmp_path) == []


def test_went_round():
    assert journals.went_round((1, 100), (2, 100))
    assert journals.went_round((1, 100), (3, 0))
    assert not journals.went_round((1, 100), (2, 99))
    assert not journals.went_round((1, 100), (1, 900))


def test_no_journal_is_known_of_other_file_systems(tmp_path):
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        here = volume_of(tmp_path)
        kinds = {
            kind: journals.log_of(replace(here, file_system=kind, source="/dev/none"), fd).kind.value
            for kind in ("tmpfs", "btrfs", "vfat", "ext4", "xfs")
        }
        assert kinds == {
            "tmpfs": "none",
            "btrfs": "tree",
            "vfat": "unknown",
            "ext4": "unknown",
            "xfs": "unknown",
        }
    finally:
        os.close(fd)
    assert journals.trail_of(replace(here, file_system="xfs")) is None


def test_what_is_no_folder_of_a_file_system_that_tells(tmp_path):
    fd = os.open("/proc/self", os.O_RDONLY)
    try:
        assert folder_blocks.folder_blocks(fd, "proc") is None
        assert folder_blocks.folder_blocks(fd, "xfs") is None
        assert trim.trim(fd) is None
    finally:
        os.close(fd)


BECOME = """
import os, json, sys
from app.system.rights import become, caller
who = caller()
print(json.dumps(who))
if who:
    become(*who)
    try:
        os.setresuid(0, 0, 0)
    except PermissionError:
        print("kept out")
"""


@pytest.mark.parametrize(
    ("env", "who"),
    [
        ({}, None),
        ({"SUDO_UID": "0"}, None),
        ({"SUDO_UID": "x"}, None),
        ({"PKEXEC_UID": "4294967000"}, None),
        ({"PKEXEC_UID": "65534"}, [65534, 65534]),
        ({"SUDO_UID": "65534", "SUDO_GID": "1234"}, [65534, 1234]),
    ],
)
def test_rights_are_let_go_of_for_good(env, who):
    if os.geteuid() != 0:
        pytest.skip("needs root to have rights to let go of")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SUDO", "PKEXEC"))}
    done = subprocess.run(
        [sys.executable, "-c", BECOME], env=clean | env, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert json.loads(lines[0]) == who
    assert lines[1:] == (["kept out"] if who else [])
