"""Archives that the standard library can't read, by libarchive where it is: one pass, forward, in memory.

What their heads say of sizes is not asked for: whoever reads counts what comes.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, Final, cast

from typing_extensions import override

_BLOCK: Final = 256 << 10


class NoLibrary(Exception):
    """Neither the binding nor the library itself may be here."""


class Broken(ValueError):
    """It is damaged, cut, encrypted, or packed in a way that the library does not know."""


class Stream(io.RawIOBase):
    """What comes out of one member, read forward only."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        super().__init__()
        self._blocks, self._held = blocks, b""

    @override
    def read(self, size: int = -1) -> bytes:
        """Give up to `size` bytes, fewer where a block ends; nothing at the end.

        Raises:
            Broken: where it breaks.
        """
        import libarchive

        try:
            while not self._held and (block := next(self._blocks, None)) is not None:
                self._held = bytes(block)
        except libarchive.ArchiveError as error:
            raise Broken(str(error)) from error
        size = len(self._held) if size < 0 else size
        data, self._held = self._held[:size], self._held[size:]
        return data


def members(file: BinaryIO) -> Iterator[tuple[str, Stream | None]]:
    """Give the files of an archive with their names, to be read in turn; None for one that is encrypted.

    Raises:
        NoLibrary: before anything is given.
        Broken: where it breaks.
    """
    with _archive(file, "all", "all") as archive:
        for entry in archive:
            # What some tools write says of no member that it is a file.
            if not entry.isdir:
                name = str(entry.pathname)
                yield name, None if _is_locked(entry) else Stream(entry.get_blocks(_BLOCK))


@contextmanager
def unpacked(file: BinaryIO, packing: str) -> Iterator[IO[bytes]]:
    """Open what is only packed, in the way that the library calls `packing`.

    Raises:
        NoLibrary, Broken: as `members`.
    """
    with _archive(file, "raw", packing) as archive:
        # The library takes whatever comes for one member, and what nothing comes of for no archive.
        yield cast("IO[bytes]", Stream(next(iter(archive)).get_blocks(_BLOCK)))


@contextmanager
def _archive(file: BinaryIO, form: str, packing: str) -> Iterator[Any]:
    try:
        import libarchive
    except Exception as error:  # the binding asks a library that is not there for its functions
        raise NoLibrary from error
    file.seek(0)
    try:
        # The library asks for nothing but readinto, which a file without a buffer has too.
        with libarchive.stream_reader(file, form, packing, block_size=_BLOCK) as archive:
            yield archive
    except libarchive.ArchiveError as error:
        raise Broken(str(error)) from error


def _is_locked(entry: Any) -> bool:
    """Ask the library what its binding does not tell: it gives what is encrypted as if it were plain."""
    from ctypes import c_void_p

    from libarchive import ffi

    ask = ffi.libarchive.archive_entry_is_encrypted
    ask.argtypes = [c_void_p]
    return bool(ask(entry._entry_p))  # noqa: SLF001  the binding gives its own handle nowhere else
