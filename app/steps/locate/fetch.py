"""What a worker process does at a location elsewhere: list it, and look at its objects.

An object is read in ranges, in memory: nothing of it is laid on a disk of this machine.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from typing_extensions import override

from app.domain.fault import Fault
from app.domain.record import Problem, Stamp
from app.steps.locate.address import RemoteLocation
from app.steps.locate.job import Fetch, Listed, Listing, RemoteObject, Target, Task
from app.steps.locate.limits import Account
from app.steps.locate.look import Seen, Sight, digest_of, judge, search
from app.steps.locate.read import passages
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source
from app.steps.locate.tally import Tally

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_MISSING: Final = frozenset({"404", "NoSuchKey", "NotFound"})
_DENIED: Final = frozenset({"403", "AccessDenied", "Forbidden"})
_LOGIN: Final = frozenset({"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"})
_LOGIN_ERRORS: Final = frozenset(
    {
        *("LogonFailure", "SMBAuthenticationError", "WrongPassword", "PasswordExpired", "NoSuchUser"),
        *("AccountDisabled", "AccountLockedOut", "NoCredentialsError", "PartialCredentialsError"),
    }
)
_SHARING_VIOLATION: Final = 0xC0000043
_ACCESS_DENIED: Final = 0xC0000022


def at_location(job: Listing | Fetch, task: Task, pulse: Callable[[], None]) -> Listed | Sight:
    """Do a job, and raise nothing: a location elsewhere has errors of its own."""
    return _listed(job, pulse) if isinstance(job, Listing) else _looked(job, task, pulse)


@lru_cache(2)
def _opened(location: RemoteLocation) -> Any:
    if location.scheme == "s3":
        from app.steps.locate.s3 import Buckets

        return Buckets()
    if location.scheme == "smb":
        from app.steps.locate.smb import share_at

        host, port, user = location.server
        return share_at(host, port, user, location.password)
    import fsspec

    return fsspec.filesystem(location.scheme)


def _listed(job: Listing, pulse: Callable[[], None]) -> Listed:
    location = job.location
    objects, folders = [], []
    try:
        for told in _entries(location, job.folder or location.root, pulse):
            path = told["name"]
            if told["type"] == "directory":
                folders.append(path)
            elif told["type"] == "file":
                size = int(told["size"] or 0)
                objects.append(RemoteObject(path, location.address_of(path), size, _mark_of(told)))
    except ImportError:
        return Listed(fault=Fault.REMOTE_UNREACHABLE, detail=f"pip install lethe[{location.scheme}]")
    except Exception as error:  # noqa: BLE001  each has errors of its own; the one who asked tells them
        fault = Fault.REMOTE_LOGIN if _is_login(error) else Fault.REMOTE_UNREACHABLE
        return Listed(fault=fault, detail=_word_of(error), problem=problem_at(error))
    return Listed(tuple(objects), tuple(folders))


def _entries(location: RemoteLocation, folder: str, pulse: Callable[[], None]) -> Iterator[dict[str, Any]]:
    """Give what stands in a folder. As it comes, who watches hears that the location is alive."""
    opened = _opened(location)
    if location.scheme == "file" and os.path.isdir(folder):
        with os.scandir(folder) as entries:
            for entry in entries:
                pulse()
                with contextlib.suppress(FileNotFoundError):
                    yield opened.info(entry)
        return
    yield from opened.ls(folder, detail=True, pulse=pulse)


def _looked(job: Fetch, task: Task, pulse: Callable[[], None]) -> Sight:
    thing = job.object
    target = target_of(job.location.address, thing)
    seen = Seen(target.stamp, [job.failed] if job.failed else [], Tally(task.key))
    try:
        opened = _opened(job.location)
        pulse()
        with opened.open(thing.path, "rb") as ranges:
            file = cast("BinaryIO", io.BufferedReader(_Heard(ranges, pulse)))
            if thing.size:
                file.read(1)  # a place says only now that it may not be read
            account = Account(problems=seen.problems, pulse=pulse)
            source = Source(thing.address.rpartition("/")[2], file, file=file)
            search(source, task, account, seen, read_raw if job.failed else passages)
            file.seek(0)
            seen.sha256 = digest_of(file, thing.size, pulse)
        if _mark_of(opened.info(thing.path)) != thing.mark:
            seen.problems.append(Problem.CHANGED_WHILE_READ)
    except Exception as error:  # noqa: BLE001  each has errors of its own; the object is listed, the look goes on
        seen.problems.append(problem_at(error))
    return judge(target, seen, task)


def target_of(address: str, thing: RemoteObject) -> Target:
    """Give an object as something to look at; of its stamp only size and time say something."""
    below = thing.address[len(address.rstrip("/")) :].lstrip("/")
    stamp = Stamp(0, 0, thing.size, _nanoseconds(thing.mark), 0, 1)
    return Target(thing.address, address, below or thing.address.rpartition("/")[2], stamp)


class _Heard(io.RawIOBase):
    """A file that tells whenever some of it came: who watches knows that the place is alive."""

    def __init__(self, file: Any, pulse: Callable[[], None]) -> None:
        self._file = file
        self._pulse = pulse

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._file.seek(offset, whence))

    @override
    def tell(self) -> int:
        return int(self._file.tell())

    @override
    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        data = self._file.read(len(view))
        self._pulse()
        view[: len(data)] = data
        return len(data)


def problem_at(error: Exception) -> Problem:
    """Say what an error of a place means for the look at one of its objects."""
    code = _code(error)
    status = getattr(error, "ntstatus", None)
    number = getattr(error, "errno", None)
    if isinstance(error, FileNotFoundError) or number == errno.ENOENT or code in _MISSING:
        return Problem.MISSING
    if status == _SHARING_VIOLATION:
        return Problem.LOCKED
    if isinstance(error, PermissionError) or status == _ACCESS_DENIED or code in _DENIED:
        return Problem.DENIED
    return Problem.DENIED if number in (errno.EACCES, errno.EPERM) else Problem.IO_ERROR


def _is_login(error: Exception) -> bool:
    return type(error).__name__ in _LOGIN_ERRORS or _code(error) in _LOGIN


def _word_of(error: Exception) -> str:
    """Name an error without what stands in it: paths and names are the customer's."""
    status = getattr(error, "ntstatus", None)
    if status is None:
        return _code(error) or type(error).__name__
    from smbprotocol.header import NtStatus

    named = (name for name, value in vars(NtStatus).items() if value == status)
    return next(named, f"0x{status:08x}")


def _code(error: Exception) -> str:
    """Give the word of an answer of S3."""
    told = getattr(error, "response", None)
    return str(told.get("Error", {}).get("Code", "")) if isinstance(told, dict) else ""


def _mark_of(told: dict[str, Any]) -> str:
    return str(told.get("ETag") or told.get("mtime") or "")


def _nanoseconds(mark: str) -> int:
    """Give the time of a place that tells one, as a stamp has it; 0 where the mark is none."""
    try:
        return int(float(mark) * 1_000_000_000)
    except ValueError:
        return 0
