"""Read what a tool prints as a tar, file by file, none of it written to a disk."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Container
from typing import BinaryIO, cast

from app.domain.outcome import Reason
from app.steps.confirm.opaque import LOOK
from app.steps.confirm.pipe import Pipe, beside
from app.steps.confirm.repositories.contract import Run, Unusable
from app.steps.confirm.repositories.inside import Reader, holds_others
from app.system.tars import members_of, opened_tar


def untarred(read: Reader, take: Callable[[tarfile.TarInfo, BinaryIO], None]) -> Run[None]:
    """Hand on every regular file of a tar as it comes.

    Raises:
        Unusable: REPOSITORY_DAMAGED for a tar that is not whole; besides what the reader raises.
    """
    pipe = Pipe()

    def untar() -> None:
        with opened_tar(cast("BinaryIO", pipe), piped=True) as archive:
            for info in members_of(archive):
                if info.isreg() and (file := archive.extractfile(info)):
                    take(info, cast("BinaryIO", file))
        while pipe.read():
            pass

    with beside(untar, pipe) as failures:
        yield from read(lambda data: _ignored(pipe.write(data)))
        pipe.end()
    if failures:
        raise Unusable(Reason.REPOSITORY_DAMAGED) from failures[0]


def packed_in(read: Reader, sought: Container[str]) -> Run[dict[str, bool]]:
    """Tell of each sought path of a tar, without its first slash, whether it holds others."""
    told: dict[str, bool] = {}

    def take(info: tarfile.TarInfo, file: BinaryIO) -> None:
        path = info.name.lstrip("/")
        if path in sought:
            told[path] = holds_others(file.read(LOOK))

    yield from untarred(read, take)
    return told


def packed_alone(read: Reader) -> Run[bool]:
    """Whether a file holds others, by its first bytes."""
    head = bytearray()
    yield from read(lambda data: head.extend(data[: LOOK - len(head)]))
    return holds_others(bytes(head))


def _ignored(_: object) -> None:
    return
