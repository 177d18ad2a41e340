"""Inspect the declared keys: what each is and where it lies, changing nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from app.domain.canonical import handle
from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.record import Stamp
from app.steps.shred.kinds import kind_of, open_keys, spans_of, told_of
from app.steps.shred.kinds.contract import LARGEST, Kind, NotOpened, Store
from app.steps.shred.overwriting import content_digest
from app.system.disk import Disk, open_folder, this_disk

UNKNOWN = "unknown"
"""How the algorithm of a key that did not open begins; what it says of itself follows in brackets."""


def inspect(
    sources: Sequence[KeySource], *, key: bytes, passphrase: Callable[[KeySource], str]
) -> Iterator[Key]:
    """Describe each declared key file. `key` is the case's key for ids.

    A key that does not open, for want of its passphrase or otherwise, is still
    described, with the algorithm "unknown". A declared folder gives each key file in it.

    Raises:
        Refused: CASE_FILE_MISSING_PATH when there is no plain file at the path, or
            it can't be read; CASE_FILE_WRONG_VALUE when it is far too big for a key, or
            no container of its kind.
    """
    for source, path in files_of(sources):
        kind = kind_of(source.kind)
        with reading(path) as fd:
            digest = _digest(kind, fd, path)
            algorithm, fingerprint = _describe(kind, store_of(this_disk(), fd, path), passphrase(source))
            stamp = stamp_of(os.fstat(fd))
        yield Key(handle(key, "k", path), source.kind, path, stamp, digest, algorithm, fingerprint)


def files_of(sources: Iterable[KeySource]) -> Iterator[tuple[KeySource, str]]:
    """The key files of what is declared, by their absolute paths.

    Raises:
        Refused: CASE_FILE_WRONG_VALUE for a folder without a key of its kind.
    """
    for source in sources:
        path = os.path.abspath(source.path)
        files = kind_of(source.kind).files(path) if os.path.isdir(path) else (path,)
        if not files:
            raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, source.kind)
        yield from ((source, file) for file in files)


@contextmanager
def reading(path: str) -> Iterator[int]:
    """Open a plain file to look into it.

    Raises:
        Refused: CASE_FILE_MISSING_PATH.
    """
    disk = this_disk()
    try:
        folder = open_folder(os.path.dirname(path))
        try:
            fd = disk.open_to_read(folder, os.path.basename(path))
        finally:
            folder.close()
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Refused(Fault.CASE_FILE_MISSING_PATH, path, "a plain file")
            yield fd
        finally:
            os.close(fd)
    except OSError as error:
        raise Refused(Fault.CASE_FILE_MISSING_PATH, path, error.strerror or "") from error


def store_of(disk: Disk, fd: int, path: str = "") -> Store:
    """An open file, as the kinds of key stores read it."""
    return Store(os.fstat(fd).st_size, lambda offset, length: disk.read_back(fd, offset, length), path)


def stamp_of(told: os.stat_result) -> Stamp:
    """Take the stamp from what fstat told."""
    return Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)


def _digest(kind: Kind, fd: int, path: str) -> str:
    """SHA-256 of what will be destroyed: a container's headers, or else all of the file."""
    size = os.fstat(fd).st_size
    if not kind.container and size > LARGEST:
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, f"at most {LARGEST} bytes")
    try:
        spans = spans_of(kind, store_of(this_disk(), fd))
    except NotOpened:
        raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, kind.name) from None
    return content_digest(this_disk(), fd, spans)


def _describe(kind: Kind, store: Store, passphrase: str) -> tuple[str, str]:
    try:
        keys = open_keys(kind, store, passphrase)
    except NotOpened:
        named = told_of(kind, store)
        return (f"{UNKNOWN} ({', '.join(named)})" if named else UNKNOWN), ""
    return " + ".join(key.algorithm for key in keys), keys[0].fingerprint
