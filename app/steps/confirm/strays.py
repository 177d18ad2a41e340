"""Copies on their way: in bins, downloads, sync and temporary folders, what messengers and mail left."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.copies import Searched
from app.domain.event import BackupSearched, CopyFound, Progressed
from app.domain.fault import Refused
from app.domain.outcome import Reason
from app.domain.step import Step
from app.steps.confirm.copies import find_copies
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.waiting import watched
from app.steps.confirm.repositories.work import PATIENCE
from app.steps.confirm.searching import Elsewhere
from app.steps.confirm.traces.search import homes
from app.steps.confirm.usual import on_volumes, temporary, usual_places, volumes
from app.steps.confirm.wanted import Wanted

_PACKED: Final = (".eml", ".emlx", ".msg", ".mbox", ".zip", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
"""What may hold a file of another size than its own; elsewhere names do not matter."""

_PASSING: Final = (Reason.GONE, Reason.NOT_SEARCHED, Reason.OPAQUE)
"""What is no limit of a place: a file that went meanwhile, a folder of the case's own, an image."""


def find_strays(
    wanted: Wanted,
    *,
    key: bytes,
    exclude: Sequence[Path] = (),
    told: Collection[str] = (),
    home: Path | None = None,
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    """Search the usual places of whoever runs this for content that goes; read only, no link is followed.

    Known by SHA-256 alone, as in a backup, also in archives and mails. What is `told` already
    is passed over. Of a folder for everybody's temporary files only its own files are looked
    at, and those of folders in it. Nothing is claimed of these places: that one is not there
    is no finding. A place of which something could not be read has a BackupSearched with the limits:
    a mailbox that stays shut may hold a copy.
    """
    seen, shut, once = set(told), dict[str, Searched](), Elsewhere()
    for found in _answering(wanted, home, shut):
        if isinstance(found, Progressed):
            yield found
            continue
        root, place = found
        for event in _searched(root, wanted, key, exclude, once):
            if isinstance(event, Progressed):
                yield event
            elif isinstance(event, BackupSearched):
                _add(shut, place, event.searched)
            elif event.copy.path not in seen:
                seen.add(event.copy.path)
                yield event
    yield from map(BackupSearched, (one for one in shut.values() if one.limits))


def _searched(
    root: Path, wanted: Wanted, key: bytes, exclude: Sequence[Path], once: Elsewhere
) -> Iterator[CopyFound | BackupSearched | Progressed]:
    """Search one of them, unless it went away since it was listed: then it is no stray any more."""
    with suppress(Refused):
        yield from find_copies([Backup("folder", root)], wanted, key=key, exclude=exclude, elsewhere=once)


def _answering(
    wanted: Wanted, home: Path | None, shut: dict[str, Searched]
) -> Iterator[Progressed | tuple[Path, str]]:
    """Give what `_roots` gives, up to a disk that has stopped to answer; that is told in `shut`."""
    place = str(home or Path.home())
    try:
        for found in watched(_roots(wanted, home), PATIENCE):
            yield found or Progressed(Step.CONFIRM, 0, 0, "files", place)
            place = found[1] if found else place
    except Unusable as error:
        _add(shut, place, Searched(place, 0, 0, 0, (error.reason,)))


def _add(shut: dict[str, Searched], place: str, more: Searched) -> None:
    """Sum up what was seen of one place. What went away while it was looked at is not there."""
    one = shut.get(place, Searched(place, 0, 0, 0))
    limits = (*one.limits, *(limit for limit in more.limits if limit not in _PASSING))
    shut[place] = Searched(
        place,
        one.files + more.files,
        one.members + more.members,
        one.copies + more.copies,
        tuple(dict.fromkeys(limits)),
    )


def _roots(wanted: Wanted, home: Path | None) -> Generator[tuple[Path, str], None, None]:
    """Each path to be searched, and the place that it is in."""
    done: set[str] = set()
    for one in _places(home):
        real = os.path.realpath(one)
        if real not in done and one.is_dir():
            done.add(real)
            yield one, str(one)
    for folder in temporary():
        yield from ((file, str(folder)) for file in _loose(folder, wanted, 2))


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
