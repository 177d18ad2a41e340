"""Memory for keys: locked against swapping, left out of core dumps, overwritten when it is let go."""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from typing_extensions import override

_WIPE_ON_FORK: Final = 18
"""linux/mman.h; a child process gets zeros in the place of a key."""


class Secret:
    """Bytes that are in no other place of this process, until `close` overwrites them.

    They lie in pages of their own, which the system is asked not to swap (mlock,
    VirtualLock) and not to write into a core dump. `locked` says whether it agreed to the
    first. Whoever makes `bytes` of `view` makes a copy that nobody overwrites.
    """

    __slots__ = ("_map", "locked", "view")

    def __init__(self, size: int) -> None:
        self._map = _private_pages(size)
        self.locked: Final = _locked(self._map)
        self.view = memoryview(self._map)[:size]

    @classmethod
    def random(cls, size: int) -> Self:
        """Make one of random bytes of the system."""
        made = cls(size)
        fill_with_random(made.view)
        return made

    @classmethod
    def of(cls, *parts: bytes | bytearray | memoryview) -> Self:
        """Make one of the bytes of `parts`, which stay as they are."""
        made = cls(sum(len(part) for part in parts))
        at = 0
        for part in parts:
            made.view[at : at + len(part)] = part
            at += len(part)
        return made

    def close(self) -> None:
        """Overwrite the bytes and give the pages back. May be called again."""
        if self._map.closed:
            return
        wipe(memoryview(self._map))
        # Somebody may still look at the pages, which hold zeros by now.
        with suppress(BufferError):
            self.view.release()
            self._map.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.view)

    @override
    def __repr__(self) -> str:
        return "<Secret>"

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")


def wipe(memory: memoryview | bytearray) -> None:
    """Overwrite memory with zeros, by a call that no compiler leaves out."""
    held = memoryview(memory).cast("B")
    if held.nbytes:
        first = ctypes.c_char.from_buffer(held)
        ctypes.memset(ctypes.addressof(first), 0, held.nbytes)


def wipe_text(text: str) -> None:
    """Overwrite the letters of a text that nobody uses any more: an ASCII one in CPython, no other.

    Only for a text that was made a moment ago and is in no table of names: Python takes texts
    for unchangeable.
    """
    if sys.implementation.name == "cpython" and text.isascii() and len(text) > 1:
        # For an ASCII text this is the address of its own letters, not of a copy.
        letters = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object)(("PyUnicode_AsUTF8", ctypes.pythonapi))
        ctypes.memset(letters(text), 0, len(text))


def fill_with_random(memory: memoryview) -> None:
    """Fill memory with random bytes of the system, without a copy elsewhere.

    Raises:
        OSError: when the system gives none.
    """
    if sys.platform == "win32":
        from app.system.windows.memory import fill_with_random as on_windows

        on_windows(memory)
        return
    with Path("/dev/urandom").open("rb", buffering=0) as source:
        at = 0
        while at < len(memory):
            at += source.readinto(memory[at:]) or 0


@contextmanager
def secrets_of(*sizes: int) -> Iterator[tuple[Secret, ...]]:
    """Give secrets of these sizes, all overwritten on leaving."""
    made: list[Secret] = []
    try:
        made.extend(Secret(size) for size in sizes)
        yield tuple(made)
    finally:
        for one in made:
            one.close()


def _private_pages(size: int) -> mmap.mmap:
    length = max(size, 1)
    if sys.platform == "win32":
        return mmap.mmap(-1, length)
    pages = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if sys.platform == "linux":
        with suppress(OSError):
            pages.madvise(mmap.MADV_DONTDUMP)
            pages.madvise(_WIPE_ON_FORK)
    return pages


def _locked(pages: mmap.mmap) -> bool:
    address = ctypes.addressof(ctypes.c_char.from_buffer(pages))
    if sys.platform == "win32":
        from app.system.windows.memory import lock

        return lock(address, len(pages))
    # False where a process has reached its limit (RLIMIT_MEMLOCK).
    return bool(_libc().mlock(ctypes.c_void_p(address), ctypes.c_size_t(len(pages))) == 0)


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
