"""The disk on the Mac: past its cache, and through the cache of the device."""

from __future__ import annotations

import errno
import os

from typing_extensions import override

from app.system.disk import Disk, Folder, ReadOnlyDisk
from app.system.macos.api import F_FULLFSYNC, F_NOCACHE, NOT_OFFERED, SF_DATALESS, Api, native


class MacDisk(Disk):
    """What destruction may do to a file system. Not run on that system."""

    def __init__(self, api: Api | None = None) -> None:
        self._api = api or native()

    @override
    def open_in_place(self, folder: Folder, name: str) -> int:
        """Open a file for reading and overwriting past the cache (F_NOCACHE): never through a link.

        Raises:
            OSError: EREMOTE when its content is not here (SF_DATALESS) and would be fetched first.
        """
        return self._past_the_cache(super().open_in_place(folder, name), name)

    @override
    def open_to_read(self, folder: Folder, name: str) -> int:
        """Open a file for reading past the cache, never through a link.

        Raises:
            OSError: as `open_in_place`.
        """
        return self._past_the_cache(super().open_to_read(folder, name), name)

    def _past_the_cache(self, fd: int, name: str) -> int:
        try:
            _refuse(self._api.stat_flags(fd), name)
            self.forget(fd)
        except BaseException:
            os.close(fd)
            raise
        return fd

    @override
    def sync(self, fd: int) -> None:
        """Put a file on its disk, through the disk's own cache (F_FULLFSYNC); fsync(2) where not offered."""
        sync_file(fd, self._api)

    @override
    def sync_volume(self, fd: int) -> bool:
        """Say False: the Mac has no such call that waits."""
        return False

    @override
    def forget(self, fd: int) -> None:
        """Read and write past the cache from now on (F_NOCACHE); a file system may decline."""
        try:
            self._api.control(fd, F_NOCACHE, 1)
        except OSError as error:
            if error.errno not in NOT_OFFERED:
                raise

    @override
    def rename(self, folder: Folder, old: str, new: str) -> None:
        """Rename within a folder, never over an existing name (renameatx_np(2), RENAME_EXCL)."""
        if folder.fd is not None:
            try:
                self._api.rename_exclusive(folder.fd, old, new)
            except OSError as error:
                if error.errno not in NOT_OFFERED:
                    raise
            else:
                return
        super().rename(folder, old, new)


class ReadOnlyMacDisk(ReadOnlyDisk, MacDisk):
    """The dry run: looks and reads as the real one does, and refuses every change with EROFS."""


def sync_file(fd: int, api: Api | None = None) -> None:
    """Put a file on its disk, through the disk's own cache (F_FULLFSYNC); fsync(2) where not offered.

    Raises:
        OSError: when it could not be written back.
    """
    api = api or native()
    try:
        api.control(fd, F_FULLFSYNC)
    except OSError as error:
        if error.errno not in NOT_OFFERED:
            raise
        api.sync(fd)


def _refuse(flags: int, name: str) -> None:
    """Refuse a file whose content the system would fetch as soon as it is touched.

    Raises:
        OSError: EREMOTE.
    """
    if flags & SF_DATALESS:
        raise OSError(errno.EREMOTE, os.strerror(errno.EREMOTE), name)
