"""Volumes: which file system a file lies on, and what an overwrite does there."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from app.system.paths import lies_in

IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})
"""File systems that have no medium."""


class Writes(Enum):
    """Where a file system puts the new bytes when a file is overwritten."""

    IN_PLACE = "in_place"
    """Into the blocks the file has, if no other file shares them."""
    ELSEWHERE = "elsewhere"
    """Into new blocks; the old ones keep their content (copy-on-write, log-structured)."""
    TWICE = "twice"
    """In place, and through its journal besides, which keeps what was written before (ext data=journal)."""
    SERVER = "server"
    """As a server decides."""
    UNKNOWN = "unknown"
    """Lethe holds no facts about it."""


@dataclass(frozen=True, slots=True)
class Volume:
    """A mounted file system. Empty text or None where the system does not say.

    `device` is `st_dev` of the file that was asked about, `source` the block
    device or share, `block` the size in bytes of one block, `journalled_data`
    whether file contents pass through the journal (ext data=journal).
    """

    device: int
    mount: str
    source: str
    file_system: str
    options: str
    writes: Writes
    block: int
    bytes: int
    journalled_data: bool | None = None

    @property
    def known(self) -> bool:
        """Whether Lethe holds facts about this kind of file system."""
        return self.writes is not Writes.UNKNOWN

    @property
    def copy_on_write(self) -> bool:
        """Whether an overwrite leaves the old blocks as they are."""
        return self.writes is Writes.ELSEWHERE

    @property
    def may_share(self) -> bool:
        """Whether two files, or a file and a snapshot, can stand on the same blocks here."""
        return self.file_system not in _NEVER_SHARES

    @property
    def network(self) -> bool:
        """Whether another machine holds the bytes."""
        return self.writes is Writes.SERVER


# NTFS is left out until its resident, compressed and alternate streams are dealt with: unknown is not clean.
_IN_PLACE: Final = frozenset(
    {
        "ext2",
        "ext3",
        "ext4",
        "xfs",
        "jfs",
        "vfat",
        "msdos",
        "exfat",
        "FAT",
        "FAT32",
        "exFAT",
        "tmpfs",
        "ramfs",
    }
)
_NEVER_SHARES: Final = _IN_PLACE - {"xfs"}
_ELSEWHERE: Final = frozenset(
    {"btrfs", "zfs", "bcachefs", "f2fs", "nilfs2", "apfs", "APFS", "ReFS", "ubifs", "jffs2"}
)
_SERVER: Final = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "ncpfs",
        "afs",
        "ceph",
        "9p",
        "virtiofs",
        "glusterfs",
        "lustre",
        "ocfs2",
        "gfs2",
        "afpfs",
        "webdav",
        "fuse.sshfs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.glusterfs",
        "fuse.davfs",
    }
)
_COMMON_BLOCK: Final = 4096
_JOURNALLING: Final = frozenset({"ext3", "ext4"})


def writes_of(file_system: str) -> Writes:
    """Tell what an overwrite does on this kind of file system."""
    if file_system in _IN_PLACE:
        return Writes.IN_PLACE
    if file_system in _ELSEWHERE:
        return Writes.ELSEWHERE
    return Writes.SERVER if file_system in _SERVER else Writes.UNKNOWN


def volume_of(place: int | str | os.PathLike[str]) -> Volume:
    """Find the volume an open file, a file or a folder lies on. A link at the end of a path is followed.

    Raises:
        OSError: when `place` does not exist or can't be reached.
    """
    if sys.platform == "win32":
        from app.system.windows.volumes import volume_of as on_windows

        return on_windows(place)
    if sys.platform == "darwin":
        from app.system.macos.volumes import volume_of as on_mac

        return on_mac(place)
    device = os.stat(place).st_dev
    mount, source, kind, options = _mount_of(place)
    told = os.statvfs(place)
    block, size = told.f_frsize or _COMMON_BLOCK, told.f_frsize * told.f_blocks
    journalled = _journalled(kind, source, options) if kind else None
    return Volume(device, mount, source, kind, options, writes_of(kind), block, size, journalled)


def _mount_of(place: int | str | os.PathLike[str]) -> tuple[str, str, str, str]:
    return _linux_mount(place) if sys.platform == "linux" else _listed_mount(place)


def _linux_mount(place: int | str | os.PathLike[str]) -> tuple[str, str, str, str]:
    """Ask the kernel by mount id, since a btrfs subvolume's device number stands in no table."""
    table = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
    return mount_in(table, str(mount_id(place)))


def mount_id(place: int | str | os.PathLike[str]) -> int:
    """What tells two mounts apart, even two of one file system; elsewhere than on Linux the device number.

    Raises:
        OSError: when `place` does not exist or can't be reached.
    """
    if sys.platform != "linux":
        return os.stat(place).st_dev
    fd = place if isinstance(place, int) else os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        with open(f"/proc/self/fdinfo/{fd}", "rb", buffering=0) as told:
            found = re.search(rb"^mnt_id:\s*(\d+)$", told.read(4096), re.MULTILINE)
    finally:
        if fd is not place:
            os.close(fd)
    return int(found[1]) if found else 0


def mount_in(table: str, mount_id: str) -> tuple[str, str, str, str]:
    """Find mount point, source, kind and options in the text of a mountinfo (proc_pid_mountinfo(5))."""
    for line in table.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split()
        if fields and fields[0] == mount_id:
            kind, source, options = after.split(" ", 2)
            return _plain(fields[4]), _plain(source), kind, f"{fields[5]};{options}"
    return "", "", "", ""


def _plain(field: str) -> str:
    """Undo the octal escapes that mountinfo writes for blanks and backslashes."""
    return re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), field)


def _journalled(kind: str, source: str, options: str) -> bool:
    """Ask whether contents pass the journal: as mounted, or by the default in the superblock."""
    if kind not in _JOURNALLING:
        return False
    if "data=" in options:
        return "data=journal" in options
    name = os.path.basename(os.path.realpath(source))
    try:
        told = Path(f"/proc/fs/ext4/{name}/options").read_text(encoding="ascii")
    except OSError:
        return False
    return "data=journal" in told


def _listed_mount(place: int | str | os.PathLike[str]) -> tuple[str, str, str, str]:
    """Look the volume up in the system's list, where there is no mountinfo."""
    if isinstance(place, int):
        return "", "", "", ""
    import psutil

    path = os.path.realpath(place)
    rows = psutil.disk_partitions(all=True)
    holding = [row for row in rows if _under(path, row.mountpoint)]
    if not holding:
        return "", "", "", ""
    row = max(holding, key=lambda each: len(each.mountpoint))
    return row.mountpoint, row.device, row.fstype, row.opts


def _under(path: str, folder: str) -> bool:
    return lies_in(os.path.normcase(path), os.path.normcase(folder))
