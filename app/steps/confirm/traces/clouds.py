"""Sync folders: where a program keeps a copy of every file at a service, with its own history."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.limit import Limit, LimitKind
from app.steps.confirm.traces.search import Places

_MOST: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class _Client:
    """One program: where its settings are, and how they name its folders, if they do."""

    name: str
    settings: tuple[str, ...]
    folders: Callable[[str], Iterator[str]] | None = None


def _values(pattern: str) -> Callable[[str], Iterator[str]]:
    compiled = re.compile(pattern, re.MULTILINE)
    return lambda text: (found[1].strip() for found in compiled.finditer(text))


def _dropbox(text: str) -> Iterator[str]:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return
    for account in told.values() if isinstance(told, dict) else ():
        if isinstance(account, dict) and isinstance(account.get("path"), str):
            yield account["path"]


_LOCAL_PATH: Final = _values(r"^\d+\\Folders(?:WithPlaceholders)?\\\d+\\localPath=(.+)$")
_CLIENTS: Final = (
    _Client(
        "Dropbox",
        (
            "home:.dropbox/info.json",
            "home:AppData/Local/Dropbox/info.json",
            "home:AppData/Roaming/Dropbox/info.json",
        ),
        _dropbox,
    ),
    _Client("OneDrive", ("config:onedrive/config",), _values(r"^\s*sync_dir\s*=\s*\"([^\"]+)\"")),
    _Client(
        "Nextcloud",
        ("config:Nextcloud/nextcloud.cfg", "home:Library/Preferences/Nextcloud/nextcloud.cfg"),
        _LOCAL_PATH,
    ),
    _Client("ownCloud", ("config:ownCloud/owncloud.cfg",), _LOCAL_PATH),
    _Client(
        "Syncthing",
        ("state:syncthing/config.xml", "config:syncthing/config.xml"),
        _values(r"<folder\s[^>]*?\bpath=\"([^\"]+)\""),
    ),
    # Their settings do not say, or not in a form that is published.
    _Client("坚果云 Nutstore", ("home:.nutstore", "config:nutstore", "data:nutstore")),
    _Client("百度网盘 Baidu Netdisk", ("config:BaiduNetdisk", "config:baidunetdisk", "home:baidunetdisk")),
    _Client("WPS云 WPS Cloud", ("data:Kingsoft/office6/data/wpscloud", "config:Kingsoft/wpscloudsvr.conf")),
    _Client("Insync", ("config:Insync",)),
)
_MARKS: Final = {
    ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing",
    ".nextcloudsync.log": "Nextcloud",
    ".owncloudsync.log": "ownCloud",
    ".tmp.drivedownload": "Google Drive",
}
"""What the programs leave at the top of a folder of theirs."""
_SYNC_DATABASE: Final = re.compile(r"\._?sync_[0-9a-f]{12}\.db")
_NAMES: Final = re.compile(
    r"Dropbox(?: \(.+\))?|OneDrive(?: - .+)?|Nextcloud|ownCloud|Nutstore Files|(?:我的)?坚果云"
    r"|BaiduSyncdisk|BaiduNetdiskWorkspace|百度云同步盘|百度网盘同步空间|WPS Cloud Files|WPS云盘|WPSDrive"
    r"|iCloudDrive|iCloud Drive|Mobile Documents|CloudStorage|Google Drive|My Drive|Seafile"
)
"""What the programs call their folder when nobody names it otherwise."""


def sync_folders(places: Places, paths: Sequence[Path]) -> Iterator[Limit]:
    """Tell the sync folders that hold one of `paths` or lie below one, and the programs that do not say.

    The evidence is the program's own settings, the mark it leaves in its folder, or the
    name it gives the folder, in this order; the first that is found is told.
    """
    told: dict[str, Limit] = {}
    for client in _CLIENTS:
        for settings in _found(places, client.settings):
            folders = [_plain(one, places.home) for one in _told_folders(client, settings)]
            for folder in folders:
                if any(_touches(folder, path) for path in paths):
                    _tell(told, folder, client.name, str(settings))
            if not folders:
                name = f"{client.name}: {settings}"
                told[name] = Limit(LimitKind.SYNC_FOLDER, name, seen=False, evidence=str(settings))
    for folder in _above(paths):
        if mark := _mark(folder):
            _tell(told, folder, *mark)
        elif is_synced_name(folder.name):
            _tell(told, folder, folder.name, "name")
    yield from told.values()


def synced_roots(places: Places) -> Iterator[Path]:
    """Give the sync folders of one person: those that settings name, and those known by their name."""
    for client in _CLIENTS:
        for settings in _found(places, client.settings):
            yield from (_plain(one, places.home) for one in _told_folders(client, settings))
    for folder in (places.home, places.home / "Documents", places.home / "文档"):
        with suppress(OSError):
            yield from (one for one in sorted(folder.iterdir()) if is_synced_name(one.name))


def is_synced_name(name: str) -> bool:
    """Whether a sync program calls its folder so when nobody names it otherwise."""
    return _NAMES.fullmatch(name) is not None


def _tell(told: dict[str, Limit], folder: Path, name: str, evidence: str) -> None:
    limit = Limit(LimitKind.SYNC_FOLDER, f"{name}: {folder}", evidence=evidence)
    told.setdefault(os.path.realpath(folder), limit)


def _found(places: Places, settings: tuple[str, ...]) -> Iterator[Path]:
    for one in settings:
        base, _, below = one.partition(":")
        path: Path = getattr(places, base) / below
        if os.path.lexists(path):
            yield path


def _told_folders(client: _Client, settings: Path) -> list[str]:
    if client.folders is None:
        return []
    try:
        with settings.open("rb") as file:
            return list(client.folders(file.read(_MOST).decode("utf-8", "surrogateescape")))
    except OSError:
        return []


def _plain(folder: str, home: Path) -> Path:
    return home / folder[2:] if folder.startswith("~/") else Path(folder)


def _touches(folder: Path, path: Path) -> bool:
    one, other = Path(os.path.realpath(folder)), Path(os.path.realpath(path))
    return one.is_relative_to(other) or other.is_relative_to(one)


def _above(paths: Sequence[Path]) -> Iterator[Path]:
    """The folders that hold the paths, each once, the innermost first."""
    seen: dict[Path, None] = {}
    for path in paths:
        real = Path(os.path.realpath(path))
        seen.update(dict.fromkeys((real, *real.parents)))
    yield from seen


def _mark(folder: Path) -> tuple[str, str] | None:
    try:
        names = set(os.listdir(folder))
    except OSError:
        return None
    for mark, name in _MARKS.items():
        if mark in names:
            return name, mark
    database = next((name for name in sorted(names) if _SYNC_DATABASE.fullmatch(name)), "")
    return ("Nextcloud", database) if database else None
