"""Where files end up on their way, for each system: one table, and the settings that name other places."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final

from app.steps.confirm.traces.clouds import is_synced_name, synced_roots
from app.steps.confirm.traces.search import Places

_MOST: Final = 4096
_DOCUMENTS: Final = ("Documents", "文档", "My Documents", "OneDrive/Documents", "OneDrive/文档")


class Way(Enum):
    """How a file came to a place."""

    DOWNLOADED = "downloaded"
    THROWN_AWAY = "thrown_away"
    MESSENGER = "messenger"
    SYNCED = "synced"
    MAILED = "mailed"
    TEMPORARY = "temporary"


USUAL: Final = (
    (Way.DOWNLOADED, "home:", ("Downloads", "下载", "BaiduNetdiskDownload")),
    (Way.DOWNLOADED, "home:", ("snap/*/*/Downloads", ".var/app/*/Downloads")),
    (Way.THROWN_AWAY, "home:", (".Trash",)),
    (Way.THROWN_AWAY, "data:", ("Trash/files",)),
    # 微信 3 and 4, 企业微信, QQ
    (Way.MESSENGER, "documents:", ("WeChat Files", "xwechat_files", "WXWork", "Tencent Files")),
    (Way.MESSENGER, "home:", ("xwechat_files", "WeChat_Data", "WeChat Files")),
    (Way.MESSENGER, "home:", (".var/app/com.tencent.WeChat/*", ".var/app/com.qq.QQ/*")),
    (Way.MESSENGER, "home:Library/Containers/", ("com.tencent.xinWeChat/Data", "com.tencent.WeWorkMac/Data")),
    (Way.MESSENGER, "home:Library/Containers/", ("com.tencent.qq/Data",)),
    (Way.SYNCED, "home:Library/", ("CloudStorage", "Mobile Documents")),
    (Way.MAILED, "home:AppData/Local/Microsoft/", ("Windows/INetCache", "Outlook", "Olk/Attachments")),
    (Way.MAILED, "home:AppData/", ("Roaming/Thunderbird/Profiles", "Roaming/Foxmail7", "Local/Foxmail7")),
    (Way.MAILED, "documents:", ("Outlook Files", "Outlook 文件")),
    (Way.MAILED, "home:Library/", ("Mail", "Mail Downloads", "Thunderbird/Profiles")),
    (Way.MAILED, "home:Library/", ("Containers/com.apple.mail/Data/Library/Mail Downloads",)),
    (
        Way.MAILED,
        "home:",
        (".thunderbird", "snap/thunderbird/common/.thunderbird", "Mail", "Maildir", "mail"),
    ),
    (Way.MAILED, "home:", (".var/app/org.mozilla.Thunderbird/.thunderbird",)),
    (Way.MAILED, "data:", ("evolution/mail", "local-mail", "geary")),
    (Way.MAILED, "cache:", ("evolution/mail",)),
    (Way.TEMPORARY, "home:", ("AppData/Local/Temp", "AppData/Local/Microsoft/Office/UnsavedFiles", "tmp")),
    (Way.TEMPORARY, "home:", ("AppData/Roaming/Microsoft/Word", "AppData/Roaming/Microsoft/Excel")),
    (Way.TEMPORARY, "home:Library/", ("Caches/TemporaryItems",)),
    (Way.TEMPORARY, "home:", (".var/app/*/cache/tmp",)),
)
"""How files come there, below what, and the names; a star stands for any one name."""

ON_VOLUMES: Final = (
    (Way.THROWN_AWAY, ("$Recycle.Bin", "RECYCLER", ".Trashes", ".Trash", ".Trash-*")),
    (Way.DOWNLOADED, ("BaiduNetdiskDownload",)),
    (Way.MESSENGER, ("WeChat Files", "xwechat_files", "WXWork", "Tencent Files")),
)
"""The same, at the top of each volume of this computer."""

MOVED: Final = (
    ("home:AppData/Roaming/Tencent/WeChat/All Users/config/3ebffe94.ini", "WeChat Files"),
    ("home:AppData/Roaming/Tencent/xwechat/config/*.ini", "xwechat_files"),
)
"""Settings that hold nothing but the folder to which the program's own was moved."""


def usual_places(places: Places) -> Iterator[Path]:
    """Give the places of one person that are there: of the table, moved ones, and the sync folders."""
    for _, base, names in USUAL:
        for name in names:
            yield from _there(places, f"{base}{name}")
    for settings, name in MOVED:
        for file in _there(places, settings):
            yield from _moved(file, name)
    yield from synced_roots(places)


def on_volumes(tops: Iterator[Path]) -> Iterator[Path]:
    """Give what of the table stands at the top of these volumes, and what is called as sync folders are."""
    for top in tops:
        for _, names in ON_VOLUMES:
            for name in names:
                # A link at the top of a volume may be anybody's.
                yield from (one for one in _matching(top, name) if not one.is_symlink())
        with suppress(OSError):
            found = (one for one in top.iterdir() if is_synced_name(one.name))
            yield from sorted(one for one in found if not one.is_symlink())


def volumes() -> Iterator[Path]:
    """Give the tops of the volumes of this computer; none over a network."""
    import psutil

    with suppress(OSError):
        for one in psutil.disk_partitions(all=False):
            yield Path(one.mountpoint)


def temporary() -> Iterator[Path]:
    """Give the folders that are everybody's, for files that are to go soon."""
    yield Path(tempfile.gettempdir())
    yield Path(os.sep, "var", "tmp")


def _there(places: Places, at: str) -> Iterator[Path]:
    base, _, below = at.partition(":")
    if base == "documents":
        for documents in _DOCUMENTS:
            yield from _matching(places.home, f"{documents}/{below}")
        return
    folder: Path = getattr(places, base)
    yield from _matching(folder, below)


def _matching(folder: Path, below: str) -> Iterator[Path]:
    # A pattern finds nothing where a folder can't be listed, so a plain name is given as it is.
    with suppress(OSError):
        found = sorted(folder.glob(below)) if "*" in below else [folder / below]
        yield from (one for one in found if one.exists())


def _moved(settings: Path, name: str) -> Iterator[Path]:
    with suppress(OSError):
        if settings.stat().st_size <= _MOST:
            told = settings.read_text(encoding="utf-8", errors="ignore").strip()
            if re.fullmatch(r"(?:[A-Za-z]:)?[\\/][^\n]*", told):
                yield Path(told) / name
