"""Take a path out of a restic snapshot: how it is named, and the long way round for a restic before 0.15."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Repository, Run, Unusable
from app.steps.confirm.repositories.tool import Tool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot: its id, its root tree, what was backed up, and what it was labelled with."""

    id: str
    tree: str
    paths: tuple[str, ...]
    host: str
    time: str
    tags: tuple[str, ...]


def excluding(repository: Repository, paths: Sequence[str]) -> list[str]:
    """The arguments that exclude exactly these paths; most of them stand in a file in the scratch folder."""
    plain = [path for path in paths if path == path.strip() and "\n" not in path and "\r" not in path]
    odd = [path for path in paths if path not in set(plain)]
    listed = repository.scratch / "exclude"
    # In the file, and only there, a dollar sign begins a variable.
    listed.write_text("".join(_pattern(path).replace("$", "$$") + "\n" for path in plain), encoding="utf-8")
    return [f"--exclude-file={listed}", *map(_excluded, odd)]


def _excluded(path: str) -> str:
    return f"--exclude={_pattern(path)}"


def _pattern(path: str) -> str:
    """Name one path and no other in restic's patterns (Go's filepath.Match)."""
    return "".join(f"\\{one}" if one in "\\*?[" else one for one in path)


def take_again(repository: Repository, tool: Tool, snapshot: Snapshot, paths: Sequence[str]) -> Run[None]:
    """Restore a snapshot without `paths`, back that up under the same labels, and forget the old one.

    What stays lies in the scratch folder meanwhile. The new snapshot has the old host, time and
    tags; of its paths only where it was taken from is another. Stopped before the old one is
    forgotten, the next run makes another: both hold what stays, and nothing else.

    Raises:
        Unusable: NO_SPACE, before anything is changed, when the scratch folder has no room.
    """
    folder = repository.scratch / "again"
    yield from _make_room(tool, snapshot, folder)
    try:
        yield from tool.output(
            "restore", snapshot.id, "--no-cache", "--target", str(folder), *map(_excluded, paths)
        )
        labels = [argument for tag in snapshot.tags for argument in ("--tag", tag)]
        taken = ("--host", snapshot.host, "--time", _time(snapshot.time))
        yield from tool.output(
            "backup", "--force", "--quiet", "--no-cache", *taken, *labels, ".", cwd=str(folder)
        )
        yield from tool.output("forget", snapshot.id, "--no-cache")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_room(tool: Tool, snapshot: Snapshot, folder: Path) -> Run[None]:
    import json

    told = yield from tool.output("stats", "--mode", "restore-size", "--json", "--no-cache", snapshot.id)
    folder.mkdir(mode=0o700)
    if json.loads(told)["total_size"] > shutil.disk_usage(folder).free:
        raise Unusable(Reason.NO_SPACE)


def _time(told: str) -> str:
    """RFC 3339 to the local form that `--time` takes, whole seconds."""
    from datetime import datetime

    cut = told[:19] + (told[-6:] if told[-6] in "+-" else "+00:00")
    return datetime.fromisoformat(cut).astimezone().strftime("%Y-%m-%d %H:%M:%S")
