"""Files that are as the last look at the locations left them: they need not be looked into again."""

from __future__ import annotations

import os
from array import array
from collections import defaultdict

from app.domain.record import Stamp
from app.register import Register
from app.register.looking import all_kept
from app.steps.locate.job import FIELDS, Known
from app.steps.locate.unchanged import stamp_words


class LookedBefore:
    """Says of a file whether it was looked at by its path, and is the same in number, size and times.

    What it needs is read at once, so that it can be asked in any thread.
    """

    def __init__(self, register: Register) -> None:
        self._folders: dict[str, list[Known]] = defaultdict(list)
        for kept in all_kept(register):
            known = Known(*kept)
            self._folders[known.folder.rstrip(os.sep)].append(known)
        self._folder = ""
        self._files: dict[str, array[int]] = {}

    def __call__(self, path: str, stamp: Stamp) -> bool:
        """Whether it was. The number of its volume may be another one since the system was started anew."""
        folder, _, name = path.rpartition(os.sep)
        if folder != self._folder:
            self._folder, self._files = folder, self._files_of(folder)
        kept = self._files.get(name)
        return kept is not None and tuple(kept[1:]) == stamp_words(stamp)[1:]

    def _files_of(self, folder: str) -> dict[str, array[int]]:
        files: dict[str, array[int]] = {}
        for known in self._folders.get(folder, ()):
            stamps: array[int] = array("Q", known.stamps)
            for at, name in enumerate(known.files()):
                files[name] = stamps[at * FIELDS : (at + 1) * FIELDS]
        return files
