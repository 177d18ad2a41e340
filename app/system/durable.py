"""Durable writing of the case's own ordinary files."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path


def sync_file(fd: int) -> None:
    """Put an open file on its disk, through the disk's own cache.

    The Mac's fsync(2) stops before that cache, so it is asked for more (F_FULLFSYNC).

    Raises:
        OSError: when it could not be written back.
    """
    if sys.platform == "darwin":
        from app.system.macos.disk import sync_file as on_mac

        on_mac(fd)
    else:
        # On Windows this is FlushFileBuffers.
        os.fsync(fd)


def sync_content(fd: int) -> None:
    """Put what was written inside an open file on its disk; its length must not have changed.

    Linux then need not write down when the file was changed, which would take as long again.

    Raises:
        OSError: when it could not be written back.
    """
    if sys.platform == "linux":
        os.fdatasync(fd)
    else:
        sync_file(fd)


def sync_folder(path: Path) -> None:
    """Put a folder's names on the disk. Windows has no such call and does it with the file.

    Raises:
        OSError: when the folder can't be opened or written back.
    """
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync_file(fd)
    finally:
        os.close(fd)


def write_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` by `data`: after it returns the new content and name are on the disk.

    Killed at any point, `path` holds either all of the old or all of the new. Not
    for keys: the old bytes stay in freed blocks (see shred).

    Raises:
        OSError: when the folder is missing, full or read-only; the old file is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    # Left by a process of the same number that was killed.
    temporary.unlink(missing_ok=True)
    fd = os.open(temporary, flags, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            sync_file(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)
