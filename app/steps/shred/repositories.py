"""The hunt in restic and borg repositories: every snapshot, read by the tool that made it, as one tar."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, Final, Self, cast

from app.domain.outcome import Reason
from app.steps.shred.unpacking import Budget, Found, Piece, Unseen, pieces_of_tar

_PATIENCE: Final = 120
"""Seconds that a tool may be silent."""
_MOST: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Repository:
    """A tool's repository to be hunted through. `kind` is restic or borg."""

    kind: str
    path: str
    passphrase: str = field(repr=False)


class _NoAnswer(Exception):
    pass


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
    except (_NoAnswer, OSError, ValueError, KeyError, TypeError):
        yield Unseen("", Reason.UNREADABLE)


def _snapshot(tool: _Tool, repository: Repository, name: str, budget: Budget, overlap: int) -> Found:
    command = [*tool.start, *tool.tar(repository.path, name)]
    with _Running(command, tool.environment(repository)) as running:
        for one in pieces_of_tar(cast("IO[bytes]", running), budget, overlap):
            if isinstance(one, Piece):
                yield Piece(f"{name[:8]}/{one.member}", one.data, first=one.first)
            else:
                yield Unseen(f"{name[:8]}/{one.member}" if one.member else name[:8], one.reason)
        if running.ended_badly():
            yield Unseen(name[:8], Reason.UNREADABLE)


class _Running:
    """A tool whose output is read; it is ended when it is silent for too long, or no longer wanted."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def read(self, size: int) -> bytes:
        watch = threading.Timer(_PATIENCE, self._process.kill)
        watch.start()
        try:
            return cast("IO[bytes]", self._process.stdout).read(size)
        finally:
            watch.cancel()

    def ended_badly(self) -> bool:
        while self.read(1 << 16):
            pass
        return self._process.wait(_PATIENCE) != 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        cast("IO[bytes]", self._process.stdout).close()
        self._process.wait()


@dataclass(frozen=True, slots=True)
class _Tool:
    """How one tool is asked. It neither locks nor writes.

    `start` is the command, `passphrase` the variable it is given in. `listed` asks for a list
    of the snapshots, `named` reads it: the name of each, and what is the same for two with
    the same content. `tar` asks for one of them as a tar.
    """

    start: tuple[str, ...]
    passphrase: str
    listed: Callable[[str], list[str]]
    named: Callable[[Any], list[tuple[str, str]]]
    tar: Callable[[str, str], list[str]]
    more: Mapping[str, str]

    def environment(self, repository: Repository) -> dict[str, str]:
        return {**os.environ, **self.more, self.passphrase: repository.passphrase}

    def snapshots(self, repository: Repository) -> list[tuple[str, str]]:
        """Ask for the snapshots.

        Raises:
            _NoAnswer: when the tool fails or is silent.
        """
        try:
            done = subprocess.run(
                [*self.start, *self.listed(repository.path)],
                env=self.environment(repository),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _NoAnswer from None
        if done.returncode:
            raise _NoAnswer
        return self.named(json.loads(done.stdout))


_TOOLS: Final = {
    "restic": _Tool(
        ("restic", "--no-lock", "--no-cache", "-q"),
        "RESTIC_PASSWORD",
        lambda path: ["-r", path, "snapshots", "--json"],
        lambda told: [(str(one["id"]), str(one["tree"])) for one in told or ()],
        lambda path, name: ["-r", path, "dump", "--archive", "tar", name, "/"],
        {},
    ),
    "borg": _Tool(
        ("borg",),
        "BORG_PASSPHRASE",
        lambda path: ["list", "--bypass-lock", "--consider-checkpoints", "--json", path],
        lambda told: [(str(one["archive"]), str(one["id"])) for one in told["archives"]],
        lambda path, name: ["export-tar", "--bypass-lock", f"{path}::{name}", "-"],
        {
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        },
    ),
}
