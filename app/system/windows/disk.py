"""The disk on Windows: the few acts that change what is on it, past its cache where they can."""

from __future__ import annotations

import errno
import os
import struct
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from app.system.disk import Disk, Folder, ReadOnlyDisk
from app.system.windows.api import (
    ADD_FILE,
    BACKUP_SEMANTICS,
    DELETE,
    DISPOSITION_INFO,
    DISPOSITION_INFO_EX,
    END_OF_FILE_INFO,
    FSCTL_FILE_LEVEL_TRIM,
    GENERIC_READ,
    GENERIC_WRITE,
    LIST_DIRECTORY,
    NO_BUFFERING,
    NOT_OFFERED,
    OPEN_REPARSE_POINT,
    RENAME_INFO,
    SHARE_DELETE,
    SHARE_NONE,
    SHARE_READ,
    SHARE_WRITE,
    STORAGE_INFO,
    SYNCHRONIZE,
    WRITE_THROUGH,
    Api,
    CallFailed,
    as_os_error,
    long,
    native,
)
from app.system.windows.extents import Mark, is_resident, mark_of, standard_of

_STORAGE: Final = struct.Struct("<7I")
_TRIM_HEAD: Final = struct.Struct("<II")
_TRIM_RANGE: Final = struct.Struct("<QQ")
_RENAME: Final = struct.Struct("@I0PPI")
_END: Final = struct.Struct("<q")
_DELETE_NOW: Final = struct.pack("<I", 0x1 | 0x2)
"""FILE_DISPOSITION_FLAG_DELETE and _POSIX_SEMANTICS: the name is gone when the call returns."""
_DELETE_AT_CLOSE: Final = b"\1"
_MOST: Final = 8 * 1024 * 1024
_LEAST_SECTOR: Final = 512


@dataclass(frozen=True, slots=True)
class _Opened:
    handle: int
    sector: int
    """What offset and length must be multiples of: 1 when Windows' own cache is between."""


class WindowsDisk(Disk):
    """What destruction may do to a file system. Not run on that system.

    What it opened by `open_in_place` nobody else can open, and a reparse point is
    opened as itself and refused, so nothing behind it is ever reached.
    """

    def __init__(self, api: Api | None = None) -> None:
        self._api = api or native()
        self._opened: dict[int, _Opened] = {}

    @override
    def open_in_place(self, folder: Folder, name: str) -> int:
        """Open a file for reading and overwriting, shared with nobody (CreateFileW, OPEN_EXISTING).

        `name` may have the suffix of an alternate stream. What lies in clusters is
        written past the cache; a resident file can't be, and is written through it.

        Raises:
            OSError: ETXTBSY when anyone has it open; ELOOP for a link; EREMOTE when
                its content is not here; EOPNOTSUPP for any other reparse point.
        """
        return self._reach(folder, name, GENERIC_READ | GENERIC_WRITE, SHARE_NONE)

    @override
    def open_to_read(self, folder: Folder, name: str) -> int:
        """Open a file for reading past the cache; refused while anyone has it open for writing.

        Raises:
            OSError: as `open_in_place`.
        """
        return self._reach(folder, name, GENERIC_READ, SHARE_READ)

    def _reach(self, folder: Folder, name: str, access: int, share: int) -> int:
        path = long(folder.at(name)[0])
        handle, sector = self._handle(path, access, share, NO_BUFFERING)
        if not sector:
            self._api.close(handle)
            handle, _ = self._handle(path, access, share, 0)
        fd = self._api.descriptor(handle)
        # A number that was closed and is given again replaces what was kept of it.
        self._opened[fd] = _Opened(handle, sector or 1)
        return fd

    def _handle(self, path: str, access: int, share: int, buffering: int) -> tuple[int, int]:
        """A handle, and its sector: 0 when what it opened must not be read or written unbuffered."""
        with as_os_error():
            handle = self._api.open(path, access, share, OPEN_REPARSE_POINT | WRITE_THROUGH | buffering)
            try:
                _refuse(mark_of(handle, self._api), path)
                # Where nobody says where it lies, it may be resident.
                return handle, self._sector(handle) if is_resident(handle, self._api) is False else 0
            except BaseException:
                self._api.close(handle)
                raise

    def _sector(self, handle: int) -> int:
        """The larger of the sector sizes that FileStorageInfo names; 0 when it names none."""
        try:
            row = _STORAGE.unpack_from(self._api.information(handle, STORAGE_INFO, _STORAGE.size))
        except (CallFailed, struct.error):
            return 0
        sector = max(row[:4])
        return sector if sector >= _LEAST_SECTOR and sector & (sector - 1) == 0 else 0

    @override
    def overwrite(self, fd: int, offset: int, data: bytes | memoryview) -> None:
        """Write all of `data` at `offset` (WriteFile), through every cache but the disk's own.

        What is not a multiple of a sector is joined with what stands around it, and
        the file keeps its length, or ends where `data` does if that is further.
        """
        opened = self._known(fd)
        with as_os_error():
            low, high = _around(offset, len(data), opened.sector)
            if (low, high) == (offset, offset + len(data)):
                self._write(opened.handle, offset, memoryview(data))
                return
            size, _ = standard_of(opened.handle, self._api)
            around = bytearray(self._read(opened.handle, low, high - low).ljust(high - low, b"\0"))
            around[offset - low : offset - low + len(data)] = data
            self._write(opened.handle, low, memoryview(around))
            end = max(size, offset + len(data))
            if high > end:
                self._api.set_information(opened.handle, END_OF_FILE_INFO, _END.pack(end))

    def _write(self, handle: int, offset: int, rest: memoryview) -> None:
        while rest:
            done = self._api.write(handle, offset, rest[:_MOST])
            if not done:
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            rest, offset = rest[done:], offset + done

    @override
    def read_back(self, fd: int, offset: int, length: int) -> bytes:
        """Read up to `length` bytes at `offset` (ReadFile); fewer only at the end of the file."""
        opened = self._known(fd)
        low, high = _around(offset, length, opened.sector)
        with as_os_error():
            return self._read(opened.handle, low, high - low)[offset - low : offset - low + length]

    def _read(self, handle: int, offset: int, length: int) -> bytes:
        """Read whole sectors. A read that gives less has met the end, where no sector begins any more."""
        parts: list[bytes] = []
        while length > 0:
            asked = min(length, _MOST)
            part = self._api.read(handle, offset, asked)
            parts.append(part)
            if len(part) < asked:
                break
            offset, length = offset + asked, length - asked
        return b"".join(parts)

    def _known(self, fd: int) -> _Opened:
        if fd not in self._opened:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF), str(fd))
        return self._opened[fd]

    @override
    def sync(self, fd: int) -> None:
        """Put a file on its disk, the disk's own cache flushed too (FlushFileBuffers)."""
        with as_os_error():
            self._api.flush(self._api.handle(fd))

    @override
    def sync_volume(self, fd: int) -> bool:
        """Say False: each file is flushed for itself, since flushing a volume needs an administrator."""
        return False

    @override
    def forget(self, fd: int) -> None:
        """Do nothing: what was opened past the cache is read past it."""

    @override
    def go_direct(self, fd: int) -> bool:
        """Say False: what can be read and written past the cache is so already."""
        return False

    @override
    def forgo(self, folder: Folder, name: str) -> None:
        """Tell the device that the content of a file is not needed (FSCTL_FILE_LEVEL_TRIM), or do nothing.

        Raises:
            OSError: when the file can't be opened for oneself alone.
        """
        fd = self.open_in_place(folder, name)
        try:
            self.trim(fd, standard_of(self._known(fd).handle, self._api)[0])
        except CallFailed:
            return
        finally:
            os.close(fd)

    @override
    def rename(self, folder: Folder, old: str, new: str) -> None:
        """Rename within a folder, never over an existing name (FileRenameInfo, ReplaceIfExists 0)."""
        target = long(folder.at(new)[0]).encode("utf-16-le", "surrogatepass")
        question = _RENAME.pack(0, 0, len(target)) + target + b"\0\0"
        with as_os_error():
            handle = self._to_change(folder, old)
            try:
                self._api.set_information(handle, RENAME_INFO, question)
            finally:
                self._api.close(handle)

    @override
    def unlink(self, folder: Folder, name: str) -> None:
        """Remove a name (FileDispositionInfoEx, and FileDispositionInfo where that is not offered).

        The clusters it led to are given back as they are.
        """
        with as_os_error():
            handle = self._to_change(folder, name)
            try:
                self._api.set_information(handle, DISPOSITION_INFO_EX, _DELETE_NOW)
            except CallFailed as failed:
                if failed.code not in NOT_OFFERED:
                    raise
                self._api.set_information(handle, DISPOSITION_INFO, _DELETE_AT_CLOSE)
            finally:
                self._api.close(handle)

    def _to_change(self, folder: Folder, name: str) -> int:
        # Only with backup semantics does a folder open at all; a file opens as without.
        flags = OPEN_REPARSE_POINT | BACKUP_SEMANTICS
        return self._api.open(long(folder.at(name)[0]), DELETE | SYNCHRONIZE, SHARE_NONE, flags)

    @override
    def sync_folder(self, folder: Folder) -> None:
        """Put the names of a folder on the disk (FlushFileBuffers of the folder itself).

        Raises:
            OSError: when it may not be, so that nobody claims that they are.
        """
        share = SHARE_READ | SHARE_WRITE | SHARE_DELETE
        with as_os_error():
            handle = self._api.open(long(folder.path), LIST_DIRECTORY | ADD_FILE, share, BACKUP_SEMANTICS)
            try:
                self._api.flush(handle)
            finally:
                self._api.close(handle)

    def trim(self, fd: int, length: int) -> bool:
        """Tell the device that the first `length` bytes of a file are not needed (FSCTL_FILE_LEVEL_TRIM).

        A request that proves nothing. What is read there afterwards is anything. False
        where the file system or the device does not take it.
        """
        question = _TRIM_HEAD.pack(0, 1) + _TRIM_RANGE.pack(0, length)
        with as_os_error():
            try:
                told = self._api.control(self._api.handle(fd), FSCTL_FILE_LEVEL_TRIM, question, 4)
            except CallFailed as failed:
                if failed.code in NOT_OFFERED:
                    return False
                raise
        return int.from_bytes(told.data[:4], "little") == 1


class ReadOnlyWindowsDisk(ReadOnlyDisk, WindowsDisk):
    """The dry run: looks and reads as the real one does, and refuses every change with EROFS."""

    @override
    def trim(self, fd: int, length: int) -> bool:
        """Refuse."""
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(fd))


def _around(offset: int, length: int, sector: int) -> tuple[int, int]:
    """The whole sectors that hold a run."""
    return offset // sector * sector, -(-(offset + length) // sector) * sector


def _refuse(mark: Mark, path: str) -> None:
    """Refuse what is not plainly a file whose content lies here.

    Raises:
        OSError: ELOOP, EREMOTE or EOPNOTSUPP.
    """
    if mark.link:
        number = errno.ELOOP
    elif mark.elsewhere:
        number = errno.EREMOTE
    elif mark.tag:
        number = errno.EOPNOTSUPP
    else:
        return
    raise OSError(number, os.strerror(number), path)
