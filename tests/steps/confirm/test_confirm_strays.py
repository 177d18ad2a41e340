"""Copies on their way: found by content in the bin, downloads, sync folders and messengers' folders."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from app.domain.copies import Disposal
from app.domain.event import CopyFound
from app.steps.confirm import Wanted, find_strays

GOES = b"name,phone\nA,13800138000\n" * 50


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


def found(told: tuple[str, ...] = (), kept: frozenset[str] = frozenset()) -> dict[str, Disposal]:
    wanted = Wanted({sha(GOES): ("r1",)}, frozenset({len(GOES)}), kept, records=frozenset({"r1"}))
    events = find_strays(wanted, key=b"k" * 32, told=told)
    return {e.copy.path: e.copy.disposal for e in events if isinstance(e, CopyFound)}


def put(path: Path, data: bytes = GOES) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize(
    "where",
    [
        "Downloads/名单(1).csv",
        "下载/x",
        ".local/share/Trash/files/renamed.bak",
        "OneDrive - 示例科技/deep/er/x.csv",
        "Dropbox/x",
        "我的坚果云/x",
        "BaiduSyncdisk/x",
        "Documents/WeChat Files/wxid_1/FileStorage/File/2026-08/x.csv",
        "Documents/WXWork/168/Cache/File/2026-08/x.csv",
        "AppData/Local/Microsoft/Windows/INetCache/Content.Outlook/A1/x.csv",
        "../temporary/x",
        "../temporary/mail-4711/x.csv",
    ],
)
def test_a_copy_is_found_by_its_content(place: Path, where: str) -> None:
    path = put(Path(os.path.normpath(place / where)))
    put(Path(path).with_name("same size"), bytes(len(GOES)))
    assert found() == {path: Disposal.WIPE}
    assert found(told=(path,)) == {}
    assert found(kept=frozenset({sha(GOES)})) == {path: Disposal.EXCEPTION}


def test_a_folder_that_the_settings_name(place: Path) -> None:
    path = put(place / "Elsewhere/x")
    put(place / ".dropbox/info.json", f'{{"business": {{"path": "{place}/Elsewhere"}}}}'.encode())
    assert list(found()) == [path]


def test_an_archive_there_is_opened(place: Path) -> None:
    (place / "Downloads").mkdir()
    with zipfile.ZipFile(place / "Downloads/a.zip", "w") as archive:
        archive.writestr("x", GOES)
        archive.writestr("y", b"other")
    assert found() == {str(place / "Downloads/a.zip"): Disposal.REWRITE}


def test_links_are_not_followed_and_the_rest_of_the_home_is_not_looked_at(place: Path) -> None:
    put(place / "private/x")
    (place / "Downloads").mkdir()
    (place / "Downloads/link").symlink_to(place / "private")
    assert found() == {}
