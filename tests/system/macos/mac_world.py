"""A Mac whose files are real ones in a folder of the test; what only a Mac answers is answered as recorded."""

from __future__ import annotations

import errno
import os

from recorded_mac import LOCAL, RecordedMac, volume

from app.system.macos import api as m

DISK = {
    "DeviceIdentifier": "disk2",
    "WholeDisk": True,
    "BusProtocol": "SATA",
    "SolidState": False,
    "MediaName": "WDC WD10EZEX",
}
POSIX_ONLY = (
    "O_DIRECT", "O_NOATIME", "O_PATH", "posix_fadvise", "posix_fallocate", "listxattr", "setxattr", "getxattr", "removexattr",
    "setresuid", "setresgid", "getresuid", "getresgid", "copy_file_range", "memfd_create", "splice",
)  # fmt: skip
"""What the standard library offers on Linux and not on the Mac."""


class World(RecordedMac):
    """HFS+ on one disk that spins, every file in one piece at the same place."""

    def __init__(self):
        super().__init__()
        self.volume = volume("hfs", LOCAL, source="/dev/disk2")
        self.disks, self.extended = {"/dev/disk2": DISK}, errno.ENOTSUP
        self.places = {0: (1 << 30, 40_960)}

    def device(self, place):
        return os.stat(place).st_dev

    def size(self, fd):
        return os.fstat(fd).st_size

    def runs(self, fd, size):
        return [(0, size)]

    def control(self, fd, command, question=0):
        if command == m.F_GETPATH:
            self.log.append((command, question))
            path = self._give(self.path) if isinstance(self.path, int) else os.readlink(f"/proc/self/fd/{fd}")
            return os.fsencode(path).ljust(len(question), b"\0")
        return super().control(fd, command, question)

    def links(self, fd):
        return max(self.nlink, os.fstat(fd).st_nlink)

    def done(self, command):
        return [entry for entry in self.log if entry[0] == command]
