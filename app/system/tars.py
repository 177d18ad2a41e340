"""Tar archives of any size and from anybody, member by member."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, Final, Self, cast

from typing_extensions import override

_LONGEST: Final = 1 << 20
"""Bytes of the longest name, or list of attributes, that a header of its own may have."""
_PART: Final = 1 << 20
_ASIDE: Final = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
"""Members that say something of the next; each is read into memory as long as it says it is."""


_ENDS: Final = ("EOFHeaderError", "EmptyHeaderError")
"""The two ways in which a tar rightly ends."""


class Header(tarfile.TarInfo):
    """A header that has to be right: tarfile takes one that it can't read for the end of the tar."""

    @classmethod
    @override
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            if type(error).__name__ in _ENDS:
                raise
            raise tarfile.ReadError("a header that can't be read") from error

    @classmethod
    @override
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if buf and not any(buf):
            # Some programs cut the zeros at the end short.
            buf = bytes(tarfile.BLOCKSIZE)
        info = super().frombuf(buf, encoding, errors)
        _see(info)
        return info


def opened_tar(file: IO[bytes], *, piped: bool = False) -> tarfile.TarFile:
    """Open a tar that is not packed; as a pipe it is only read forward.

    Raises:
        tarfile.TarError: when it is none, here or as it is read.
    """
    return tarfile.open(fileobj=file, mode="r|" if piped else "r:", tarinfo=Header)


def members_of(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Give each member, in the order in which they lie, and remember none.

    tarfile keeps every header it has seen, so that a large backup would fill the memory; a
    hard link can then not be read by its name.

    Raises:
        tarfile.TarError: when it is damaged.
    """
    while (info := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # public, but not in the stubs
        # An attribute may say another length than the header itself.
        _see(info)
        yield info


def _see(info: tarfile.TarInfo) -> None:
    """Refuse a length that leads back, so that tarfile goes round for ever, or that fills the memory."""
    if info.size < 0 or (info.type in _ASIDE and info.size > _LONGEST):
        raise tarfile.ReadError("a length that is not true")


def is_filled_behind(archive: tarfile.TarFile) -> bool:
    """Whether something but zeros lies behind the end of a tar that `members_of` has gone through."""
    file = cast("IO[bytes]", archive.fileobj)
    return any(any(part) for part in iter(lambda: file.read(_PART), b""))
