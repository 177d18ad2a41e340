"""Recorded answers of macOS. Each test sets what differs from a plain file on an APFS volume of an internal SSD."""

from __future__ import annotations

import errno
import os
import plistlib
import struct

from app.system.macos import api as m

LOCAL = 0x1000
HOME = "/Users/li"
FILE = f"{HOME}/data/客户.csv"


def volume(
    kind="apfs", flags=LOCAL, mount="/System/Volumes/Data", source="/dev/disk3s5", block=4096, blocks=1 << 20
):
    """struct statfs with 64-bit inodes, 2168 bytes."""
    data = struct.pack("=IiQQQQQ", block, 1 << 20, blocks, 9, 9, 9, 9) + struct.pack(
        "=iiIIII", 1, 2, 0, 26, flags, 0
    )
    names = (
        kind.encode().ljust(16, b"\0")
        + mount.encode().ljust(1024, b"\0")
        + source.encode().ljust(1024, b"\0")
    )
    return data + names + bytes(32)


def extended(flags=0, told=0x200):
    """The answer to ATTR_CMN_RETURNED_ATTRS and ATTR_CMNEXT_EXT_FLAGS."""
    return struct.pack("=I5IQ", 32, 0x80000000, 0, 0, 0, told, flags).ljust(64, b"\0")


def snapshot(name, told=0x80000001):
    """One entry of fs_snapshot_list: its length, what it holds, where the name is, the name."""
    raw = name.encode() + b"\0"
    return struct.pack("=I5IiI", 32 + len(raw), told, 0, 0, 0, 0, 8, len(raw)) + raw


VOLUME = {
    "DeviceIdentifier": "disk3s5",
    "ParentWholeDisk": "disk3",
    "WholeDisk": False,
    "BusProtocol": "Apple Fabric",
    "SolidState": True,
    "APFSPhysicalStores": [{"APFSPhysicalStore": "disk0s2"}],
}
STORE = {
    "DeviceIdentifier": "disk0s2",
    "ParentWholeDisk": "disk0",
    "WholeDisk": False,
    "BusProtocol": "Apple Fabric",
}
WHOLE = {
    "DeviceIdentifier": "disk0",
    "ParentWholeDisk": "disk0",
    "WholeDisk": True,
    "BusProtocol": "Apple Fabric",
    "MediaName": "APPLE SSD AP0512Z",
    "SolidState": True,
}
PROFILE = [
    {
        "_items": [
            {
                "_items": [
                    {
                        "bsd_name": "disk0",
                        "device_model": "APPLE SSD AP0512Z  ",
                        "device_serial": "0ba0123",
                        "spnvme_trim_support": "Yes",
                        "volumes": [{"bsd_name": "disk3s5"}],
                    }
                ]
            }
        ]
    }
]


class RecordedMac:
    """Answers what it was given; what stands as an int is the errno a call fails with."""

    def __init__(self):
        self.flags, self.nlink, self.bytes = 0, 1, 10_000
        self.volume = volume()
        self.segments = [(0, 10_000)]
        self.places = {0: (12_288, 40_960)}
        self.extended = extended()
        self.attributes = {}
        self.snaps = []
        self.pids = b""
        self.root = True
        self.path = FILE
        self.full_sync = self.no_cache = b""
        self.exclusive = None
        self.folders = {"/System/Volumes/VM": ["swapfile0", "sleepimage", "other"]}
        self.disks = {"/dev/disk3s5": VOLUME, "disk0s2": STORE, "disk0": WHOLE}
        self.profile = PROFILE
        self.programs = {"tmutil": plistlib.dumps({"Destinations": [{"Name": "备份盘"}]})}
        self.log = []

    def _give(self, answer):
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return answer

    def device(self, place):
        return 77

    def stat_flags(self, fd):
        if self.flags is None:
            raise OSError(errno.EBADF, "")
        return self.flags

    def links(self, fd):
        return self.nlink

    def size(self, fd):
        return self.bytes

    def statfs(self, place):
        return self._give(self.volume)

    def control(self, fd, command, question=0):
        self.log.append((command, question))
        if command == m.F_LOG2PHYS_EXT:
            _, _, offset = struct.unpack("=Iqq", question)
            contiguous, physical = self._give(self.places[offset])
            return struct.pack("=Iqq", 0, contiguous, physical)
        if command == m.F_GETPATH:
            path = self._give(self.path)
            return path.encode().ljust(len(question), b"\0")
        return self._give(self.full_sync if command == m.F_FULLFSYNC else self.no_cache)

    def runs(self, fd, size):
        return self._give(self.segments)

    def extended_flags(self, fd):
        return self._give(self.extended)

    def attribute_names(self, fd):
        return b"".join(name + b"\0" for name in self._give(self.attributes))

    def attribute_bytes(self, fd, name):
        return self._give_size(self.attributes[name])

    def _give_size(self, size):
        if size < 0:
            raise OSError(-size, "")
        return size

    def snapshots(self, mount):
        return self._give(self.snaps)

    def users(self, path):
        return self._give(self.pids)

    def administrator(self):
        return self.root

    def rename_exclusive(self, folder, old, new):
        if self.exclusive:
            raise OSError(self.exclusive, os.strerror(self.exclusive))
        self.log.append(("rename", old, new))
        os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)

    def sync(self, fd):
        self.log.append(("sync", fd))

    def listing(self, folder):
        if folder not in self.folders:
            raise FileNotFoundError(folder)
        return self._give(self.folders[folder])

    def run(self, *words):
        program = words[0].rpartition("/")[2]
        if program == "diskutil" and words[1] == "info":
            told = self.disks.get(words[-1], errno.EIO)
            return told if isinstance(told, bytes) else plistlib.dumps(self._give(told))
        if program == "system_profiler":
            return plistlib.dumps(self._give(self.profile))
        key = " ".join((program, *words[1:3])) if program == "diskutil" else program
        if program == "tmutil" and words[1] == "listlocalsnapshots":
            key = "listlocalsnapshots"
        return self._give(self.programs.get(key, errno.EIO))
