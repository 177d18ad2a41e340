"""Kinds in where a file is and what it may be: links, mounts, rights, names, paths."""

from __future__ import annotations

import os
from pathlib import Path

from campaign.grounds import run, unmount
from campaign.kinds import ALL, BTRFS, DISKS, EXT, XFS, kind
from campaign.yard import Case, Yard

LINKING = (*DISKS, "tmpfs", "fuse", "overlay", "ntfs")


@kind("hard link", LINKING, 3)
def hard_link(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path = folder / "a.csv"
    mark = yard.write(path)
    second = folder / "b.csv"
    if yard.chance.random() < 0.5:
        os.link(path, second)
        yard.sign_for(case, path, mark)
    else:
        yard.sign_for(case, path, mark)
        yard.after_signing(lambda: os.link(path, second))


@kind("both hard links signed", LINKING)
def both_links(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path, second = folder / "a.csv", folder / "b.csv"
    mark = yard.write(path)
    os.link(path, second)
    yard.sign_for(case, path, mark)
    yard.sign_for(case, second, mark)


@kind("hard link made while it is wiped", LINKING, 3)
def late_link(yard: Yard, case: Case) -> None:
    path, item = yard.plain(case, yard.folder())
    second = path.with_name("late.csv")
    call = yard.chance.choice(("open_in_place", "overwrite", "sync", "read_back", "rename", "note"))
    act = lambda: os.link(path, second)  # noqa: E731 done at one of several moments
    if call == "note":
        yard.at_note[item.id] = act
    else:
        yard.disk.when(call, path.name, act)


@kind("symbolic link in its place", LINKING)
def symlink(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    path, _ = yard.plain(case, folder)
    victim = folder / "other.csv"
    yard.outsider(victim)

    def swap() -> None:
        path.rename(folder / "moved.csv")
        path.symlink_to(victim)

    yard.after_signing(swap)


@kind("folder became a link", LINKING)
def folder_link(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    inner, other = folder / "d", folder / "e"
    inner.mkdir()
    other.mkdir()
    path, _ = yard.plain(case, inner)
    yard.outsider(other / path.name)

    def swap() -> None:
        inner.rename(folder / "was-d")
        inner.symlink_to(other)

    yard.after_signing(swap)


@kind("bind mount", DISKS)
def bind(yard: Yard, case: Case) -> None:
    """The same file seen through a second place."""
    folder = yard.folder()
    inner, view = folder / "d", folder / "view"
    inner.mkdir()
    view.mkdir()
    run("mount", "--bind", inner, view)
    yard.undo(lambda: unmount(view))
    path = inner / "a.csv"
    mark = yard.write(path)
    yard.sign_for(case, yard.chance.choice((path, view / "a.csv")), mark)


@kind("read-only bind mount", DISKS)
def read_only_bind(yard: Yard, case: Case) -> None:
    folder = yard.folder()
    yard.plain(case, folder)

    def cover() -> None:
        run("mount", "--bind", folder, folder)
        run("mount", "-o", "remount,bind,ro", folder)

    yard.after_signing(cover)
    yard.undo(lambda: unmount(folder))


@kind("covered by a mount", DISKS)
def covered(yard: Yard, case: Case) -> None:
    """Another file of the same name and size, on a file system put over the folder."""
    folder = yard.folder()
    path, item = yard.plain(case, folder)

    def cover() -> None:
        run("mount", "-t", "tmpfs", "-o", "size=8m", "none", folder)
        path.write_bytes(bytes(item.stamp.size))
        yard.stays(path)

    yard.after_signing(cover)
    yard.undo(lambda: unmount(folder))
    yard.undo(lambda: yard.look_at_strangers(folder))


@kind("on a mount inside", DISKS)
def nested(yard: Yard, case: Case) -> None:
    """A signed file on a file system in memory that is mounted inside the location."""
    folder = yard.folder()
    run("mount", "-t", "tmpfs", "-o", "size=8m", "none", folder)
    yard.undo(lambda: unmount(folder))
    yard.plain(case, folder, 6000)


@kind("read-only mode", ALL)
def read_only(yard: Yard, case: Case) -> None:
    path = yard.folder() / "a.csv"
    mark = yard.write(path)
    path.chmod(0o444)
    yard.sign_for(case, path, mark)


@kind("no mode at all", DISKS)
def no_mode(yard: Yard, case: Case) -> None:
    path = yard.folder() / "a.csv"
    mark = yard.write(path)
    path.chmod(yard.chance.choice((0o000, 0o200, 0o222)))
    yard.sign_for(case, path, mark)


@kind("immutable or append-only", (*EXT, *XFS, *BTRFS), 3)
def sealed(yard: Yard, case: Case) -> None:
    path = yard.folder() / "a.csv"
    mark = yard.write(path)
    letter = yard.chance.choice("ia")
    run("chattr", f"+{letter}", path)
    yard.undo(lambda: run("chattr", f"-{letter}", path))
    yard.sign_for(case, path, mark)


@kind("immutable folder", (*EXT, *XFS, *BTRFS))
def sealed_folder(yard: Yard, case: Case) -> None:
    """The content can be overwritten, the name can't be taken away."""
    folder = yard.folder()
    yard.plain(case, folder)
    letter = yard.chance.choice("ia")
    run("chattr", f"+{letter}", folder)
    yard.undo(lambda: run("chattr", f"-{letter}", folder))


@kind("name not UTF-8", (*EXT, *XFS, *BTRFS, "tmpfs"))
def odd_name(yard: Yard, case: Case) -> None:
    raw = b"\xbf\xcd\xbb\xa7\xff" + yard.chance.randbytes(6).replace(b"/", b"_").replace(b"\0", b"_")
    path = Path(os.fsdecode(os.fsencode(yard.folder()) + b"/" + raw))
    yard.sign_for(case, path, yard.write(path))


@kind("odd name", (*EXT, *XFS, *BTRFS, "tmpfs"))
def odder_name(yard: Yard, case: Case) -> None:
    name = yard.chance.choice(("a\nb.csv", "-rf", " ", "*", "'\"`$(reboot)", "名" * 85, "a" * 255, "\\", "x"))
    path = yard.folder() / name
    yard.sign_for(case, path, yard.write(path))


@kind("path longer than PATH_MAX", (*EXT, *XFS, *BTRFS))
def long_path(yard: Yard, case: Case) -> None:
    part = "很长的文件夹名" * 11
    at, fd = yard.folder(), -1
    fd = os.open(at, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for _ in range(20):
            os.mkdir(part, dir_fd=fd)
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)
            os.close(fd)
            fd, at = inner, at / part
        mark, size = yard.marks.new(), yard.size()
        made = os.open("a.csv", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644, dir_fd=fd)
        with open(made, "wb") as file:
            file.write(yard.marks.content(mark, size))
        yard.sign_for(case, at / "a.csv", mark, dir_fd=fd)
    finally:
        os.close(fd)


@kind("EIO", ("fuse",), 8)
def failing(yard: Yard, case: Case) -> None:
    """A layer in between fails one kind of call, or lies."""
    path, _ = yard.plain(case, yard.folder())
    calls = ("read", "write", "fsync", "open", "rename", "unlink", "lie", "half", "short")
    call = yard.chance.choice(calls)
    yard.after_signing(lambda: _fault(yard.top.parent.parent / "faults", call, path.name))


def _fault(faults: Path, call: str, name: str) -> None:
    with faults.open("a", encoding="utf-8", errors="surrogateescape") as told:
        told.write(f"{call} {name}\n")


@kind("EIO below", ("ext4 on fuse",), 6)
def failing_below(yard: Yard, case: Case) -> None:
    """The medium under the file system fails, or takes what is written and forgets it."""
    path, _ = yard.plain(case, yard.folder())
    faults = yard.top.parent.parent / "below" / "faults"
    call = yard.chance.choice(("read", "write", "fsync", "lie", "short"))
    when = yard.chance.choice(("open_in_place", "overwrite", "sync", "open_to_read", "rename"))
    yard.disk.when(when, path.name, lambda: _fault(faults, call, "inner.img"))
    yard.undo(lambda: faults.write_text(""))
