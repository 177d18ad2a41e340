import errno
import importlib
import os
import pkgutil
import sys

import pytest
from recorded_windows import CLUSTER, FILE, GUID, NTFS

from app.system.volumes import Writes
from app.system.windows import api as w
from app.system.windows.api import Space, VolumeAnswer
from app.system.windows.volumes import VolumeFlag, volume_of


def test_ntfs_on_a_fixed_drive(windows):
    found = volume_of(FILE, windows)
    assert (found.mount, found.source, found.file_system) == ("C:\\", GUID, "NTFS")
    assert found.writes is Writes.IN_PLACE
    assert (found.block, found.bytes) == (CLUSTER, CLUSTER << 20)
    assert found.options == "rw,fixed,named_streams"
    assert found.journalled_data is False
    assert found.device == 77


def test_an_open_file_has_the_volume_of_its_path(windows):
    assert volume_of(5, windows) == volume_of(FILE, windows)


@pytest.mark.parametrize(
    ("file_system", "flags", "drive", "writes"),
    [
        ("NTFS", NTFS, 3, Writes.IN_PLACE),
        ("exFAT", 0x6, 2, Writes.IN_PLACE),
        ("FAT32", 0x6, 2, Writes.IN_PLACE),
        ("ReFS", NTFS, 3, Writes.ELSEWHERE),
        ("ReFS", NTFS | VolumeFlag.BLOCK_REFCOUNTING, 3, Writes.ELSEWHERE),
        ("NTFS", NTFS | VolumeFlag.BLOCK_REFCOUNTING, 3, Writes.ELSEWHERE),
        ("NTFS", NTFS | VolumeFlag.IS_COMPRESSED, 3, Writes.UNKNOWN),
        ("NTFS", NTFS, 4, Writes.SERVER),
        ("NTFS", NTFS, 0, Writes.UNKNOWN),
        ("UDF", 0, 5, Writes.UNKNOWN),
        ("CSVFS", NTFS, 3, Writes.UNKNOWN),
        ("", 0, 3, Writes.UNKNOWN),
    ],
)
def test_where_the_new_bytes_go(windows, file_system, flags, drive, writes):
    windows.volume, windows.drive = VolumeAnswer(file_system, flags), drive
    assert volume_of(FILE, windows).writes is writes


def test_a_share_is_named_by_itself(windows):
    windows.mounts = {"\\\\server\\share\\": 87}
    windows.drive = 4
    found = volume_of("\\\\server\\share\\a.csv", windows)
    assert found.source == "\\\\server\\share"
    assert found.network


def test_a_volume_that_may_not_be_written_says_so(windows):
    windows.volume = VolumeAnswer("NTFS", NTFS | VolumeFlag.READ_ONLY)
    assert volume_of(FILE, windows).options.startswith("ro,")


def test_nothing_is_known_of_an_unknown_file_system(windows):
    windows.volume = VolumeAnswer("ext4", 0)
    found = volume_of(FILE, windows)
    assert not found.known
    assert found.journalled_data is None


def test_what_is_not_said_stays_empty(windows):
    windows.clusters, windows.mounts = 5, {"C:\\": 5}
    found = volume_of(FILE, windows)
    assert (found.bytes, found.source) == (0, "")
    windows.clusters = Space(0, 0, 0)
    assert volume_of(FILE, windows).block == 4096


@pytest.mark.parametrize(
    ("code", "kind", "number"),
    [
        (2, FileNotFoundError, errno.ENOENT),
        (3, FileNotFoundError, errno.ENOENT),
        (5, PermissionError, errno.EACCES),
        (19, OSError, errno.EROFS),
        (32, OSError, errno.ETXTBSY),
        (112, OSError, errno.ENOSPC),
        (183, FileExistsError, errno.EEXIST),
        (206, OSError, errno.ENAMETOOLONG),
        (23, OSError, errno.EIO),
        (15, OSError, errno.EIO),
        (53, OSError, errno.EIO),
        (123, OSError, errno.EINVAL),
        (303, OSError, errno.ETXTBSY),
        (1167, OSError, errno.EIO),
    ],
)
def test_an_error_of_windows_is_the_like_of_other_systems(windows, code, kind, number):
    windows.volume = code
    with pytest.raises(kind) as caught:
        volume_of(FILE, windows)
    assert caught.value.errno == number
    assert str(code) in str(caught.value)


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("C:\\a", "\\\\?\\C:\\a"),
        ("C:/a/b.", "\\\\?\\C:\\a\\b."),
        ("\\\\s\\d\\a", "\\\\?\\UNC\\s\\d\\a"),
        ("\\\\?\\C:\\a", "\\\\?\\C:\\a"),
        ("\\\\.\\PhysicalDrive0", "\\\\.\\PhysicalDrive0"),
    ],
)
def test_long_paths_and_back(path, whole):
    assert w.long(path) == whole
    if not path.startswith("\\\\."):
        assert w.long(w.short(whole)) == whole
    assert w.short(GUID + "\\a") == GUID + "\\a"


@pytest.mark.skipif(sys.platform == "win32", reason="the real calls are there")
def test_elsewhere_there_is_no_windows():
    with pytest.raises(OSError) as caught:
        volume_of(os.sep)
    assert caught.value.errno == errno.ENOSYS


def test_every_module_can_be_imported_on_any_system():
    import app.system.windows as room

    names = [module.name for module in pkgutil.iter_modules(room.__path__)]
    assert {"native", "volumes", "media", "extents", "streams", "handles", "disk", "limits"} <= set(names)
    for name in names:
        importlib.import_module(f"{room.__name__}.{name}")
