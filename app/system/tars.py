"""Tar archives of any size, member by member."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator


def members_of(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Give each member, in the order in which they lie, and remember none.

    tarfile keeps every header it has seen, so that a large backup would fill the memory; a
    hard link can then not be read by its name.

    Raises:
        tarfile.TarError: when it is damaged.
    """
    while (info := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # public, but not in the stubs
        yield info
