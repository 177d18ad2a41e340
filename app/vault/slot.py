"""The slot: one file of a fixed size that holds the one secret which has to be destroyed.

It has two sides. One holds the secret of the vault's present generation, the other is
zeros, or holds the next one while the master is changed. The file is made once with its
final size and is only overwritten in place: never cut, renamed or replaced, because what
replaces a file leaves the old bytes on the device. A side is a head of 4096 bytes and the
secret, split (see `splitting`), in 128 KiB.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from app.domain.fault import Fault, Refused
from app.domain.outcome import Evidence
from app.domain.vaulting import Suite
from app.system.disk import Disk, open_folder, this_disk
from app.system.durable import sync_file, sync_folder
from app.system.memory import Secret
from app.vault.splitting import SIZE as SPLIT
from app.vault.splitting import merge, split
from app.vault.suite import DIGEST, digest

MAGIC: Final = b"LETHE SLOT 0002\n"
SIDES: Final = 2
_HEAD: Final = 4096
SIDE: Final = _HEAD + (128 << 10)
"""Bytes of a side."""
SIZE: Final = SIDES * SIDE
_FIELDS: Final = struct.Struct(">16sQ16s32s")
"""Magic, generation, suite, and a digest of the secret by which a side that was half written is known."""
NUMBER: Final = 32
"""Bytes that follow them: the number of the vault, by which a copy of any of its slots is known."""
_HASHED: Final = b"lethe slot 2 secret"
_CHUNK: Final = 1 << 16
_SUITES: Final = {suite.value.encode().ljust(16, b"\0"): suite for suite in Suite}

Overwriting = Callable[[Path, int, int], Evidence | None]
"""Overwrites the bytes of a file from the second to the third argument in place, and reads them back."""


class NotOverwritten(Exception):
    """A side does not read as it was overwritten."""


@dataclass(frozen=True, slots=True)
class Side:
    """A side that holds a whole secret: which one, of which generation and suite.

    `number` is the vault's; zeros in a slot that an older Lethe wrote.
    """

    index: int
    generation: int
    suite: Suite
    number: bytes = field(default=bytes(NUMBER), compare=False)

    @property
    def span(self) -> tuple[int, int]:
        """Its first byte in the file and the one after its last."""
        return span_of(self.index)


def span_of(index: int) -> tuple[int, int]:
    """The first byte of a side and the one after its last."""
    return index * SIDE, (index + 1) * SIDE


def make_slot(path: Path) -> None:
    """Make the file with two empty sides, synced; on btrfs without copy on write.

    Raises:
        Refused: CASE_EXISTS when the file is there already.
        OSError: as the system gives it.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        fd = os.open(path, flags, 0o600)
    except FileExistsError:
        raise Refused(Fault.CASE_EXISTS, str(path)) from None
    with os.fdopen(fd, "wb", buffering=0) as file:
        _ask_to_stay_in_place(fd)
        for _ in range(0, SIZE, _CHUNK):
            file.write(bytes(min(_CHUNK, SIZE - file.tell())))
        sync_file(fd)
    sync_folder(path.parent)


def write_side(path: Path, side: Side, secret: Secret) -> None:
    """Put a secret of 32 bytes on an empty side; synced."""
    with Secret(SIDE) as body:
        check = digest(side.suite, _HASHED, secret.view)
        name = side.suite.value.encode().ljust(16, b"\0")
        body.view[: _FIELDS.size] = _FIELDS.pack(MAGIC, side.generation, name, check)
        body.view[_FIELDS.size : _FIELDS.size + NUMBER] = side.number
        split(side.suite, secret.view, body.view[_HEAD : _HEAD + SPLIT])
        with path.open("r+b", buffering=0) as file:
            file.seek(side.span[0])
            rest = body.view
            while rest:
                rest = rest[file.write(rest) :]
            sync_file(file.fileno())


def read_sides(path: Path) -> tuple[list[Side], list[int]]:
    """Give the whole sides, the newest generation first, and the others that are not all zeros.

    Raises:
        Refused: CASE_CLOSED when the file is gone or not a slot by its size.
    """
    whole: list[Side] = []
    torn: list[int] = []
    with Secret(SIDE) as body, Secret(DIGEST) as secret:
        for index in range(SIDES):
            _read(path, index, body.view)
            side = _merged(index, body.view, secret.view)
            if side:
                whole.append(side)
            elif any(body.view):
                torn.append(index)
    return sorted(whole, key=lambda side: -side.generation), torn


def read_secret(path: Path, side: Side, into: Secret) -> None:
    """Take the secret of a side.

    Raises:
        Refused: CASE_CLOSED when it is no longer there.
    """
    with Secret(SIDE) as body:
        _read(path, side.index, body.view)
        if _merged(side.index, body.view, into.view) != side:
            raise Refused(Fault.CASE_CLOSED, str(path))


def prints_of(path: Path) -> tuple[bytes, ...]:
    """The digests of the secrets on its sides, which stand in the clear in every copy of them.

    Raises:
        OSError: as the system gives it.
    """
    with path.open("rb") as file:
        heads = [(file.seek(index * SIDE), file.read(_FIELDS.size))[1] for index in range(SIDES)]
    told = [_FIELDS.unpack(head) for head in heads if len(head) == _FIELDS.size]
    return tuple(check for magic, _, _, check in told if magic == MAGIC)


def numbers_in(data: bytes) -> Iterator[bytes]:
    """The number of the vault of each side of a slot in some bytes; zeros where an older Lethe wrote it."""
    at = data.find(MAGIC)
    while at >= 0:
        number = data[at + _FIELDS.size : at + _FIELDS.size + NUMBER]
        if len(number) == NUMBER:
            yield number
        at = data.find(MAGIC, at + 1)


def _merged(index: int, body: memoryview, secret: memoryview) -> Side | None:
    magic, generation, name, check = _FIELDS.unpack_from(body)
    suite = _SUITES.get(name)
    if magic != MAGIC or suite is None:
        return None
    merge(suite, body[_HEAD : _HEAD + SPLIT], secret)
    number = bytes(body[_FIELDS.size : _FIELDS.size + NUMBER])
    return Side(index, generation, suite, number) if digest(suite, _HASHED, secret) == check else None


def _read(path: Path, index: int, into: memoryview) -> None:
    try:
        with path.open("rb", buffering=0) as file:
            if os.fstat(file.fileno()).st_size != SIZE:
                raise Refused(Fault.CASE_CLOSED, str(path))
            file.seek(index * SIDE)
            at = 0
            while at < len(into):
                at += file.readinto(into[at:]) or _short(path)
    except FileNotFoundError:
        raise Refused(Fault.CASE_CLOSED, str(path)) from None


def _short(path: Path) -> int:
    raise Refused(Fault.CASE_CLOSED, str(path))


def overwrite_in_place(path: Path, start: int, stop: int, disk: Disk | None = None) -> Evidence | None:
    """Overwrite bytes of the slot with random ones, then with zeros, each synced; read the zeros back.

    Says nothing of the medium: the flow has it done by the shred step, which does.

    Raises:
        NotOverwritten: when it does not read as zeros.
        OSError: as the system gives it; the side is then partly overwritten.
    """
    disk = disk or this_disk()
    folder = open_folder(str(path.absolute().parent))
    try:
        fd = disk.open_in_place(folder, path.name)
    finally:
        folder.close()
    try:
        for body in (os.urandom(stop - start), bytes(stop - start)):
            disk.overwrite(fd, start, body)
            disk.sync(fd)
        disk.forget(fd)
        if disk.read_back(fd, start, stop - start) != bytes(stop - start):
            raise NotOverwritten(str(path))
    finally:
        os.close(fd)
    return None


def _ask_to_stay_in_place(fd: int) -> None:
    """Ask btrfs to write this empty file in place from now on (chattr +C); others decline."""
    if sys.platform == "linux":
        from fcntl import ioctl

        with suppress(OSError):
            marks = struct.unpack("i", ioctl(fd, _GET_FLAGS, struct.pack("i", 0)))[0]
            ioctl(fd, _SET_FLAGS, struct.pack("i", marks | _NO_COPY_ON_WRITE))


# linux/fs.h
_GET_FLAGS: Final = 0x80086601
_SET_FLAGS: Final = 0x40086602
_NO_COPY_ON_WRITE: Final = 0x800000
