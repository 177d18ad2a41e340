"""A pipe within the process: one thread writes, another reads, and either can break it off."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

_ROOM: Final = 8
_LARGEST_READ: Final = 64 << 20


class BrokenOff(Exception):
    """The other side broke the pipe off: what was read so far is not the whole."""


class Pipe:
    """A bounded pipe of bytes. Ended, it reads as empty; broken off, both sides raise BrokenOff.

    Unlike an operating system's pipe it tells an end from a break, so that half a
    stream can't be taken for a whole one.
    """

    def __init__(self) -> None:
        self._chunks: deque[memoryview] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._broken = False

    def write(self, data: bytes) -> int:
        """Take `data`, waiting while the pipe is full."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._chunks) < _ROOM or self._broken)
            if self._broken:
                raise BrokenOff
            if data:
                self._chunks.append(memoryview(bytes(data)))
                self._changed.notify_all()
        return len(data)

    def flush(self) -> None:
        """Do nothing: what is written is there to read."""

    def end(self) -> None:
        """Say that all was written."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def break_off(self) -> None:
        """Say that no more will come, or be read; what was not read is dropped."""
        with self._changed:
            self._broken = True
            self._chunks.clear()
            self._changed.notify_all()

    def read(self, count: int = -1) -> bytes:
        """Give at most `count` bytes, or what is there if it is negative; empty at the end."""
        if count > _LARGEST_READ:
            raise BrokenOff
        with self._changed:
            self._changed.wait_for(lambda: self._chunks or self._ended or self._broken)
            if self._broken:
                raise BrokenOff
            if not self._chunks:
                return b""
            chunk = self._chunks.popleft()
            if 0 <= count < len(chunk):
                self._chunks.appendleft(chunk[count:])
                chunk = chunk[:count]
            self._changed.notify_all()
        return bytes(chunk)


@contextmanager
def beside(work: Callable[[], None], pipe: Pipe) -> Iterator[list[BaseException]]:
    """Run `work`, the other end of a pipe, in a thread beside the block, and wait for its end after it.

    What made it fail is in the list after the block; whichever side fails breaks the pipe off.
    """
    failures: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, whatever it is
            failures.append(error)
            pipe.break_off()

    # A daemon: it only feeds an unfinished file, and must not hold up the end of the process.
    thread = threading.Thread(target=run, name="lethe-pipe", daemon=True)
    thread.start()
    try:
        yield failures
    except BrokenOff:
        pipe.break_off()
    except BaseException:
        pipe.break_off()
        raise
    finally:
        thread.join()
