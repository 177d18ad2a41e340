"""The last look at what was overwritten: from here to the removal nobody writes to it, or it is said."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
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
    """A file that is being removed. `done` bears every doubt that there was until now.

    `fd` is None where an open file can't be removed, `kept` whether writers are kept
    off. While it is a context the file stays open; it is closed at the end.
    """

    done: Done
    fd: int | None = None
    told: os.stat_result | None = None
    kept: bool = False

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.fd is not None:
            os.close(self.fd)

    def ended(self) -> Done:
        """Say of the file, once its folder is on the disk without it, whether anybody was there meanwhile.

        A program may have found the name a moment before it went and be held up before
        the file was open to it. Such a one waits for us, or has written, by now.
        """
        if self.fd is None or self.told is None:
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


def watch(done: Done, folder: Folder, name: str, scene: Scene) -> Watch:
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
        seen = _looked(done, fd, scene)
        if not REMOVED_WHILE_OPEN:
            return replace(seen, fd=None)
        unless_given.pop_all()
        return seen


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
