"""A walk over the files below a folder, which ends after a while whether it has seen them all or not."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

MOST: Final = 1_000_000
SECONDS: Final = 10.0
_ASKED_EVERY: Final = 256


@dataclass(slots=True)
class Patience:
    """For how long walks may still go on, all together."""

    seconds: float = 60.0


class Walk:
    """Every regular file below a folder, on its own file system. `whole` until something was left out."""

    def __init__(self, root: str, *, most: int = MOST, seconds: float = SECONDS) -> None:
        self.whole = True
        self._root = root
        self._left = most
        self._end = time.monotonic() + seconds

    def __iter__(self) -> Iterator[os.DirEntry[str]]:
        try:
            device = os.stat(self._root).st_dev
        except OSError:
            self.whole = False
            return
        waiting = [self._root]
        while waiting:
            try:
                with os.scandir(waiting.pop()) as entries:
                    for entry in entries:
                        if self._ended():
                            return
                        if entry.is_file(follow_symlinks=False):
                            yield entry
                        elif (
                            entry.is_dir(follow_symlinks=False)
                            and entry.stat(follow_symlinks=False).st_dev == device
                        ):
                            waiting.append(entry.path)
            except OSError:
                self.whole = False

    def _ended(self) -> bool:
        self._left -= 1
        late = self._left % _ASKED_EVERY == 0 and time.monotonic() > self._end
        if self._left < 0 or late:
            self.whole = False
            return True
        return False
