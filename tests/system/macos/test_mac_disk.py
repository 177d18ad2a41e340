import errno
import os
import sys

import pytest

from app.system.disk import open_folder
from app.system.macos import api as m
from app.system.macos.disk import MacDisk, ReadOnlyMacDisk

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are opened by openat")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 100)
    opened = open_folder(str(tmp_path))
    yield opened
    opened.close()


def commands(mac):
    return [entry[0] for entry in mac.log]


@pytest.mark.parametrize("way", ["open_in_place", "open_to_read"])
def test_opened_past_the_cache(mac, folder, way):
    fd = getattr(MacDisk(mac), way)(folder, "a")
    assert mac.log == [(m.F_NOCACHE, 1)]
    os.close(fd)


def test_a_file_system_that_knows_no_such_thing_is_read_all_the_same(mac, folder):
    mac.no_cache = errno.ENOTSUP
    os.close(MacDisk(mac).open_to_read(folder, "a"))
    mac.no_cache = errno.EIO
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError):
        MacDisk(mac).open_to_read(folder, "a")
    assert len(os.listdir("/dev/fd")) == before


@pytest.mark.parametrize("way", ["open_in_place", "open_to_read"])
def test_content_that_is_not_here_is_never_fetched(mac, folder, way):
    mac.flags = m.SF_DATALESS
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError) as caught:
        getattr(MacDisk(mac), way)(folder, "a")
    assert caught.value.errno == errno.EREMOTE
    assert len(os.listdir("/dev/fd")) == before


def test_a_link_is_not_opened(mac, folder, tmp_path):
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(OSError) as caught:
        MacDisk(mac).open_in_place(folder, "b")
    assert caught.value.errno == errno.ELOOP


def test_synced_through_the_cache_of_the_disk(mac, folder):
    disk = MacDisk(mac)
    fd = disk.open_in_place(folder, "a")
    disk.overwrite(fd, 0, b"k" * 100)
    disk.sync(fd)
    assert commands(mac) == [m.F_NOCACHE, m.F_FULLFSYNC]
    assert disk.read_back(fd, 0, 200) == b"k" * 100
    assert disk.sync_volume(fd) is False
    mac.full_sync = errno.ENOTSUP
    disk.sync(fd)
    assert mac.log[-1] == ("sync", fd)
    mac.full_sync = errno.EIO
    with pytest.raises(OSError):
        disk.sync(fd)
    os.close(fd)


def test_renamed_never_over_another(mac, folder, tmp_path):
    disk = MacDisk(mac)
    disk.rename(folder, "a", "b")
    assert ("rename", "a", "b") in mac.log
    mac.exclusive = errno.EEXIST
    with pytest.raises(FileExistsError):
        disk.rename(folder, "b", "c")
    assert (tmp_path / "b").exists()


def test_renamed_where_nothing_is_promised(mac, folder, tmp_path):
    mac.exclusive = errno.ENOTSUP
    (tmp_path / "taken").touch()
    with pytest.raises(FileExistsError):
        MacDisk(mac).rename(folder, "a", "taken")
    MacDisk(mac).rename(folder, "a", "b")
    assert (tmp_path / "b").read_bytes() == b"x" * 100


def test_the_dry_run_changes_nothing(mac, folder, tmp_path):
    dry = ReadOnlyMacDisk(mac)
    fd = dry.open_in_place(folder, "a")
    assert dry.read_back(fd, 0, 10) == b"x" * 10
    with pytest.raises(OSError):
        os.write(fd, b"k")
    for act in (
        lambda: dry.overwrite(fd, 0, b"k"),
        lambda: dry.rename(folder, "a", "b"),
        lambda: dry.unlink(folder, "a"),
    ):
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == errno.EROFS
    os.close(fd)
    assert (tmp_path / "a").read_bytes() == b"x" * 100
