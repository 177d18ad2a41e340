"""The scene of one batch: its open folders, its volumes, and what the whole step is told."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

from app.domain.case import Profile
from app.domain.medium import Medium
from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.domain.wiping import Wiping
from app.steps.wipe.footprints import Footprints
from app.steps.wipe.keystream import Stream, label, streams_of
from app.steps.wipe.places import Eye
from app.system.device import Device, open_device
from app.system.disk import Disk, Folder, open_folder
from app.system.handles import Node, open_files
from app.system.media import medium_of, stands_on
from app.system.paths import lies_in
from app.system.volumes import Volume, Writes, mount_id, volume_of
from app.system.walk import Patience

_OPEN_FOLDERS: Final = 64


class Spared(Exception):
    """A file is left where it is. `touched` when some of it may already be overwritten."""

    def __init__(self, reason: Reason, *, touched: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.touched = touched


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for the whole step."""

    disk: Disk
    seed: bytes
    profile: Profile
    protected: Sequence[Path]
    wiping: Wiping
    locations: frozenset[str]
    """Every location that an item of the plan was found under."""
    eye: Eye | None = None
    """Reads devices for us where we may not."""
    footprints: Footprints = field(default_factory=Footprints)
    """Where the entries of folders stood before files were removed from them."""
    items: Iterable[PlanItem] = ()
    """The whole plan, for who must know whether a file is in it."""
    patience: Patience = field(default_factory=Patience)
    """How long it is looked for those who share blocks."""

    def streams(self, item: PlanItem) -> list[Stream]:
        """What each pass over an item writes, in order."""
        return streams_of(self.seed, item.id, self.wiping.sequence)

    def last(self, item: PlanItem) -> Stream:
        """What the last pass over an item writes: what must be found on the disk."""
        return self.streams(item)[-1]


@dataclass(frozen=True, slots=True)
class Ground:
    """What an overwritten file stands on.

    `beneath` are the file systems that hold the device itself, `label` names the
    volume in the journal, `device` is open for reading where that is allowed.
    """

    volume: Volume
    medium: Medium
    beneath: tuple[Writes, ...]
    label: str = ""
    device: Device | None = None


class Scene:
    """What is open or known while one batch is worked on. Closing it leaves nothing open."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._folders: OrderedDict[tuple[str, str], Folder] = OrderedDict()
        self._grounds: dict[int, Ground] = {}
        self._mounts: dict[str, int] = {}
        self._opened: frozenset[Node] | None = None

    def __enter__(self) -> Scene:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._folders:
            self._folders.popitem()[1].close()
        for ground in self._grounds.values():
            if ground.device:
                ground.device.close()

    @property
    def grounds(self) -> Iterable[Ground]:
        """The volumes that were touched."""
        return self._grounds.values()

    def place(self, item: PlanItem) -> tuple[Folder, str]:
        """The open folder of an item and its name in it, reached without a link below its location.

        Raises:
            OSError: as `open_folder`.
        """
        parent, _, name = item.path.rpartition(os.sep)
        where = (parent or os.sep, item.location)
        folder = self._folders.pop(where, None) or open_folder(*where)
        self._folders[where] = folder
        if len(self._folders) > _OPEN_FOLDERS:
            self._folders.popitem(last=False)[1].close()
        return folder, name

    def ground(self, fd: int, device: int) -> Ground:
        """The volume and medium of an open file."""
        if device not in self._grounds:
            volume = volume_of(fd)
            self._grounds[device] = Ground(
                volume,
                medium_of(volume),
                stands_on(volume),
                label(self.terms.seed, "v", f"{device} {volume.source}"),
                open_device(volume) if self.terms.wiping.device else None,
            )
        return self._grounds[device]

    def crosses(self, path: str, fd: int) -> bool:
        """Whether an open file or folder lies in another mount than every named location above it."""
        here = mount_id(fd)
        above = (place for place in self.terms.locations if lies_in(path, place))
        mounts = {self._mount_of(place) for place in above}
        return bool(mounts) and here not in mounts

    def _mount_of(self, location: str) -> int:
        if location not in self._mounts:
            self._mounts[location] = mount_id(location)
        return self._mounts[location]

    def opened_elsewhere(self, node: Node) -> bool:
        """Whether another process has the file open, as seen once a batch."""
        if self._opened is None:
            self._opened = open_files()
        return node in self._opened
