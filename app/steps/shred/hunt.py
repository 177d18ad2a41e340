"""The hunt for copies of a key: files that carry what every copy of it has in it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from app.domain.record import Stamp
from app.steps.shred.kinds.contract import Kind

_WHOLE: Final = 64 << 20
"""Bytes of the largest file that is read whole; of a larger one only its two ends are."""
_END: Final = 1 << 20
_PART: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Hunted:
    """What a hunt looked at and found. `marks` are what was looked for."""

    searched: int = 0
    found: tuple[str, ...] = ()
    marks: tuple[bytes, ...] = field(default=(), repr=False)


NOTHING: Final = Hunted()


def hunt(path: str, stamp: Stamp, marks: Sequence[bytes], places: Sequence[str] = ()) -> Hunted:
    """Look for copies of a key: among the files beside it, and everywhere below `places`.

    Names are no evidence: a file is a copy when it has a mark of the key in it. The key's
    own file, under any of its names, is none. Packed archives are not looked into.
    """
    if not marks:
        return NOTHING
    searched, found = 0, []
    seen = {(stamp.device, stamp.inode)}
    for other in _candidates(path, places):
        try:
            told = os.lstat(other)
        except OSError:
            continue
        if not stat.S_ISREG(told.st_mode) or (told.st_dev, told.st_ino) in seen:
            continue
        seen.add((told.st_dev, told.st_ino))
        searched += 1
        if has_mark(other, marks):
            found.append(other)
    return Hunted(searched, tuple(found), tuple(marks))


def remaining(hunted: Hunted) -> tuple[str, ...]:
    """The copies that were found and still stand."""
    return tuple(path for path in hunted.found if has_mark(path, hunted.marks))


def has_mark(path: str, marks: Sequence[bytes]) -> bool:
    """Whether one of these stands in a file. A file that can't be read is taken for a copy of nothing."""
    longest = max(map(len, marks))
    try:
        with open(path, "rb") as file:
            for start, length in _ends(os.fstat(file.fileno()).st_size):
                file.seek(start)
                if any(any(mark in part for mark in marks) for part in _parts(file, length, longest)):
                    return True
    except OSError:
        return False
    return False


def _ends(size: int) -> tuple[tuple[int, int], ...]:
    return ((0, size),) if size <= _WHOLE else ((0, _END), (size - _END, _END))


def _parts(file: BinaryIO, length: int, overlap: int) -> Iterator[bytes]:
    """Read on, in parts that overlap, so that a mark across two is found."""
    last = b""
    while length > 0 and (part := file.read(min(_PART, length))):
        yield last + part
        length, last = length - len(part), (last + part)[-overlap:]


def wraps_beside(path: str, kind: Kind) -> tuple[str, ...]:
    """The other files in a key's folder that wrap the same key, by their names."""
    folder, name = os.path.split(path)
    try:
        names = sorted(os.listdir(folder))  # noqa: PTH208 names as the plan keeps paths: text
    except OSError:
        return ()
    wraps = (one for one in names if one != name and kind.is_wrap(one))
    return tuple(f"{folder}{os.sep}{one}" for one in wraps)


def _candidates(path: str, places: Sequence[str]) -> Iterator[str]:
    folder = os.path.dirname(path)  # noqa: PTH120 text
    with suppress(OSError):
        yield from (os.path.join(folder, name) for name in sorted(os.listdir(folder)))  # noqa: PTH118, PTH208 text
    for place in places:
        for found, _, names in os.walk(place):
            yield from (os.path.join(found, name) for name in sorted(names))  # noqa: PTH118 text
