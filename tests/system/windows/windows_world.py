"""A Windows whose files are real ones in a folder of the test; all that is asked of it is answered as recorded.

`C:\\data\\客户.csv` is `<folder>/C/data/客户.csv`. A handle is a real open file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import struct
from posixpath import dirname, exists, join  # as they are: a test may change them

from recorded_windows import SECTOR, Recorded

from app.system.windows import api as w
from app.system.windows.api import Answer, CallFailed

_RENAME_HEAD = struct.Struct("@I0PPI")
_REAL = {
    name: getattr(os, name)
    for name in ("open", "close", "stat", "rename", "unlink", "pread", "pwrite", "listdir", "rmdir")
}
_ERRORS = {errno.ENOENT: 2, errno.ENOTDIR: 3, errno.EEXIST: 183}


class World(Recorded):
    """Opens, reads, writes, renames and removes files of `top`.

    `held` are the paths that another program has open; `marks` the attributes and
    reparse tag of a path; `last` the content of each file at the moment it was removed.
    """

    def __init__(self, top):
        super().__init__()
        self.top = top
        self.held = set()
        self.marks = {}
        self.last = {}
        self.renamed = []
        self.programs["powershell.exe"] = "lethe-end"
        self.controls[w.FSCTL_FILE_LEVEL_TRIM] = [Answer(struct.pack("<I", 1))]
        self.mounts["D:\\"] = self.mounts["C:\\"]

    def real(self, path):
        """Where a file of this Windows is; a name too long for the test's own disk by its digest."""
        parts = re.split(r"[\\/]", w.short(path).replace(":", "", 1))
        short = (p if len(p.encode()) < 256 else hashlib.sha256(p.encode()).hexdigest() for p in parts)
        return join(self.top, *short)

    def make(self, path, content):
        os.makedirs(dirname(self.real(path)), exist_ok=True)
        with open(self.real(path), "wb") as file:
            file.write(content)
        return _REAL["stat"](self.real(path))

    def open(self, path, access, share, flags):
        self.log.append(("open", path, access, share, flags))
        plain = w.short(path)
        if plain.startswith("\\\\"):  # a device, asked for its properties
            return self._remember(_REAL["open"](os.devnull, os.O_RDONLY), path, flags)
        if plain in self.held and not share & w.SHARE_WRITE:
            raise CallFailed(32, path)
        try:
            folder = stat.S_ISDIR(_REAL["stat"](self.real(plain)).st_mode)
            if folder and not flags & w.BACKUP_SEMANTICS:
                raise CallFailed(w.ACCESS_DENIED, path)
            handle = _REAL["open"](self.real(plain), os.O_RDONLY if folder else os.O_RDWR)
        except OSError as error:
            raise CallFailed(_ERRORS.get(error.errno, 5), path) from error
        return self._remember(handle, path, flags)

    def _remember(self, handle, path, flags):
        self.opened[handle] = (w.long(path), flags)
        return handle

    def close(self, handle):
        del self.opened[handle]
        _REAL["close"](handle)

    def device(self, place):
        return _REAL["stat"](place if isinstance(place, int) else self.real(place)).st_dev

    def information(self, handle, kind, room):
        told = os.fstat(handle)
        if kind == w.STANDARD_INFO:
            links = max(self.links, told.st_nlink)
            return struct.pack("<qqIBB2x", told.st_blocks * 512, told.st_size, links, 0, 0)
        if kind == w.ATTRIBUTE_TAG_INFO:
            usual = (0x10, 0) if stat.S_ISDIR(told.st_mode) else (self.attributes, self.tag)
            return struct.pack("<II", *self.marks.get(w.short(self.opened[handle][0]), usual))
        return super().information(handle, kind, room)

    def set_information(self, handle, kind, data):
        path = self.opened[handle][0]
        self.log.append(("set", path, kind, data))
        if kind == w.END_OF_FILE_INFO:
            os.ftruncate(handle, struct.unpack("<q", data)[0])
        elif kind == w.RENAME_INFO:
            *_, length = _RENAME_HEAD.unpack_from(data)
            new = data[_RENAME_HEAD.size : _RENAME_HEAD.size + length].decode("utf-16-le")
            if exists(self.real(new)):
                raise CallFailed(183, new)
            _REAL["rename"](self.real(path), self.real(new))
            self.renamed.append((w.short(path), w.short(new)))
        else:
            assert kind == w.DISPOSITION_INFO_EX
            self.last[w.short(path)] = _REAL["pread"](handle, 1 << 26, 0)
            _REAL["unlink"](self.real(path))

    def read(self, handle, offset, length):
        self._aligned(handle, offset, length)
        return _REAL["pread"](handle, length, offset)

    def write(self, handle, offset, data):
        self._aligned(handle, offset, len(data))
        self.log.append(("write", offset, len(data), bool(self.opened[handle][1] & w.NO_BUFFERING)))
        return _REAL["pwrite"](handle, data, offset)

    def done(self, what):
        """The calls of one kind, in order."""
        return [entry for entry in self.log if entry[0] == what]

    def trims(self):
        return [entry for entry in self.done("control") if entry[1] == w.FSCTL_FILE_LEVEL_TRIM]


def python_of(world):
    """What Python's own calls do with a path on this Windows: no open folders, no links followed."""

    def answer(real):
        def called(path, *, dir_fd=None, follow_symlinks=True):
            assert dir_fd is None, "Windows has no dir_fd"
            of_windows = not isinstance(path, int) and re.match(r"\\\\|[A-Z]:", os.fspath(path))
            return real(world.real(os.fspath(path)) if of_windows else path)

        return called

    names = {"stat": "stat", "lstat": "stat", "listdir": "listdir", "rmdir": "rmdir"}
    return {name: answer(_REAL[real]) for name, real in names.items()}


POSIX_ONLY = (
    "O_DIRECT", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC", "O_NOATIME", "O_NONBLOCK", "O_PATH", "SEEK_DATA", "SEEK_HOLE",
    "pread", "pwrite", "preadv", "pwritev", "posix_fadvise", "fstatvfs", "statvfs", "geteuid", "getuid", "fork", "listxattr",
    "setxattr", "getxattr", "major", "minor", "uname", "mkfifo", "fchmod",
)  # fmt: skip

__all__ = ["POSIX_ONLY", "SECTOR", "World", "python_of"]
