"""From a dropped path to what it declares: a backup or a key of some kind."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.case import Backup, KeySource

_HEAD: Final = 4096


def backups_of(paths: Sequence[Path], known: Sequence[Backup]) -> tuple[Backup, ...]:
    """Give a backup for each path, those known before as they were."""
    before = {backup.path: backup for backup in known}
    return tuple(before.get(path) or Backup(_kind_of_backup(path), path) for path in paths)


def keys_of(paths: Sequence[Path], known: Sequence[KeySource]) -> tuple[KeySource, ...]:
    """Give a key for each path, those known before as they were."""
    before = {key.path: key for key in known}
    return tuple(before.get(path) or KeySource(_kind_of_key(path), path) for path in paths)


def _kind_of_backup(path: Path) -> str:
    if not path.is_dir():
        return "archive"
    if (path / "bagit.txt").is_file():
        return "bagit"
    if (path / "config").is_file() and (path / "data").is_dir():
        return "restic" if (path / "snapshots").is_dir() else "borg"
    return "folder"


def _kind_of_key(path: Path) -> str:
    head = b""
    with suppress(OSError), path.open("rb") as file:
        head = file.read(_HEAD)
    if b"AGE-SECRET-KEY-" in head:
        return "age"
    return "pem" if b"-----BEGIN" in head else "pkcs12"
