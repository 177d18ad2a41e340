"""Where copies of the case's keys are hunted, and what is found of them before the list is signed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
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
from app.flow.asking import led_to, of_step
from app.flow.copying import also_of
from app.flow.desk import Desk, Passphrase, from_environment
from app.flow.planning import KEY_COPIES
from app.flow.services import secret_of
from app.steps.shred import Foreseen, Grounds, Repository, foresee, found_copies, inspect
from app.steps.shred.kinds.contract import Worded
from app.steps.shred.services.asking import kept_copies
from app.system.paths import lies_in, real_paths

_PLAIN: Final = ("folder", "archive", "bagit")
"""Kinds of backups that are files like others; all other kinds need their own tool."""


def grounds_of(desk: Desk, passphrase: Passphrase, step: Step) -> Generator[Progressed, None, Grounds]:
    """Everything that the case declares: its locations and backups, but not what is Lethe's own."""
    case = desk.case
    places = yield from led_to(step, _places(case))
    exceptions = (copy for copy in desk.register.copies() if copy.disposal is Disposal.EXCEPTION)
    # What was found late is looked for anew: it may be gone by now.
    late = {Reason.FOUND_LATE, Reason.COPY_DOUBTFUL}
    known = (copy for copy in exceptions if late.isdisjoint(copy.reasons))
    return Grounds(
        places=tuple(places),
        repositories=tuple(
            Repository(one.kind, str(one.path), passphrase(one.path, one.password_env))
            for one in case.backups
            if one.kind not in _PLAIN
        ),
        passed_over=tuple(map(str, (*desk.own_places, *_signers_files(case)))),
        staying=Counter(one for copy in known for one in copy.of),
        told=frozenset(copy.id for copy in desk.register.copies() if copy.declared_by),
        key=desk.keys.handles,
        passphrases=tuple(from_environment(one.identity, one.passphrase_env) for one in case.people),
    )


def _signers_files(case: Case) -> Iterator[Path]:
    """The key files of the case's own people: `refuse_own_keys` saw that no key that goes has their bytes."""
    yield from (Path(one.identity) for one in case.people if not one.module)
    yield from (one.identity for one in case.custodians if one.identity)


def _places(case: Case) -> tuple[Path, ...]:
    plain = (one.path for one in case.backups if one.kind in _PLAIN)
    return (*(one.path for one in case.locations), *plain)


def foreseen(desk: Desk, passphrase: Passphrase) -> Iterator[Progressed | Foreseen]:
    """Say of each declared key what its shredding would do, and what of it would stay. Changes nothing."""
    yield from foresee(
        desk.case.keys,
        grounds=(yield from grounds_of(desk, passphrase, Step.CONFIRM)),
        passphrase=lambda source: passphrase(source.path, source.passphrase_env),
    )


def foreseen_here(case: Case) -> Iterator[Foreseen]:
    """As `foreseen`, without a passphrase and in what lies here as files; a key that is gone is left out.

    Where the places lead their disks are given ten seconds to say, all together.
    """
    here = [one for one in case.keys if one.path.exists()]
    with suppress(Refused):
        told = foresee(here, grounds=Grounds(places=tuple(real_paths(_places(case)))))
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
        item: Worded(
            key.kind,
            source.word if (source := sources[item]) else KeyWord(),
            (Reason.WRITTEN_ANEW,) if key.written_anew else (),
        )
        for item, key in doomed.items()
    }


def source_of(desk: Desk, key: Key) -> KeySource | None:
    """Where the case declares a key: as its file, or as a folder above it."""
    for source in desk.case.keys:
        path = os.path.abspath(source.path)
        if source.kind == key.kind and lies_in(key.path, path):
            return source
    return None


def keys_as_they_lie(desk: Desk, passphrase: Passphrase) -> Generator[Progressed, None, list[Key]]:
    """Give the declared keys, those inside repositories with their files of now.

    A repository's own check may write its settings anew, and the key with them: the same bytes in
    another file.
    """
    sources = desk.case.keys
    stores = [one.path for one in desk.case.backups if one.kind not in _PLAIN]
    led = yield from led_to(Step.CONFIRM, (*(one.path for one in sources), *stores))
    places, stands = led[: len(sources)], led[len(sources) :]
    inside = [
        one for one, place in zip(sources, places, strict=True) if any(lies_in(place, it) for it in stands)
    ]
    told = inspect(
        inside, key=desk.keys.handles, passphrase=lambda one: passphrase(one.path, one.passphrase_env)
    )
    now = {one.id: one for one in told}
    return [_as_it_lies(key, now.get(key.id, key)) for key in desk.register.declared_keys()]


def _as_it_lies(key: Key, here: Key) -> Key:
    # A file that was written twice may have its first number again.
    anew = key.written_anew or here.stamp != key.stamp
    return replace(here, written_anew=anew) if here.sha256 == key.sha256 else key


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
    yield from _besides(desk, told)
    yield from _kept(desk, passphrase)


def _besides(desk: Desk, told: Mapping[str, Foreseen]) -> Iterator[CopyFound]:
    """Tell of what is known as a copy of others that a key was met in it too: it may stay when they go."""
    known = {copy.path: copy for copy in desk.register.copies()}
    for item, seen in told.items():
        for path in {one.path for one in seen.copies} & known.keys():
            if item not in known[path].of:
                known[path] = also_of(known[path], (item,))
                yield CopyFound(known[path])


def _kept(desk: Desk, passphrase: Passphrase) -> Iterator[Progressed | CopyFound]:
    """As `hunting`, of the keys that stores keep; what is a copy of others too is told as one of both."""
    ids = {key.path: key.id for key in desk.register.declared_keys()}
    grounds = yield from grounds_of(desk, passphrase, Step.CONFIRM)
    for source in desk.case.services:
        told = kept_copies(source, secret_of(source, passphrase), ids[source.locator], grounds)
        found = yield from of_step(Step.CONFIRM, told)
        known = {copy.path: copy for copy in desk.register.copies()}
        for one in found:
            yield CopyFound(also_of(known.get(one.copy.path, one.copy), one.copy.of))
