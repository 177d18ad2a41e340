"""Inspect the declared keys: what each is and where it lies, changing nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Sequence

from app.domain.canonical import handle
from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.domain.key import Key
from app.domain.record import Stamp
from app.steps.shred.keyfile import LARGEST, NotOpened, open_keys
from app.system.disk import open_folder, this_disk

UNKNOWN = "unknown"
"""The algorithm of a key that did not open."""


def inspect(
    sources: Sequence[KeySource], *, key: bytes, passphrase: Callable[[KeySource], str]
) -> Iterator[Key]:
    """Describe each declared key file. `key` is the case's key for ids.

    A key that does not open, for want of its passphrase or otherwise, is still
    described, with the algorithm "unknown".

    Raises:
        Refused: CASE_FILE_MISSING_PATH when there is no plain file at the path, or
            it can't be read; CASE_FILE_WRONG_VALUE when it is far too big for a key.
    """
    for source in sources:
        path = os.path.abspath(source.path)  # noqa: PTH100 resolving would follow a link
        data, stamp = _read(path)
        algorithm, fingerprint = _describe(source.kind, data, passphrase(source))
        digest = hashlib.sha256(data).hexdigest()
        yield Key(handle(key, "k", path), source.kind, path, stamp, digest, algorithm, fingerprint)


def _read(path: str) -> tuple[bytes, Stamp]:
    disk = this_disk()
    try:
        folder = open_folder(os.path.dirname(path))  # noqa: PTH120 kept as text, as the plan holds it
        try:
            fd = disk.open_to_read(folder, os.path.basename(path))  # noqa: PTH119 likewise
        finally:
            folder.close()
        try:
            told = os.fstat(fd)
            if not stat.S_ISREG(told.st_mode):
                raise Refused(Fault.CASE_FILE_MISSING_PATH, path, "a plain file")
            if told.st_size > LARGEST:
                raise Refused(Fault.CASE_FILE_WRONG_VALUE, path, f"at most {LARGEST} bytes")
            return disk.read_back(fd, 0, told.st_size), stamp_of(told)
        finally:
            os.close(fd)
    except OSError as error:
        raise Refused(Fault.CASE_FILE_MISSING_PATH, path, error.strerror or "") from error


def stamp_of(told: os.stat_result) -> Stamp:
    """Take the stamp from what fstat told."""
    return Stamp(told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns, told.st_nlink)


def _describe(kind: str, data: bytes, passphrase: str) -> tuple[str, str]:
    try:
        keys = open_keys(kind, data, passphrase)
    except NotOpened:
        return UNKNOWN, ""
    return " + ".join(key.algorithm for key in keys), keys[0].fingerprint
