"""The hunt in restic and borg repositories: every snapshot, read by the tool that made it, as one tar."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, cast

from app.domain.outcome import Reason
from app.steps.shred.unpacking import Budget, Found, Piece, Unseen, pieces_of_tar
from app.system import borg, restic
from app.system.programs import Running, environment_with

_PATIENCE: Final = 120
"""Seconds that a tool may be silent."""
_MOST: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Repository:
    """A tool's repository to be hunted through. `kind` is restic or borg."""

    kind: str
    path: str
    passphrase: str = field(repr=False)


def snapshots(repository: Repository, overlap: int) -> Found:
    """Give the bytes of every file in every snapshot; a `member` is `snapshot/path`. Nothing is changed.

    A repository that can't be read is one Unseen: NOT_SEARCHED without its tool, else UNREADABLE.
    """
    tool = _TOOLS.get(repository.kind)
    if tool is None or shutil.which(repository.kind) is None:
        yield Unseen("", Reason.NOT_SEARCHED)
        return
    budget, seen = Budget(_MOST, members=50_000_000), set[str]()
    try:
        for name, content in tool.snapshots(repository):
            # Snapshots of the same tree have the same files.
            if content not in seen:
                seen.add(content)
                yield from _snapshot(tool, repository, name, budget, overlap)
    except (OSError, ValueError, KeyError, TypeError):
        yield Unseen("", Reason.UNREADABLE)


def _snapshot(tool: _Tool, repository: Repository, name: str, budget: Budget, overlap: int) -> Found:
    with tool.running(repository, tool.tar(name)) as running:
        for one in pieces_of_tar(cast("IO[bytes]", running), budget, overlap):
            if isinstance(one, Piece):
                yield Piece(f"{name[:8]}/{one.member}", one.data, first=one.first)
            else:
                yield Unseen(f"{name[:8]}/{one.member}" if one.member else name[:8], one.reason)
        if not running.ended_well():
            yield Unseen(name[:8], Reason.UNREADABLE)


@dataclass(frozen=True, slots=True)
class _Tool:
    """How one tool is asked. It neither locks nor writes.

    `listed` is the command that asks for a list of the snapshots, `named` reads it: the name of
    each, and what is the same for two with the same content. `tar` asks for one of them as a tar.
    """

    settings: Callable[[str, str], dict[str, str]]
    silent: tuple[str, ...]
    listed: tuple[str, ...]
    named: Callable[[bytes], list[tuple[str, str]]]
    tar: Callable[[str], list[str]]

    def running(self, repository: Repository, command: Sequence[str]) -> Running:
        """Run it on a repository."""
        own = self.settings(repository.path, repository.passphrase)
        return Running(command, _PATIENCE, environment_with(own, self.silent))

    def snapshots(self, repository: Repository) -> list[tuple[str, str]]:
        """Ask for the snapshots.

        Raises:
            ValueError: when it does not tell.
            Hung: when it is silent.
        """
        told = bytearray()
        with self.running(repository, self.listed) as running:
            while part := running.read(1 << 16):
                told += part
            if not running.ended_well():
                raise ValueError(repository.kind)
        return self.named(bytes(told))


_RESTIC: Final = ("restic", "--no-lock", "--no-cache", "-q")
_TOOLS: Final = {
    "restic": _Tool(
        restic.settings,
        restic.SILENT,
        (*_RESTIC, *restic.LISTED),
        lambda told: [(one.id, one.tree) for one in restic.snapshots_in(told)],
        lambda name: [*_RESTIC, "dump", "--archive", "tar", name, "/"],
    ),
    "borg": _Tool(
        borg.settings,
        borg.SILENT,
        ("borg", "--bypass-lock", *borg.LISTED),
        lambda told: list(borg.archives_in(told)),
        lambda name: ["borg", "--bypass-lock", "export-tar", f"::{name}", "-"],
    ),
}
