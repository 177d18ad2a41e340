"""Churn: changes that mean nothing, made until a file system's journal holds nothing else."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from types import TracebackType
from typing import Final

_FILES: Final = 512
_MARK: Final = "user.lethe"


class Churn:
    """A folder of files whose marks change again and again. Leaving it removes them.

    A mark of most of a block lies in a block of its own on ext, and in a leaf that
    is logged whole on XFS. So each change puts about a block into the journal.
    """

    def __init__(self, parent: int, name: str, block: int) -> None:
        self._parent = parent
        self._name = name
        self._block = block
        self._turn = 0
        self._folder = -1
        self._files: list[int] = []

    def __enter__(self) -> Churn:
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), _MARK)
        self._parent = os.dup(self._parent)
        try:
            self._make()
        except OSError:
            os.close(self._parent)
            raise
        try:
            flags = os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
            for number in range(_FILES):
                self._files.append(os.open(f"{number:03}", flags, 0o600, dir_fd=self._folder))
        except OSError:
            self._close()
            raise
        return self

    def _make(self) -> None:
        """Make the folder in the one given, or beside that where it would grow out of its inode by it.

        Grown so, its inode would not be written over with the entries that lie in it.
        """
        if sys.platform == "win32":
            return
        before = os.fstat(self._parent).st_size
        with suppress(FileExistsError):
            os.mkdir(self._name, 0o700, dir_fd=self._parent)
            now = os.fstat(self._parent)
            if before < os.fstatvfs(self._parent).f_bsize <= now.st_size:
                above = os.open("..", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._parent)
                if os.fstat(above).st_dev == now.st_dev:
                    os.rmdir(self._name, dir_fd=self._parent)
                    self._parent, above = above, self._parent
                os.close(above)
            with suppress(FileExistsError):
                os.mkdir(self._name, 0o700, dir_fd=self._parent)
        self._folder = os.open(self._name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._parent)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        for fd in self._files:
            os.close(fd)
        for number in range(_FILES):
            with suppress(OSError):
                os.unlink(f"{number:03}", dir_fd=self._folder)
        os.close(self._folder)
        with suppress(OSError):
            os.rmdir(self._name, dir_fd=self._parent)
        os.close(self._parent)

    def stir(self) -> int:
        """Change every mark, each to what none was; gives how many bytes of the journal that takes at least.

        Nothing is in the journal before the file system is synced.

        Raises:
            OSError: when there is no room, or no marks are offered.
        """
        if sys.platform != "linux":
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), _MARK)
        for fd in self._files:
            self._turn += 1
            value = b"%016d" % self._turn * (self._block // 16)
            os.setxattr(fd, _MARK, value)
        return _FILES * self._block
