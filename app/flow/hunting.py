"""Where copies of the case's keys are hunted, and what is found of them before the list is signed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from typing import Final

from app.domain.case import Case, KeySource
from app.domain.conditions import KeyWord
from app.domain.copies import Disposal
from app.domain.event import CopyFound, Progressed
from app.domain.fate import Fate
from app.domain.fault import Refused
from app.domain.key import Key
from app.domain.outcome import Reason
from app.domain.plan import Plan
from app.domain.step import Step
from app.flow.desk import Desk, Passphrase
from app.flow.planning import KEY_COPIES
from app.flow.services import secret_of
from app.steps.shred import Foreseen, Grounds, Repository, foresee, found_copies
from app.steps.shred.kinds.contract import Worded
from app.steps.shred.services.asking import kept_copies

_PLAIN: Final = ("folder", "archive", "bagit")
"""Kinds of backups that are files like others; all other kinds need their own tool."""


def grounds_of(desk: Desk, passphrase: Passphrase) -> Grounds:
    """Everything that the case declares: its locations and backups, but not what is Lethe's own."""
    case = desk.case
    exceptions = (copy for copy in desk.register.copies() if copy.disposal is Disposal.EXCEPTION)
    # What was found late is looked for anew: it may be gone by now.
    late = {Reason.FOUND_LATE, Reason.COPY_DOUBTFUL}
    known = (copy for copy in exceptions if late.isdisjoint(copy.reasons))
    return Grounds(
        places=_places(case),
        repositories=tuple(
            Repository(one.kind, str(one.path), passphrase(one.path, one.password_env))
            for one in case.backups
            if one.kind not in _PLAIN
        ),
        passed_over=tuple(map(str, desk.own_places)),
        staying=Counter(one for copy in known for one in copy.of),
        told=frozenset(copy.id for copy in desk.register.copies() if copy.declared_by),
        key=desk.keys.handles,
    )


def _places(case: Case) -> tuple[str, ...]:
    plain = [one.path for one in case.backups if one.kind in _PLAIN]
    return tuple(os.path.realpath(one) for one in (*(one.path for one in case.locations), *plain))


def foreseen(desk: Desk, passphrase: Passphrase) -> Iterator[Progressed | Foreseen]:
    """Say of each declared key what its shredding would do, and what of it would stay. Changes nothing."""
    return foresee(
        desk.case.keys,
        grounds=grounds_of(desk, passphrase),
        passphrase=lambda source: passphrase(source.path, source.passphrase_env),
    )


def foreseen_here(case: Case) -> Iterator[Foreseen]:
    """As `foreseen`, without a passphrase and in what lies here as files; a key that is gone is left out."""
    here = [one for one in case.keys if one.path.exists()]
    with suppress(Refused):
        told = foresee(here, grounds=Grounds(places=_places(case)))
        yield from (one for one in told if isinstance(one, Foreseen))


def keys_of(desk: Desk, plan: Plan) -> dict[str, Key]:
    """The key of each item that is a key file or a copy of one, by its bytes or as the hunt knew it.

    An archive of keys is no key file: nothing is known of it, and nothing opens it.
    """
    keys = desk.register.declared_keys()
    by_bytes, by_id = {key.sha256: key for key in keys}, {key.id: key for key in keys}
    hunted = dict(desk.register.fact(KEY_COPIES) or ())
    items = list(plan.with_fate(Fate.SHRED))
    found = {item.id: by_bytes.get(item.sha256) or by_id.get(hunted.get(item.path, "")) for item in items}
    return {item: key for item, key in found.items() if key}


def kinds_of(desk: Desk, doomed: Mapping[str, Key]) -> dict[str, Worded]:
    """The kind of each key file, with what a named person says of it in the case file."""
    sources = {item: source_of(desk, key) for item, key in doomed.items()}
    return {
        item: Worded(key.kind, source.word if (source := sources[item]) else KeyWord())
        for item, key in doomed.items()
    }


def source_of(desk: Desk, key: Key) -> KeySource | None:
    """Where the case declares a key: as its file, or as a folder above it."""
    for source in desk.case.keys:
        path = os.path.abspath(source.path)
        if source.kind == key.kind and (key.path == path or key.path.startswith(path + os.sep)):
            return source
    return None


def hunting(desk: Desk, passphrase: Passphrase) -> Generator[Progressed | CopyFound, None, None]:
    """Find the copies of keys that no digest tells: re-wrapped, in a text, in an archive among others."""
    known = {copy.path for copy in desk.register.copies()}
    known |= {copy.repository for copy in desk.register.copies() if copy.repository}
    keys = {key.id: key for key in desk.register.declared_keys()}
    ids = {key.path: key.id for key in keys.values()}
    # A record with a key's very bytes is in the list already, to go with it or to be kept.
    digests = {key.sha256 for key in keys.values()}
    known |= {record.path for record in desk.register.records() if record.sha256 in digests}
    told: dict[str, Foreseen] = {}
    for one in foreseen(desk, passphrase):
        if isinstance(one, Foreseen):
            told[ids[one.path]] = one
        else:
            yield Progressed(Step.CONFIRM, one.done, one.total, one.unit, one.now)
    going = []

    def opener(item: str) -> str:
        source = source_of(desk, keys[item])
        return passphrase(source.path, source.passphrase_env) if source else ""

    for found in found_copies(told, opener, known):
        if found.copy.disposal is Disposal.WIPE:
            going.append((found.copy.path, found.copy.of[0]))
        yield found
    desk.register.set_fact(KEY_COPIES, going)
    yield from _kept(desk, passphrase, known)


def _kept(desk: Desk, passphrase: Passphrase, known: set[str]) -> Iterator[Progressed | CopyFound]:
    """As `hunting`, of the keys that stores keep."""
    ids = {key.path: key.id for key in desk.register.declared_keys()}
    grounds = grounds_of(desk, passphrase)
    for source in desk.case.services:
        told = kept_copies(source, secret_of(source, passphrase), ids[source.locator], grounds)
        for one in (yield from _confirming(told)):
            if one.copy.path not in known:
                yield one


def _confirming(
    told: Generator[Progressed, None, tuple[CopyFound, ...]],
) -> Generator[Progressed, None, tuple[CopyFound, ...]]:
    while True:
        try:
            one = next(told)
        except StopIteration as end:
            found: tuple[CopyFound, ...] = end.value
            return found
        yield Progressed(Step.CONFIRM, one.done, one.total, one.unit, one.now)
