"""Walk the locations: every file once, in a fixed order, without following a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem, Stamp
from app.journal import keeps_journal
from app.steps.locate.look import Target, stamp_of

_REPARSE: Final = 0x400
"""FILE_ATTRIBUTE_REPARSE_POINT: a junction or link of Windows."""

_PROOF: Final = ("certificate.pdf", "manifest.json", "manifest.p7s")
_HANDED_OUT: Final = frozenset({*_PROOF, "inventory.csv"})
_UNKNOWN: Final = Stamp(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Something inside a location that could not even be listed: a folder, or a name without access."""

    target: Target
    problem: Problem


Met = Target | Located | Unlisted
"""What a walk meets: a file to look at, something skipped, or something it may not see."""


def check(locations: Sequence[Location]) -> None:
    """Refuse before anything is looked at.

    Raises:
        Refused: LOCATION_MISSING or LOCATION_UNREADABLE with the path.
    """
    for location in locations:
        path = str(location.path.absolute())
        try:
            if stat.S_ISDIR(Path(path).stat().st_mode):
                with os.scandir(path):
                    pass
            else:
                with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb"):
                    pass
        except FileNotFoundError:
            raise Refused(Fault.LOCATION_MISSING, path) from None
        except OSError as error:
            raise Refused(Fault.LOCATION_UNREADABLE, path, error.strerror or "") from error


def walk(locations: Sequence[Location], exclude: Sequence[Path]) -> Iterator[Met]:
    """Meet every file of the locations once, in order of the bytes of its path.

    Links, junctions and special files are given as SKIPPED. `exclude` is not entered and
    gives nothing. A mount point is entered; a folder already met, by another location or
    another mount, is not entered again, so that there can be no loop. A file below two
    locations belongs to the deeper one. The folder of a case, and a certificate with
    what goes with it, are the evidence of an earlier disposal: given as SKIPPED.
    """
    entered: set[tuple[int, int]] = set()
    roots = {_root(location) for location in locations}
    folders = frozenset(root for root in roots if Path(root).is_dir())
    for root in sorted(roots, key=os.fsencode):
        stack: list[Iterator[str]] = [iter((root,))]
        barred = _barred(root, exclude) | (folders - {root})
        while stack:
            path = next(stack[-1], None)
            if path is None:
                stack.pop()
            elif path not in barred:
                met = _meet(path, root, entered)
                if isinstance(met, list):
                    stack.append(iter(met))
                elif met is not None:
                    yield met


def _meet(path: str, root: str, entered: set[tuple[int, int]]) -> Met | list[str] | None:
    """Give what stands at a path: for a folder the paths in it, for what was met before None."""
    below = path[_before(root) :].replace(os.sep, "/").strip("/")
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return None  # gone between the listing and now: there is nothing to say of it
    except OSError as error:
        return Unlisted(Target(path, root, below, _UNKNOWN), _problem(error))
    target = Target(path, root, below, stamp_of(info))
    if _is_link(info) or not (stat.S_ISDIR(info.st_mode) or stat.S_ISREG(info.st_mode)):
        return Located(path, Look.SKIPPED, info.st_size)
    if path != root and _is_evidence(path, stat.S_ISDIR(info.st_mode)):
        return Located(path, Look.SKIPPED, info.st_size)
    if stat.S_ISDIR(info.st_mode):
        return _names(target, info, entered)
    known = path == root and _place(Path(path).parent.stat()) in entered
    return None if known else target


@cache
def _before(root: str) -> int:
    """Give how many characters of a path stand before the name of its location."""
    return len(str(Path(root).parent))


def _names(target: Target, info: os.stat_result, entered: set[tuple[int, int]]) -> Met | list[str] | None:
    if _place(info) in entered:
        return None
    entered.add(_place(info))
    try:
        names = os.listdir(target.path)  # noqa: PTH208  a million Path objects cost more than the walk
    except OSError as error:
        return Unlisted(target, _problem(error))
    return sorted((f"{target.path.rstrip(os.sep)}{os.sep}{name}" for name in names), key=os.fsencode)


def _is_evidence(path: str, folder: bool) -> bool:
    """Whether a path is a case's folder, or a file of a certificate beside what goes with it."""
    if folder:
        return keeps_journal(Path(path))
    return path.rpartition(os.sep)[2] in _HANDED_OUT and all(
        Path(path).with_name(name).is_file() for name in _PROOF
    )


def _place(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def _problem(error: OSError) -> Problem:
    return Problem.DENIED if isinstance(error, PermissionError) else Problem.IO_ERROR


def _barred(root: str, exclude: Sequence[Path]) -> frozenset[str]:
    """Spell the excluded paths as this walk meets them, whatever links lead to the location."""
    real = os.path.realpath(root)
    paths = (os.path.realpath(path) for path in exclude)
    return frozenset(
        root + path[len(real) :]
        for path in paths
        if path == real or path.startswith(real.rstrip(os.sep) + os.sep)
    )


def _is_link(info: os.stat_result) -> bool:
    return stat.S_ISLNK(info.st_mode) or bool(getattr(info, "st_file_attributes", 0) & _REPARSE)


def _root(location: Location) -> str:
    """Give where a location lies. One that is itself a link was chosen by the officer and is resolved."""
    path = location.path.absolute()
    return os.path.realpath(path) if path.is_symlink() else os.path.normpath(path)
