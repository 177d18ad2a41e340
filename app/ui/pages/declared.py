"""From the entries of a list to what they declare, and back: locations, backups and keys of some kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from app.domain.case import Backup, Case, Database, KeySource, Location, ServiceKey
from app.ui import words
from app.ui.pages.add_backup import OTHERS
from app.ui.widgets.places import Entry, Other

T = TypeVar("T", Backup, KeySource)
A = TypeVar("A")


def places_shown(case: Case) -> list[Entry]:
    """The locations, then the databases."""
    return [
        *(one.path for one in case.locations),
        *(Other(one.url, one) for one in case.databases),
    ]


def backups_shown(case: Case) -> list[Entry]:
    """The backups in their order; those that are more than a path with their kind."""
    return [
        Other(f"{words.backup(one.kind)} · {_where(one)}", one) if one.kind in OTHERS else one.path
        for one in case.backups
    ]


def keys_shown(case: Case) -> list[Entry]:
    """The key files, then the keys in stores and on tokens."""
    return [
        *(one.path for one in case.keys),
        *(Other(f"{words.key(one.kind)} · {one.name}", one) for one in case.services),
    ]


def declaring(case: Case, places: Sequence[Entry], backups: Sequence[Entry], keys: Sequence[Entry]) -> Case:
    """Give the case as these lists declare it; what was known of a path before stays with it."""
    return replace(
        case,
        locations=tuple(Location(one) for one in places if isinstance(one, Path)),
        databases=_things(places, Database),
        backups=backups_of(backups, case.backups),
        keys=keys_of(keys, case.keys),
        services=_things(keys, ServiceKey),
    )


def backups_of(entries: Sequence[Entry], known: Sequence[Backup]) -> tuple[Backup, ...]:
    """Give a backup for each entry, those known before as they were."""
    from app.flow.recognising import backup_kind

    plain = [one for one in known if one.kind not in OTHERS]
    paths = (one for one in entries if isinstance(one, Path))
    found = _each(paths, plain, lambda path: Backup(backup_kind(path), path))
    return tuple(
        one.thing if isinstance(one, Other) and isinstance(one.thing, Backup) else next(found)
        for one in entries
    )


def keys_of(entries: Sequence[Entry], known: Sequence[KeySource]) -> tuple[KeySource, ...]:
    """Give a key for each path, those known before as they were; the kinds say which one a new file is."""
    from app.flow.recognising import key_kind

    paths = (one for one in entries if isinstance(one, Path))
    return tuple(_each(paths, known, lambda path: KeySource(key_kind(path), path)))


def _where(one: Backup) -> str:
    return one.path.name if one.kind == "declared" else one.path.as_posix()


def _things(entries: Iterable[Entry], kind: type[A]) -> tuple[A, ...]:
    things = (one.thing for one in entries if isinstance(one, Other))
    return tuple(one for one in things if isinstance(one, kind))


def _each(paths: Iterable[Path], known: Sequence[T], new: Callable[[Path], T]) -> Iterator[T]:
    """One path may be declared more than once, as two kinds: each keeps its own."""
    left = list(known)
    for path in paths:
        before = next((one for one in left if one.path == path), None)
        if before is not None:
            left.remove(before)
        yield before or new(path)
