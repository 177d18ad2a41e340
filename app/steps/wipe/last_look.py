"""The last look at what was overwritten: from here to the removal nobody writes to it, or it is said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

from app.domain.outcome import Reason
from app.steps.wipe.examine import busy, ours, reason_of, same_file
from app.steps.wipe.pump import LARGE
from app.steps.wipe.scene import Scene, Spared
from app.steps.wipe.verdict import Done
from app.system.disk import Folder
from app.system.guards import REMOVED_WHILE_OPEN, guard, guarded

_OTHERS: Final = Reason.OPEN_ELSEWHERE


@dataclass(frozen=True, slots=True)
class Watch:
    """A file that is about to be removed. `done` bears every doubt that the look gave rise to.

    `fd` is None where an open file can't be removed, `kept` whether writers are kept off.
    """

    done: Done
    fd: int | None
    told: os.stat_result
    kept: bool

    def removed(self) -> Done:
        """Say of the file, now without a name, what may be said: was anybody there since the look?"""
        if self.fd is None:
            return self.done
        done = self.done
        try:
            now = os.fstat(self.fd)
            if (now.st_size, now.st_mtime_ns) != (self.told.st_size, self.told.st_mtime_ns):
                done = done.doubted(Reason.CHANGED)
            if self.kept and not guarded(self.fd):
                done = done.doubted(_OTHERS)  # somebody waits for it, and will write into freed blocks
        except OSError:
            done = done.doubted(Reason.CHANGED)
        return done


@contextmanager
def watched(done: Done, folder: Folder, name: str, scene: Scene) -> Iterator[Watch]:
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
    try:
        if not same_file(os.fstat(fd), done.item.stamp):
            raise FileNotFoundError(name)
        watch = _looked(done, fd, scene)
        if REMOVED_WHILE_OPEN:
            yield watch
            return
    finally:
        os.close(fd)
    yield replace(watch, fd=None)


def _looked(done: Done, fd: int, scene: Scene) -> Watch:
    try:
        told = os.fstat(fd)
        kept = guard(fd)
        alone = not busy(fd, told, scene) if kept is None else kept
        # Looked at only now that nobody can get in between.
        told = os.fstat(fd)
        seen = _compared(done, fd, told, scene)
    except OSError as error:
        raise Spared(reason_of(error), touched=True) from error
    return Watch(seen if alone else seen.doubted(_OTHERS), fd, told, bool(kept))


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
