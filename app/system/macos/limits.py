"""Limits on the Mac: what an overwrite of a file does not reach, of the file and of its place."""

from __future__ import annotations

import plistlib
import re
from collections.abc import Iterator
from typing import Final
from xml.parsers.expat import ExpatError

from app.domain.limit import Limit, LimitKind
from app.domain.outcome import Reason
from app.system.macos.api import UF_COMPRESSED, Api, native
from app.system.macos.extents import may_share
from app.system.macos.snapshots import snapshots
from app.system.macos.streams import streams_of
from app.system.macos.volumes import volume_of
from app.system.volumes import Volume

_VM: Final = "/System/Volumes/VM"
_OLD_VM: Final = "/private/var/vm"
_CLOUD_DOCS: Final = "Library/Mobile Documents/com~apple~CloudDocs"
_PROVIDED: Final = re.compile(r"/Library/CloudStorage/([^/]+)/")
_CONTAINER: Final = re.compile(r"/Library/Mobile Documents/")
_SYNC_FOLDER: Final = re.compile(
    r"onedrive( - .+)?|dropbox( \(.+\))?|google drive|googledrive|box|box sync"
    r"|nutstore( files)?|坚果云|我的坚果云|baidusyncdisk|baidunetdiskworkspace|百度网盘同步空间"
    r"|wpsdrive|wps云盘|creative cloud files|nextcloud|owncloud|seafile|阿里云盘|腾讯微云",
    re.IGNORECASE,
)


def limits_of(path: str, home: str, api: Api | None = None) -> tuple[Limit, ...]:
    """What may hold content from `path` besides the file. `home` is the officer's home folder.

    Snapshots, Time Machine, swap, the sleep image, sync folders.
    """
    api = api or native()
    return (*_snapshots(path, api), *_time_machine(api), *_memory(api), *_sync(path, home, api))


def _snapshots(path: str, api: Api) -> Iterator[Limit]:
    try:
        found = snapshots(_volume(path, api), api)
    except OSError:
        found = None
    if found is None:
        yield Limit(LimitKind.SNAPSHOT, "APFS", seen=False)
    yield from (Limit(LimitKind.SNAPSHOT, name) for name in found or ())


def _volume(path: str, api: Api) -> Volume:
    """The volume of a path, or of the folder it was in: what was destroyed is asked about too.

    Raises:
        OSError: when it lay on a volume that is not there.
    """
    while True:
        try:
            return volume_of(path, api)
        except FileNotFoundError:
            path = path.rpartition("/")[0]
            if path in ("", "/Volumes"):
                raise


def _time_machine(api: Api) -> Iterator[Limit]:
    """`tmutil destinationinfo -X`: a property list of destinations."""
    try:
        told = plistlib.loads(api.run("/usr/bin/tmutil", "destinationinfo", "-X"))
    except (OSError, ValueError, ExpatError):
        told = None
    rows = told.get("Destinations") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        yield Limit(LimitKind.BACKUP_SERVICE, "Time Machine", seen=False)
        return
    for row in rows:
        name = row.get("Name") if isinstance(row, dict) else None
        yield Limit(LimitKind.BACKUP_SERVICE, str(name or "Time Machine"))


def _memory(api: Api) -> Iterator[Limit]:
    """Swap files and the sleep image, which lie in a volume of their own since macOS 10.15."""
    for folder in (_VM, _OLD_VM):
        try:
            names = api.listing(folder)
        except OSError:
            continue
        for name in sorted(names):
            if name.startswith("swapfile"):
                yield Limit(LimitKind.SWAP, f"{folder}/{name}")
            elif name == "sleepimage":
                yield Limit(LimitKind.HIBERNATION, f"{folder}/{name}")
        return
    yield Limit(LimitKind.SWAP, _VM, seen=False)
    yield Limit(LimitKind.HIBERNATION, _VM, seen=False)


def _sync(path: str, home: str, api: Api) -> Iterator[Limit]:
    names = [*_PROVIDED.findall(path)]
    if _CONTAINER.search(path) or _of_icloud(path, home, api):
        names.append("iCloud Drive")
    names += [part for part in path.split("/")[:-1] if _SYNC_FOLDER.fullmatch(part)]
    yield from (Limit(LimitKind.SYNC_FOLDER, name) for name in dict.fromkeys(names))


def _of_icloud(path: str, home: str, api: Api) -> bool:
    """Whether it lies in a Desktop or Documents folder that iCloud Drive keeps, which then names it."""
    for name in ("Desktop", "Documents"):
        if path.startswith(f"{home.rstrip('/')}/{name}/"):
            try:
                return name in api.listing(f"{home.rstrip('/')}/{_CLOUD_DOCS}")
            except OSError:
                return False
    return False


def doubts_of(fd: int, api: Api | None = None) -> tuple[Reason, ...]:
    """Why an overwrite of an open file's content may not be all that is to be said of the file.

    Extended attributes, clones, compression, other names. Each is given too when
    nobody can say that it is not so.
    """
    api = api or native()
    found = [] if streams_of(fd, api) == () else [Reason.OTHER_STREAMS]
    try:
        if api.stat_flags(fd) & UF_COMPRESSED:
            found.append(Reason.COMPRESSED)
        if api.links(fd) != 1:
            found.append(Reason.HARD_LINK)
        shares = may_share(fd, api)
        if shares or (shares is None and volume_of(fd, api).file_system == "apfs"):
            found.append(Reason.SHARED_EXTENTS)
    except OSError:
        found.append(Reason.UNKNOWN_MEDIUM)
    return tuple(found)
