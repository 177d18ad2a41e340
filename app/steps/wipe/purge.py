"""The purge of a volume: where names still stand when the files are gone: folders, journal, free blocks."""

from __future__ import annotations

import os
import platform
from collections import defaultdict
from collections.abc import Container, Generator, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Final

from app.domain.event import Begun, Noted
from app.domain.outcome import Evidence, Fact, Reason
from app.domain.step import Step
from app.steps.wipe.ending import PURGED, medium_note
from app.steps.wipe.folders import Folders
from app.steps.wipe.keystream import names_for
from app.steps.wipe.places import parent_of
from app.steps.wipe.scene import Terms
from app.steps.wipe.verdict import Done
from app.system.churn import Churn
from app.system.device import open_device
from app.system.disk import Folder, open_folder
from app.system.journals import Log, LogKind, Trail, commits_fast, log_of, position, trail_of, went_round
from app.system.media import frees_into_files, medium_of
from app.system.trim import trim
from app.system.volumes import Volume, volume_of

_METHOD: Final = "purge-names-1"
_ROUNDS: Final = 4096
_NAMES_AT_ONCE: Final = 8192
MARGIN: Final = 1.25
_MARK_OF_BLOCK: Final = {LogKind.EXT: (7, 8), LogKind.XFS: (3, 8)}
"""How much of a block a mark takes: most of one of its own on ext; two of them in a leaf on XFS."""
_ENTRIES_ARE_WIPED: Final = (5, 13)
"""From this Linux on, ext clears an entry of a folder when it is removed or moved."""


@dataclass(frozen=True, slots=True)
class _Purged:
    """How a purge ended."""

    clean: bool
    facts: tuple[Fact, ...]


def purge(
    label: str, done: Iterable[Done], terms: Terms, told: Container[str] = ()
) -> Generator[Begun | Noted, None, bool]:
    """Purge the volume that these removed files lay on.

    Gives whether every place that a name was known to stand in was written over. `done` is gone
    through more than once.

    The folders that are empty now are gone after it, never a location itself. May be
    run again after a stop: it finds what it renamed and takes its fillers away. The
    volume's medium is told first unless it was `told`.
    """
    ground = _ground_of(done)
    if ground is None:
        return False
    path, volume = ground
    if label not in told:
        yield medium_note(label, medium_of(volume))
    yield Begun(Step.WIPE, (label,), 0)
    try:
        purged = _Purge(label, path, volume, terms).run(done)
    except OSError:
        purged = _Purged(clean=False, facts=())
    limits = () if purged.clean else (Reason.NAMES_NOT_PURGED,)
    yield Noted(Step.WIPE, (label,), PURGED, Evidence(_METHOD, limits, purged.facts))
    return purged.clean


def _ground_of(done: Iterable[Done]) -> tuple[str, Volume] | None:
    """A folder that is still there on the volume of these files, and the volume."""
    device = next(iter(done)).item.stamp.device
    for one in done:
        at = one.item.location or one.item.path.rpartition(os.sep)[0]
        for path in (at, at.rpartition(os.sep)[0]):
            with suppress(OSError):
                if os.stat(path).st_dev == device and os.path.isdir(path):
                    return path, volume_of(path)
    return None


class _Purge:
    """One purge at work."""

    def __init__(self, label: str, path: str, volume: Volume, terms: Terms) -> None:
        self._label = label
        self._path = path
        self._volume = volume
        self._terms = terms
        self._facts: dict[str, str | int | bool] = {}

    def run(self, done: Iterable[Done]) -> _Purged:
        folders = Folders(done, self._terms, self._volume.device)
        place = open_folder(self._path)
        try:
            if place.fd is None:
                # Windows: its journal is beyond reach, but what was emptied goes.
                folders.rename_emptied()
                folders.remove()
                return _Purged(clean=False, facts=())
            log = log_of(self._volume, place.fd)
            trail = trail_of(self._volume) if self._terms.wiping.device else None
            outgrown = log.kind is LogKind.EXT and folders.outgrown(self._volume.block)
            try:
                clean = self._purge(folders, place, log, trail)
            finally:
                if trail:
                    trail.close()
            self._trim(place.fd, log)
            clean &= self._unseen(done, folders, log, outgrown=outgrown) and not folders.marked
        finally:
            place.close()
        facts = (("journal", log.kind.value), ("journal_bytes", log.bytes), *self._facts.items())
        return _Purged(clean, facts)

    def _purge(self, folders: Folders, place: Folder, log: Log, trail: Trail | None) -> bool:
        disk = self._terms.disk
        disk.permit(self._path)
        folders.rename_emptied()
        clean = self._churned(folders, place, log, trail)
        clean &= folders.remove()
        self._sync(place)
        if log.kind is LogKind.EXT and trail is None:
            clean &= not commits_fast(self._volume)
        return clean and _known(log, self._volume)

    def _sync(self, place: Folder) -> None:
        """Put the file system on its disk; where that fails, which another's file may cause, its journal."""
        disk = self._terms.disk
        with suppress(OSError):
            if place.fd is not None and disk.sync_volume(place.fd):
                return
        disk.sync_folder(place)

    def _churned(self, folders: Folders, place: Folder, log: Log, trail: Trail | None) -> bool:
        """Write the whole journal over, the folders filled meanwhile so that they are put on the disk so."""
        if place.fd is None or log.kind not in _MARK_OF_BLOCK:
            folders.unfill()
            return log.kind is not LogKind.UNKNOWN
        part, whole = _MARK_OF_BLOCK[log.kind]
        name = next(names_for(self._terms.seed, f"churn {self._label}", 16))
        mark = self._volume.block * part // whole // 16 * 16
        clean = True
        self._sync(place)
        with Churn(place.fd, name, mark) as churn, ExitStack() as last:
            # Made before the folders are filled: a name more would let the one it is in grow again.
            last.callback(folders.unfill)
            if log.kind is LogKind.XFS:
                clean = folders.fill()
            clean &= self._stirred(churn, place, log, trail)
        if trail:
            self._facts["journal_read"] = True
            clean &= not trail.old()
        return clean

    def _stirred(self, churn: Churn, place: Folder, log: Log, trail: Trail | None) -> bool:
        """Stir until the journal has gone round. False when it does not seem to."""
        need = (trail.size if trail else log.bytes) * MARGIN
        start, put = position(self._volume), 0
        for _ in range(_ROUNDS):
            put += churn.stir()
            self._sync(place)
            now = position(self._volume)
            if start and now:
                round_it_went = went_round(start, now)
            else:
                round_it_went = put >= need and not (trail and put < 3 * need and trail.old())
            if round_it_went:
                self._facts["churned_bytes"] = put
                return True
        return False

    def _trim(self, fd: int, log: Log) -> None:
        by_itself = log.kind in (LogKind.EXT, LogKind.NONE) and self._trims_itself()
        lost = frees_into_files(self._volume)  # beyond the reach of the look that comes after
        given = trim(fd) if self._terms.wiping.trim and not (by_itself or lost) else None
        if given is not None:
            self._facts["trimmed_bytes"] = given

    def _trims_itself(self) -> bool:
        return "discard" in self._volume.options.replace("nodiscard", "").replace(";", ",").split(",")

    def _unseen(self, done: Iterable[Done], folders: Folders, log: Log, *, outgrown: bool) -> bool:
        """Whether no name stands any more where the folders held their entries, as far as it must be seen.

        ext clears entries by itself, but for those of a folder that has outgrown a block.
        XFS and btrfs free them as they are, so there it must be seen, and what was free in
        between must have been trimmed.
        """
        device = open_device(self._volume) if self._terms.wiping.device else None
        prints, seen = self._terms.footprints, True
        cleared = log.kind is LogKind.NONE or (log.kind is LogKind.EXT and not outgrown)
        if device is None:
            return cleared
        with device:
            for names, traced in chain([(folders.names(), True)], _named(done)):
                if prints.stand(device, names):
                    return False
                seen &= traced and prints.tells(names)
        self._facts["folders_read"] = seen
        return cleared or (seen and (log.kind is LogKind.EXT or "trimmed_bytes" in self._facts))


def _named(done: Iterable[Done]) -> Iterator[tuple[dict[str, set[bytes]], bool]]:
    """The names of removed files by their folder, some thousands at a time, and whether all were traced.

    The names of a folder stay together where the plan has them together, so that its
    blocks are read once.
    """
    names: dict[str, set[bytes]] = defaultdict(set)
    count, traced = 0, True
    for one in done:
        folder = parent_of(one.item.path)
        if count >= _NAMES_AT_ONCE and folder not in names:
            yield names, traced
            names.clear()
            count, traced = 0, True
        names[folder].add(os.fsencode(one.item.path.rpartition(os.sep)[2]))
        count, traced = count + 1, traced and one.traced
    yield names, traced


def _known(log: Log, volume: Volume) -> bool:
    """Whether the file system clears entries of its folders, or they are filled or freed."""
    if volume.file_system.startswith("ext"):
        release = platform.release().split(".")
        return tuple(int(number) for number in release[:2]) >= _ENTRIES_ARE_WIPED
    return log.kind is not LogKind.UNKNOWN
