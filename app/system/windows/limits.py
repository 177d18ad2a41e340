"""Limits on Windows: what an overwrite of a file does not reach, of the file and of its place."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from typing import Final

from app.domain.limit import Limit, LimitKind
from app.domain.outcome import Reason
from app.system.windows.api import NOT_UNDER_SYNC_ROOT, Api, CallFailed, native, short
from app.system.windows.extents import mark_of, standard_of
from app.system.windows.shadows import shadows
from app.system.windows.streams import streams_of

_HIBERNATION_FILE: Final = 8
"""HiberFilePresent, the ninth BOOLEAN of SYSTEM_POWER_CAPABILITIES (winnt.h)."""
_PROVIDER: Final = struct.Struct("<I512s512s")
_VARIABLES: Final = ("OneDrive", "OneDriveConsumer", "OneDriveCommercial")
_SYNC_FOLDER: Final = re.compile(
    r"onedrive( - .+)?|dropbox( \(.+\))?|google drive|googledrive|iclouddrive|icloud drive|box|box sync"
    r"|nutstore( files)?|坚果云|我的坚果云|baidusyncdisk|baidunetdiskworkspace|百度网盘同步空间"
    r"|wpsdrive|wps云盘|wps cloud files|creative cloud files|nextcloud|owncloud|seafile|阿里云盘|腾讯微云",
    re.IGNORECASE,
)


def limits_of(path: str, environ: Mapping[str, str], api: Api | None = None) -> tuple[Limit, ...]:
    """What may hold content from `path` besides the file: shadow copies, swap, hibernation, sync folders."""
    api = api or native()
    return (*_shadows(path, api), *_swap(api), *_hibernation(api), *_sync(path, environ, api))


def _shadows(path: str, api: Api) -> Iterator[Limit]:
    found = shadows(api)
    try:
        volume = api.volume_name(api.volume_path(path)).rstrip("\\").lower()
    except CallFailed:
        volume = ""
    if found is None or not volume:
        yield Limit(LimitKind.SNAPSHOT, "Win32_ShadowCopy", seen=False)
    for shadow in found or ():
        if volume in ("", shadow.volume.lower()):
            # Its path is long and tells no more than the last part of it.
            yield Limit(LimitKind.SNAPSHOT, shadow.device.rpartition("\\")[2], seen=bool(volume))


def _swap(api: Api) -> Iterator[Limit]:
    try:
        for name in api.page_files():
            yield Limit(LimitKind.SWAP, short(name))
    except CallFailed:
        yield Limit(LimitKind.SWAP, "pagefile.sys", seen=False)


def _hibernation(api: Api) -> Iterator[Limit]:
    try:
        if api.power()[_HIBERNATION_FILE]:
            yield Limit(LimitKind.HIBERNATION, "hiberfil.sys")
    except (CallFailed, IndexError):
        yield Limit(LimitKind.HIBERNATION, "hiberfil.sys", seen=False)


def _sync(path: str, environ: Mapping[str, str], api: Api) -> Iterator[Limit]:
    """By what the system says of sync roots, by where OneDrive says it is, and by the names of folders."""
    names = [*_registered(path, api), *_named(path, environ)]
    yield from (Limit(LimitKind.SYNC_FOLDER, name) for name in dict.fromkeys(names))


def _registered(path: str, api: Api) -> Iterator[str]:
    try:
        _, name, _ = _PROVIDER.unpack_from(api.sync_root(path))
        yield name.decode("utf-16-le", "replace").split("\0", 1)[0]
    except CallFailed as failed:
        if failed.code != NOT_UNDER_SYNC_ROOT:
            return  # an older Windows, which has no sync roots of its own
    except struct.error:
        yield "?"


def _named(path: str, environ: Mapping[str, str]) -> Iterator[str]:
    plain = short(path.replace("/", "\\")).lower()
    for variable in _VARIABLES:
        root = environ.get(variable, "").rstrip("\\").lower()
        if root and (plain == root or plain.startswith(root + "\\")):
            yield "OneDrive"
    parts = short(path.replace("/", "\\")).split("\\")[:-1]
    yield from (part for part in parts if _SYNC_FOLDER.fullmatch(part))


def doubts_of(fd: int, api: Api | None = None) -> tuple[Reason, ...]:
    """Why an overwrite of an open file's content may not be all that is to be said of the file.

    Other streams, other names, compression, a sync engine that keeps it. Each is
    given too when nobody can say that it is not so.
    """
    api = api or native()
    handle = api.handle(fd)
    found = [] if streams_of(fd, api) == () else [Reason.OTHER_STREAMS]
    try:
        mark = mark_of(handle, api)
        if mark.compressed:
            found.append(Reason.COMPRESSED)
        if mark.cloud:
            found.append(Reason.SYNCED)
        if mark.tag and not mark.cloud:
            found.append(Reason.UNKNOWN_MEDIUM)
        if standard_of(handle, api)[1] != 1:
            found.append(Reason.HARD_LINK)
    except (CallFailed, struct.error):
        found.append(Reason.UNKNOWN_MEDIUM)
    return tuple(found)
