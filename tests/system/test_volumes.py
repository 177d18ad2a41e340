import os
import sys
from types import SimpleNamespace

import pytest

from app.system import volumes
from app.system.volumes import Writes, mount_in, volume_of, writes_of

TABLE = (
    "26 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
    "30 26 0:45 /sub /mnt/\\346\\225\\260\\040a rw - btrfs /dev/loop0 rw,space_cache=v2\n"
    "31 26 0:46 / /net rw master:1 shared:2 - nfs4 host:/a\\040b rw,vers=4.2\n"
)

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_the_table_of_mounts():
    assert mount_in(TABLE, "26") == ("/", "/dev/vda", "ext4", "rw,relatime;rw,discard")
    assert mount_in(TABLE, "31") == ("/net", "host:/a b", "nfs4", "rw;rw,vers=4.2")
    assert (
        mount_in(TABLE, "30")[0]
        == "/mnt/" + os.fsdecode(b"\346\225\260").encode("utf-8", "surrogateescape").decode("latin-1") + " a"
    )
    assert mount_in(TABLE, "99") == ("", "", "", "")


@linux_only
def test_a_file_a_folder_and_an_open_file_lie_on_the_same_volume(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("rb") as file:
        found = {volume_of(path), volume_of(str(tmp_path)), volume_of(file.fileno())}
    assert len(found) == 1
    (volume,) = found
    assert volume.device == path.stat().st_dev
    assert volume.mount == os.path.dirname(volume.mount) or os.path.ismount(volume.mount)
    assert volume.block in (512, 1024, 2048, 4096, 65536)
    assert volume.bytes > 0


@linux_only
def test_proc_is_known_for_what_it_is():
    volume = volume_of("/proc")
    assert volume.file_system == "proc"
    assert volume.writes is Writes.UNKNOWN
    assert not volume.known
    assert not volume.copy_on_write
    assert not volume.network


def test_a_missing_place_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        volume_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("kind", "writes"),
    [
        ("ext4", Writes.IN_PLACE),
        ("btrfs", Writes.ELSEWHERE),
        ("nfs", Writes.SERVER),
        ("NTFS", Writes.UNKNOWN),
        ("", Writes.UNKNOWN),
    ],
)
def test_what_an_overwrite_does(kind, writes):
    assert writes_of(kind) is writes


def test_where_there_is_no_table_the_list_is_asked(tmp_path, monkeypatch):
    """As on macOS and Windows: the longest mount point that holds the path, else nothing."""
    rows = [
        SimpleNamespace(mountpoint=str(tmp_path.parent), device="disk1", fstype="apfs", opts="rw"),
        SimpleNamespace(mountpoint=str(tmp_path), device="disk2", fstype="exfat", opts="rw,local"),
        SimpleNamespace(mountpoint=str(tmp_path) + "x", device="disk3", fstype="nfs", opts="rw"),
    ]
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: rows)
    assert volumes._listed_mount(tmp_path) == (str(tmp_path), "disk2", "exfat", "rw,local")
    assert volumes._listed_mount(3) == ("", "", "", "")
    monkeypatch.setattr("psutil.disk_partitions", lambda **_: [])
    assert volumes._listed_mount(tmp_path) == ("", "", "", "")
