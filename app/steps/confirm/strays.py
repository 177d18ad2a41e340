"""Places where files end up on their way: the bin, downloads, sync folders, what a messenger or mail left."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.event import CopyFound, Progressed
from app.steps.confirm.copies import find_copies
from app.steps.confirm.traces.clouds import synced_roots
from app.steps.confirm.traces.search import Places, homes
from app.steps.confirm.wanted import Wanted

_BELOW_HOME: Final = (
    "Downloads",
    "下载",
    ".Trash",
    "Documents/WeChat Files",
    "Documents/xwechat_files",
    "Documents/WXWork",
    "xwechat_files",
    "WeChat_Data",
    "AppData/Local/Temp",
    "AppData/Local/Microsoft/Windows/INetCache/Content.Outlook",
    "Library/Containers/com.tencent.xinWeChat/Data",
    "Library/Containers/com.tencent.WeWorkMac/Data",
    "Library/Mail Downloads",
)
"""The bin and downloads, file folders of 微信 and 企业微信, opened attachments of mail."""


def find_strays(
    wanted: Wanted,
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    told: Collection[str] = (),
    home: Path | None = None,
) -> Iterator[CopyFound | Progressed]:
    """Search the usual places of whoever runs this for content that goes; read only, no link is followed.

    Known by SHA-256 alone, as in a backup. What is `told` already is passed over. Of the
    folder for temporary files only its own files are looked at, and those of folders in it.
    Nothing is claimed of these places: that one is not there is no finding.
    """
    seen = set(told)
    for root in _roots(wanted, home):
        for event in find_copies([Backup("folder", root)], wanted, key=key, exclude=exclude):
            if isinstance(event, Progressed):
                yield event
            elif isinstance(event, CopyFound) and event.copy.path not in seen:
                seen.add(event.copy.path)
                yield event


def _roots(wanted: Wanted, home: Path | None) -> Iterator[Path]:
    done: set[str] = set()
    for places in homes(home):
        for root in (*_usual(places), *synced_roots(places)):
            real = os.path.realpath(root)
            if real not in done and root.is_dir():
                done.add(real)
                yield root
    yield from _loose(Path(tempfile.gettempdir()), wanted, 2)


def _usual(places: Places) -> Iterator[Path]:
    yield from (places.home / one for one in _BELOW_HOME)
    yield places.data / "Trash" / "files"


def _loose(folder: Path, wanted: Wanted, depth: int) -> Iterator[Path]:
    """The files of a folder that have a size that is sought, and of the folders in it."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _loose(Path(entry.path), wanted, depth - 1) if depth > 1 else ()
                elif (
                    entry.is_file(follow_symlinks=False)
                    and entry.stat(follow_symlinks=False).st_size in wanted.sizes
                ):
                    yield Path(entry.path)
