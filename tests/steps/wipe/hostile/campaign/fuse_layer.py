"""A FUSE layer that passes everything through, except where a file of faults says to fail.

Each line of the file of faults is a call and the end of a path: `write 名单0012.csv`. Calls are read,
write, fsync, open, rename, unlink; `lie` answers a write with success and writes nothing; `half` fails
the second write; `short` reads back only the first byte.
"""

from __future__ import annotations

import errno
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign.yard import NotHere


@contextmanager
def layered(below: Path, mount: Path, faults: Path) -> Iterator[None]:
    """Mount the layer in a process of its own; unmounted at the end.

    Raises:
        NotHere: without FUSE.
    """
    from campaign.grounds import unmount

    if importlib.util.find_spec("mfusepy") is None:
        raise NotHere("mfusepy is not installed")
    if not os.path.exists("/dev/fuse"):
        raise NotHere("there is no /dev/fuse")
    argv = [sys.executable, os.path.abspath(__file__), below, mount, faults]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    child = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 15
        while not os.path.ismount(mount):
            if child.poll() is not None or time.monotonic() > deadline:
                child.kill()
                raise NotHere(
                    f"FUSE does not mount: {child.communicate()[1].decode(errors='replace')[-300:]}"
                )
            time.sleep(0.02)
        yield
    finally:
        unmount(mount)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stderr:
            child.stderr.close()


def _serve(below: str, mount: str, faults: str) -> None:
    import mfusepy

    class Layer(mfusepy.Operations):
        use_ns = True

        def __init__(self) -> None:
            self._writes: dict[str, int] = {}

        def _at(self, path: str) -> str:
            return below + path

        def _faulty(self, call: str, path: str) -> bool:
            with open(faults, encoding="utf-8", errors="surrogateescape") as told:
                return any(line.split(" ", 1)[0] == call and path.endswith(line.split(" ", 1)[1].rstrip("\n"))
                           for line in told)  # fmt: skip

        def _fail(self, call: str, path: str) -> None:
            if self._faulty(call, path):
                raise mfusepy.FuseOSError(errno.EIO)

        def getattr(self, path, fh=None):
            told = os.lstat(self._at(path))
            names = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_ino")
            times = {f"st_{one}time": getattr(told, f"st_{one}time_ns") for one in "amc"}
            return {name: getattr(told, name) for name in names} | times

        def readdir(self, path, fh):
            return [".", "..", *os.listdir(self._at(path))]

        def open(self, path, flags):
            self._fail("open", path)
            return os.open(self._at(path), flags & ~os.O_NOATIME)

        def create(self, path, mode, fi=None):
            return os.open(self._at(path), os.O_RDWR | os.O_CREAT, mode)

        def read(self, path, size, offset, fh):
            self._fail("read", path)
            data = os.pread(fh, size, offset)
            return data[:1] if self._faulty("short", path) else data

        def write(self, path, data, offset, fh):
            self._fail("write", path)
            self._writes[path] = self._writes.get(path, 0) + 1
            if self._writes[path] > 1:
                self._fail("half", path)
            return len(data) if self._faulty("lie", path) else os.pwrite(fh, data, offset)

        def truncate(self, path, length, fh=None):
            os.truncate(self._at(path), length)

        def flush(self, path, fh):
            return 0

        def fsync(self, path, datasync, fh):
            self._fail("fsync", path)
            os.fsync(fh)

        def fsyncdir(self, path, datasync, fh):
            return 0

        def release(self, path, fh):
            os.close(fh)
            return 0

        def rename(self, old, new):
            self._fail("rename", old)
            os.rename(self._at(old), self._at(new))

        def unlink(self, path):
            self._fail("unlink", path)
            os.unlink(self._at(path))

        def mkdir(self, path, mode):
            os.mkdir(self._at(path), mode)

        def rmdir(self, path):
            os.rmdir(self._at(path))

        def chmod(self, path, mode):
            os.chmod(self._at(path), mode)

        def link(self, target, source):
            os.link(self._at(source), self._at(target))

        def symlink(self, target, source):
            os.symlink(source, self._at(target))

        def readlink(self, path):
            return os.readlink(self._at(path))

        def utimens(self, path, times=None):
            os.utime(self._at(path), ns=times)

    mfusepy.FUSE(Layer(), mount, foreground=True, nothreads=True, use_ino=True, fsname="lethe-test")


if __name__ == "__main__":
    _serve(*sys.argv[1:])
