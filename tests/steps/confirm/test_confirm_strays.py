"""Copies on their way: found by content in the bin, downloads, sync folders and messengers' folders."""

from __future__ import annotations

import hashlib
import os
import threading
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pytest

from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies, find_strays, strays, usual
from app.steps.confirm.usual import MOVED, ON_VOLUMES, USUAL, Way, volumes
from tests.in_time import ends_by_itself

GOES = b"name,phone\nA,13800138000\n" * 50


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    monkeypatch.setattr(strays, "volumes", lambda: iter([tmp_path / "disk"]))
    # What others keep among the temporary files of this machine is not the test's to search.
    ours = [one for one in usual.temporary() if one.is_relative_to(tmp_path)]
    monkeypatch.setattr(strays, "temporary", lambda: iter(ours))
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
        "BaiduNetdiskDownload/x.csv",
        "BaiduNetdiskWorkspace/x.csv",
        "Documents/我的坚果云/x.csv",
        "Nutstore Files/我的坚果云/x.csv",
        "Library/CloudStorage/OneDrive-Contoso/x.csv",
        "Library/Mobile Documents/com~apple~CloudDocs/x.csv",
        "Documents/xwechat_files/wxid_1_ab12/msg/file/2026-08/x.csv",
        "OneDrive/文档/WeChat Files/wxid_1/FileStorage/File/2026-08/x.csv",
        "Library/Containers/com.tencent.xinWeChat/Data/Documents/xwechat_files/wxid_1/msg/file/x.csv",
        "Library/Containers/com.tencent.WeWorkMac/Data/Documents/Profiles/7/Caches/Files/2026-08/x.csv",
        "Documents/Tencent Files/1234/FileRecv/x.csv",
        "AppData/Local/Temp/7zO4/x.csv",
        "AppData/Local/Microsoft/Office/UnsavedFiles/x.asd",
        ".Trash/x.csv",
        "../disk/$Recycle.Bin/S-1-5-21-1/$R12AB.csv",
        "../disk/.Trashes/501/x.csv",
        "../disk/.Trash-1000/files/x.csv",
        "../disk/WeChat Files/wxid_1/x.csv",
        "../disk/BaiduSyncdisk/x.csv",
        "../disk/Dropbox (示例科技)/x.csv",
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


DOCUMENTS = {"documents": "Documents", "data": ".local/share", "cache": ".cache", "home": "."}


def rows() -> list[str]:
    """Every place of the table, as a path below a home."""
    below = [f"{base}{name}" for _, base, names in USUAL for name in names]
    return [
        f"{DOCUMENTS[one.partition(':')[0]]}/{one.partition(':')[2]}".replace("*", "any") for one in below
    ]


@pytest.mark.parametrize("row", rows())
def test_no_row_of_the_table_is_dead(place: Path, row: str) -> None:
    path = put(Path(os.path.normpath(place / row / "deep/x")))
    assert found() == {path: Disposal.WIPE}


@pytest.mark.parametrize("name", [name for _, names in ON_VOLUMES for name in names])
def test_no_row_of_the_volumes_is_dead(place: Path, name: str) -> None:
    path = put(place.parent / "disk" / name.replace("*", "0") / "deep/x")
    assert found() == {path: Disposal.WIPE}
    # whoever may write there could lead the search anywhere
    (place.parent / "disk" / name.replace("*", "0")).rename(place.parent / "moved")
    (place.parent / "disk" / name.replace("*", "0")).symlink_to(place.parent / "moved")
    assert found() == {}


def test_every_way_has_a_place() -> None:
    assert {way for way, *_ in USUAL} == set(Way)


@pytest.mark.parametrize(("settings", "name"), MOVED)
def test_a_messenger_that_was_told_to_keep_its_files_elsewhere(place: Path, settings: str, name: str) -> None:
    path = put(place.parent / "D" / name / "wxid_1/x")
    told = place / settings.partition(":")[2].replace("*", "0c5b")
    put(told, f"{place.parent}/D".encode())
    assert found() == {path: Disposal.WIPE}
    put(told, b"MyDocument:")
    assert found() == {}
    put(told, b"/" * 5000)
    assert found() == {}


def test_the_volumes_of_this_computer_are_folders() -> None:
    assert all(one.is_absolute() for one in volumes())


def test_a_mail_among_temporary_files_is_opened_whatever_its_size(place: Path) -> None:
    made = EmailMessage()
    made["From"] = "a@example.cn"
    made.add_attachment(GOES, maintype="text", subtype="csv", filename="x.csv")
    path = put(place.parent / "temporary/opened.EML", made.as_bytes())
    assert found() == {path: Disposal.EXCEPTION}


def test_a_place_that_stops_to_answer_is_told(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(place / "Downloads/x")
    over = threading.Event()

    def silent():
        over.wait(120)
        yield from ()

    monkeypatch.setattr(strays, "volumes", silent)
    monkeypatch.setattr(strays, "PATIENCE", 4)
    wanted = Wanted({sha(GOES): ("r1",)}, frozenset({len(GOES)}), frozenset())
    with ends_by_itself():
        events = list(find_strays(wanted, key=b"k" * 32))
        over.set()
    assert [event.copy.path for event in events if isinstance(event, CopyFound)] == [
        str(place / "Downloads/x")
    ]
    (told,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    assert told.limits == (Reason.TOOL_HUNG,)
    assert sum(isinstance(event, Progressed) for event in events) >= 3


def test_a_file_that_went_between_two_looks_ends_nothing(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = put(place.parent / "temporary/there.zip")
    gone = Path(put(place.parent / "temporary/gone.zip"))

    def hurried(backups, *args, **how):
        if gone in [one.path for one in backups]:
            gone.unlink()
        return find_copies(backups, *args, **how)

    monkeypatch.setattr(strays, "find_copies", hurried)
    assert list(found()) == [there]
    assert not gone.exists()


def test_a_mailbox_that_can_not_be_read_is_told_with_its_place(place: Path) -> None:
    put(place / ".thunderbird/one/Mail/old.zip", b"PK\x03\x04 and nothing more")
    put(place / "../temporary/deep/old.zip", b"PK\x03\x04 and nothing more")
    put(place / "Downloads/fine.txt", b"nothing of anybody")
    wanted = Wanted({sha(GOES): ("r1",)}, frozenset({len(GOES)}), frozenset())
    told = [
        event.searched for event in find_strays(wanted, key=b"k" * 32) if isinstance(event, BackupSearched)
    ]
    assert {(one.backup, one.limits) for one in told} == {
        (str(place / ".thunderbird"), (Reason.UNREADABLE,)),
        (str((place / "../temporary").resolve()), (Reason.UNREADABLE,)),
    }
