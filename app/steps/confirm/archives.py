"""Look into archives: the digest of every member, however nested, within limits that a bomb can't pass."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO, BinaryIO, Final, cast

from typing_extensions import override

from app.domain.outcome import Reason
from app.steps.confirm import mails, sevenzip
from app.steps.confirm.forms import Mails, form_of
from app.steps.confirm.opaque import LOOK, is_opaque
from app.steps.confirm.reading import CHUNK
from app.system.packed import ALONE, BROKEN, HEAD, Packed, unpacked
from app.system.programs import Hung
from app.system.tars import is_filled_behind, members_of, opened_tar
from app.system.zips import MOST, Gaps, TooManyError, Zip, in_order, is_folder, opened_zip

_IN_MEMORY: Final = 32 << 20
_READ_AT_ONCE: Final = 16 << 20
_SIGN_EVERY: Final = 64
"""Chunks after which a sign of life is due."""
_NAMES: Final = b"D"
"""A member of a GNU tar that is a folder, with the names in it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the search of one archive goes. Sizes are bytes.

    What is unpacked may reach `ratio` times the archive, but `floor` is always
    allowed and `bytes` never passed.
    """

    depth: int = 4
    members: int = 2_000_000
    ratio: int = 200
    floor: int = 256 << 20
    bytes: int = 1 << 40


@dataclass(frozen=True, slots=True)
class Member:
    """One file in an archive. `sha256` is empty when its size rules it out, or when `problem` says why.

    `opened` is said of an archive in the archive: its own members follow. `attached` is the
    name of the part of a mail that it is, or is in; None outside of mails. `opaque` is said of an image,
    or what is encrypted: what it holds is not told.
    """

    sha256: str = ""
    problem: Reason | None = None
    opened: bool = False
    attached: str | None = None
    opaque: bool = False


ALIVE: Final = Member(opened=True)
"""Nothing but a sign of life, in the midst of what takes long."""


class _LimitReached(Exception):
    pass


def members(
    file: BinaryIO,
    size: int,
    wanted: Container[str],
    sizes: frozenset[int],
    limits: Limits,
    path: str = "",
) -> Iterator[Member]:
    """Give every file in an open archive; a member that is itself an archive gives its own members.

    A mail gives its parts; one in an archive is a member itself too, for it is more than they are.
    A nested archive whose own digest is `wanted` is not opened. Nothing is unpacked
    to disk. A 7z archive is read by its `path`, one in another archive is not. What could
    not be looked at is a member with a problem: UNREADABLE (damaged or encrypted),
    SEARCH_LIMIT, TOOL_HUNG, NOT_SEARCHED (a form this does not read).
    """
    search = _Search(wanted, sizes, limits, size)
    try:
        file.seek(0)
        if path and form_of(file.read(HEAD)) is Packed.SEVENZIP and sevenzip.program():
            yield from search.sevenzip(path)
            return
        file.seek(0)
        yield from search.archive(file, 1)
    except (_LimitReached, TooManyError):
        yield Member(problem=Reason.SEARCH_LIMIT)
    except Hung:
        yield Member(problem=Reason.TOOL_HUNG)
    except BROKEN:
        yield Member(problem=Reason.UNREADABLE)


class _Search:
    """The search of one archive and all that nests in it, with what is left of its limits."""

    def __init__(self, wanted: Container[str], sizes: frozenset[int], limits: Limits, size: int) -> None:
        self._wanted = wanted
        self._sizes = sizes
        self._depth = limits.depth
        self._members_left = limits.members
        self._listed_left = MOST
        self._bytes_left = min(limits.bytes, max(limits.floor, limits.ratio * size))

    def spend(self, count: int) -> None:
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise _LimitReached

    def archive(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        if depth > self._depth:
            yield Member(problem=Reason.SEARCH_LIMIT)
            return
        form = form_of(file.read(HEAD))
        file.seek(0)
        if form is Packed.ZIP:
            yield from self._zip(file, depth)
        elif form is Packed.TAR:
            yield from self._tar(file, depth)
        elif form is Mails.MAIL:
            yield from self._mails(mails.parts(file), depth)
        elif form is Mails.OLE:
            yield from self._mails(mails.parts_of_msg(file), depth)
        elif form in ALONE:
            yield from self._packed(file, form, depth)
        elif form is not None:
            yield Member(problem=Reason.NOT_SEARCHED)

    def sevenzip(self, path: str) -> Iterator[Member]:
        for told, part in sevenzip.parts(path):
            self._count()
            yield from self._member(_metered(cast("IO[bytes]", part), self), told.size, 1)

    def _zip(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        with self._listed(file) as archive:
            gaps = Gaps(file, archive)
            for info in in_order(archive):
                self._count()
                try:
                    with archive.open(info) as member:
                        gaps.opened(info)
                        if not is_folder(info):
                            yield from self._member(_metered(member, self), info.file_size, depth)
                except BROKEN:
                    yield Member(problem=Reason.UNREADABLE)
            if gaps.any():
                yield Member(problem=Reason.UNREADABLE)

    @contextmanager
    def _listed(self, file: BinaryIO) -> Iterator[Zip]:
        """Open a zip; all that are open at a time list no more than one alone may."""
        with opened_zip(file, self._listed_left) as archive:
            count = len(archive.infolist())
            self._listed_left -= count
            try:
                yield archive
            finally:
                self._listed_left += count

    def _tar(self, file: BinaryIO, depth: int) -> Iterator[Member]:
        with opened_tar(file) as archive:
            for info in members_of(archive):
                if info.type not in (*tarfile.SUPPORTED_TYPES, _NAMES) and info.size:
                    # A part of a member that goes over several tars, or what another program made up.
                    yield Member(problem=Reason.NOT_SEARCHED)
                elif info.isreg() and (member := archive.extractfile(info)):
                    self._count()
                    yield from self._member(cast("BinaryIO", member), info.size, depth)
            if is_filled_behind(archive):
                yield Member(problem=Reason.UNREADABLE)

    def _mails(self, parts: Iterator[mails.Part | None], depth: int) -> Iterator[Member]:
        for part in parts:
            if part is None:
                yield ALIVE
                continue
            self._count()
            inside = (Member(problem=part.problem),) if part.problem else self._part(part, depth)
            yield from (replace(member, attached=part.name) for member in inside)

    def _part(self, part: mails.Part, depth: int) -> Iterator[Member]:
        stream = _metered(part.stream, self)
        if part.exact:
            yield from self._member(stream, None, depth)
            return
        text = _read_full(stream, _IN_MEMORY + 1)
        if len(text) > _IN_MEMORY:
            yield Member(problem=Reason.SEARCH_LIMIT)
            return
        for number, form in enumerate(dict.fromkeys((text, *_as_it_was(text)))):
            if not number or len(form) in self._sizes:
                yield from self._member(io.BytesIO(form), len(form), depth)

    def _packed(self, file: BinaryIO, form: Packed, depth: int) -> Iterator[Member]:
        with unpacked(file, form) as plain:
            stream = _metered(plain, self)
            tarred = form_of(_read_full(stream, HEAD)) is Packed.TAR
            stream.seek(0)
            self._count()
            # A packed tar is one archive, not two, to those who made it.
            yield from self._member(stream, None, depth - 1 if tarred else depth)

    def _member(self, stream: BinaryIO, size: int | None, depth: int) -> Iterator[Member]:
        head = _read_full(stream, LOOK)
        form = form_of(head[:HEAD])
        kept = bytearray(head)
        sha256 = ""
        if form or size is None or size in self._sizes:
            state, read = hashlib.sha256(head), 0
            while chunk := stream.read(CHUNK):
                state.update(chunk)
                if form and len(kept) <= _IN_MEMORY:
                    kept += chunk
                read += 1
                if read % _SIGN_EVERY == 0:
                    yield ALIVE
            sha256 = state.hexdigest()
        nested = form is not None and sha256 not in self._wanted
        opaque = form is None and is_opaque(head) and sha256 not in self._wanted
        yield Member(sha256, opened=nested and form not in (Mails.MAIL, Mails.OLE), opaque=opaque)
        if not nested:
            return
        try:
            # A small one is held in memory: to go back in a packed stream is to unpack it all again.
            whole = len(kept) <= _IN_MEMORY
            inner = io.BytesIO(kept) if whole else stream
            inner.seek(0)
            yield from self.archive(inner, depth + 1)
        except TooManyError:
            yield Member(problem=Reason.SEARCH_LIMIT)
        except BROKEN:
            yield Member(problem=Reason.UNREADABLE)

    def _count(self) -> None:
        self._members_left -= 1
        if self._members_left < 0:
            raise _LimitReached


class _Metered(io.RawIOBase):
    """An unpacking stream that pays for every byte it gives, skips or goes back over."""

    def __init__(self, stream: IO[bytes], search: _Search) -> None:
        super().__init__()
        self._stream = stream
        self._search = search
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def read(self, count: int = -1) -> bytes:
        """Read at most 16 MiB at a time, so that a forged header can't ask for all the memory."""
        data = self._stream.read(_READ_AT_ONCE if count < 0 else min(count, _READ_AT_ONCE))
        self._at += len(data)
        self._search.spend(len(data))
        return data

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            while self.read(CHUNK):
                pass
            offset += self._at
        if offset != self._at:
            # Going back means unpacking from the start again.
            self._search.spend(offset - self._at if offset > self._at else offset)
            self._at = self._stream.seek(offset)
        return self._at


def _as_it_was(text: bytes) -> Iterator[bytes]:
    """What text may have been before it was sent: ends of lines change, and the last may come or go."""
    plain = text.replace(b"\r\n", b"\n")
    for form in (plain, plain.removesuffix(b"\n"), plain + b"\n"):
        yield from (form, form.replace(b"\n", b"\r\n"))


def _metered(stream: IO[bytes], search: _Search) -> BinaryIO:
    return cast("BinaryIO", _Metered(stream, search))


def _read_full(stream: BinaryIO, count: int) -> bytes:
    data = bytearray()
    while len(data) < count and (chunk := stream.read(count - len(data))):
        data += chunk
    return bytes(data)
