"""What editors leave beside a record: swap, backup, undo, autosave and lock files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.copies import Trace
from app.domain.event import Progressed
from app.steps.confirm.traces.formats import (
    VIM_HEAD,
    VIM_SWAP_NAME,
    is_libreoffice_lock,
    is_owner_file,
    is_vim_undo,
    owner_name,
    vim_names,
)
from app.steps.confirm.traces.search import Search, Sighting


@dataclass(frozen=True, slots=True)
class _Habit:
    """How one kind of program names its file after another, and how the file's content bears that out."""

    name: re.Pattern[str]
    trace: Trace
    fits: Callable[[bytes], bool] | None = None


_VIM: Final = r"s[a-w][a-z]"


def _habit(name: str, trace: Trace, fits: Callable[[bytes], bool] | None = None) -> _Habit:
    return _Habit(re.compile(name, re.DOTALL), trace, fits)


_HABITS: Final = (
    # vi, joe, gedit, Emacs, Kate
    _habit(r"(.+)~", Trace.EDITOR_BACKUP),
    # Emacs, numbered
    _habit(r"(.+)\.~\d+~", Trace.EDITOR_BACKUP),
    _habit(r"(.+)\.bak", Trace.EDITOR_BACKUP),
    # nano, when it is killed
    _habit(r"(.+)\.save(?:\.\d+)?", Trace.EDITOR_BACKUP),
    _habit(r"#(.+)#", Trace.AUTOSAVE),
    # Emacs; a link that leads to nothing, where links are offered
    _habit(r"\.#(.+)", Trace.LOCK_FILE),
    _habit(rf"\.(.+)\.{_VIM}", Trace.SWAP_FILE),
    _habit(rf"(\..+)\.{_VIM}", Trace.SWAP_FILE),
    _habit(r"\.(.+)\.kate-swp", Trace.SWAP_FILE),
    _habit(r"\.(.+)\.un~", Trace.UNDO_FILE, is_vim_undo),
    _habit(r"\.~lock\.(.+)#", Trace.LOCK_FILE, is_libreoffice_lock),
    _habit(r"~\$(.+)", Trace.LOCK_FILE, is_owner_file),
    # WPS Office
    _habit(r"\.~(.+)", Trace.LOCK_FILE),
)


def beside(search: Search) -> Iterator[Sighting | Progressed]:
    """Find editors' files in the folders of the records, each by the exact name its program gives it.

    Where the format says which file it belongs to, or that it is what its name
    promises, that is looked at too; a file that says otherwise is no trace.
    """
    for folder, records in search.sought.folders.items():
        entries = search.entries(folder)
        names = {entry.name for entry in entries}
        for entry in entries:
            for owner, habit in _owners(entry.name, records, names):
                if entry.is_dir(follow_symlinks=False):
                    continue
                yield from search.progress(entry.path)
                if entry.is_symlink() or _borne_out(search, entry.path, owner, habit):
                    yield Sighting(entry.path, (records[owner],), habit.trace)


def _owners(name: str, records: Mapping[str, str], names: set[str]) -> Iterator[tuple[str, _Habit]]:
    for habit in _HABITS:
        found = habit.name.fullmatch(name)
        if found and found[1] in records:
            yield found[1], habit
        elif found and habit.fits is is_owner_file:
            # Word's short form may fit several documents: it is evidence only where all of them go.
            like = [one for one in names - {name} if one.endswith(found[1]) and owner_name(one) == name]
            if all(one in records for one in like):
                yield from ((one, habit) for one in like)


def _borne_out(search: Search, path: str, owner: str, habit: _Habit) -> bool:
    if habit.fits is None and habit.trace is not Trace.SWAP_FILE:
        return True
    head = search.read(path, VIM_HEAD)
    if head is None:
        # It can't be read, so only its name speaks; it will stand as an exception.
        return True
    if habit.fits:
        return habit.fits(head)
    if not VIM_SWAP_NAME.search(path):
        return True
    # Vim itself takes the last part alone for true when the swap file lies beside the file.
    return vim_names(head, search.places.home).rpartition("/")[2] == owner
