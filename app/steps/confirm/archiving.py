"""Copy an archive without some of its members, known by content: zip, tar, packed tars, nested ones."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import IO, BinaryIO, Final, cast

from app.steps.confirm.reading import CHUNK
from app.system.packed import ALONE, HEAD, Packed, packed_as, unpacked
from app.system.tars import members_of
from app.system.zips import TooManyError, is_folder, opened_zip

_IN_MEMORY: Final = 32 << 20
_DEPTH: Final = 4
_UTF8: Final = 0x800


class CantWrite(Exception):
    """This archive can't be written anew without loss."""


Pace = Callable[[int], None]
"""Is told how many bytes were just gone through, and may raise to end the work."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What goes, by its digests; whom to tell how far it is; how deep in archives this one lies."""

    doomed: frozenset[str]
    pace: Pace
    depth: int = 1

    def deeper(self) -> _Job:
        return replace(self, depth=self.depth + 1)


def write_without(source: BinaryIO, target: BinaryIO, doomed: frozenset[str], pace: Pace) -> int:
    """Copy the archive `source` to `target` without members of these digests; give how many went.

    Raises:
        CantWrite: for a form that is only read here, or one nested too deep.
        Exception: what `pace` raises.
    """
    return _written(source, target, _Job(doomed, pace))


def _written(source: BinaryIO, target: BinaryIO, job: _Job) -> int:
    if job.depth > _DEPTH:
        raise CantWrite
    source.seek(0)
    form = packed_as(source.read(HEAD))
    source.seek(0)
    if form is Packed.ZIP:
        return _zip(source, target, job)
    if form is Packed.TAR:
        return _tar(source, target, job)
    if form in ALONE:
        return _packed(source, target, job, form)
    raise CantWrite


class _Named(zipfile.ZipInfo):
    """An entry whose name is written with the very bytes it had; many zips of China hold GBK unmarked."""

    def __init__(self, old: zipfile.ZipInfo) -> None:
        super().__init__(old.orig_filename, old.date_time)
        self._raw = old.orig_filename.encode("utf-8" if old.flag_bits & _UTF8 else "cp437")
        self._utf8 = old.flag_bits & _UTF8
        self.compress_type = old.compress_type
        self.comment = old.comment
        self.create_system = old.create_system
        self.external_attr = old.external_attr
        self.internal_attr = old.internal_attr

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - it is zipfile's own name
        return self._raw, (self.flag_bits & ~_UTF8) | self._utf8


def _zip(source: BinaryIO, target: BinaryIO, job: _Job) -> int:
    gone = 0
    with _opened(source) as old, zipfile.ZipFile(target, "w") as new:
        new.comment = old.comment
        for info in old.infolist():
            named = _Named(info)
            if is_folder(info):
                new.writestr(named, b"")
                continue
            kept, went = _without(partial(_in_zip, old, info), job)
            gone += went
            if kept is not None:
                with kept, new.open(named, "w", force_zip64=info.file_size > 1 << 31) as place:
                    _copy(kept, place, job)
    return gone


def _opened(source: BinaryIO) -> zipfile.ZipFile:
    try:
        return opened_zip(source)
    except TooManyError:
        raise CantWrite from None


def _tar(source: BinaryIO, target: BinaryIO, job: _Job) -> int:
    gone, dropped, form = 0, set(), _format(source)
    with (
        tarfile.open(fileobj=source, mode="r:", errors="surrogateescape") as old,
        tarfile.open(fileobj=target, mode="w:", format=form, errors="surrogateescape") as new,
    ):
        for info in members_of(old):
            if info.issparse():
                raise CantWrite
            if info.islnk() and info.linkname in dropped:
                # A hard link to what went is that content by another name.
                dropped.add(info.name)
                continue
            if not info.isreg():
                new.addfile(info)
                continue
            kept, went = _without(partial(_in_tar, old, info), job)
            gone += went
            # A name that stands there twice is the later one's from here on.
            dropped.discard(info.name)
            if kept is None:
                dropped.add(info.name)
                continue
            with kept:
                info.size = kept.seek(0, 2)
                kept.seek(0)
                info.pax_headers = {k: v for k, v in info.pax_headers.items() if k != "size"}
                new.addfile(info, cast("IO[bytes]", _Paced(kept, job.pace)))
    return gone


class _Paced:
    """A member on its way into a tar, which copies it by itself."""

    def __init__(self, member: BinaryIO, pace: Pace) -> None:
        self._member, self._pace = member, pace

    def read(self, size: int) -> bytes:
        """Read on, and say so."""
        self._pace(0)
        return self._member.read(size)


def _in_zip(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", archive.open(info))


def _in_tar(archive: tarfile.TarFile, info: tarfile.TarInfo) -> BinaryIO:
    return cast("BinaryIO", archive.extractfile(info))


def _format(source: BinaryIO) -> int:
    source.seek(0)
    head = source.read(HEAD)
    source.seek(0)
    return tarfile.GNU_FORMAT if head[257:265] == b"ustar  \0" else tarfile.PAX_FORMAT


def _packed(source: BinaryIO, target: BinaryIO, job: _Job, form: Packed) -> int:
    """A packed tar is written through the same packing; from a packed single file nothing can be left out."""
    with unpacked(source, form) as plain, _packing(target, form) as packed:
        if packed_as(plain.read(HEAD)) is not Packed.TAR:
            raise CantWrite
        return _tar(cast("BinaryIO", plain), cast("BinaryIO", packed), job)


def _without(opened: Callable[[], BinaryIO], job: _Job) -> tuple[BinaryIO | None, int]:
    """Give the member as it stays, None when it goes; an archive in it loses what goes from it.

    What is small is held in memory and what is big is read twice, so that nothing that goes
    is ever written to a disk on the way.
    """
    kept, state = bytearray(), hashlib.sha256()
    with opened() as member:
        while chunk := member.read(CHUNK):
            job.pace(len(chunk))
            state.update(chunk)
            if len(kept) <= _IN_MEMORY:
                kept += chunk
    if state.hexdigest() in job.doomed:
        return None, 1
    small = len(kept) <= _IN_MEMORY
    if packed_as(bytes(kept[:HEAD])) is not None:
        inner = cast("BinaryIO", tempfile.SpooledTemporaryFile(_IN_MEMORY))  # noqa: SIM115 - its taker closes it
        with io.BytesIO(kept) if small else opened() as nested:
            gone = _inside(nested, inner, job)
        if gone:
            inner.seek(0)
            return inner, gone
        inner.close()
    return io.BytesIO(kept) if small else opened(), 0


def _inside(nested: BinaryIO, inner: BinaryIO, job: _Job) -> int:
    try:
        return _written(nested, inner, job.deeper())
    except CantWrite:
        # What can't be written anew here may hold nothing that goes: the comparison afterwards tells.
        return 0


def _copy(source: BinaryIO, target: IO[bytes], job: _Job) -> None:
    while chunk := source.read(CHUNK):
        job.pace(0)
        target.write(chunk)


def _packing(file: BinaryIO, form: Packed) -> IO[bytes]:
    if form is Packed.GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=file, mode="wb", mtime=0))
    return bz2.BZ2File(file, "wb") if form is Packed.BZIP2 else lzma.LZMAFile(file, "wb")
