"""Sharing: which files on a volume hold given blocks, and under what name each is found."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
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
_ROOT_TREE, _TOP_TREE, _FIRST_FILE, _ROOT_BACKREF = 1, 5, 256, 144
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
    most = (1 << 64) - 1
    key = _KEY.pack(_ROOT_TREE, tree, tree, 0, most, 0, most, _ROOT_BACKREF, _ROOT_BACKREF, 1)
    answer = _asked(fd, _TREE_SEARCH, key.ljust(_SEARCH_BYTES, b"\0"))
    if not _KEY.unpack_from(answer)[9]:
        raise FileNotFoundError(tree)
    _, _, parent, _, _ = _FOUND.unpack_from(answer, _KEY.size)
    at = _KEY.size + _FOUND.size
    folder, _, length = _BACK.unpack_from(answer, at)
    return parent, folder, os.fsdecode(answer[at + _BACK.size :][:length])


def _asked(fd: int, what: int, question: bytes) -> bytes:
    if sys.platform != "linux":
        raise OSError("not asked here")
    import fcntl

    answer = bytearray(question)
    fcntl.ioctl(fd, what, answer)
    return bytes(answer)
