"""Look into files for the hunt: their bytes, and those of what is packed in them, however nested.

Nothing is unpacked to disk. What can't be looked into is told, never passed over.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, BinaryIO, Final, cast

from app.domain.outcome import Reason
from app.steps.shred import foreign
from app.steps.shred.forms import (
    HEAD,
    LIBRARY,
    STREAMS,
    ZIP_END,
    Form,
    Other,
    carries,
    form_of,
    may_carry,
    why_shut,
)
from app.steps.shred.gitpack import objects
from app.system.packed import BROKEN, Packed, unpacked
from app.system.tars import is_filled_behind, members_of, opened_tar
from app.system.zips import TAIL, TooManyError, opened_zip
from app.system.zips import members_of as listed_in

_PART: Final = 1 << 20
_HELD: Final = 64 << 20
"""Bytes of an archive in a stream that can't go back which are held in memory, to be looked into."""
_EMPTY: Final = 64
"""Bytes of an archive that may have nothing in it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file or of a member of it; `member` is empty for the file itself."""

    member: str
    data: bytes = field(repr=False)
    first: bool


@dataclass(frozen=True, slots=True)
class Unseen:
    """What was not looked into, and why: UNREADABLE (damaged or encrypted), SEARCH_LIMIT, NOT_SEARCHED."""

    member: str
    reason: Reason


Found = Iterator[Piece | Unseen]
_Again = Callable[[], AbstractContextManager[IO[bytes]]]


class Spent(Exception):
    """A limit of size or number was reached."""


@dataclass(slots=True)
class Budget:
    """How far the look into one file goes: bytes read or unpacked, members, depth of nesting."""

    bytes: int
    members: int = 500_000
    depth: int = 8

    @classmethod
    def of(cls, size: int) -> Budget:
        """What a file of this many bytes may cost: a bomb can't take more than 200 times its size."""
        return cls(min(1 << 40, max(1 << 30, 200 * size)))

    def spend(self, count: int) -> None:
        """Take off bytes.

        Raises:
            Spent: when there are none left.
        """
        self.bytes -= count
        if self.bytes < 0:
            raise Spent

    def count(self) -> None:
        """Take off a member.

        Raises:
            Spent: when there are none left.
        """
        self.members -= 1
        if self.members < 0:
            raise Spent


def pieces(file: BinaryIO, size: int, overlap: int) -> Found:
    """Give all bytes of an open file in parts that overlap, and then those of what is packed in it."""
    try:
        yield from _Look(Budget.of(size), overlap).into(file, "", 0)
    except Spent:
        yield Unseen("", Reason.SEARCH_LIMIT)
    except BROKEN:
        yield Unseen("", Reason.UNREADABLE)


def pieces_of_tar(stream: IO[bytes], budget: Budget, overlap: int) -> Found:
    """As `pieces`, of a tar that comes through a pipe and is read once."""
    try:
        yield from _Look(budget, overlap).tar(stream, "", 0, piped=True)
    except Spent:
        yield Unseen("", Reason.SEARCH_LIMIT)
    except BROKEN:
        yield Unseen("", Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Look:
    budget: Budget
    overlap: int

    def into(
        self, file: BinaryIO, name: str, depth: int, *, piped: bool = False, again: _Again | None = None
    ) -> Found:
        """Give the bytes of one stream; when it is packed, go into it.

        One that is `piped` can't go back; `again` opens it anew, to be read forward.
        """
        held, size, form, last, end = bytearray(), 0, None, b"", b""
        program = carried = False
        while part := file.read(_PART):
            self.budget.spend(len(part))
            if not size:
                part += _rest_of_head(file, part)
                form = form_of(part)
                program = form is None and may_carry(part)
            carried = carried or (program and carries(last + part))
            yield Piece(name, last + part, first=not size)
            size += len(part)
            last, end = (last + part)[-self.overlap :], (end + part)[-TAIL:]
            if (why_shut(form) is None if form else piped) and len(held) <= _HELD:
                held += part
        # Any bytes may begin as zlib's do.
        if form in (None, Other.ZLIB) and ZIP_END in end:
            whole = not piped or size <= _HELD
            yield from self._behind(io.BytesIO(held) if piped else file, name, depth, whole=whole)
        if form is None:
            if carried:
                yield Unseen(name, Reason.NOT_SEARCHED)
        elif reason := why_shut(form):
            yield Unseen(name, reason)
        elif depth >= self.budget.depth:
            yield Unseen(name, Reason.SEARCH_LIMIT)
        elif piped and size > _HELD:
            yield from self._long(form, name, depth + 1, again)
        else:
            inner = io.BytesIO(held) if size <= _HELD else file
            del held
            yield from self._inside(inner, form, name, depth + 1)

    def _behind(self, file: BinaryIO, name: str, depth: int, *, whole: bool) -> Found:
        """Go into a zip at the end of a file without a form, where one is; of half a file nobody can say."""
        if not whole or (zipfile.is_zipfile(file) and depth >= self.budget.depth):
            yield Unseen(name, Reason.SEARCH_LIMIT)
        elif zipfile.is_zipfile(file):
            yield from self._inside(file, Packed.ZIP, name, depth + 1)

    def _long(self, form: Form, name: str, depth: int, again: _Again | None) -> Found:
        """Of what is too long to be held and can't go back, a tar alone is read forward."""
        if form is not Packed.TAR or again is None:
            yield Unseen(name, Reason.SEARCH_LIMIT)
            return
        with again() as stream:
            yield from self.tar(stream, name, depth, piped=True)

    def _inside(self, file: BinaryIO, form: Form, name: str, depth: int) -> Found:
        file.seek(0)
        try:
            if form is Packed.ZIP:
                yield from self._zip(file, name, depth)
            elif form is Packed.TAR:
                yield from self.tar(file, name, depth)
            elif form is Other.GIT_PACK:
                yield from self._git(file, name, depth)
            elif form in LIBRARY:
                yield from self._foreign(file, name, depth)
            else:
                yield from self._packed(file, form, name, depth)
        except foreign.NoLibrary:
            yield Unseen(name, Reason.NOT_SEARCHED)
        except TooManyError:
            yield Unseen(name, Reason.SEARCH_LIMIT)
        except BROKEN:
            # A git object looks like any other bytes at its start; so nothing is said of what is none.
            if form is not Other.ZLIB:
                yield Unseen(name, Reason.UNREADABLE)

    def _zip(self, file: BinaryIO, name: str, depth: int) -> Found:
        with opened_zip(file) as archive:
            for info in listed_in(archive):
                self.budget.count()
                inner = _joined(name, info.filename)
                try:
                    with archive.open(info) as member:
                        yield from self.into(cast("BinaryIO", member), inner, depth)
                except BROKEN:
                    yield Unseen(inner, Reason.UNREADABLE)

    def tar(self, file: IO[bytes], name: str, depth: int, *, piped: bool = False) -> Found:
        """Give every file in a tar; as a pipe it is only read forward."""
        with opened_tar(file, piped=piped) as archive:
            for info in members_of(archive):
                self.budget.count()
                member = archive.extractfile(info) if info.isreg() else None
                if member is not None:
                    inner = _joined(name, info.name)
                    yield from self.into(cast("BinaryIO", member), inner, depth, piped=piped)
            if is_filled_behind(archive):
                yield Unseen(name, Reason.UNREADABLE)

    def _packed(self, file: BinaryIO, form: Form, name: str, depth: int) -> Found:
        """What is only packed has one stream in it, which keeps the name."""
        if isinstance(form, Other):
            state = zlib.decompressobj()
            data = state.decompress(file.read(_HELD), _HELD)
            yield from self.into(io.BytesIO(data), name, depth)
            if state.unconsumed_tail:
                yield Unseen(name, Reason.SEARCH_LIMIT)
            return
        if form in STREAMS:

            def again() -> AbstractContextManager[IO[bytes]]:
                return foreign.unpacked(file, form.value)

            with again() as stream:
                yield from self.into(cast("BinaryIO", stream), name, depth, piped=True, again=again)
            return
        with unpacked(file, form) as stream:
            yield from self.into(cast("BinaryIO", stream), name, depth)

    def _foreign(self, file: BinaryIO, name: str, depth: int) -> Found:
        none = True
        for path, stream in foreign.members(file):
            none = False
            self.budget.count()
            inner = _joined(name, path)
            if stream is None:
                yield Unseen(inner, Reason.UNREADABLE)
                continue
            try:
                yield from self.into(cast("BinaryIO", stream), inner, depth, piped=True)
            except foreign.Broken:
                yield Unseen(inner, Reason.UNREADABLE)
        if none and file.seek(0, io.SEEK_END) > _EMPTY:
            yield Unseen(name, Reason.UNREADABLE)

    def _git(self, file: BinaryIO, name: str, depth: int) -> Found:
        for number, data in enumerate(objects(file, self.budget.bytes)):
            self.budget.count()
            yield from self.into(io.BytesIO(data), _joined(name, f"#{number}"), depth)


def _rest_of_head(file: BinaryIO, part: bytes) -> bytes:
    """Pipes give what they have: read on until there is enough to know an archive by."""
    more = bytearray()
    while len(part) + len(more) < HEAD and (next_part := file.read(HEAD - len(part) - len(more))):
        more += next_part
    return bytes(more)


def _joined(name: str, member: str) -> str:
    return f"{name} > {member}" if name else member
