"""Open folders on Windows: each one below the root is held, so that none is swapped for a link."""

from __future__ import annotations

import errno
import os

from typing_extensions import override

from app.system.disk import Folder
from app.system.windows.api import (
    BACKUP_SEMANTICS,
    LIST_DIRECTORY,
    OPEN_REPARSE_POINT,
    SHARE_READ,
    SHARE_WRITE,
    Api,
    CallFailed,
    as_os_error,
    long,
    native,
    short,
)
from app.system.windows.extents import FileFlag, mark_of


class HeldFolder(Folder):
    """A folder whose path can't change: Windows denies renaming or removing what is open unshared.

    `fd` is None, since no call of `os` takes a folder here; names are reached by
    the whole path, which means the same file as long as the folder is held.
    """

    def __init__(self, path: str, handles: list[int], api: Api) -> None:
        super().__init__(path, None)
        self._handles = handles
        self._api = api
        self.real = short(api.final_path(handles[-1]))

    @override
    def at(self, name: str) -> tuple[str, int | None]:
        r"""The `\\?\` path of a name, in which dots and blanks at its end count."""
        return f"{long(self.path.rstrip('/' + chr(92)))}\\{name}", None

    @override
    def close(self) -> None:
        """Let go of every folder on the way. May be called again."""
        while self._handles:
            self._api.close(self._handles.pop())


def open_folder(path: str, root: str = "", api: Api | None = None) -> HeldFolder:
    """Open the absolute folder `path` and every folder from `root` down to it.

    Links are followed down to `root` and refused below it; without a root, or
    outside it, they are followed.

    Raises:
        OSError: ELOOP for a link or `..` below `root`; ENOENT, EACCES and so on.
    """
    api = api or native()
    parts, top = _parts(path), _parts(root)
    free = (
        len(top)
        if root and [p.lower() for p in parts[: len(top)]] == [p.lower() for p in top]
        else len(parts)
    )
    handles: list[int] = []
    try:
        for last in range(min(max(free, 1), len(parts)), len(parts) + 1):
            handle = _hold(path, parts[:last], api, linked=last <= free)
            handles.append(handle)
        with as_os_error():
            return HeldFolder(path, handles, api)
    except BaseException:
        for handle in reversed(handles):
            api.close(handle)
        raise


def _parts(path: str) -> list[str]:
    return [part for part in short(path.replace("/", "\\")).split("\\") if part not in ("", ".")]


def _joined(path: str, parts: list[str]) -> str:
    share = short(path.replace("/", "\\")).startswith("\\\\")
    return ("\\\\" if share else "") + "\\".join(parts) + ("\\" if len(parts) == 1 else "")


def _hold(whole: str, parts: list[str], api: Api, *, linked: bool) -> int:
    """Open a folder so that it can be neither renamed nor removed, but used by everyone else."""
    if not linked and parts[-1] == "..":
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), whole)
    path = _joined(whole, parts)
    flags = BACKUP_SEMANTICS if linked else BACKUP_SEMANTICS | OPEN_REPARSE_POINT
    with as_os_error():
        # Only an open with data access counts when another asks to rename (Creating and Opening Files).
        handle = api.open(long(path), LIST_DIRECTORY, SHARE_READ | SHARE_WRITE, flags)
        try:
            mark = mark_of(handle, api)
        except CallFailed:
            api.close(handle)
            raise
    wrong = 0 if mark.flags & FileFlag.DIRECTORY else errno.ENOTDIR
    if mark.link and not linked:
        wrong = errno.ELOOP
    if wrong:
        api.close(handle)
        raise OSError(wrong, os.strerror(wrong), path)
    return handle
