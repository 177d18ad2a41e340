"""Files that are as an earlier look left them: told by what the system says of each, without opening any."""

from __future__ import annotations

import os
from array import array
from typing import Final

from app.domain.record import Stamp
from app.steps.locate.job import FIELDS, Group, Report

_SIZE: Final = 2
_WORD: Final = (1 << 64) - 1


def stamp_words(stamp: Stamp) -> tuple[int, int, int, int, int]:
    """Give what is kept of a stamp, as `words` does."""
    return (
        stamp.device & _WORD,
        stamp.inode & _WORD,
        stamp.size,
        stamp.mtime_ns & _WORD,
        stamp.ctime_ns & _WORD,
    )


def words(info: os.stat_result) -> tuple[int, int, int, int, int]:
    """Give what is kept of a file, each in 64 bits: one may be older than 1970, or have a longer number."""
    return (
        info.st_dev & _WORD,
        info.st_ino & _WORD,
        info.st_size,
        info.st_mtime_ns & _WORD,
        info.st_ctime_ns & _WORD,
    )


def as_left(group: Group) -> Report | None:
    """Give what the earlier look saw of a group, if its files are the same and none has changed.

    A file that may look otherwise next time was remembered with a stamp that no file has.
    """
    known = group.known
    if known is None or known.location != group.location or known.names != group.joined():
        return None
    before = group.path("")
    stamps: array[int] = array("Q")
    try:
        for name in group.names:
            stamps.extend(words(os.lstat(before + name)))
    except OSError:
        return None
    if stamps.tobytes() != known.stamps:
        return None
    return Report(bytearray(known.looks), array("q", stamps[_SIZE::FIELDS]), stamps, {})
