"""Restic: how it is called, and what it tells of its snapshots."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

SILENT: Final = ("RESTIC_",)
"""What a shell may have set for it, for another repository."""
LISTED: Final = ("snapshots", "--json", "--no-cache")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot: its id, its root tree, what was backed up, and what it was labelled with."""

    id: str
    tree: str
    paths: tuple[str, ...]
    host: str
    time: str
    tags: tuple[str, ...]
    original: str = ""
    """The snapshot that it was before somebody changed its labels."""


def settings(path: str, password: str) -> dict[str, str]:
    """The environment for one repository."""
    return {"RESTIC_REPOSITORY": path, "RESTIC_PASSWORD": password}


def snapshots_in(told: bytes) -> tuple[Snapshot, ...]:
    """Read what it prints when it is asked for `LISTED`.

    Raises:
        ValueError, KeyError, TypeError: when it is something else.
    """
    return tuple(
        Snapshot(
            one["id"],
            one["tree"],
            tuple(one.get("paths") or ()),
            one.get("hostname", ""),
            one["time"],
            tuple(one.get("tags") or ()),
            one.get("original") or "",
        )
        for one in json.loads(told) or []
    )
