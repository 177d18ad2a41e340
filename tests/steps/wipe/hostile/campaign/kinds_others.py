"""Kinds in which another process holds the file or races for its name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from campaign.kinds import DISKS, kind
from campaign.yard import Case, Yard

HOLD = "import sys, time; f = open(sys.argv[1], sys.argv[2]); print('ready', flush=True); time.sleep(600)"
MAP = """
import mmap, sys, time
f = open(sys.argv[1], 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close()
print('ready', flush=True); time.sleep(600)
"""
WRITE_ON = """
import os, sys, time
print('ready', flush=True)
n = 0
while n < 20000:
    n += 1
    try:
        fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
    except OSError:
        time.sleep(0.001); continue
    os.write(fd, bytes.fromhex(sys.argv[2])); os.close(fd); time.sleep(float(sys.argv[3]))
"""
LEASE = """
import fcntl, os, signal, sys, time
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(sys.argv[1], os.O_RDONLY); fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
print('ready', flush=True); time.sleep(600)
"""
LINKS = """
import os, sys
print('ready', flush=True)
while True:
    try:
        os.link(sys.argv[1], sys.argv[2]); os.unlink(sys.argv[2])
    except OSError:
        pass
"""
# renameat2 with RENAME_EXCHANGE (2) swaps two names with no moment between.
SWAP = """
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
a, b = (os.fsencode(each) for each in sys.argv[1:3])
print('ready', flush=True)
while True:
    libc.renameat2(-100, a, -100, b, 2); time.sleep(float(sys.argv[3]))
"""


def started(yard: Yard, code: str, *argv: object) -> None:
    """Start another process and wait until it is there; it is killed before the image is looked at."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code, *map(str, argv)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )

    def end() -> None:
        child.kill()
        child.wait()
        if child.stdout:
            child.stdout.close()

    yard.undo(end)
    assert child.stdout
    assert child.stdout.readline() == b"ready\n"


@kind("open in another process", (*DISKS, "tmpfs", "ntfs"), 3)
def held(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder())
    mode = yard.chance.choice(("rb", "r+b", "ab"))
    yard.after_signing(lambda: started(yard, HOLD, path, mode))


@kind("mapped by another process", (*DISKS, "tmpfs"), 2)
def mapped(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder())
    yard.after_signing(lambda: started(yard, MAP, path))


@kind("growing all the while", DISKS, 2)
def growing(yard: Yard, case: Case) -> None:
    """Another process adds lines, opening and closing it each time."""
    path, item = yard.plain(case, yard.folder())
    more = yard.marks.new()
    case.marks[item.id].append(more)
    case.told = "by another process"
    pause = yard.chance.choice((0, 0.0005, 0.002))
    call = yard.chance.choice(("overwrite", "sync", "open_to_read"))
    yard.disk.when(
        call, path.name, lambda: started(yard, WRITE_ON, path, yard.marks.content(more, 480).hex(), pause)
    )


@kind("race: file and symbolic link", DISKS, 2)
def race_file(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path, _ = yard.plain(case, folder)
    victim = folder / "victim.csv"
    yard.outsider(victim)
    link = folder / "link.csv"
    link.symlink_to(victim)
    pause = yard.chance.choice((0, 0.0002, 0.001))
    yard.after_signing(lambda: started(yard, SWAP, path, link, pause))


@kind("race: folder and symbolic link", DISKS, 3)
def race_folder(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    inner, other = folder / "d", folder / "other"
    inner.mkdir()
    other.mkdir()
    for _ in range(4):
        path, _item = yard.plain(case, inner)
        yard.outsider(other / path.name, 6000)
    link = folder / "link"
    link.symlink_to(other)
    pause = yard.chance.choice((0, 0.0002, 0.001))
    yard.after_signing(lambda: started(yard, SWAP, inner, link, pause))


@kind("race: two folders", DISKS, 3)
def race_folders(yard: Yard, case: Case) -> None:
    """Both folders hold a file of each name; only one of the two was signed for."""
    folder = yard.folder()
    inner, other = folder / "d", folder / "other"
    inner.mkdir()
    other.mkdir()
    for _ in range(4):
        path, item = yard.plain(case, inner)
        _twin(yard, other / path.name, item.stamp.size)
    pause = yard.chance.choice((0, 0.0002, 0.001))
    number = inner.stat().st_ino

    def put_back() -> None:
        if other.exists() and other.stat().st_ino == number and inner.exists():
            inner.rename(folder / "was-other")
            other.rename(inner)
            (folder / "was-other").rename(other)

    yard.undo(put_back)
    yard.after_signing(lambda: started(yard, SWAP, inner, other, pause))


def _twin(yard: Yard, path: Path, size: int) -> None:
    yard.outsider(path, size)
    os.utime(path)


@kind("leased by another process", DISKS, 1)
def leased(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder())
    yard.after_signing(lambda: started(yard, LEASE, path))


@kind("lent to a loop device", ("ext4", "xfs", "btrfs"), 1)
def lent(yard: Yard, case: Case) -> None:
    """No process has it open; the kernel has."""
    path, _ = yard.plain(case, yard.folder(), 262_144)

    def lend() -> None:
        device = subprocess.run(
            ["losetup", "-f", "--show", path], capture_output=True, check=True, text=True
        ).stdout.strip()
        yard.undo(
            lambda: subprocess.run(["losetup", "-d", device], check=False, capture_output=True) and None
        )

    yard.after_signing(lend)


@kind("race: hard links come and go", DISKS, 1)
def race_links(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder())
    yard.after_signing(lambda: started(yard, LINKS, path, path.with_name("link.csv")))
