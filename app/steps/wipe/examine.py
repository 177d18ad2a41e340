"""The last look at a file before it is overwritten: is it still what two people signed for?"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from app.domain.case import Profile
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.record import Stamp
from app.domain.step import Stage
from app.steps.wipe.keystream import CHUNK, Stream
from app.steps.wipe.scene import Scene, Spared
from app.system.disk import Disk, Folder
from app.system.extents import Attribute, attributes, data_segments
from app.system.handles import alone
from app.system.protected import is_protected

_BLOCK: Final = 4096
_REASONS: Final = {
    errno.ENOENT: Reason.GONE,
    errno.ENOTDIR: Reason.GONE,
    errno.ENAMETOOLONG: Reason.GONE,
    errno.ELOOP: Reason.LINK,
    errno.EACCES: Reason.DENIED,
    errno.EPERM: Reason.DENIED,
    errno.EROFS: Reason.READ_ONLY,
    errno.ETXTBSY: Reason.OPEN_ELSEWHERE,
    errno.EAGAIN: Reason.OPEN_ELSEWHERE,  # another program holds a lease on it and is asked to give it up
    errno.ENOSPC: Reason.NO_SPACE,
    errno.EDQUOT: Reason.NO_SPACE,
    errno.EREMOTE: Reason.NETWORK,
    errno.EOPNOTSUPP: Reason.UNKNOWN_MEDIUM,
    errno.ENOTSUP: Reason.UNKNOWN_MEDIUM,
}
_SEALED: Final = Attribute.IMMUTABLE | Attribute.APPEND_ONLY


def reason_of(error: OSError) -> Reason:
    """Name what a call of the system refused with."""
    return _REASONS.get(error.errno or 0, Reason.IO_ERROR)


@dataclass(frozen=True, slots=True)
class Sight:
    """A file that is what was signed for, open for overwriting.

    `half` when an earlier run that was stopped has overwritten some of it already.
    """

    fd: int
    told: os.stat_result
    half: bool


_CLUSTER: Final = 4096


def find(item: PlanItem, scene: Scene) -> tuple[Folder, str, os.stat_result]:
    """Look at an item's name: a regular file, the one that was signed for, in no protected place.

    Its content may have changed. Nothing is opened.

    Raises:
        Spared: with the reason why it must be left alone.
    """
    protected = scene.terms.protected
    if is_protected(item.path, protected):
        raise Spared(Reason.PROTECTED_PLACE)
    try:
        folder, name = scene.place(item)
        told = scene.terms.disk.look(folder, name)
    except OSError as error:
        raise Spared(reason_of(error)) from error
    real = f"{folder.real}{os.sep}{name}"
    if real != item.path and is_protected(real, protected):
        raise Spared(Reason.PROTECTED_PLACE)
    if stat.S_ISLNK(told.st_mode):
        raise Spared(Reason.LINK)
    if not stat.S_ISREG(told.st_mode):
        raise Spared(Reason.NOT_A_FILE)
    if not same_file(told, item.stamp):
        raise Spared(Reason.REPLACED)
    return folder, name, told


def same_file(told: os.stat_result, stamp: Stamp) -> bool:
    """Whether it is the file that was signed for, whatever its content is now."""
    return (told.st_dev, told.st_ino) == (stamp.device, stamp.inode)


def unchanged(told: os.stat_result, stamp: Stamp) -> bool:
    """Whether nothing about the file has changed since it was signed for."""
    return (
        same_file(told, stamp)
        and told.st_size == stamp.size
        and told.st_mtime_ns == stamp.mtime_ns
        and told.st_ctime_ns == stamp.ctime_ns
    )


@contextmanager
def examined(item: PlanItem, stage: Stage, scene: Scene) -> Iterator[Sight]:
    """Open an item's file for overwriting, once it has passed every check. It is closed at the end.

    Raises:
        Spared: with the reason; nothing was written.
    """
    disk = scene.terms.disk
    folder, name, told = find(item, scene)
    if told.st_nlink > 1:
        raise Spared(Reason.HARD_LINK)
    if stage is not Stage.BEGUN and not unchanged(told, item.stamp):
        raise Spared(Reason.CHANGED)
    # Root may write what is marked read-only, but the mark is somebody's word that it must stay.
    if not told.st_mode & stat.S_IWUSR:
        raise Spared(Reason.READ_ONLY)
    try:
        fd = disk.open_in_place(folder, name)
    except OSError as error:
        raise Spared(_why_closed(disk, folder, name, error)) from error
    try:
        told = os.fstat(fd)
        if not same_file(told, item.stamp):
            raise Spared(Reason.REPLACED)
        if scene.crosses(item.path, fd):
            raise Spared(Reason.MOUNT_CROSSED)
        if busy(fd, told, scene):
            raise Spared(Reason.OPEN_ELSEWHERE)
        yield Sight(fd, told, _half_done(fd, told, item, stage, scene))
    finally:
        os.close(fd)


def _why_closed(disk: Disk, folder: Folder, name: str, error: OSError) -> Reason:
    """An immutable file answers EPERM, like any other that may not be written."""
    if error.errno != errno.EPERM:
        return reason_of(error)
    try:
        fd = disk.open_to_read(folder, name)
    except OSError:
        return Reason.DENIED
    try:
        sealed = (attributes(fd) or Attribute(0)) & _SEALED
    finally:
        os.close(fd)
    return Reason.IMMUTABLE if sealed else Reason.DENIED


def busy(fd: int, told: os.stat_result, scene: Scene) -> bool:
    """Whether anybody else has an open file open."""
    lone = alone(fd)
    return scene.opened_elsewhere((told.st_dev, told.st_ino)) if lone is None else not lone


def _half_done(fd: int, told: os.stat_result, item: PlanItem, stage: Stage, scene: Scene) -> bool:
    """Tell a file that is as it was signed for from one that a stopped run has begun to overwrite.

    Raises:
        Spared: CHANGED when it is neither.
    """
    disk = scene.terms.disk
    if unchanged(told, item.stamp) and content_fits(disk, fd, item, scene.terms.profile):
        return False
    if stage is Stage.BEGUN and _may_be_half(disk, fd, told, item, scene.terms.streams(item)):
        return True
    raise Spared(Reason.CHANGED)


def _may_be_half(
    disk: Disk, fd: int, told: os.stat_result, item: PlanItem, streams: Sequence[Stream]
) -> bool:
    # Any block of a keystream will do, since a power cut may lose the first and keep a later one. Zeros
    # and the like stand in many a file, so of those it must be the first. And a write that found no room
    # changes the times alone.
    keyed = [stream for stream in streams if stream.sha256]
    # Lethe never cuts a file, and grows it to the end of its last block at most: any other size is
    # somebody's doing, and what they wrote was not signed for.
    block = getattr(told, "st_blksize", _CLUSTER)  # Windows does not tell it
    whole = -(-item.stamp.size // block) * block
    return told.st_size in (item.stamp.size, whole) and (
        any(ours(disk, fd, told.st_size, keyed))
        or next(ours(disk, fd, told.st_size, streams), False)
        or _digest(disk, fd) == item.sha256
    )


def content_fits(disk: Disk, fd: int, item: PlanItem, profile: Profile) -> bool:
    """Whether the content is what was signed for; looked at in the strict profile only."""
    return profile is not Profile.STRICT or _digest(disk, fd) == item.sha256


def _digest(disk: Disk, fd: int) -> str:
    state = hashlib.sha256()
    offset = 0
    while part := disk.read_back(fd, offset, CHUNK):
        state.update(part)
        offset += len(part)
    return state.hexdigest()


def ours(disk: Disk, fd: int, size: int, streams: Sequence[Stream]) -> Iterator[bool]:
    """Tell of each block of an open file, holes left out, whether one of our passes wrote it."""
    for start, end in data_segments(fd, size):
        for offset in range(start, end, CHUNK):
            length = min(CHUNK, end - offset)
            found = disk.read_back(fd, offset, length)
            wanted = [stream.at(offset, length) for stream in streams]
            for at in range(0, length, _BLOCK):
                block = found[at : at + _BLOCK]
                yield any(block == one[at : at + _BLOCK] for one in wanted)
