"""Kinds in how the content lies: shared, moved, sparse, inline, journalled, compressed."""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
from pathlib import Path
from typing import IO

from campaign.grounds import run
from campaign.kinds import ALL, BTRFS, DISKS, EXT, XFS, kind
from campaign.yard import Case, NotHere, Yard

FICLONE = 0x40049409
FIDEDUPERANGE = 0xC0189436
_LIBC = ctypes.CDLL(None, use_errno=True)
KEEP_SIZE, PUNCH_HOLE, ZERO_RANGE = 1, 2, 16
SHARING = ("xfs", "btrfs", "btrfs zstd", "btrfs nodatacow", "btrfs mixed")


def fallocate(fd: int, mode: int, offset: int, length: int) -> None:
    if _LIBC.fallocate(fd, mode, ctypes.c_long(offset), ctypes.c_long(length)):
        raise NotHere(f"fallocate: {os.strerror(ctypes.get_errno())}")


def clone(source: Path, target: Path) -> None:
    """A second file on the same blocks."""
    with source.open("rb") as held, target.open("wb") as made:
        try:
            fcntl.ioctl(made.fileno(), FICLONE, held.fileno())
        except OSError as error:
            raise NotHere(f"no reflink: {error}") from error


@kind("plain", ALL, 3)
def plain(yard: Yard, case: Case) -> None:
    yard.plain(case, yard.folder())


@kind("many", DISKS, 1)
def many(yard: Yard, case: Case) -> None:
    """So many that they are synced at once."""
    folder = yard.folder()
    for _ in range(12):
        yard.plain(case, folder, yard.chance.choice((700, 6000, 9000)))


@kind("reflink", SHARING, 4)
def reflink(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder(), yard.size() + 8192)
    copy = path.with_name("clone.csv")
    clone(path, copy)
    yard.stays(copy)
    if yard.chance.random() < 0.5:
        os.sync()


@kind("reflink, clone gone", SHARING)
def reflink_gone(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder(), yard.size() + 8192)
    copy = path.with_name("clone.csv")
    clone(path, copy)
    if yard.chance.random() < 0.5:
        os.sync()
    copy.unlink()


@kind("reflink of a part", SHARING)
def reflink_part(yard: Yard, case: Case) -> None:
    """Only one block in the middle is shared; FICLONERANGE."""
    folder = yard.folder()
    path = folder / "a.csv"
    mark = yard.write(path, 100_000, synced=True)
    other = folder / "b.csv"
    yard.outsider(other, 8192)
    with path.open("rb") as source, other.open("r+b") as target:
        try:
            fcntl.ioctl(target.fileno(), 0x4020940D, struct.pack("=qQQQ", source.fileno(), 8192, 4096, 4096))
        except OSError as error:
            raise NotHere(f"no reflink: {error}") from error
        os.fsync(target.fileno())
    yard.stays(other)
    yard.sign_for(case, path, mark)


@kind("clone made while it is wiped", SHARING, 3)
def reflink_late(yard: Yard, case: Case) -> None:
    path, _ = yard.plain(case, yard.folder(), yard.size() + 8192)
    copy = path.with_name("late.csv")
    moment = yard.chance.choice(
        [("before", "open_in_place"), ("after", "open_in_place"), ("before", "overwrite"), ("after", "overwrite"),
         ("before", "sync"), ("after", "sync")]
    )  # fmt: skip
    yard.disk.when(moment[1], path.name, lambda: clone(path, copy), moment=moment[0])


@kind("deduplicated", SHARING, 3)
def deduplicated(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    size = yard.chance.choice((4096, 65536, 262_144))
    path, other = folder / "a.csv", folder / "b.csv"
    mark = yard.write(path, size, synced=True)
    other.write_bytes(path.read_bytes())
    for each in (path, other):
        with each.open("r+b") as file:
            os.fsync(file.fileno())
    source, target = (path, other) if yard.chance.random() < 0.5 else (other, path)
    with source.open("rb") as held, target.open("r+b") as made:
        request = bytearray(struct.pack("=QQHHIqQQiI", 0, size, 1, 0, 0, made.fileno(), 0, 0, 0, 0))
        try:
            fcntl.ioctl(held.fileno(), FIDEDUPERANGE, request)
        except OSError as error:
            raise NotHere(f"no deduplication: {error}") from error
    yard.stays(other)
    yard.sign_for(case, path, mark)


@kind("snapshot", BTRFS, 4)
def snapshot(yard: Yard, case: Case) -> None:
    where = yard.top / f"子卷{len(yard.cases):03d}"
    run("btrfs", "-q", "subvolume", "create", where)
    path, _ = yard.plain(case, where, yard.size())
    held = yard.top / f"快照{len(yard.cases):03d}"
    take = lambda: run("btrfs", "-q", "subvolume", "snapshot", "-r", where, held)  # noqa: E731 done at one of several moments
    moment = yard.chance.choice(("now", "signed", "overwrite"))
    if moment == "now":
        take()
        yard.stays(held / path.name)
    elif moment == "signed":
        yard.after_signing(take)
    else:
        yard.disk.when("overwrite", path.name, take)


@kind("no copy on write", BTRFS)
def nocow(yard: Yard, case: Case) -> None:
    """As a swap file is made: marked +C, laid out beforehand."""
    path = yard.folder() / "swap.csv"
    path.touch()
    run("chattr", "+C", path)
    with path.open("r+b") as file:
        fallocate(file.fileno(), 0, 0, 131_072)
        mark = yard.marks.new()
        file.write(yard.marks.content(mark, 131_072))
        os.fsync(file.fileno())
    yard.sign_for(case, path, mark)


@kind("compressed by its mark", ("btrfs", "btrfs mixed"))
def compressed(yard: Yard, case: Case) -> None:
    path = yard.folder() / "压缩.csv"
    path.touch()
    run("chattr", "+c", path)
    yard.sign_for(case, path, yard.write(path, yard.size() + 70_000))


@kind("sparse", DISKS)
def sparse(yard: Yard, case: Case) -> None:
    path = yard.folder() / "sparse.csv"
    mark = yard.marks.new()
    with path.open("wb") as file:
        for index in range(yard.chance.randrange(1, 6)):
            file.seek(index * 200_000 + yard.chance.randrange(100_000))
            file.write(yard.marks.content(mark, yard.size() % 20_000 + 40, index * 1000))
        if yard.chance.random() < 0.5:
            file.truncate(2_000_000)
    yard.sign_for(case, path, mark)


@kind("hole punched", DISKS)
def punched(yard: Yard, case: Case) -> None:
    """The bytes of the hole were given back before anybody signed: they are not the file's any more."""
    path = yard.folder() / "punched.csv"
    mark = yard.write(path, 200_000, synced=yard.chance.random() < 0.5)
    with path.open("r+b") as file:
        _other_content(yard, case, file, 65_536, 65_536)
        fallocate(file.fileno(), PUNCH_HOLE | KEEP_SIZE, 65_536, 65_536)
    yard.sign_for(case, path, mark)


def _other_content(yard: Yard, case: Case, file: IO[bytes], start: int, length: int) -> None:
    """What is given back before signing has a mark of its own."""
    gone = yard.marks.new()
    case.earlier.append(gone)
    file.seek(start)
    file.write(yard.marks.content(gone, length))
    file.flush()
    os.fsync(file.fileno())


@kind("zeroed range", (*EXT, *XFS))
def zeroed(yard: Yard, case: Case) -> None:
    """Blocks that read as zeros and hold the old bytes all the same."""
    path = yard.folder() / "zeroed.csv"
    mark = yard.write(path, 200_000, synced=True)
    start = yard.chance.choice((0, 65_536, 200_000 - 8192))
    length = yard.chance.choice((16_384, 65_536, 200_000 - start))
    with path.open("r+b") as file:
        _other_content(yard, case, file, start, length)
        fallocate(file.fileno(), ZERO_RANGE, start, length)
        os.fsync(file.fileno())
    yard.sign_for(case, path, mark)


@kind("laid out beforehand", DISKS)
def laid_out(yard: Yard, case: Case) -> None:
    """Unwritten blocks behind, or past the end of, what was written."""
    path = yard.folder() / "fallocated.csv"
    mark = yard.marks.new()
    with path.open("wb") as file:
        fallocate(file.fileno(), yard.chance.choice((0, KEEP_SIZE)), 0, 300_000)
        file.write(yard.marks.content(mark, yard.size()))
    yard.sign_for(case, path, mark)


@kind("written through a map", DISKS)
def mapped(yard: Yard, case: Case) -> None:
    """Dirty pages of a map that is gone, over unwritten blocks."""
    import mmap

    path = yard.folder() / "mapped.csv"
    mark, size = yard.marks.new(), 65_536
    with path.open("w+b") as file:
        if yard.chance.random() < 0.5:
            fallocate(file.fileno(), 0, 0, size)
        file.truncate(size)
        with mmap.mmap(file.fileno(), size) as view:
            view[:] = yard.marks.content(mark, size)
    yard.sign_for(case, path, mark)


@kind("in many pieces", DISKS)
def fragmented(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    first, second = folder / "a.csv", folder / "b.csv"
    marks = [yard.marks.new(), yard.marks.new()]
    with first.open("wb") as one, second.open("wb") as two:
        for index in range(40):
            for file, mark in zip((one, two), marks, strict=True):
                file.write(yard.marks.content(mark, 4096 if index % 3 else 8192, index * 400))
                file.flush()
                os.fsync(file.fileno())
    for path, mark in zip((first, second), marks, strict=True):
        yard.sign_for(case, path, mark)


@kind("cut shorter before signing", DISKS)
def cut(yard: Yard, case: Case) -> None:
    """What was cut off was given back; what is left ends in the middle of a block."""
    path = yard.folder() / "cut.csv"
    mark = yard.write(path, 30_000, synced=yard.chance.random() < 0.5)
    kept = yard.chance.choice((100, 4097, 10_000))
    with path.open("r+b") as file:
        _other_content(yard, case, file, kept, 30_000 - kept)
    os.truncate(path, kept)
    yard.sign_for(case, path, mark)


@kind("inline", ("ext4 inline", *BTRFS), 3)
def inline(yard: Yard, case: Case) -> None:
    path = yard.folder() / "小.csv"
    yard.sign_for(case, path, yard.write(path, yard.chance.choice((40, 60, 100, 150)), synced=True))


@kind("inline once, grown since", ("ext4 inline", *BTRFS), 4)
def inline_grown(yard: Yard, case: Case) -> None:
    """The first bytes lay in the inode, and the journal holds the inode as it was."""
    path = yard.folder() / "长.csv"
    mark = yard.write(path, 120, synced=True)
    with path.open("ab") as file:
        file.write(yard.marks.content(mark, 20_000, 10))
    if yard.chance.random() < 0.5:
        os.sync()
    yard.sign_for(case, path, mark)


@kind("journalled by its mark", EXT)
def journalled(yard: Yard, case: Case) -> None:
    path = yard.folder() / "journal.csv"
    path.touch()
    run("chattr", "+j", path)
    yard.sign_for(case, path, yard.write(path, synced=True))


@kind("saved anew by an editor", (*EXT, *XFS))
def saved_anew(yard: Yard, case: Case) -> None:
    """Written twice, the second time beside the first and renamed over it: the first lies in freed blocks."""
    path = yard.folder() / "a.csv"
    case.earlier.append(yard.write(path, 30_000, synced=True))
    beside = path.with_name(".a.csv.tmp")
    mark = yard.write(beside, 30_000, synced=True)
    beside.rename(path)
    yard.sign_for(case, path, mark)


@kind("extended attributes", (*EXT, *XFS, *BTRFS), 3)
def attributed(yard: Yard, case: Case) -> None:
    """The file itself, and a marked value beside it that goes with it."""
    path = yard.folder() / "带属性.csv"
    mark = yard.write(path)
    note = yard.marks.new()
    try:
        os.setxattr(path, "user.comment", yard.marks.content(note, yard.chance.choice((48, 96, 900))))
    except OSError as error:
        raise NotHere(f"no extended attributes: {error}") from error
    yard.sign_for(case, path, mark, note)
