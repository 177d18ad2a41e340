"""Read and rewrite 7z archives by the `7z` program; where there is none they are not looked into."""

from __future__ import annotations

import io
import shutil
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.system.programs import Running

_CALLED: Final = ("7z", "7zz", "7za")
PATIENCE: Final = 300.0
"""Seconds without any sign of life after which the program counts as hung."""
_LONGEST_LINE: Final = 1 << 20
_QUIET: Final = ("-bd", "-y", "-spd", "-sccUTF-8", "-scsUTF-8")


@dataclass(frozen=True, slots=True)
class Told:
    """One file as the list of an archive tells of it."""

    path: str
    size: int
    crc: int | None


class Part(io.RawIOBase):
    """One file of an archive in the stream of all of them; read forward only, its checksum kept."""

    def __init__(self, stream: Running, told: Told) -> None:
        super().__init__()
        self._stream, self._told = stream, told
        self._left, self._crc = told.size, 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def read(self, count: int = -1) -> bytes:
        """Read up to the end of this file."""
        data = self._stream.read(self._left if count < 0 else min(count, self._left))
        self._left -= len(data)
        self._crc = zlib.crc32(data, self._crc)
        return data

    def is_whole(self) -> bool:
        """Read what is left of it; whether it was all there, as its checksum says."""
        while self.read(1 << 20):
            pass
        return self._left == 0 and self._told.crc in (None, self._crc)


def program() -> str | None:
    """The program, or None where there is none."""
    return next((found for name in _CALLED if (found := shutil.which(name))), None)


def parts(path: str) -> Iterator[tuple[Told, Part]]:
    """Give every file in an archive in the order in which it lies there; read each before the next.

    Raises:
        ValueError: when it can't be read whole: damaged, encrypted, or not what its list says.
        Hung: when the program shows no sign of life.
    """
    with closing(_listed(path)) as listed, _running("x", "-so", *_QUIET, "-p", "--", path) as stream:
        for told in listed:
            part = Part(stream, told)
            yield told, part
            if not part.is_whole():
                raise ValueError(told.path)
        if stream.read(1) or not stream.ended_well():
            raise ValueError(path)


def write_without(path: str, target: Path, names: Sequence[str], alive: Callable[[], None]) -> None:
    """Make a new archive without these files; of what goes nothing is written to a disk.

    `alive` is called ten times a second meanwhile; what it raises ends the program.

    Raises:
        ValueError: when it can't be made.
        Hung: when the program shows no sign of life.
    """
    if any(set(name) & set('\r\n"') for name in names):
        # The list of names is one of lines.
        raise ValueError(path)
    target.unlink(missing_ok=True)
    asked = ("d", *_QUIET, "-u-", f"-u!{target}", "--", path, *names)
    with _running(*asked) as stream:
        while not stream.ended(0.1):
            alive()
        if not stream.ended_well() or not target.is_file():
            raise ValueError(path)


def _listed(path: str) -> Generator[Told, None, None]:
    """Give each file of the list as it comes: a small archive may have one that fills the memory."""
    with _running("l", "-slt", "-ba", *_QUIET, "-p", "--", path) as stream:
        block: dict[str, str] = {}
        for line in _lines(stream):
            name, mark, value = line.partition(" = ")
            if mark:
                block[name] = value
            elif not line and block:
                if not _is_folder(block):
                    yield _told(block)
                block = {}
        if not stream.ended_well():
            raise ValueError(path)


def _lines(stream: Running) -> Iterator[str]:
    """Each line that a program prints, and an empty one at the end."""
    rest = b""
    while data := stream.read(1 << 16):
        *whole, rest = (rest + data).split(b"\n")
        yield from (line.decode("utf-8", "surrogateescape").rstrip("\r") for line in whole)
        if len(rest) > _LONGEST_LINE:
            raise ValueError("line")
    yield from (rest.decode("utf-8", "surrogateescape"), "")


def _is_folder(block: Mapping[str, str]) -> bool:
    return block.get("Attributes", "").startswith("D") or block.get("Folder") == "+"


def _told(block: Mapping[str, str]) -> Told:
    crc = block.get("CRC", "")
    return Told(block["Path"], int(block.get("Size") or 0), int(crc, 16) if crc else None)


def _running(*arguments: str) -> Running:
    found = program()
    if found is None:
        raise ValueError("7z")
    return Running([found, *arguments], PATIENCE)
