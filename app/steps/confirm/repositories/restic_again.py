"""Take a path out of a restic snapshot: how it is named, and the long way round for a restic before 0.15."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Repository, Run, Unusable
from app.steps.confirm.repositories.tool import Tool
from app.system.restic import Snapshot

_TAG: Final = "lethe-instead-of-"
_MARK: Final = 16


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
    tags; of its paths only where it was taken from is another. A tag of ours tells of which one
    it takes the place, until `unlink`: stopped before the old one is forgotten, the next run
    has no more to do than that.

    Raises:
        Unusable: NO_SPACE, before anything is changed, when the scratch folder has no room.
    """
    folder = repository.scratch / "again"
    yield from _make_room(tool, snapshot, folder)
    try:
        yield from tool.output(
            "restore", snapshot.id, "--no-cache", "--target", str(folder), *map(_excluded, paths)
        )
        tags = (*snapshot.tags, _link(snapshot, paths))
        labels = [argument for tag in tags for argument in ("--tag", tag)]
        taken = ("--host", snapshot.host, "--time", _time(snapshot.time))
        yield from tool.output(
            "backup", "--force", "--quiet", "--no-cache", *taken, *labels, ".", cwd=str(folder)
        )
        yield from forget(tool, snapshot)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replaced(snapshot: Snapshot, paths: Sequence[str], taken: Iterable[Snapshot]) -> bool:
    """Whether a run that was stopped has made the one without `paths` that takes a snapshot's place."""
    return any(_link(snapshot, paths) in one.tags for one in taken)


def forget(tool: Tool, snapshot: Snapshot) -> Run[None]:
    """Let go of a snapshot; what only it held is gone with the next prune."""
    yield from tool.output("forget", snapshot.id, "--no-cache")


def unlink(tool: Tool, taken: Sequence[Snapshot]) -> Run[None]:
    """Take our tags away from those whose old one is gone.

    To change a label is to write a snapshot anew and remove the old: where a stop left both, the
    old goes.
    """
    there = {one.id[:_MARK] for one in taken}
    changed = {one.original for one in taken}
    for one in taken:
        for tag in one.tags:
            if tag.startswith(_TAG) and tag.removeprefix(_TAG)[:_MARK] not in there:
                if one.id in changed:
                    yield from forget(tool, one)
                else:
                    yield from tool.output("tag", "--remove", tag, "--no-cache", one.id)


def _link(snapshot: Snapshot, paths: Sequence[str]) -> str:
    """What tells of a new snapshot that it is the old one without these paths."""
    what = "\0".join(sorted(paths)).encode("utf-8", "surrogateescape")
    return f"{_TAG}{snapshot.id[:_MARK]}-{hashlib.sha256(what).hexdigest()[:_MARK]}"


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
