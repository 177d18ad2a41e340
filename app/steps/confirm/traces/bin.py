"""The bin (Trash specification, freedesktop.org): earlier versions of a record that were thrown away."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.steps.confirm.traces.address import plain_path
from app.steps.confirm.traces.search import Search, Sighting, Sought
from app.system.volumes import volume_of

_SUFFIX: Final = ".trashinfo"
_PATH: Final = re.compile(r"^Path=(.+)$", re.MULTILINE)
_OWN: Final = re.compile(r"\.Trash-\d+")
_MOST: Final = 64 << 10


def own_bin(search: Search) -> Iterator[Sighting | Progressed]:
    """Find in the person's own bin what was thrown away from a record's path, with the note of where it lay.

    Of a folder in the bin that once held a record, the file of the same name is found, and
    not the note, which speaks of the whole folder.
    """
    yield from bin_at(search, search.places.data / "Trash", "/")


def volume_bins(search: Search) -> Iterator[Sighting | Progressed]:
    """Find the same in every bin, whoever's it is, at the top of the volumes that hold records."""
    for top in _tops(search.sought):
        for folder in _bins(search, top):
            yield from bin_at(search, folder, top)


def bin_at(search: Search, folder: Path, top: str) -> Iterator[Sighting | Progressed]:
    """Search one bin. `top` is what its relative paths are relative to."""
    if (folder / "files").is_symlink():
        return
    for entry in search.entries(folder / "info"):
        if not entry.name.endswith(_SUFFIX) or not entry.is_file(follow_symlinks=False):
            continue
        yield from search.progress(entry.path)
        path = _origin(search.read(entry.path, _MOST), top)
        if path:
            yield from _thrown(
                search.sought, path, entry.path, folder / "files" / entry.name[: -len(_SUFFIX)]
            )


def _origin(note: bytes | None, top: str) -> str:
    text = (note or b"").decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    found = _PATH.search(text)
    if not found or not text.startswith("[Trash Info]"):
        return ""
    path = plain_path(found[1])
    return os.path.normpath(Path(top, path)) if path else ""


def _thrown(sought: Sought, path: str, note: str, thing: Path) -> Iterator[Sighting]:
    ids = sought.ids(path)
    there = os.path.lexists(thing)
    folder = there and thing.is_dir() and not thing.is_symlink()
    if ids and not folder:
        if there:
            yield Sighting(str(thing), ids, Trace.TRASHED)
        yield Sighting(note, ids, Trace.TRASHED, bound_to=str(thing) if there else "")
    if folder:
        for inner, one in sought.below(path):
            within = thing / os.path.relpath(inner, path)
            # A link in the thrown away folder leads out of the bin, to files that are in use.
            between = [one for one in within.parents if one.is_relative_to(thing)]
            if os.path.lexists(within) and not any(one.is_symlink() for one in between):
                yield Sighting(str(within), (one,), Trace.TRASHED)


def _tops(sought: Sought) -> list[str]:
    """The mount points of the volumes that hold records."""
    tops: dict[int, str] = {}
    for folder in sought.folders:
        with suppress(OSError):
            device = os.stat(folder).st_dev
            if device not in tops:
                tops[device] = volume_of(folder).mount
    return sorted({top for top in tops.values() if top})


def _bins(search: Search, top: str) -> Iterator[Path]:
    shared = [entry for entry in search.entries(Path(top, ".Trash")) if entry.name.isdigit()]
    own = [entry for entry in search.entries(top) if _OWN.fullmatch(entry.name)]
    yield from (Path(entry.path) for entry in shared + own if entry.is_dir(follow_symlinks=False))
