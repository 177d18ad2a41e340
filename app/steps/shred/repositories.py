"""The hunt in restic and borg repositories: every snapshot, read by the tool that made it, as one tar."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, cast

from app.domain.outcome import Reason
from app.steps.shred.meanwhile import meanwhile
from app.steps.shred.unpacking import Budget, Found, Piece, Unseen, pieces_of_tar
from app.system import borg, restic
from app.system.programs import Running, environment_with

_PATIENCE: Final = 120
"""Seconds that a tool may be silent."""
_GRACE: Final = 0.3
"""Seconds that it has to end by itself: it has no lock to let go of."""
_MOST: Final = 1 << 40

Awaited = Iterator[Piece | Unseen | None]


@dataclass(frozen=True, slots=True)
class Repository:
    """A tool's repository to be hunted through. `kind` is restic or borg."""

    kind: str
    path: str
    passphrase: str = field(repr=False)


def snapshots(repository: Repository, overlap: int) -> Awaited:
    """Give the bytes of every file in every snapshot; a `member` is `snapshot/path`. Nothing is changed.

    While the tool is silent it gives None, five times a second; closed, it ends the tool at once.

    A repository that can't be read is one Unseen: NOT_SEARCHED without its tool, else UNREADABLE.
    """
    tool = _TOOLS.get(repository.kind)
    if tool is None or shutil.which(repository.kind) is None:
        yield Unseen("", Reason.NOT_SEARCHED)
        return
    budget, seen = Budget(_MOST, members=50_000_000), set[str]()
    try:
        for name, content in (yield from _listed(tool, repository)):
            # Snapshots of the same tree have the same files.
            if content not in seen:
                seen.add(content)
                yield from _snapshot(tool, repository, name, budget, overlap)
    except (OSError, ValueError, KeyError, TypeError):
        yield Unseen("", Reason.UNREADABLE)


def _listed(tool: _Tool, repository: Repository) -> Generator[None, None, list[tuple[str, str]]]:
    """Ask for the snapshots: the name of each, and what is the same for two with the same content.

    Raises:
        ValueError: when the tool does not tell.
        Hung: when it is silent.
    """
    told = bytearray()
    with tool.running(repository, tool.listed) as running:

        def parts() -> Iterator[bytes]:
            yield from iter(lambda: running.read(1 << 16), b"")
            if not running.ended_well():
                raise ValueError(repository.kind)

        for part in meanwhile(parts, running.end):
            if part is None:
                yield None
            else:
                told += part
    return tool.named(bytes(told))


def _snapshot(tool: _Tool, repository: Repository, name: str, budget: Budget, overlap: int) -> Awaited:
    with tool.running(repository, tool.tar(name)) as running:

        def members() -> Found:
            yield from pieces_of_tar(cast("IO[bytes]", running), budget, overlap)
            if not running.ended_well():
                yield Unseen("", Reason.UNREADABLE)

        for one in meanwhile(members, running.end):
            if isinstance(one, Piece):
                yield Piece(f"{name[:8]}/{one.member}", one.data, first=one.first)
            elif one is None:
                yield None
            else:
                yield Unseen(f"{name[:8]}/{one.member}" if one.member else name[:8], one.reason)


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
        return Running(command, _PATIENCE, environment_with(own, self.silent), _GRACE)


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
