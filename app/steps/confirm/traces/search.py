"""One search for traces: what is sought, where the desktop keeps its files, and what was looked at."""

from __future__ import annotations

import os
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.domain.record import Record
from app.domain.step import Step
from app.steps.confirm.reading import CantRead, reading, reason_of

MOST: Final = 64 << 20
"""Bytes of a list that are read; none that a program writes is near it."""

_BEAT: Final = 0.1
"""Seconds between two signs of progress."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file that something ties to records that go, not yet looked at itself.

    `against` says why it can't go whole. `bound_to` is a file that it describes: it
    goes only if that goes.
    """

    path: str
    of: tuple[str, ...]
    trace: Trace
    against: tuple[Reason, ...] = ()
    bound_to: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Where one person's programs keep their files (XDG Base Directory Specification)."""

    home: Path
    cache: Path
    config: Path
    data: Path
    state: Path


def homes(home: Path | None) -> list[Places]:
    """Give the places of whoever runs this, or those below `home`.

    When root runs it, those of every person whose home the system knows to be below
    `home` follow. No home beside it is looked into.
    """
    if home is None:
        return [_places(None)]
    below = [one for one in _known() if one != home and home in one.parents] if _is_root() else []
    return [_places(one) for one in (home, *sorted(below))]


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def _known() -> set[Path]:
    if sys.platform == "win32":
        return set()
    import pwd

    return {Path(person.pw_dir) for person in pwd.getpwall()}


def _places(home: Path | None) -> Places:
    names = {"CACHE": ".cache", "CONFIG": ".config", "DATA": ".local/share", "STATE": ".local/state"}
    own = home or Path.home()
    told = {} if home else {name: os.environ.get(f"XDG_{name}_HOME", "") for name in names}
    # The specification has a relative value ignored.
    found = {
        name: Path(told[name]) if Path(told.get(name, "")).is_absolute() else own / below
        for name, below in names.items()
    }
    return Places(own, found["CACHE"], found["CONFIG"], found["DATA"], found["STATE"])


class Sought:
    """The records that go, by path. A path spelled through a link to a folder is known too."""

    def __init__(self, doomed: Sequence[Record]) -> None:
        self.records = {record.id: record for record in doomed}
        self.folders: dict[str, dict[str, str]] = {}
        self._ids: dict[str, tuple[str, ...]] = {}
        self._names: set[str] = set()
        for record in doomed:
            folder, _, name = record.path.rpartition(os.sep)
            self.folders.setdefault(folder or os.sep, {})[name] = record.id
            self.add(record.path, (record.id,))
        self.own = frozenset(self._ids)
        self._paths = sorted(self._ids)
        self._real = {os.path.realpath(folder): folder for folder in self.folders}

    def add(self, path: str, of: tuple[str, ...]) -> None:
        """Seek a trace of theirs too, as a thumbnail of a backup."""
        self._ids[path] = of
        self._names.add(path.rpartition(os.sep)[2])

    def paths(self) -> Iterator[str]:
        """Everything that is sought."""
        return iter(self._ids)

    def ids(self, path: str) -> tuple[str, ...]:
        """Give the ids of the records that a path means, none for a path that is not sought."""
        found = self._ids.get(path)
        if found is not None:
            return found
        folder, edge, name = path.rpartition(os.sep)
        if not edge or name not in self._names:
            return ()
        real = os.path.realpath(folder or os.sep)
        return self._ids.get(self._real.get(real, real).rstrip(os.sep) + os.sep + name, ())

    def below(self, folder: str) -> Iterator[tuple[str, str]]:
        """Give path and id of each record under a folder."""
        lead = folder.rstrip(os.sep) + os.sep
        at = bisect_left(self._paths, lead)
        while at < len(self._paths) and self._paths[at].startswith(lead):
            for one in self._ids[self._paths[at]]:
                yield self._paths[at], one
            at += 1


class Search:
    """What a search has looked at so far, and what it could not look at."""

    def __init__(self, sought: Sought, places: Places) -> None:
        self.sought = sought
        self.places = places
        self.files = 0
        self.limits: set[Reason] = set()
        self._shown = 0.0

    def progress(self, path: str) -> Iterator[Progressed]:
        """Count a file that was looked at; ten times a second say so."""
        self.files += 1
        now = time.monotonic()
        if now - self._shown >= _BEAT:
            self._shown = now
            yield Progressed(Step.CONFIRM, self.files, 0, "files", path)

    def entries(self, folder: str | Path) -> list[os.DirEntry[str]]:
        """Give what stands in a folder, by name; nothing when there is none, or it is a link."""
        if Path(folder).is_symlink():
            return []
        try:
            with os.scandir(folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self.limits.add(reason_of(error))
            return []

    def read(self, path: str | Path, most: int = MOST) -> bytes | None:
        """Give the first `most` bytes of a regular file; None when there is none or it can't be read."""
        try:
            with reading(str(path)) as (file, _):
                return file.read(most)
        except CantRead as error:
            if error.reason is not Reason.GONE:
                self.limits.add(error.reason)
        except OSError as error:
            self.limits.add(reason_of(error))
        return None

    def text(self, path: str | Path) -> str:
        """Give a list as text, every byte of it; empty when there is none or it can't be read."""
        data = self.read(path)
        return (data or b"").decode("utf-8", "surrogateescape")
