"""What is mounted below a place, and what of it is silent."""

from __future__ import annotations

import os
import threading
from types import SimpleNamespace

import psutil
import pytest

from app.system.mounts import mounted_below, silent_below


@pytest.fixture
def _mounted(monkeypatch: pytest.MonkeyPatch) -> None:
    points = ("/", "/a", "/a/b", "/a/b", "/a/b c", "/ab", "/d")
    rows = [SimpleNamespace(mountpoint=one) for one in points]
    monkeypatch.setattr(psutil, "disk_partitions", lambda **_: rows)


@pytest.mark.usefixtures("_mounted")
@pytest.mark.skipif(os.sep != "/", reason="the paths are those of POSIX")
def test_only_what_is_mounted_inside_of_a_place_counts() -> None:
    assert mounted_below(["/a", "/d"]) == ["/a/b", "/a/b c"]
    assert mounted_below(["/"]) == ["/a", "/a/b", "/a/b c", "/ab", "/d"]
    assert mounted_below(["/e"]) == []


def test_where_there_is_no_place_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "disk_partitions")
    assert silent_below([]) == frozenset()


@pytest.mark.usefixtures("_mounted")
@pytest.mark.skipif(os.sep != "/", reason="the paths are those of POSIX")
def test_a_disk_that_fails_answers_and_one_that_hangs_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    back = threading.Event()

    def told(path: str) -> None:
        if path == "/a/b":
            back.wait(10)
        raise OSError(path)

    monkeypatch.setattr(os, "statvfs", told)
    try:
        assert silent_below(["/a"], 0.5) == {"/a/b"}
    finally:
        back.set()


def test_this_very_system_says_what_is_mounted() -> None:
    if not os.path.ismount("/proc"):
        pytest.skip("no /proc is mounted here")
    assert "/proc" in mounted_below(["/"])
    assert "/proc" not in silent_below(["/"])
