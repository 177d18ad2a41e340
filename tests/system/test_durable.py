import os

import pytest

from app.system import durable
from app.system.durable import sync_folder, write_durably


def test_it_replaces_the_whole_file_with_its_mode(tmp_path):
    path = tmp_path / "案.toml"
    write_durably(path, b"old")
    write_durably(path, b"new and longer", 0o640)
    assert path.read_bytes() == b"new and longer"
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == [path.name]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_durably(path, b"old")

    def full(fd):
        raise OSError(28, "full")

    monkeypatch.setattr(durable.os, "fsync", full)
    with pytest.raises(OSError, match="full"):
        write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_a_killed_process_left_is_no_obstacle(tmp_path):
    path = tmp_path / "a"
    path.with_name(f".a.{os.getpid()}.tmp").write_bytes(b"half")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")
