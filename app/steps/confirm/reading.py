"""Read a file that is not ours: no link is followed, nothing is written, a change is seen."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Final

from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.domain.record import Stamp
from app.domain.step import Step

CHUNK: Final = 1 << 20
_PART: Final = 8 << 20

_FLAGS: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    # A FIFO put in a file's place must not make the open wait for a writer.
    | getattr(os, "O_NONBLOCK", 0)
)

_REASONS: Final = {
    errno.ENOENT: Reason.GONE,
    errno.ENOTDIR: Reason.GONE,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.ELOOP: Reason.LINK,
}


class CantRead(Exception):
    """A file could not be opened or read; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


def reason_of(error: OSError) -> Reason:
    """Give the reason that stands for an error of the system; IO_ERROR where there is no better one."""
    return _REASONS.get(error.errno or 0, Reason.IO_ERROR)


def raised(error: OSError) -> None:
    """Let a walk through folders end where one can't be listed: by itself it passes over it.

    Raises:
        OSError: the error.
    """
    raise error


def stamp_of(seen: os.stat_result) -> Stamp:
    """Give the stamp of what stat saw."""
    return Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)


@contextmanager
def reading(path: str) -> Iterator[tuple[io.FileIO, Stamp]]:
    """Open a regular file for reading and give it with its stamp; it is closed on leaving.

    Raises:
        CantRead: when it is gone, a link, no regular file, or not readable.
    """
    try:
        # Where the system has no O_NOFOLLOW this look is the only guard.
        if stat.S_ISLNK(os.lstat(path).st_mode):
            raise CantRead(Reason.LINK)
        descriptor = _open(path)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise CantRead(Reason.NOT_A_FILE)
    except OSError as error:
        raise CantRead(reason_of(error)) from error
    with io.FileIO(descriptor, "rb") as file:
        yield file, stamp_of(os.fstat(descriptor))


def _open(path: str) -> int:
    try:
        return os.open(path, _FLAGS | getattr(os, "O_NOATIME", 0))
    except PermissionError:
        # EPERM is also what a file of another owner answers to O_NOATIME.
        return os.open(path, _FLAGS)


def digest(file: io.FileIO) -> str:
    """Give the SHA-256, hex, of an open file from its start to its end.

    Raises:
        CantRead: when the system fails to read it.
    """
    try:
        file.seek(0)
        return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CantRead(reason_of(error)) from error


def digesting(file: io.FileIO) -> Generator[int, None, str]:
    """As `digest`, and gives on the way how many bytes were read, so that it can be broken off.

    Raises:
        CantRead: when the system fails to read it.
    """
    state, done = hashlib.sha256(), 0
    try:
        file.seek(0)
        while chunk := file.read(_PART):
            state.update(chunk)
            done += len(chunk)
            yield done
    except OSError as error:
        raise CantRead(reason_of(error)) from error
    return state.hexdigest()


def shown_digest(file: io.FileIO, step: Step, path: str) -> Generator[Progressed, None, str]:
    """As `digesting`, told as progress of a step."""
    run, size = digesting(file), os.fstat(file.fileno()).st_size
    while True:
        try:
            done = next(run)
        except StopIteration as end:
            found: str = end.value
            return found
        yield Progressed(step, done, size, "bytes", path)


def stood_still(file: io.FileIO, stamp: Stamp) -> bool:
    """Whether an open file still has the size and times it had when it was opened."""
    return stamp_of(os.fstat(file.fileno())) == stamp
