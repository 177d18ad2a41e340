"""The disk: the few acts that change what is on it, and a dry run that refuses them.

Nothing here follows a link in the last part of a path, nor in a folder below the root it was
given: every part is opened from the folder before it (openat), so a folder that was swapped for
a link after it was looked at is refused and never entered.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.system import calls
from app.system.direct import go_direct
from app.system.durable import sync_file

_FOLDER: Final = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_WALK: Final = _FOLDER | getattr(os, "O_PATH", os.O_RDONLY)
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_FILE: Final = (
    _NOFOLLOW
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)  # a pipe or device put in the file's place must not block
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NOINHERIT", 0)
)


class Folder:
    """An open folder; its names are reached through it. `real` is where it is now."""

    def __init__(self, path: str, fd: int | None) -> None:
        self.path = path
        self.fd = fd
        self.real = _real(path, fd)

    def at(self, name: str) -> tuple[str, int | None]:
        """How the calls of `os` name a file of this folder: a path and a `dir_fd`."""
        return (name, self.fd) if self.fd is not None else (f"{self.path}{os.sep}{name}", None)

    def close(self) -> None:
        """Let go of the folder. May be called again."""
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None


def _real(path: str, fd: int | None) -> str:
    with suppress(OSError):
        if fd is not None and sys.platform == "darwin":
            from app.system.macos.handles import path_of

            return path_of(fd)
        if fd is not None and sys.platform == "linux":
            return str(Path(f"/proc/self/fd/{fd}").readlink())
        return os.path.realpath(path)
    return path


def open_folder(path: str, root: str = "") -> Folder:
    """Open the absolute folder `path`, part by part, so that its length does not matter.

    Links are followed down to `root` (the location the officer named) and refused
    below it; without a root, or outside it, they are followed.

    Raises:
        OSError: ELOOP for a link or `..` below `root`; ENOENT, EACCES and so on.
    """
    if sys.platform == "win32":
        from app.system.windows.folders import open_folder as on_windows

        return on_windows(path, root)
    if os.open not in os.supports_dir_fd:
        return Folder(path, None)
    parts, free = _parts(path), len(_parts(path))
    if root and parts[: len(_parts(root))] == _parts(root):
        free = len(_parts(root))
    fd = os.open("/", _WALK)
    try:
        for index, part in enumerate(parts):
            fd = _enter(fd, part, linked=index < free)
        # The walk's own handle can't be synced.
        last = os.open(".", _FOLDER | os.O_RDONLY, dir_fd=fd)
    finally:
        os.close(fd)
    return Folder(path, last)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _enter(fd: int, part: str, *, linked: bool) -> int:
    """Open a part of the path and close the folder before it; on an error that one stays open."""
    if not linked and part == "..":
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), part)
    try:
        inner = os.open(part, _WALK | (0 if linked else _NOFOLLOW), dir_fd=fd)
    except NotADirectoryError as error:
        told = os.stat(part, dir_fd=fd, follow_symlinks=False)
        if stat.S_ISLNK(told.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), part) from error
        raise
    os.close(fd)
    return inner


class Disk:
    """What destruction may do to a file system. Every method raises OSError as the system gives it."""

    def look(self, folder: Folder, name: str) -> os.stat_result:
        """Ask about a name without following it and without opening it."""
        path, fd = folder.at(name)
        return os.stat(path, dir_fd=fd, follow_symlinks=False)

    def open_in_place(self, folder: Folder, name: str) -> int:
        """Open a file for reading and overwriting: never cut, never made, never through a link."""
        return self._open(folder, name, os.O_RDWR)

    def open_to_read(self, folder: Folder, name: str) -> int:
        """Open a file for reading, never through a link; its access time stays where that is allowed."""
        return self._open(folder, name, os.O_RDONLY)

    def _open(self, folder: Folder, name: str, flags: int) -> int:
        path, fd = folder.at(name)
        quiet = getattr(os, "O_NOATIME", 0)
        try:
            return os.open(path, flags | _FILE | quiet, dir_fd=fd)
        except PermissionError:
            # EPERM is also what a file of another owner answers to O_NOATIME.
            return os.open(path, flags | _FILE, dir_fd=fd)

    def overwrite(self, fd: int, offset: int, data: bytes | memoryview) -> None:
        """Write all of `data` at `offset`. Not on the disk before `sync` or `sync_volume`."""
        rest = memoryview(data)
        while rest:
            if hasattr(os, "pwrite"):
                done = os.pwrite(fd, rest, offset)
            else:
                os.lseek(fd, offset, os.SEEK_SET)
                done = os.write(fd, rest)
            rest, offset = rest[done:], offset + done

    def sync(self, fd: int) -> None:
        """Put a file on its disk, through the disk's own cache where the system can."""
        sync_file(fd)

    def sync_volume(self, fd: int) -> bool:
        """Put the whole file system of `fd` on its disk. False where the system has no such call."""
        return calls.sync_file_system(fd)

    def forget(self, fd: int) -> None:
        """Drop what the system remembers of a synced file, so that it is next read from the disk.

        A request, which the system may decline; what is read after it is evidence
        through the file, not from the device.
        """
        if sys.platform == "linux":
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)

    def read_back(self, fd: int, offset: int, length: int) -> bytes:
        """Read up to `length` bytes at `offset`; fewer only at the end of the file."""
        parts = []
        while length:
            if hasattr(os, "pread"):
                part = os.pread(fd, length, offset)
            else:
                os.lseek(fd, offset, os.SEEK_SET)
                part = os.read(fd, length)
            if not part:
                break
            parts.append(part)
            offset, length = offset + len(part), length - len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def go_direct(self, fd: int) -> bool:
        """Read and write an open file past the page cache from now on, between aligned memory only."""
        return go_direct(fd)

    def read_into(self, fd: int, held: memoryview, offset: int) -> int:
        """Read a directly opened file into aligned memory; gives how many bytes came."""
        if sys.platform == "win32":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), "preadv")
        return os.preadv(fd, [held], offset)

    def rename(self, folder: Folder, old: str, new: str) -> None:
        """Rename within a folder, never over an existing name.

        Raises:
            FileExistsError: when `new` is taken; nothing was changed.
        """
        if folder.fd is not None and _rename_exclusive(folder.fd, old, new):
            return
        taken = True
        try:
            self.look(folder, new)
        except FileNotFoundError:
            taken = False
        if taken:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
        (source, fd), (target, _) = folder.at(old), folder.at(new)
        os.rename(source, target, src_dir_fd=fd, dst_dir_fd=fd)

    def unlink(self, folder: Folder, name: str) -> None:
        """Remove a name. The blocks it led to are given back as they are."""
        path, fd = folder.at(name)
        os.unlink(path, dir_fd=fd)

    def remove_folder(self, folder: Folder, name: str) -> None:
        """Remove an empty folder of `folder`."""
        path, fd = folder.at(name)
        os.rmdir(path, dir_fd=fd)

    def sync_folder(self, folder: Folder) -> None:
        """Put the names of a folder on the disk."""
        if folder.fd is not None:
            self.sync(folder.fd)

    def forgo(self, folder: Folder, name: str) -> None:
        """Tell the device that the content of a file is not needed, where that is told file by file.

        Here it is told of the whole volume (`trim`). What is read there afterwards is anything.
        """

    def permit(self, path: str) -> None:  # noqa: ARG002 the dry run names the path it refuses
        """Ask leave for a change that another library makes, such as moving to the bin."""
        return


def _rename_exclusive(folder: int, old: str, new: str) -> bool:
    try:
        return calls.rename_without_replacing(folder, old, new)
    except OSError as error:
        if error.errno == errno.EINVAL:  # the file system can't promise it (some FUSE and network ones)
            return False
        raise


def this_disk() -> Disk:
    """Give the disk of the system this runs on."""
    if sys.platform == "win32":
        from app.system.windows.disk import WindowsDisk

        return WindowsDisk()
    if sys.platform == "darwin":
        from app.system.macos.disk import MacDisk

        return MacDisk()
    return Disk()


class ReadOnlyDisk(Disk):
    """The dry run: looks and reads as the real one does, and refuses every change with EROFS."""

    @override
    def open_in_place(self, folder: Folder, name: str) -> int:
        """Open for reading only."""
        return self.open_to_read(folder, name)

    @override
    def overwrite(self, fd: int, offset: int, data: bytes | memoryview) -> None:
        """Refuse."""
        raise _refusal(f"{len(data)} bytes at {offset} of {fd}")

    @override
    def rename(self, folder: Folder, old: str, new: str) -> None:
        """Refuse."""
        raise _refusal(f"{old} to {new} in {folder.path}")

    @override
    def unlink(self, folder: Folder, name: str) -> None:
        """Refuse."""
        raise _refusal(f"{name} in {folder.path}")

    @override
    def remove_folder(self, folder: Folder, name: str) -> None:
        """Refuse."""
        raise _refusal(f"{name} in {folder.path}")

    @override
    def forgo(self, folder: Folder, name: str) -> None:
        """Refuse."""
        raise _refusal(f"{name} in {folder.path}")

    @override
    def permit(self, path: str) -> None:
        """Refuse."""
        raise _refusal(path)


def this_read_only_disk() -> ReadOnlyDisk:
    """Give the dry run of the disk of the system this runs on."""
    if sys.platform == "win32":
        from app.system.windows.disk import ReadOnlyWindowsDisk

        return ReadOnlyWindowsDisk()
    if sys.platform == "darwin":
        from app.system.macos.disk import ReadOnlyMacDisk

        return ReadOnlyMacDisk()
    return ReadOnlyDisk()


def _refusal(what: str) -> OSError:
    return OSError(errno.EROFS, os.strerror(errno.EROFS), what)
