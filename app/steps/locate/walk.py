"""Walk the locations: every file once, in a fixed order, without following a link."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.domain.record import Look, Problem
from app.journal import keeps_journal
from app.steps.locate.job import NO_STAMP, Group, Target
from app.system.paths import lies_in

_REPARSE: Final = 0x400
"""FILE_ATTRIBUTE_REPARSE_POINT: a junction or link of Windows."""

_PROOF: Final = ("certificate.pdf", "manifest.json", "manifest.p7s")
_HANDED_OUT: Final = frozenset(
    {
        *_PROOF,
        *("manifest.dsse.json", "check_certificate.py", "certificates.jsonl", "names.csv.age"),
        *("inventory.csv", "inventory.pdf", *(f"inventory-{volume:02}.pdf" for volume in range(1, 100))),
    }
)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Something inside a location that could not even be listed: a folder, or a name without access."""

    target: Target
    problem: Problem


Met = Group | Located | Unlisted
"""What a walk meets: the files of a folder, something skipped, or something it may not see."""


@dataclass(slots=True)
class _Listing:
    """What stands in one folder, by kind; names in order of their bytes."""

    files: list[str]
    folders: list[str]
    others: list[str]
    """Links, junctions, devices: never opened."""


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
    """Meet every file of the locations once: those of a folder by the bytes of their names, then its folders.

    Links, junctions and special files are given as SKIPPED. `exclude` is not entered and
    gives nothing. A mount point is entered; a folder already met, by another location or
    another mount, is not entered again, so that there can be no loop. A file below two
    locations belongs to the deeper one. The folder of a case, and a certificate with
    what goes with it, are the evidence of an earlier disposal: given as SKIPPED.
    No file is looked at here, and only folders are asked for more than their name.
    """
    entered: set[tuple[int, int]] = set()
    roots = {_root(location) for location in locations}
    folders = frozenset(root for root in roots if Path(root).is_dir())
    for root in sorted(roots, key=os.fsencode):
        barred = _barred(root, exclude) | (folders - {root})
        if root in barred:
            continue
        if root not in folders:
            yield from _lone_file(root, entered)
            continue
        stack = [root]
        while stack:
            yield from _folder(stack.pop(), root, barred, entered, stack)


def _lone_file(root: str, entered: set[tuple[int, int]]) -> Iterator[Met]:
    """Meet a location that is a file, unless its folder was walked."""
    parent, _, name = root.rpartition(os.sep)
    try:
        info = os.lstat(root)
        known = _place(Path(parent or os.sep).stat()) in entered
    except OSError as error:
        yield Unlisted(Target(root, root, name, NO_STAMP), _problem(error))
        return
    if known:
        return
    if _is_link(info) or not stat.S_ISREG(info.st_mode):
        yield Located(root, Look.SKIPPED, info.st_size)
    else:
        yield Group(parent, root, "", (name,))


def _folder(
    path: str, root: str, barred: frozenset[str], entered: set[tuple[int, int]], stack: list[str]
) -> Iterator[Met]:
    """Meet what stands in one folder, and put the folders in it on the stack."""
    below = path[_before(root) :].replace(os.sep, "/").strip("/")
    try:
        info = os.lstat(path)
        if path != root and keeps_journal(Path(path)):
            yield Located(path, Look.SKIPPED, info.st_size)
            return
        if _place(info) in entered:
            return
        entered.add(_place(info))
        listing = _listed(path)
    except FileNotFoundError:
        return  # gone between the listing and now: there is nothing to say of it
    except OSError as error:
        yield Unlisted(Target(path, root, below, NO_STAMP), _problem(error))
        return
    before = path.rstrip(os.sep) + os.sep
    files, evidence = _without(listing.files, before, barred)
    for name in (*listing.others, *evidence):
        if before + name not in barred:
            yield from _skipped(before + name)
    if files:
        yield Group(path, root, below, tuple(files))
    stack.extend(before + name for name in reversed(listing.folders) if before + name not in barred)


def _listed(path: str) -> _Listing:
    listing = _Listing([], [], [])
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_symlink() or (
                sys.platform == "win32" and _is_link(entry.stat(follow_symlinks=False))
            ):
                listing.others.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                listing.files.append(entry.name)
            elif entry.is_dir(follow_symlinks=False):
                listing.folders.append(entry.name)
            else:
                listing.others.append(entry.name)
    for names in (listing.files, listing.folders, listing.others):
        # Most names are ASCII, and then their characters are their bytes.
        names.sort(key=None if "".join(names).isascii() else os.fsencode)
    return listing


def _without(names: list[str], before: str, barred: frozenset[str]) -> tuple[list[str], list[str]]:
    """Give the files to look at, and those that are the evidence of an earlier disposal."""
    evidence: list[str] = []
    if all(name in names for name in _PROOF):
        evidence = [name for name in names if name in _HANDED_OUT]
    if evidence or any(path.startswith(before) for path in barred):
        names = [name for name in names if name not in evidence and before + name not in barred]
    return names, evidence


def _skipped(path: str) -> Iterator[Located]:
    try:
        yield Located(path, Look.SKIPPED, os.lstat(path).st_size)
    except FileNotFoundError:
        return
    except OSError:
        yield Located(path, Look.SKIPPED, 0)


@cache
def _before(root: str) -> int:
    """Give how many characters of a path stand before the name of its location."""
    return len(str(Path(root).parent))


def _place(info: os.stat_result) -> tuple[int, int]:
    return info.st_dev, info.st_ino


def _problem(error: OSError) -> Problem:
    return Problem.DENIED if isinstance(error, PermissionError) else Problem.IO_ERROR


def _barred(root: str, exclude: Sequence[Path]) -> frozenset[str]:
    """Spell the excluded paths as this walk meets them, whatever links lead to the location."""
    real = os.path.realpath(root)
    paths = (os.path.realpath(path) for path in exclude)
    return frozenset(root + path[len(real) :] for path in paths if lies_in(path, real))


def _is_link(info: os.stat_result) -> bool:
    return stat.S_ISLNK(info.st_mode) or bool(getattr(info, "st_file_attributes", 0) & _REPARSE)


def _root(location: Location) -> str:
    """Give where a location lies. One that is itself a link was chosen by the officer and is resolved."""
    path = location.path.absolute()
    return os.path.realpath(path) if path.is_symlink() else os.path.normpath(path)
