"""Footprints: where the entries of folders stood on the device, and whether names stand there still."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from app.steps.wipe.places import parent_of
from app.system.device import Device
from app.system.disk import open_folder
from app.system.folder_blocks import folder_blocks

TRACED: Final = frozenset({"ext2", "ext3", "ext4", "xfs"})
"""File systems whose folders have blocks of their own."""
_KEY: Final = 3
"""How many bytes of a name are looked for first. Shorter names tell nothing and are found everywhere."""


class Footprints:
    """The blocks of every folder that files were removed from, as they were before."""

    def __init__(self) -> None:
        self._blocks: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        self._hidden: set[str] = set()

    def take(self, paths: Iterable[tuple[str, str]], file_system: str) -> None:
        """Take down where folders, and those above them up to their location, hold their entries now.

        Each is given with its location.
        """
        taken = set()
        for path, location in paths:
            at = path
            while at not in taken:
                taken.add(at)
                self._take(at, location, file_system)
                if at in (location, os.sep) or not location:
                    break
                at = parent_of(at)

    def _take(self, path: str, location: str, file_system: str) -> None:
        blocks = None
        with suppress(OSError):
            folder = open_folder(path, location)
            try:
                blocks = folder_blocks(folder.fd, file_system) if folder.fd is not None else None
            finally:
                folder.close()
        if blocks is None:
            self._hidden.add(path)
        else:
            self._blocks[path].update(blocks)

    def tells(self, paths: Iterable[str]) -> bool:
        """Whether it is known where the entries of all these folders stood."""
        return all(path in self._blocks and path not in self._hidden for path in paths)

    def stand(self, device: Device, names: dict[str, set[bytes]]) -> bool:
        """Whether a name, given with its folder, stands on the device where that folder's entries stood.

        Raises:
            OSError: as the device gives it.
        """
        return any(
            _any_in(bytes(part), wanted)
            for path, wanted in names.items()
            for offset, length in self._blocks.get(path, ())
            for _, part in device.parts(offset, length)
        )


def _any_in(held: bytes, names: set[bytes]) -> bool:
    lengths: dict[bytes, set[int]] = {}
    for name in names:
        if len(name) >= _KEY:
            lengths.setdefault(name[:_KEY], set()).add(len(name))
    return any(
        held[at : at + length] in names
        for at in range(len(held) - _KEY + 1)
        for length in lengths.get(held[at : at + _KEY], ())
    )
