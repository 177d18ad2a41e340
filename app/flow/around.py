"""A place without what is mounted in it and silent: the rest of it can be hunted in all the same."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, field

from app.domain.outcome import Reason
from app.steps.shred.hunt import Blind
from app.system.paths import lies_in


@dataclass(slots=True)
class Around:
    """The `pieces` of some places in which nothing silent is mounted, and what can't be looked into."""

    pieces: list[str] = field(default_factory=list)
    blind: list[Blind] = field(default_factory=list)

    def take(self, place: str, silent: Collection[str]) -> None:
        """Take a place in: whole, or piece by piece on the way to what is silent in it.

        What is silent itself is asked nothing. As in a hunt a link to a folder is not followed.
        """
        if place in silent:
            self.blind.append(Blind(place, "", Reason.DISK_SILENT))
        elif not any(lies_in(one, place) for one in silent):
            self.pieces.append(place)
        else:
            for path, is_link in self._entries(place, silent):
                if not is_link:
                    self.take(path, silent)
                elif os.path.isdir(path):
                    self.blind.append(Blind(path, "", Reason.LINK))
                elif os.path.exists(path):
                    self.pieces.append(path)

    def _entries(self, folder: str, silent: Collection[str]) -> list[tuple[str, bool]]:
        try:
            with os.scandir(folder) as entries:
                return sorted((one.path, one.path not in silent and one.is_symlink()) for one in entries)
        except OSError:
            self.blind.append(Blind(folder, "", Reason.UNREADABLE))
            return []
