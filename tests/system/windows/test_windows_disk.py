import errno
import struct

import pytest
from recorded_windows import CLUSTER, FILE, SECTOR

from app.domain.outcome import Reason
from app.steps.wipe.examine import reason_of
from app.system.disk import Folder
from app.system.windows import api as w
from app.system.windows.api import Answer
from app.system.windows.disk import ReadOnlyWindowsDisk, WindowsDisk
from app.system.windows.folders import open_folder

FOLDER = "C:\\data"
PATH = "\\\\?\\C:\\data\\客户.csv"
POINTERS = w.FSCTL_GET_RETRIEVAL_POINTERS


class Plain(Folder):
    def __init__(self):
        self.path, self.fd, self.real = FOLDER, None, FOLDER

    def at(self, name):
        return f"{FOLDER}\\{name}", None


@pytest.fixture
def disk(windows):
    return WindowsDisk(windows)


def opens(windows):
    return [entry[2:] for entry in windows.log if entry[0] == "open"]


def writes(windows):
    return [entry[1:] for entry in windows.log if entry[0] == "write"]


def test_opened_in_place_for_nobody_else_and_past_the_cache(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv")
    ((access, share, flags),) = opens(windows)
    assert access == w.GENERIC_READ | w.GENERIC_WRITE
    assert share == 0
    assert flags == w.OPEN_REPARSE_POINT | w.NO_BUFFERING | w.WRITE_THROUGH
    assert windows.opened[fd][0] == PATH


def test_opened_to_read_while_nobody_writes(windows, disk):
    disk.open_to_read(Plain(), "客户.csv")
    ((access, share, flags),) = opens(windows)
    assert access == w.GENERIC_READ
    assert share == w.SHARE_READ
    assert flags & w.NO_BUFFERING


def test_an_alternate_stream_is_opened_by_its_suffix(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv:a:$DATA")
    assert windows.opened[fd][0] == PATH + ":a:$DATA"


@pytest.mark.parametrize("answer", [w.HANDLE_EOF, w.INVALID_FUNCTION])
def test_what_is_or_may_be_resident_goes_through_the_cache_and_keeps_its_length(windows, disk, answer):
    windows.controls[POINTERS] = answer
    windows.content = bytearray(b"x" * 301)
    fd = disk.open_in_place(Plain(), "客户.csv")
    assert not opens(windows)[-1][2] & w.NO_BUFFERING
    assert len(windows.opened) == 1
    disk.overwrite(fd, 0, b"k" * 301)
    assert bytes(windows.content) == b"k" * 301
    assert disk.read_back(fd, 0, 301) == b"k" * 301


def test_without_a_sector_size_the_cache_stays_between(windows, disk):
    windows.infos[w.STORAGE_INFO] = struct.pack("<7I", 0, 0, 0, 0, 0, 0, 0)
    disk.open_in_place(Plain(), "客户.csv")
    assert not opens(windows)[-1][2] & w.NO_BUFFERING
    windows.infos[w.STORAGE_INFO] = 87
    disk.open_in_place(Plain(), "客户.csv")
    assert not opens(windows)[-1][2] & w.NO_BUFFERING


@pytest.mark.parametrize(
    ("attributes", "tag", "number", "reason"),
    [
        (0x420, 0xA000000C, errno.ELOOP, Reason.LINK),
        (0x420, 0xA0000003, errno.ELOOP, Reason.LINK),
        (0x400420, 0x9000001A, errno.EREMOTE, None),
        (0x1020, 0, errno.EREMOTE, None),
        (0x420, 0x9000001A, errno.EOPNOTSUPP, None),
        (0x420, 0x80000013, errno.EOPNOTSUPP, None),
        (0x420, 0x80000017, errno.EOPNOTSUPP, None),
    ],
    ids=["symlink", "junction", "placeholder", "offline", "hydrated", "dedup", "compact"],
)
def test_what_is_not_plainly_here_is_refused_and_closed(windows, disk, attributes, tag, number, reason):
    windows.attributes, windows.tag = attributes, tag
    for way in (disk.open_in_place, disk.open_to_read):
        with pytest.raises(OSError) as caught:
            way(Plain(), "客户.csv")
        assert caught.value.errno == number
        if reason:
            assert reason_of(caught.value) is reason
    assert windows.opened == {}
    assert writes(windows) == []


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (32, Reason.OPEN_ELSEWHERE),
        (19, Reason.READ_ONLY),
        (5, Reason.DENIED),
        (2, Reason.GONE),
        (1224, Reason.OPEN_ELSEWHERE),
        (21, Reason.IO_ERROR),
    ],
)
def test_why_it_could_not_be_opened(windows, disk, code, reason):
    windows.refusals[PATH] = code
    with pytest.raises(OSError) as caught:
        disk.open_in_place(Plain(), "客户.csv")
    assert reason_of(caught.value) is reason


def test_a_file_whose_attributes_nobody_tells_is_not_opened(windows, disk):
    windows.information = lambda *_: (_ for _ in ()).throw(w.CallFailed(1))
    with pytest.raises(OSError):
        disk.open_in_place(Plain(), "客户.csv")
    assert windows.opened == {}


def test_whole_sectors_are_written_as_they_are(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv")
    disk.overwrite(fd, 0, b"k" * 3 * CLUSTER)
    assert writes(windows) == [(0, 3 * CLUSTER)]
    assert bytes(windows.content) == b"k" * 3 * CLUSTER


def test_parts_of_sectors_are_joined_with_what_stands_around_them(windows, disk):
    windows.content = bytearray(b"x" * 10_000)
    fd = disk.open_in_place(Plain(), "客户.csv")
    disk.overwrite(fd, 5000, b"k" * 100)
    assert bytes(windows.content) == b"x" * 5000 + b"k" * 100 + b"x" * 4900
    disk.overwrite(fd, 9000, b"k" * 1000)
    assert len(windows.content) == 10_000
    assert bytes(windows.content[9000:]) == b"k" * 1000
    disk.overwrite(fd, 9990, b"z" * 20)
    assert bytes(windows.content[9990:]) == b"z" * 20
    assert all(offset % SECTOR == 0 and length % SECTOR == 0 for offset, length in writes(windows))


def test_a_long_write_goes_in_parts_and_a_short_one_goes_on(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv")
    real = windows.write
    windows.write = lambda handle, offset, data: real(handle, offset, data[:SECTOR])
    disk.overwrite(fd, 0, b"k" * 3 * SECTOR)
    assert bytes(windows.content[: 3 * SECTOR]) == b"k" * 3 * SECTOR
    windows.write = lambda *_: 0
    with pytest.raises(OSError):
        disk.overwrite(fd, 0, b"k" * SECTOR)


@pytest.mark.parametrize(
    ("code", "reason"), [(112, Reason.NO_SPACE), (1117, Reason.IO_ERROR), (1295, Reason.NO_SPACE)]
)
def test_why_it_could_not_be_written(windows, disk, code, reason):
    fd = disk.open_in_place(Plain(), "客户.csv")
    windows.refusals["write"] = code
    with pytest.raises(OSError) as caught:
        disk.overwrite(fd, 0, b"k" * SECTOR)
    assert reason_of(caught.value) is reason


def test_read_back_gives_what_was_asked_for(windows, disk):
    windows.content = bytearray(range(256)) * 40
    fd = disk.open_to_read(Plain(), "客户.csv")
    assert disk.read_back(fd, 0, 1 << 20) == bytes(windows.content)
    assert disk.read_back(fd, 4100, 300) == bytes(windows.content[4100:4400])
    assert disk.read_back(fd, 10_200, 300) == bytes(windows.content[10_200:])
    assert disk.read_back(fd, 20_000, 10) == b""


def test_a_number_that_was_not_opened_here_is_refused(disk):
    for act in (lambda: disk.overwrite(9, 0, b"k"), lambda: disk.read_back(9, 0, 1)):
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == errno.EBADF


def test_sync(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv")
    disk.sync(fd)
    disk.forget(fd)
    assert ("flush", fd) in windows.log
    assert disk.sync_volume(fd) is False
    windows.refusals["flush"] = 1117
    with pytest.raises(OSError):
        disk.sync(fd)


def test_names_are_put_on_the_disk_or_said_not_to_be(windows, disk):
    disk.sync_folder(Plain())
    assert any(entry[0] == "flush" for entry in windows.log)
    assert windows.opened == {}
    windows.refusals["flush"] = 5
    with pytest.raises(PermissionError):
        disk.sync_folder(Plain())
    assert windows.opened == {}


def test_renamed_never_over_another(windows, disk):
    disk.rename(Plain(), "客户.csv", "abc")
    ((_, path, kind, data),) = [entry for entry in windows.log if entry[0] == "set"]
    assert (path, kind) == (PATH, w.RENAME_INFO)
    replace, root, length = struct.unpack_from("=IxxxxQI", data)
    assert (replace, root) == (0, 0)
    assert data[20 : 20 + length].decode("utf-16-le") == "\\\\?\\C:\\data\\abc"
    assert opens(windows) == [(w.DELETE | w.SYNCHRONIZE, 0, w.OPEN_REPARSE_POINT | w.BACKUP_SEMANTICS)]
    windows.refusals["set", w.RENAME_INFO] = 183
    with pytest.raises(FileExistsError):
        disk.rename(Plain(), "客户.csv", "abc")
    assert windows.opened == {}


def test_unlinked_at_once(windows, disk):
    disk.unlink(Plain(), "客户.csv")
    ((_, path, kind, data),) = [entry for entry in windows.log if entry[0] == "set"]
    assert (path, kind, data) == (PATH, w.DISPOSITION_INFO_EX, b"\3\0\0\0")


@pytest.mark.parametrize("code", [1, 50, 87])
def test_unlinked_at_close_where_it_can_not_be_at_once(windows, disk, code):
    windows.refusals["set", w.DISPOSITION_INFO_EX] = code
    disk.unlink(Plain(), "客户.csv")
    assert [entry[2:] for entry in windows.log if entry[0] == "set"][-1] == (w.DISPOSITION_INFO, b"\1")
    assert windows.opened == {}


def test_not_unlinked_says_so(windows, disk):
    windows.refusals["set", w.DISPOSITION_INFO_EX] = 5
    with pytest.raises(PermissionError):
        disk.unlink(Plain(), "客户.csv")
    assert windows.opened == {}


def test_trim(windows, disk):
    fd = disk.open_in_place(Plain(), "客户.csv")
    assert disk.trim(fd, 12_288) is False
    windows.controls[w.FSCTL_FILE_LEVEL_TRIM] = [Answer(struct.pack("<I", 1))]
    assert disk.trim(fd, 12_288) is True
    question = [entry[2] for entry in windows.log if entry[:2] == ("control", w.FSCTL_FILE_LEVEL_TRIM)][-1]
    assert struct.unpack("<IIQQ", question) == (0, 1, 0, 12_288)
    windows.controls[w.FSCTL_FILE_LEVEL_TRIM] = [Answer(struct.pack("<I", 0))]
    assert disk.trim(fd, 12_288) is False
    windows.controls[w.FSCTL_FILE_LEVEL_TRIM] = w.ACCESS_DENIED
    with pytest.raises(PermissionError):
        disk.trim(fd, 12_288)


def test_the_dry_run_changes_nothing(windows):
    dry = ReadOnlyWindowsDisk(windows)
    fd = dry.open_in_place(Plain(), "客户.csv")
    assert opens(windows)[0][0] == w.GENERIC_READ
    assert dry.read_back(fd, 0, 10) == b"x" * 10
    before = bytes(windows.content)
    for act in (
        lambda: dry.overwrite(fd, 0, b"k"),
        lambda: dry.rename(Plain(), "客户.csv", "b"),
        lambda: dry.unlink(Plain(), "客户.csv"),
        lambda: dry.trim(fd, 10),
        lambda: dry.permit(FILE),
    ):
        with pytest.raises(OSError) as caught:
            act()
        assert caught.value.errno == errno.EROFS
    assert bytes(windows.content) == before
    assert not any(entry[0] in ("write", "set") for entry in windows.log)


@pytest.fixture
def tree(windows):
    """Every folder is a folder."""
    for path in ("C:\\", "C:\\data", "C:\\data\\a", "C:\\data\\a\\b"):
        windows.folder_marks["\\\\?\\" + path] = (0x10, 0)
    return windows


def held(windows):
    return [path.removeprefix("\\\\?\\") for path, _ in windows.opened.values()]


def test_every_folder_from_the_root_down_is_held(tree):
    folder = open_folder("C:\\data\\a\\b", "C:\\data", tree)
    assert held(tree) == ["C:\\data", "C:\\data\\a", "C:\\data\\a\\b"]
    assert all(share == w.SHARE_READ | w.SHARE_WRITE for _, share, _ in opens(tree))
    assert [bool(flags & w.OPEN_REPARSE_POINT) for _, _, flags in opens(tree)] == [False, True, True]
    assert folder.real == "C:\\data\\a\\b"
    assert folder.at("x. ") == ("\\\\?\\C:\\data\\a\\b\\x. ", None)
    folder.close()
    folder.close()
    assert tree.opened == {}


def test_the_root_is_matched_whatever_its_case(tree):
    open_folder("C:\\data\\a", "c:/DATA/", tree)
    assert held(tree) == ["C:\\data", "C:\\data\\a"]


@pytest.mark.parametrize("root", ["", "D:\\else"])
def test_without_a_root_links_are_followed(tree, root):
    tree.folder_marks["\\\\?\\C:\\data\\a"] = (0x410, 0xA0000003)
    open_folder("C:\\data\\a", root, tree)
    assert held(tree) == ["C:\\data\\a"]


@pytest.mark.parametrize("tag", [0xA0000003, 0xA000000C])
def test_a_link_below_the_root_is_refused(tree, tag):
    tree.folder_marks["\\\\?\\C:\\data\\a"] = (0x410, tag)
    with pytest.raises(OSError) as caught:
        open_folder("C:\\data\\a\\b", "C:\\data", tree)
    assert caught.value.errno == errno.ELOOP
    assert tree.opened == {}


def test_a_folder_of_a_sync_engine_is_no_link(tree):
    tree.folder_marks["\\\\?\\C:\\data\\a"] = (0x410, 0x9000001A)
    assert open_folder("C:\\data\\a", "C:\\data", tree).path == "C:\\data\\a"


def test_going_up_below_the_root_is_refused(tree):
    with pytest.raises(OSError) as caught:
        open_folder("C:\\data\\a\\..", "C:\\data", tree)
    assert caught.value.errno == errno.ELOOP
    assert tree.opened == {}


def test_a_file_is_no_folder(tree):
    tree.folder_marks["\\\\?\\C:\\data\\a"] = (0x20, 0)
    with pytest.raises(NotADirectoryError):
        open_folder("C:\\data\\a", "C:\\data", tree)
    assert tree.opened == {}


def test_a_folder_that_tells_nothing_is_closed_again(tree):
    tree.information = lambda *_: (_ for _ in ()).throw(w.CallFailed(1))
    with pytest.raises(OSError):
        open_folder("C:\\data\\a", "C:\\data", tree)
    assert tree.opened == {}


def test_a_folder_that_may_not_be_opened(tree):
    tree.refusals["\\\\?\\C:\\data\\a"] = 5
    with pytest.raises(PermissionError):
        open_folder("C:\\data\\a\\b", "C:\\data", tree)
    assert tree.opened == {}


def test_a_drive_and_a_share_as_the_place(tree):
    assert open_folder("C:\\", "C:\\", tree).at("a")[0] == "\\\\?\\C:\\a"
    tree.folder_marks |= {"\\\\?\\UNC\\s\\d": (0x10, 0), "\\\\?\\UNC\\s\\d\\a": (0x10, 0)}
    folder = open_folder("\\\\s\\d\\a", "\\\\s\\d", tree)
    assert folder.at("x")[0] == "\\\\?\\UNC\\s\\d\\a\\x"
    assert folder.real == "\\\\s\\d\\a"
