"""The last look at what was overwritten: from here to the removal nobody writes to it, or it is said."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import Final

from app.domain.outcome import Reason
from app.steps.wipe.examine import busy, ours, reason_of, same_file
from app.steps.wipe.pump import LARGE
from app.steps.wipe.scene import Scene, Spared
from app.steps.wipe.verdict import Done
from app.system.calls import file_handle
from app.system.disk import Folder
from app.system.guards import REMOVED_WHILE_OPEN, guard, guarded, outlived

_OTHERS: Final = Reason.OPEN_ELSEWHERE


class Watch:
    """A file that is being removed. `done` bears every doubt that there was until now.

    It is held open until it has ended, or been closed: `fd` is None where an open file
    can't be removed. `kept` tells whether writers are kept off.
    """

    def __init__(self, done: Done, fd: int | None = None, *, kept: bool = False) -> None:
        self.done = done
        self._fd = fd
        self._kept = kept
        self._told = None if fd is None else os.fstat(fd)

    def close(self) -> None:
        """Let the file go."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def ended(self, near: int | None) -> Done:
        """Let the file go, its folder on the disk without it, and say whether anybody was or still is there.

        A program may have found the name a moment before it went and be held up before
        the file was open to it. Such a one waits for us by now, has written, or holds on
        to the file still. `near` is an open folder of its volume.
        """
        fd = self._fd
        if fd is None or self._told is None:
            return self.done
        done = self.done
        handle = file_handle(fd)
        try:
            now = os.fstat(fd)
            if (now.st_size, now.st_mtime_ns) != (self._told.st_size, self._told.st_mtime_ns):
                done = done.doubted(Reason.CHANGED)
            if self._kept and not guarded(fd):
                done = done.doubted(_OTHERS)  # somebody waits for it, and will write into freed blocks
        except OSError:
            done = done.doubted(Reason.CHANGED)
        self.close()
        return done.doubted(_OTHERS) if outlived(handle, near) else done


def watched(done: Done, folder: Folder, name: str, scene: Scene) -> Watch:
    """Open a file that is about to be removed, see that it is as we left it, and keep writers off.

    One that somebody has written to holds what nobody signed for, and is left. Small
    files are compared byte by byte; large ones when anything about them has changed.

    Raises:
        Spared: CHANGED when it holds anything that we did not write; else what the
            system says when it can't be looked at.
        FileNotFoundError: when another file has taken its place.
    """
    try:
        fd = scene.terms.disk.open_to_read(folder, name)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    with ExitStack() as unless_given:
        unless_given.callback(os.close, fd)
        if not same_file(os.fstat(fd), done.item.stamp):
            raise FileNotFoundError(name)
        seen, kept = _looked(done, fd, scene)
        if not REMOVED_WHILE_OPEN:
            return Watch(seen)
        watch = Watch(seen, fd, kept=kept)
        unless_given.pop_all()
        return watch


def _looked(done: Done, fd: int, scene: Scene) -> tuple[Done, bool]:
    """What may be said of it now, and whether writers are kept off from now on."""
    try:
        kept = guard(fd)
        alone = not busy(fd, os.fstat(fd), scene) if kept is None else kept
        # Looked at only now that nobody can get in between.
        told = os.fstat(fd)
        seen = _compared(done, fd, told, scene)
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    return seen if alone else seen.doubted(_OTHERS), bool(kept)


def _compared(done: Done, fd: int, told: os.stat_result, scene: Scene) -> Done:
    fits = done.left is not None and done.left.fits(told)
    if not fits or told.st_size < LARGE:
        stream = scene.terms.last(done.item)
        if not all(ours(scene.terms.disk, fd, told.st_size, [stream])):
            raise Spared(Reason.CHANGED, touched=True)
    if told.st_nlink > 1:
        done = done.doubted(Reason.HARD_LINK)
    elif done.left and not fits:
        # It holds what it should, but held something else meanwhile, or may have.
        done = done.doubted(Reason.CHANGED)
    return done
