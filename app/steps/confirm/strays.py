"""Copies on their way: in bins, downloads, sync and temporary folders, what messengers and mail left."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.event import CopyFound, Progressed
from app.steps.confirm.copies import find_copies
from app.steps.confirm.traces.search import homes
from app.steps.confirm.usual import on_volumes, temporary, usual_places, volumes
from app.steps.confirm.wanted import Wanted

_PACKED: Final = (".eml", ".emlx", ".msg", ".mbox", ".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
"""What may hold a file of another size than its own; elsewhere names do not matter."""


def find_strays(
    wanted: Wanted,
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    told: Collection[str] = (),
    home: Path | None = None,
) -> Iterator[CopyFound | Progressed]:
    """Search the usual places of whoever runs this for content that goes; read only, no link is followed.

    Known by SHA-256 alone, as in a backup, also in archives and mails. What is `told` already
    is passed over. Of a folder for everybody's temporary files only its own files are looked
    at, and those of folders in it. Nothing is claimed of these places: that one is not there
    is no finding.
    """
    seen = set(told)
    for root in _roots(wanted, home):
        for event in find_copies([Backup("folder", root)], wanted, key=key, exclude=exclude):
            if isinstance(event, Progressed):
                yield event
            elif isinstance(event, CopyFound) and event.copy.path not in seen:
                seen.add(event.copy.path)
                yield event


def _roots(wanted: Wanted, home: Path | None) -> Iterator[Path]:
    done: set[str] = set()
    for one in _places(home):
        real = os.path.realpath(one)
        if real not in done and one.is_dir():
            done.add(real)
            yield one
    for folder in temporary():
        yield from _loose(folder, wanted, 2)


def _places(home: Path | None) -> Iterator[Path]:
    for places in homes(home):
        yield from usual_places(places)
    yield from on_volumes(volumes())


def _loose(folder: Path, wanted: Wanted, depth: int) -> Iterator[Path]:
    """The files of a folder, and of those in it, that have a size that is sought or may be packed."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False):
                    yield from _loose(Path(entry.path), wanted, depth - 1) if depth > 1 else ()
                elif entry.is_file(follow_symlinks=False) and _may_hold(entry, wanted):
                    yield Path(entry.path)


def _may_hold(entry: os.DirEntry[str], wanted: Wanted) -> bool:
    return entry.name.lower().endswith(_PACKED) or entry.stat(follow_symlinks=False).st_size in wanted.sizes
