"""What lies in what, and links of a disk that may not answer."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.system.paths import lies_in, real_paths, silent_of
from app.system.patience import each_within
from tests.in_time import ends_by_itself


@pytest.mark.parametrize(
    ("path", "folder", "inside"),
    [
        ("/a/b", "/a", True),
        ("/a", "/a", True),
        ("/a/b", "/", True),
        ("/ab", "/a", False),
        ("/a", "/a/b", False),
        ("/a/b", "/a/", True),
    ],
)
def test_what_lies_in_a_folder(path: str, folder: str, inside: bool) -> None:
    here = [one.replace("/", os.sep) for one in (path, folder)]
    assert lies_in(*here) is inside


@pytest.fixture
def never() -> Iterator[Callable[[object], bool]]:
    """A question to a disk that does not answer before the test is over."""
    over = threading.Event()
    yield lambda _: over.wait(120)
    over.set()


def test_a_link_is_resolved_and_a_disk_that_is_silent_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, never: Callable[[object], bool]
) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "place")
    real = os.path.realpath(tmp_path / "place")
    assert real_paths([link]) == [real]
    monkeypatch.setattr(os.path, "realpath", never)
    with ends_by_itself():
        assert real_paths([link], 0.1) == [os.path.abspath(link)]


def test_a_disk_that_is_silent_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, never: Callable[[object], bool]
) -> None:
    assert not silent_of([tmp_path, tmp_path / "none"])
    monkeypatch.setattr(os.path, "lexists", never)
    assert silent_of([tmp_path], 0.1) == {str(tmp_path)}


def test_many_are_asked_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, never: Callable[[object], bool]
) -> None:
    """One that is silent holds up no other, and all have one time."""
    real = os.path.realpath

    def slowly(path: str) -> str:
        if "silent" in path:
            never(path)
        return real(path)

    monkeypatch.setattr(os.path, "realpath", slowly)
    monkeypatch.setattr(os.path, "lexists", lambda path: bool(slowly(path)))
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "place")
    silent = [tmp_path / f"silent{number}" for number in range(5)]
    with ends_by_itself():
        assert real_paths([*silent, link, tmp_path], 1.5) == [*map(str, silent), real(link), real(tmp_path)]
        assert silent_of([*silent, link, tmp_path], 1.5) == frozenset(map(str, silent))
    assert real_paths([]) == []


def test_what_goes_wrong_is_raised_where_it_was_asked(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="null"):
        real_paths([tmp_path, "a\0b", tmp_path])
    with pytest.raises(queue.Empty):
        each_within(1, lambda _: queue.Queue[int]().get_nowait(), [1, 2])
