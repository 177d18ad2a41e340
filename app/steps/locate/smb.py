"""Shares by SMB as fsspec sees places, read without keeping anyone else from them."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from fsspec.implementations.smb import SMBFileSystem
from typing_extensions import override

_PATIENCE: Final = 30
"""Seconds in which a connection must come about."""
_EVERYONE: Final = "rwd"
"""Others may read, write and delete a file while it is looked at."""


def share_at(host: str, port: int | None, name: str | None, password: str) -> Shares:
    """Connect to a server.

    Raises:
        Exception: what smbprotocol raises, and of the system.
    """
    return Shares(
        host=host,
        port=port,
        username=name,
        password=password,
        timeout=_PATIENCE,
        share_access=_EVERYONE,
        register_session_retries=0,
        skip_instance_cache=True,  # it would keep the password
    )


class Shares(SMBFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The same, but a folder is listed by one question, which a file that may not be opened does not fail."""

    cachable = False

    @override
    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        folder = path.strip("/")
        if not folder:
            raise FileNotFoundError(path)
        try:
            found = list(self._within(folder, pulse=options.get("pulse")))
        except OSError as error:
            if error.errno != errno.ENOTDIR:
                raise
            found = [self.info(path)]
        return found if detail else [one["name"] for one in found]

    @override
    def info(self, path: str, **options: Any) -> dict[str, Any]:
        # Asked for as in a list: the time that a file tells of itself is written otherwise.
        folder, _, name = path.strip("/").rpartition("/")
        for told in self._within(folder, name) if folder else ():
            return told
        raise FileNotFoundError(path)

    def _within(
        self, folder: str, name: str = "*", pulse: Callable[[], None] | None = None
    ) -> Iterator[dict[str, Any]]:
        import smbclient

        unc = "\\\\" + "\\".join((self.host, *folder.split("/")))
        for one in smbclient.scandir(unc, search_pattern=name, port=self._port):
            if pulse:
                pulse()
            yield _told(f"/{folder}/{one.name}", one)


def _told(path: str, entry: Any) -> dict[str, Any]:
    """Give one entry of a folder; a link is not followed: what it names may lie anywhere."""
    info = entry.smb_info
    kind = "link" if entry.is_symlink() else "directory" if entry.is_dir() else "file"
    changed = info.last_write_time.astimezone(UTC)
    since = changed - datetime(1970, 1, 1, tzinfo=UTC)
    return {"name": path, "size": info.end_of_file, "type": kind, "mtime": since.total_seconds()}
