"""The lock of a case folder: one officer at a time."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Final

from app.domain.fault import Fault, Refused

_NAME: Final = "case.lock"


class CaseLock:
    """Holds a case folder until closed. The system lets go of it when the process dies, however it dies.

    The file stays on disk: removing it would let two processes hold two different locks.
    """

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    def close(self) -> None:
        """Let go. May be called again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> CaseLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def acquire(folder: Path) -> CaseLock:
    """Lock the case in `folder`, which must exist.

    Raises:
        Refused: CASE_IN_USE when another live process, or this one, holds it.
        OSError: when the lock file can't be made.
    """
    path = folder / _NAME
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    fd = os.open(path, flags, 0o600)
    try:
        _take(fd)
    except OSError as error:
        os.close(fd)
        raise Refused(Fault.CASE_IN_USE, str(folder)) from error
    return CaseLock(fd)


def _take(fd: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # flock is by open file, so a second try from this process is refused too; fcntl's would succeed.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
