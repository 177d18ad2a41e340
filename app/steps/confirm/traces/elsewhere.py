"""What editors keep of a record in folders of their own, and say so."""

from __future__ import annotations

import html
import json
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.steps.confirm.traces.address import path_of
from app.steps.confirm.traces.formats import VIM_HEAD, VIM_SWAP_NAME, is_vim_undo, vim_names
from app.steps.confirm.traces.search import Search, Sighting

_RECOVERY: Final = re.compile(r"<node oor:name=\"recovery_item_.*?</node>", re.DOTALL)
_ADDRESS: Final = re.compile(r"<prop oor:name=\"(OriginalURL|TempURL)\"[^>]*><value>([^<]*)</value>")
_HISTORIES: Final = ("Code", "Code - OSS", "VSCodium", "Cursor")
_MANGLED: Final = re.compile(r"([%!].*?)(?:~|\.~\d+~)?")
"""A whole path as a name: vim writes % for each slash, Emacs !."""


def elsewhere(search: Search) -> Iterator[Sighting | Progressed]:
    """Find swap, undo and backup files, autosaves and file histories that lie in a program's own folder."""
    yield from _vim_swaps(search)
    yield from _mangled(search)
    yield from _libreoffice(search)
    yield from _histories(search)


def _vim_swaps(search: Search) -> Iterator[Sighting | Progressed]:
    places = search.places
    for folder in (
        places.home / "tmp",
        places.home / ".vim/swap",
        places.home / ".vim/tmp",
        places.state / "nvim/swap",
        places.data / "nvim/swap",
        Path(tempfile.gettempdir()),
        Path(os.sep, "var", "tmp"),
    ):
        for entry in search.entries(folder):
            if VIM_SWAP_NAME.search(entry.name) and entry.is_file(follow_symlinks=False):
                yield from search.progress(entry.path)
                ids = search.sought.ids(vim_names(search.read(entry.path, VIM_HEAD) or b"", places.home))
                if ids:
                    yield Sighting(entry.path, ids, Trace.SWAP_FILE)


def _mangled(search: Search) -> Iterator[Sighting | Progressed]:
    places = search.places
    for folder, trace in (
        (places.home / ".vim/undo", Trace.UNDO_FILE),
        (places.home / ".vim/undodir", Trace.UNDO_FILE),
        (places.state / "nvim/undo", Trace.UNDO_FILE),
        (places.data / "nvim/undo", Trace.UNDO_FILE),
        (places.home / ".vim/backup", Trace.EDITOR_BACKUP),
        (places.state / "nvim/backup", Trace.EDITOR_BACKUP),
        (places.home / ".emacs.d/backups", Trace.EDITOR_BACKUP),
        (places.home / ".emacs.d/backup", Trace.EDITOR_BACKUP),
    ):
        for entry in search.entries(folder):
            found = _MANGLED.fullmatch(entry.name)
            if not found or not entry.is_file(follow_symlinks=False):
                continue
            yield from search.progress(entry.path)
            ids = search.sought.ids(found[1].replace(found[1][0], "/"))
            if ids and (
                trace is not Trace.UNDO_FILE or is_vim_undo(search.read(entry.path, VIM_HEAD) or b"")
            ):
                yield Sighting(entry.path, ids, trace)


def _libreoffice(search: Search) -> Iterator[Sighting | Progressed]:
    """Autosaves, which the profile's recovery list ties to their documents."""
    for profile in sorted(search.places.config.glob("libreoffice/*/user")):
        settings = profile / "registrymodifications.xcu"
        yield from search.progress(str(settings))
        for item in _RECOVERY.findall(search.text(settings)):
            told = {name: path_of(html.unescape(uri)) for name, uri in _ADDRESS.findall(item)}
            ids = search.sought.ids(told.get("OriginalURL", ""))
            saved = told.get("TempURL", "")
            # The settings may name any place; what does not lie among the autosaves is not taken for one.
            if ids and Path(saved).parent == profile / "backup" and os.path.lexists(saved):
                yield Sighting(saved, ids, Trace.AUTOSAVE)


def _histories(search: Search) -> Iterator[Sighting | Progressed]:
    """The local history of VS Code and its kin: every saved version of a file, and a list that names it."""
    for name in _HISTORIES:
        for folder in search.entries(search.places.config / name / "User/History"):
            listing = Path(folder.path, "entries.json")
            if not folder.is_dir(follow_symlinks=False) or not listing.is_file():
                continue
            yield from search.progress(str(listing))
            ids = search.sought.ids(_resource(search.text(listing)))
            if ids:
                for entry in search.entries(folder.path):
                    if entry.is_file(follow_symlinks=False):
                        yield Sighting(entry.path, ids, Trace.EDITOR_BACKUP)


def _resource(text: str) -> str:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    uri = told.get("resource") if isinstance(told, dict) else None
    return path_of(uri) if isinstance(uri, str) else ""
