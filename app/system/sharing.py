"""Sharing: which files on a volume hold given blocks, and under what name each is found."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from app.system.extents import extents
from app.system.walk import Walk

# linux/btrfs.h
_LOGICAL_INO_V2: Final = 0xC038943B
_INO_LOOKUP: Final = 0xD0009412
_TREE_SEARCH: Final = 0xD0009411
_ANY_OFFSET: Final = 1
_ASK: Final = struct.Struct("=QQ24xQQ")
_ROOM: Final = 64 * 1024
_HEAD: Final = struct.Struct("=IIII")
_ROW: Final = struct.Struct("=QQQ")
_PATH: Final = struct.Struct("=QQ4080s")
_KEY: Final = struct.Struct("=QQQQQQQIII36x")
_FOUND: Final = struct.Struct("=QQQII")
_BACK: Final = struct.Struct("=QQH")
_INODE: Final = struct.Struct("=16xQ100xQIQI")
_ROOT_TREE, _TOP_TREE, _FIRST_FILE, _ROOT_BACKREF, _INODE_ITEM = 1, 5, 256, 144, 1
_ANY: Final = (1 << 64) - 1
_LAST_TREE: Final = _ANY - 256
_SECOND: Final = 1_000_000_000
_SEARCH_BYTES: Final = 4096
_DEPTH: Final = 32

Run = tuple[int, int]
"""First byte on the volume and the one after the last."""


@dataclass(frozen=True, slots=True)
class Sharer:
    """A file that holds some of the blocks: its number, and on btrfs that of its subvolume, else 0."""

    tree: int
    inode: int


def tree_of(fd: int) -> int:
    """The number of the btrfs subvolume an open file lies in.

    Raises:
        OSError: where that can't be asked.
    """
    return int(_PATH.unpack(_asked(fd, _INO_LOOKUP, _PATH.pack(0, _FIRST_FILE, b"")))[0])


def sharers_on_btrfs(fd: int, places: Iterable[Run]) -> set[Sharer]:
    """Ask btrfs who holds the extents that these logical addresses lie in. Needs root.

    An extent is kept whole while any file refers to any part of it.

    Raises:
        OSError: EPERM and the like; an extent that is gone is held by nobody.
    """
    found: set[Sharer] = set()
    for first, _ in places:
        room = ctypes.create_string_buffer(_ROOM)
        with suppress(FileNotFoundError):
            _asked(fd, _LOGICAL_INO_V2, _ASK.pack(first, _ROOM, _ANY_OFFSET, ctypes.addressof(room)))
            _, _, count, _ = _HEAD.unpack_from(room)
            rows = (_ROW.unpack_from(room, _HEAD.size + at * 8) for at in range(0, count, 3))
            found |= {Sharer(tree, inode) for inode, _, tree in rows}
    return found


def snapshots_on_btrfs(fd: int, inode: int, told: tuple[int, int, int]) -> set[Sharer]:
    """Ask btrfs which other subvolumes hold a file as it was: same number, size, mtime and ctime.

    A small file lies in the tree itself, which a snapshot shares without any extent. Needs root.

    Raises:
        OSError: EPERM and the like.
    """
    found = set()
    for tree in {_TOP_TREE, *_subvolumes(fd)} - {tree_of(fd)}:
        with suppress(FileNotFoundError):
            for item in _items(fd, tree, (inode, inode), _INODE_ITEM):
                size, ctime, ctime_ns, mtime, mtime_ns = _INODE.unpack_from(item.held)
                if told == (size, mtime * _SECOND + mtime_ns, ctime * _SECOND + ctime_ns):
                    found.add(Sharer(tree, inode))
    return found


def _subvolumes(fd: int) -> Iterator[int]:
    first = _FIRST_FILE
    while rows := _items(fd, _ROOT_TREE, (first, _LAST_TREE), _ROOT_BACKREF, 64):
        yield from (row.of for row in rows)
        first = rows[-1].of + 1


def sharers_among(walk: Walk, places: Sequence[Run]) -> dict[Run, set[Sharer]]:
    """Map every file of a walk and give those that hold any of the places, which are in order."""
    found: dict[Run, set[Sharer]] = {}
    firsts = [first for first, _ in places]
    for entry in walk:
        for start, end in _mapped(entry.path):
            at = max(bisect_right(firsts, start) - 1, 0)
            while at < len(places) and places[at][0] < end:
                if places[at][1] > start:
                    found.setdefault(places[at], set()).add(Sharer(0, entry.inode()))
                at += 1
    return found


def _mapped(path: str) -> list[Run]:
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        fd = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return []
    try:
        return [(one.physical, one.physical + one.length) for one in extents(fd, sync=False) or ()]
    finally:
        os.close(fd)


def name_on_btrfs(fd: int, sharer: Sharer) -> str:
    """The path of a file from the top of its btrfs volume, through its subvolumes. Needs root.

    Raises:
        OSError: when it is not there any more, or can't be asked for.
    """
    return f"{_subvolume(fd, sharer.tree)}/{_inside(fd, sharer.tree, sharer.inode)}".strip("/")


def _subvolume(fd: int, tree: int) -> str:
    path = ""
    for _ in range(_DEPTH):
        if tree == _TOP_TREE:
            break
        parent, folder, name = _parent(fd, tree)
        path = f"{_inside(fd, parent, folder)}/{name}/{path}".strip("/")
        tree = parent
    return path


def _inside(fd: int, tree: int, inode: int) -> str:
    if inode == _FIRST_FILE:
        return ""
    answer = _PATH.unpack(_asked(fd, _INO_LOOKUP, _PATH.pack(tree, inode, b"")))
    return os.fsdecode(answer[2].split(b"\0")[0]).strip("/")


def _parent(fd: int, tree: int) -> tuple[int, int, str]:
    """The subvolume that holds this one, the folder in it, and the name there."""
    rows = _items(fd, _ROOT_TREE, (tree, tree), _ROOT_BACKREF)
    if not rows:
        raise FileNotFoundError(tree)
    folder, _, length = _BACK.unpack_from(rows[0].held)
    return rows[0].offset, folder, os.fsdecode(rows[0].held[_BACK.size :][:length])


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a btrfs tree: the first and last number of its key, and what it holds."""

    of: int
    offset: int
    held: bytes


def _items(fd: int, tree: int, between: Run, kind: int, most: int = 1) -> list[_Item]:
    """Search a tree for items of one kind; where the first and last number differ, others come along."""
    low, high = between
    key = _KEY.pack(tree, low, high, 0, _ANY, 0, _ANY, kind, kind, most)
    answer = _asked(fd, _TREE_SEARCH, key.ljust(_SEARCH_BYTES, b"\0"))
    found, at = [], _KEY.size
    for _ in range(_KEY.unpack_from(answer)[9]):
        _, of, offset, _, length = _FOUND.unpack_from(answer, at)
        at += _FOUND.size
        found.append(_Item(of, offset, answer[at : at + length]))
        at += length
    return found


def _asked(fd: int, what: int, question: bytes) -> bytes:
    if sys.platform != "linux":
        raise OSError("not asked here")
    import fcntl

    answer = bytearray(question)
    fcntl.ioctl(fd, what, answer)
    return bytes(answer)
