import errno
import os

import pytest

from app.system import calls, disk
from app.system.disk import Disk, Folder, ReadOnlyDisk, open_folder
from tests.held import leaves_no_file_open


@pytest.fixture
def folder(tmp_path):
    opened = open_folder(str(tmp_path))
    yield opened
    opened.close()
    opened.close()


def test_an_open_does_not_cut_make_or_follow(folder, tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "link").symlink_to("a")
    real = Disk()
    fd = real.open_in_place(folder, "a")
    assert os.read(fd, 100) == b"content"
    assert not os.get_inheritable(fd)
    os.close(fd)
    with pytest.raises(FileNotFoundError):
        real.open_in_place(folder, "none")
    for opening in (real.open_in_place, real.open_to_read):
        with pytest.raises(OSError) as error:
            opening(folder, "link")
        assert error.value.errno == errno.ELOOP
    assert sorted(os.listdir(tmp_path)) == ["a", "link"]


def test_overwriting_and_reading_back(folder, tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    real = Disk()
    fd = real.open_in_place(folder, "a")
    real.overwrite(fd, 3, memoryview(b"abc"))
    real.sync(fd)
    real.sync_volume(fd)
    real.forget(fd)
    assert real.read_back(fd, 0, 10) == b"012abc6789"
    assert real.read_back(fd, 8, 100) == b"89"
    assert real.read_back(fd, 100, 5) == b""
    os.close(fd)


def test_short_writes_and_reads_are_gone_on_with(folder, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"0" * 10)
    pwrite, pread = os.pwrite, os.pread
    monkeypatch.setattr(disk.os, "pwrite", lambda fd, data, at: pwrite(fd, data[:3], at))
    monkeypatch.setattr(disk.os, "pread", lambda fd, length, at: pread(fd, min(length, 3), at))
    real = Disk()
    fd = real.open_in_place(folder, "a")
    real.overwrite(fd, 0, b"abcdefghij")
    assert real.read_back(fd, 0, 10) == b"abcdefghij"
    os.close(fd)


def test_where_the_system_has_no_positioned_calls(folder, tmp_path, monkeypatch):
    """As on some others."""
    (tmp_path / "a").write_bytes(b"0123456789")
    for name in ("pwrite", "pread"):
        monkeypatch.delattr(disk.os, name)
    real = Disk()
    fd = real.open_in_place(folder, "a")
    real.overwrite(fd, 5, b"abc")
    real.forget(fd)
    assert real.read_back(fd, 4, 5) == b"4abc8"
    os.close(fd)


@pytest.mark.parametrize("offered", [True, False])
def test_a_rename_never_takes_a_name(folder, tmp_path, monkeypatch, offered):
    if not offered:
        monkeypatch.setattr(calls, "rename_without_replacing", lambda *_: False)
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "b").write_bytes(b"b")
    real = Disk()
    with pytest.raises(FileExistsError):
        real.rename(folder, "a", "b")
    real.rename(folder, "a", "c")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"c": b"a", "b": b"b"}
    real.unlink(folder, "c")
    real.sync_folder(folder)
    assert os.listdir(tmp_path) == ["b"]


@pytest.mark.parametrize(("number", "passes"), [(errno.EINVAL, True), (errno.EIO, False)])
def test_a_file_system_that_can_not_promise_it(folder, tmp_path, monkeypatch, number, passes):
    def refuse(*_):
        raise OSError(number, "")

    monkeypatch.setattr(calls, "rename_without_replacing", refuse)
    (tmp_path / "a").write_bytes(b"a")
    if passes:
        Disk().rename(folder, "a", "b")
        assert os.listdir(tmp_path) == ["b"]
    else:
        with pytest.raises(OSError):
            Disk().rename(folder, "a", "b")


def test_links_are_followed_down_to_the_root_and_not_below(tmp_path):
    (tmp_path / "real" / "in").mkdir(parents=True)
    (tmp_path / "way").symlink_to("real")
    (tmp_path / "real" / "link").symlink_to("in")
    root = str(tmp_path / "way")
    opened = open_folder(f"{root}/in", root)
    assert opened.real == str((tmp_path / "real" / "in").resolve())
    opened.close()
    for path in (f"{root}/link", f"{root}/in/..", f"{root}/link/deeper"):
        with pytest.raises(OSError) as error:
            open_folder(path, root)
        assert error.value.errno == errno.ELOOP
    for rootless in (f"{root}/link", f"{root}/in/.."):
        open_folder(rootless).close()
    open_folder(f"{root}/link", str(tmp_path / "elsewhere")).close()


def test_what_is_no_folder_or_not_there(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with leaves_no_file_open():
        with pytest.raises(NotADirectoryError):
            open_folder(str(tmp_path / "file"), str(tmp_path))
        with pytest.raises(FileNotFoundError):
            open_folder(str(tmp_path / "none" / "x"), str(tmp_path))


def test_a_folder_that_was_swapped_after_it_was_opened_stays_the_one_it_was(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"signed for")
    opened = open_folder(str(tmp_path / "d"), str(tmp_path))
    (tmp_path / "d").rename(tmp_path / "e")
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a").write_bytes(b"another's")
    fd = Disk().open_to_read(opened, "a")
    assert os.read(fd, 100) == b"signed for"
    os.close(fd)
    opened.close()


def test_where_folders_can_not_be_opened_paths_are_used(tmp_path, monkeypatch):
    """As on Windows."""
    monkeypatch.setattr(disk.os, "supports_dir_fd", set())
    opened = open_folder(str(tmp_path), "")
    assert opened.fd is None
    (tmp_path / "a").write_bytes(b"x")
    real = Disk()
    assert real.look(opened, "a").st_size == 1
    real.rename(opened, "a", "b")
    fd = real.open_in_place(opened, "b")
    os.close(fd)
    real.unlink(opened, "b")
    real.sync_folder(opened)
    opened.close()
    assert os.listdir(tmp_path) == []


def test_where_a_folder_really_is_can_be_unknown(tmp_path):
    gone = tmp_path / "gone"
    assert Folder(str(gone), None).real == str(gone)
    assert Folder(str(gone), 999_999).real == str(gone)


def test_the_dry_run_refuses_every_change_and_reads_all_the_same(folder, tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    dry = ReadOnlyDisk()
    fd = dry.open_in_place(folder, "a")
    assert dry.read_back(fd, 0, 100) == b"content"
    attempts = [
        lambda: dry.overwrite(fd, 0, b"x"),
        lambda: dry.rename(folder, "a", "b"),
        lambda: dry.unlink(folder, "a"),
        lambda: dry.permit(str(tmp_path / "a")),
    ]
    for attempt in attempts:
        with pytest.raises(OSError) as error:
            attempt()
        assert error.value.errno == errno.EROFS
    with pytest.raises(OSError):
        os.pwrite(fd, b"x", 0)
    os.close(fd)
    assert (tmp_path / "a").read_bytes() == b"content"
    Disk().permit(str(tmp_path / "a"))


def test_calls_the_library_lacks(monkeypatch):
    monkeypatch.setattr(calls, "_libc", lambda: None)
    assert calls.sync_file_system(0) is False
    assert calls.rename_without_replacing(0, "a", "b") is False


def test_calls_the_kernel_lacks_or_fails(monkeypatch):
    class Library:
        @staticmethod
        def syncfs(_):
            return -1

    monkeypatch.setattr(calls, "_libc", Library)
    monkeypatch.setattr(calls.ctypes, "get_errno", lambda: errno.ENOSYS)
    assert calls.sync_file_system(0) is False
    monkeypatch.setattr(calls.ctypes, "get_errno", lambda: errno.EIO)
    with pytest.raises(OSError):
        calls.sync_file_system(0)
