"""Lists of recently used files: one file that names many."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.domain.outcome import Reason
from app.steps.confirm.traces.address import path_of
from app.steps.confirm.traces.search import Places, Search, Sighting


@dataclass(frozen=True, slots=True)
class _List:
    """One program's list: where it is, how an entry is written, and whether it holds nothing else."""

    places: Callable[[Places], Iterator[Path]]
    entry: re.Pattern[str]
    pure: bool


def _at(*below: str) -> Callable[[Places], Iterator[Path]]:
    def places(of: Places) -> Iterator[Path]:
        for one in below:
            root, _, pattern = one.partition(":")
            folder: Path = getattr(of, root)
            # A pattern finds nothing where a folder can't be listed, so a plain name is given as it is.
            yield from sorted(folder.glob(pattern)) if "*" in pattern else (folder / pattern,)

    return places


_LISTS: Final = (
    # GTK and most others (Desktop Bookmark Specification)
    _List(
        _at("data:recently-used.xbel", "home:.recently-used.xbel"),
        re.compile(r"<bookmark\s[^>]*?\bhref=[\"']([^\"']*)"),
        True,
    ),
    # KDE keeps one small file for each
    _List(_at("data:RecentDocuments/*.desktop"), re.compile(r"^URL(?:\[\$e\])?=(.+)$", re.MULTILINE), True),
    # gedit: where the cursor stood
    _List(_at("data:gedit/gedit-metadata.xml"), re.compile(r"<document\s[^>]*?\buri=\"([^\"]*)"), True),
    # LibreOffice: the list is part of all its settings
    _List(
        _at("config:libreoffice/*/user/registrymodifications.xcu"), re.compile(r"(file:///[^<\"]+)"), False
    ),
    # vim: marks, registers and commands in one file
    _List(
        _at("home:.viminfo", "home:.vim/viminfo"),
        re.compile(r"^(?:> |[-'][0-9A-Z]?  \d+  \d+  )(.+)$", re.MULTILINE),
        False,
    ),
    # Emacs
    _List(
        _at("home:.emacs.d/recentf", "home:.recentf", "config:emacs/recentf"),
        re.compile(r"\"((?:[^\"\\]|\\.)*)\""),
        False,
    ),
)


def recent(search: Search) -> Iterator[Sighting | Progressed]:
    """Find the lists of recently used files that name a record.

    A list that names only files that go, goes whole; its program begins a new one. One
    that names others too is an exception, MIXED_LIST: to cut an entry out is to write a new
    file, and the old bytes stay on the disk; to overwrite it in place is to race with the
    program, which writes back what it remembers.
    """
    for each in _LISTS:
        for path in each.places(search.places):
            if not os.path.lexists(path):
                continue
            yield from search.progress(str(path))
            named = [_meant(entry, search.places.home) for entry in each.entry.findall(search.text(path))]
            found = [search.sought.ids(one) for one in named]
            ids = sorted({one for of in found for one in of})
            if ids:
                against = () if each.pure and all(found) else (Reason.MIXED_LIST,)
                yield Sighting(str(path), tuple(ids), Trace.RECENT_LIST, against)


def _meant(entry: str, home: Path) -> str:
    """Give the path that an entry means, however the program writes it; empty when it means none."""
    text = html.unescape(entry.strip()).replace("$HOME", str(home))
    if text.startswith("file:"):
        # KDE writes "file:$HOME/…" without the slashes of an authority.
        return path_of(text)
    return str(home) + text[1:] if text.startswith("~/") else text
