"""Files that are as an earlier look left them: told by what the system says of each, without opening any."""

from __future__ import annotations

import os
from array import array

from app.steps.locate.job import FIELDS, Group, Report

_SIZE = 2


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
            info = os.lstat(before + name)
            stamps.extend((info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns))
    except (OSError, OverflowError):
        return None
    if stamps.tobytes() != known.stamps:
        return None
    return Report(bytearray(known.looks), array("q", stamps[_SIZE::FIELDS]), stamps, {})
