"""The calls of macOS that Lethe makes. They give bytes as documented; who asks reads them.

`native` makes them; the tests replay recorded answers.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Sequence
from typing import Final, Protocol

# sys/fcntl.h
F_NOCACHE: Final = 48
F_GETPATH: Final = 50
F_FULLFSYNC: Final = 51
F_LOG2PHYS_EXT: Final = 65

# sys/stat.h
UF_IMMUTABLE: Final = 0x2
UF_APPEND: Final = 0x4
UF_COMPRESSED: Final = 0x20
SF_IMMUTABLE: Final = 0x20000
SF_APPEND: Final = 0x40000
SF_DATALESS: Final = 0x40000000

# sys/attr.h
EF_MAY_SHARE_BLOCKS: Final = 0x1
EF_IS_SYNC_ROOT: Final = 0x4

NOT_OFFERED: Final = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOTTY, errno.EINVAL, errno.ENOSYS})
"""How a file system says that it has no such call."""


class Api(Protocol):
    """Each method is one documented call and raises OSError with its errno."""

    def device(self, place: int | str) -> int:
        """Give `st_dev`."""

    def stat_flags(self, fd: int) -> int:
        """Give `st_flags` (chflags(2))."""

    def links(self, fd: int) -> int:
        """Give `st_nlink`."""

    def size(self, fd: int) -> int:
        """Give `st_size`."""

    def statfs(self, place: int | str) -> bytes:
        """Ask the volume: a `struct statfs` with 64-bit inodes."""

    def control(self, fd: int, command: int, question: bytes | int = 0) -> bytes:
        """fcntl(2): the structure as it was left, empty for a number."""

    def runs(self, fd: int, size: int) -> Sequence[tuple[int, int]]:
        """lseek(2) with SEEK_DATA and SEEK_HOLE: the runs that are not holes."""

    def extended_flags(self, fd: int) -> bytes:
        """fgetattrlist(2) for ATTR_CMN_RETURNED_ATTRS and ATTR_CMNEXT_EXT_FLAGS."""

    def attribute_names(self, fd: int) -> bytes:
        """flistxattr(2) with XATTR_SHOWCOMPRESSION: names, each ended by a zero."""

    def attribute_bytes(self, fd: int, name: bytes) -> int:
        """fgetxattr(2) without a buffer: how big an extended attribute is."""

    def snapshots(self, mount: str) -> Sequence[bytes]:
        """fs_snapshot_list(2) for ATTR_CMN_RETURNED_ATTRS and ATTR_CMN_NAME: one entry each."""

    def users(self, path: str) -> bytes:
        """proc_listpidspath(3) with PROC_ALL_PIDS: an array of pid_t."""

    def administrator(self) -> bool:
        """Whether every process may be looked into: geteuid(2) is 0."""

    def rename_exclusive(self, folder: int, old: str, new: str) -> None:
        """renameatx_np(2) with RENAME_EXCL."""

    def sync(self, fd: int) -> None:
        """fsync(2): to the device, whose own cache may still hold it."""

    def listing(self, folder: str) -> Sequence[str]:
        """The names in a folder."""

    def run(self, *words: str) -> bytes:
        """Run a program of the system and give what it printed; OSError EIO when it ended with an error."""


def native() -> Api:
    """Give the calls of the Mac this runs on.

    Raises:
        OSError: ENOSYS on another system.
    """
    if sys.platform == "darwin":
        from app.system.macos.native import Native

        return Native()
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), "macOS")
