"""From a dropped path to what it declares: a backup or a key of some kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from app.domain.case import Backup, KeySource

T = TypeVar("T", Backup, KeySource)


def backups_of(paths: Sequence[Path], known: Sequence[Backup]) -> tuple[Backup, ...]:
    """Give a backup for each path, those known before as they were."""
    from app.flow.recognising import backup_kind

    return tuple(_each(paths, known, lambda path: Backup(backup_kind(path), path)))


def keys_of(paths: Sequence[Path], known: Sequence[KeySource]) -> tuple[KeySource, ...]:
    """Give a key for each path, those known before as they were; the kinds say which one a new file is."""
    from app.flow.recognising import key_kind

    return tuple(_each(paths, known, lambda path: KeySource(key_kind(path), path)))


def _each(paths: Iterable[Path], known: Sequence[T], new: Callable[[Path], T]) -> Iterator[T]:
    """One path may be declared more than once, as two kinds: each keeps its own."""
    left = list(known)
    for path in paths:
        before = next((one for one in left if one.path == path), None)
        if before is not None:
            left.remove(before)
        yield before or new(path)
