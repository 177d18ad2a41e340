"""The calls of Windows that Lethe makes. They give bytes as documented; who asks reads them.

`native` makes them; the tests replay recorded answers.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

# winerror.h
FILE_NOT_FOUND: Final = 2
ACCESS_DENIED: Final = 5
INVALID_FUNCTION: Final = 1
HANDLE_EOF: Final = 38
NOT_SUPPORTED: Final = 50
INVALID_PARAMETER: Final = 87
MORE_DATA: Final = 234
NOT_UNDER_SYNC_ROOT: Final = 390

NOT_OFFERED: Final = frozenset({INVALID_FUNCTION, NOT_SUPPORTED, INVALID_PARAMETER})
"""How a file system says that it has no such call."""

# ENOENT is only for what is surely not there: whoever removes a file takes it for done.
_ERRNOS: Final = {
    FILE_NOT_FOUND: errno.ENOENT,
    3: errno.ENOENT,  # PATH_NOT_FOUND
    ACCESS_DENIED: errno.EACCES,
    INVALID_FUNCTION: errno.EOPNOTSUPP,
    19: errno.EROFS,  # WRITE_PROTECT
    32: errno.ETXTBSY,  # SHARING_VIOLATION
    33: errno.ETXTBSY,  # LOCK_VIOLATION
    39: errno.ENOSPC,  # HANDLE_DISK_FULL
    NOT_SUPPORTED: errno.EOPNOTSUPP,
    80: errno.EEXIST,  # FILE_EXISTS
    INVALID_PARAMETER: errno.EINVAL,
    112: errno.ENOSPC,  # DISK_FULL
    123: errno.EINVAL,  # INVALID_NAME
    183: errno.EEXIST,  # ALREADY_EXISTS
    206: errno.ENAMETOOLONG,  # FILENAME_EXCED_RANGE
    303: errno.ETXTBSY,  # DELETE_PENDING
    1224: errno.ETXTBSY,  # USER_MAPPED_FILE
    1295: errno.EDQUOT,  # DISK_QUOTA_EXCEEDED
    6000: errno.EACCES,  # ENCRYPTION_FAILED
    6002: errno.EACCES,  # FILE_ENCRYPTED
}

# winnt.h, fileapi.h
GENERIC_READ: Final = 0x80000000
GENERIC_WRITE: Final = 0x40000000
DELETE: Final = 0x00010000
SYNCHRONIZE: Final = 0x00100000
READ_ATTRIBUTES: Final = 0x0080
LIST_DIRECTORY: Final = 0x0001
ADD_FILE: Final = 0x0002
SHARE_NONE: Final = 0
SHARE_READ: Final = 1
SHARE_WRITE: Final = 2
SHARE_DELETE: Final = 4
WRITE_THROUGH: Final = 0x80000000
NO_BUFFERING: Final = 0x20000000
BACKUP_SEMANTICS: Final = 0x02000000
OPEN_REPARSE_POINT: Final = 0x00200000

# FILE_INFO_BY_HANDLE_CLASS of minwinbase.h
STANDARD_INFO: Final = 1
RENAME_INFO: Final = 3
DISPOSITION_INFO: Final = 4
END_OF_FILE_INFO: Final = 6
STREAM_INFO: Final = 7
ATTRIBUTE_TAG_INFO: Final = 9
STORAGE_INFO: Final = 16
ID_INFO: Final = 18
DISPOSITION_INFO_EX: Final = 21

# winioctl.h
FSCTL_GET_RETRIEVAL_POINTERS: Final = 0x00090073
FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT: Final = 0x000903D3
FSCTL_QUERY_ALLOCATED_RANGES: Final = 0x000940CF
FSCTL_FILE_LEVEL_TRIM: Final = 0x00098208
IOCTL_STORAGE_QUERY_PROPERTY: Final = 0x002D1400
IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS: Final = 0x00560000


class CallFailed(Exception):
    """A call of Windows failed with an error of winerror.h."""

    def __init__(self, code: int, subject: str = "") -> None:
        super().__init__(code, subject)
        self.code = code
        self.subject = subject


@contextmanager
def as_os_error() -> Iterator[None]:
    """Give a failed call as the OSError that other systems give for it; EIO for what has no like."""
    try:
        yield
    except CallFailed as failed:
        number = _ERRNOS.get(failed.code, errno.EIO)
        text = f"{os.strerror(number)} (Windows error {failed.code})"
        raise OSError(number, text, failed.subject) from failed


@dataclass(frozen=True, slots=True)
class Answer:
    """What DeviceIoControl gave; `more` when there was more than fitted (ERROR_MORE_DATA)."""

    data: bytes
    more: bool = False


@dataclass(frozen=True, slots=True)
class VolumeAnswer:
    """What GetVolumeInformationW gave."""

    file_system: str
    flags: int


@dataclass(frozen=True, slots=True)
class Space:
    """What GetDiskFreeSpaceW gave."""

    sectors_per_cluster: int
    bytes_per_sector: int
    clusters: int


class Api(Protocol):
    """Each method is one documented call and raises CallFailed with its GetLastError."""

    def open(self, path: str, access: int, share: int, flags: int) -> int:
        """CreateFileW with OPEN_EXISTING: a handle."""

    def close(self, handle: int) -> None:
        """CloseHandle."""

    def descriptor(self, handle: int) -> int:
        """_open_osfhandle: the number that `os` knows the handle by; closing it closes the handle."""

    def handle(self, fd: int) -> int:
        """_get_osfhandle."""

    def device(self, place: int | str) -> int:
        """Give `st_dev` as Python tells it."""

    def final_path(self, handle: int) -> str:
        """GetFinalPathNameByHandleW with VOLUME_NAME_DOS."""

    def information(self, handle: int, kind: int, room: int) -> bytes:
        """GetFileInformationByHandleEx."""

    def set_information(self, handle: int, kind: int, data: bytes) -> None:
        """SetFileInformationByHandle."""

    def control(self, handle: int, code: int, question: bytes, room: int) -> Answer:
        """DeviceIoControl."""

    def read(self, handle: int, offset: int, length: int) -> bytes:
        """ReadFile at an offset, into a buffer aligned to a page; fewer bytes at the end."""

    def write(self, handle: int, offset: int, data: bytes | memoryview) -> int:
        """WriteFile at an offset, from a buffer aligned to a page; how much was written."""

    def flush(self, handle: int) -> None:
        """FlushFileBuffers."""

    def volume_path(self, path: str) -> str:
        """GetVolumePathNameW: the mount point, with a backslash at its end."""

    def volume_name(self, mount: str) -> str:
        r"""GetVolumeNameForVolumeMountPointW: `\\?\Volume{…}\`."""

    def volume_information(self, mount: str) -> VolumeAnswer:
        """GetVolumeInformationW."""

    def drive_type(self, mount: str) -> int:
        """GetDriveTypeW."""

    def space(self, mount: str) -> Space:
        """GetDiskFreeSpaceW."""

    def streams(self, path: str) -> Sequence[bytes]:
        """FindFirstStreamW and FindNextStreamW: a WIN32_FIND_STREAM_DATA each."""

    def names(self, path: str) -> Sequence[str]:
        """FindFirstFileNameW and FindNextFileNameW: names from the root of the volume."""

    def users(self, path: str) -> bytes:
        """RmStartSession, RmRegisterResources, RmGetList: an array of RM_PROCESS_INFO."""

    def sync_root(self, path: str) -> bytes:
        """CfGetSyncRootInfoByPath with CF_SYNC_ROOT_INFO_PROVIDER: a CF_SYNC_ROOT_PROVIDER_INFO."""

    def page_files(self) -> Sequence[str]:
        """EnumPageFilesW."""

    def power(self) -> bytes:
        """GetPwrCapabilities: a SYSTEM_POWER_CAPABILITIES."""

    def windows_folder(self) -> str:
        """GetSystemWindowsDirectoryW."""

    def known_folder(self, folder: str) -> str:
        """SHGetKnownFolderPath of a KNOWNFOLDERID written as `{…}`."""

    def run(self, *words: str) -> str:
        """Run a program of the system folder and give what it printed; CallFailed with its exit code."""


def native() -> Api:
    """Give the calls of the Windows this runs on.

    Raises:
        OSError: ENOSYS on another system.
    """
    if sys.platform == "win32":
        from app.system.windows.native import Native

        return Native()
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), "Windows")


def long(path: str) -> str:
    r"""Give the `\\?\` form of an absolute path.

    It may be long, and dots and blanks at the end of a name count as they stand on the disk.
    """
    path = path.replace("/", "\\")
    if path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path


def short(path: str) -> str:
    r"""Take the `\\?\` off a path."""
    if path.startswith("\\\\?\\UNC\\"):
        return "\\\\" + path[8:]
    return path.removeprefix("\\\\?\\") if path[5:6] == ":" else path
