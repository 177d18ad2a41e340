"""The work of each step up to the wipe: the steps' generators, fed from the case and the register."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Final

from app.domain.case import Backup
from app.domain.event import BackupSearched, CopyFound, Event, Located, Looked, Progressed
from app.domain.fate import Decision, Fate
from app.domain.outcome import Evidence, Outcome
from app.domain.record import Look, Record
from app.domain.step import Step
from app.flow import databases, services
from app.flow.as_signed import as_signed
from app.flow.copying import also_of, astray, bag_stands, keep_papers, key_ends, refuse_unsealed
from app.flow.desk import Desk, Passphrase
from app.flow.hunting import grounds_of, hunting, keys_as_they_lie, keys_of, kinds_of, source_of
from app.flow.keeping import held_copy, refuse_own_keys
from app.flow.known_then import keep_locations, keep_store
from app.flow.late import wanted_of
from app.flow.looking import means_of
from app.flow.reading import reader_command
from app.flow.recording import Work
from app.flow.sealed_here import sealing_here
from app.flow.sought import Sought, processes
from app.identity import SignedPlan
from app.register import Looking
from app.register.codec import plain
from app.steps.certify.account import Coverage
from app.steps.confirm import (
    dispose,
    find_copies,
    find_strays,
    mend_bags,
    put_in_place,
    rewrite_archives,
    seal,
)
from app.steps.confirm.traces import find_traces
from app.steps.decide import Terms, decide
from app.steps.locate import CUSTOMER, Known, Named, edition, survey
from app.steps.locate.tally import PEOPLE
from app.steps.shred import inspect, shred
from app.steps.wipe import wipe

_NOBODY: Final = Sought()
_BATCH = 1000
_KEY_FILE = 16 * 1024 * 1024
"""What is bigger is a container, of which only the key's own part counts."""


def locating(desk: Desk, passphrase: Passphrase, sought: Sought = _NOBODY) -> Work:
    """Find the records: files that have not changed since an earlier look are not opened again.

    What an earlier look with other rules, or for somebody else, has found is forgotten first.
    Of a list of customers only how many there are and how many were named is kept.
    """
    key, customers = desk.keys.handles, sought.customers
    means = means_of(desk.case.looking, sought)
    looking = Looking(
        desk.register, edition(desk.locations, subject=sought.subject, customers=customers, means=means)
    )
    tally, named = _Tally(), Named(customers, key) if customers else None
    files = survey(
        desk.locations,
        key=key,
        exclude=(*desk.not_looked_into(), *databases.files_in_use(desk.case)),
        subject=sought.subject,
        customers=customers,
        means=means,
        jobs=sought.crew or processes(),
        memory=lambda folder: [Known(*one) for one in looking.known(folder)],
    )
    for event in chain(files, databases.looking(desk, passphrase, sought.subject)):
        if isinstance(event, Looked):
            tally.take(event)
            looking.take(event)
        if isinstance(event, Located):
            tally.add(event)
            if event.record:
                looking.add(event.record)
        yield event
    looking.finish(lambda one: Known(*one).records(key))
    desk.register.set_fact("coverage", plain(tally.coverage(looking)))
    if named:
        named.take(looking.holders(CUSTOMER))
    desk.register.set_fact("named", [sum(map(bool, named.records)), len(named.records)] if named else None)


def deciding(desk: Desk) -> Work:
    """Give every record its fate anew."""
    desk.register.clear_decisions()
    register, terms, total = desk.register, desk.terms(), desk.register.counted()
    keys = terms.key_paths | same_bytes([Path(path) for path in terms.key_paths], register.records())
    batch: list[Decision] = []
    for done, decision in enumerate(decide(register.records(), replace(terms, key_paths=keys)), 1):
        batch.append(desk.numbered(decision))
        if len(batch) == _BATCH or done == total:
            register.decide(batch)
            batch.clear()
            yield Progressed(Step.DECIDE, done, total, "records")


def same_bytes(keys: Sequence[Path], records: Iterable[Record]) -> frozenset[str]:
    """Paths of the records that hold the very bytes of a declared key: copies that go with it."""
    files = (path for path in keys if path.is_file() and path.stat().st_size <= _KEY_FILE)
    digests = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    if not digests:
        return frozenset()
    return frozenset(record.path for record in records if record.sha256 in digests)


def confirming(desk: Desk, passphrase: Passphrase) -> Work:
    """Take the keys in, seal what is kept, find every copy of what goes."""
    case, key = desk.case, desk.keys.handles
    desk.register.clear_copies()
    refuse_own_keys(case, desk.folder)
    files = inspect(case.keys, key=key, passphrase=lambda one: passphrase(one.path, one.passphrase_env))
    desk.register.set_keys(chain(files, services.described(desk, passphrase)))
    decided = [(row.record, row.decision) for row in desk.register.rows() if row.decision]
    kept = [(record, decision) for record, decision in decided if decision.fate in (Fate.SEAL, Fate.TRANSFER)]
    if kept:
        yield from seal(kept, case.custodians, desk.sealed_folder, case=case.number, key=key)
    if desk.vault and case.vault.keep:
        yield from sealing_here(desk, desk.vault, kept)
    records, terms, aside = {record.id: record for record, _ in decided}, desk.terms(), desk.own_places
    keep_papers(case, desk.folder)
    yield from keep_locations(desk)
    found = find_copies(
        case.backups,
        wanted_of(desk, decided),
        key=key,
        exclude=aside,
        password=_password(passphrase),
        shredded=frozenset(os.path.realpath(one.path) for one in desk.register.declared_keys()),
    )
    for event in found:
        yield _taken(desk, event, records, terms)
    desk.register.set_keys((yield from keys_as_they_lie(desk, passphrase)))
    for one in chain(hunting(desk, passphrase), databases.hunting(desk, decided, passphrase)):
        yield _taken(desk, one, records, terms)
    known = {record.path for record, _ in decided}
    known |= {copy.path for copy in desk.register.copies()}
    known |= {one.path for one in desk.register.declared_keys()}
    decided = [(record, one) for record, one in decided if not record.rows]
    doomed = [record for record, one in decided if one.fate in (Fate.WIPE, Fate.SHRED)]
    others = [record for record, one in decided if one.fate not in (Fate.WIPE, Fate.SHRED)]
    for trace in find_traces(doomed, key=key, kept=others, exclude=aside, told=known):
        yield _taken(desk, trace, records, terms)
    known |= {copy.path for copy in desk.register.copies()}
    for stray in find_strays(wanted_of(desk, decided), key=key, exclude=aside, told=known):
        yield _taken(desk, stray, records, terms)


def _taken(desk: Desk, event: Event, records: Mapping[str, Record], terms: Terms) -> Event:
    """Keep in the register what a search found, and of what a hold speaks as an exception."""
    if isinstance(event, CopyFound):
        event = CopyFound(held_copy(event.copy, records, terms))
        desk.register.add_copy(event.copy)
    if isinstance(event, BackupSearched):
        desk.register.add_searched(event.searched)
        keep_store(desk, event)
    return event


def shredding(desk: Desk, plan: SignedPlan, passphrase: Passphrase) -> Work:
    """Destroy the keys of the plan.

    Raises:
        GateClosed: as `wiping`.
    """
    refuse_unsealed(desk, plan.plan, Step.SHRED)
    doomed = keys_of(desk, plan.plan)
    calls = services.called(desk.case, doomed)

    def opener(item: str) -> str:
        source = source_of(desk, doomed[item]) if item in doomed else None
        return passphrase(source.path, source.passphrase_env) if source else ""

    events = shred(
        plan,
        kinds={**kinds_of(desk, doomed), **calls},
        stages=desk.state.stages,
        grounds=(yield from grounds_of(desk, passphrase, Step.SHRED)),
        passphrase=services.opener(calls, passphrase, opener),
        seed=desk.keys.keystream,
        noted=desk.state.noted,
    )
    known = {copy.id: copy for copy in desk.register.copies()}
    for event in events:
        if isinstance(event, CopyFound):
            # What was signed goes as it was signed: an archive to be written anew holds others too.
            copy = also_of(known.get(event.copy.id, event.copy), event.copy.of)
            desk.register.add_copy(copy)
            yield CopyFound(copy)
        else:
            yield event


def _password(passphrase: Passphrase) -> Callable[[Backup], str]:
    return lambda backup: passphrase(backup.path, backup.password_env)


def wiping(desk: Desk, plan: SignedPlan, passphrase: Passphrase) -> Work:
    """Take copies out of repositories; overwrite and remove what the plan wipes, trash what it trashes.

    Raises:
        GateClosed: NOT_SEALED, before anything is touched, when the package of what the law keeps
            is not there any more as it was when it was restored and compared.
    """
    refuse_unsealed(desk, plan.plan, Step.WIPE)
    known = {copy.id: copy for copy in desk.register.copies()}
    copies = as_signed(plan.plan, known, desk.case.backups)
    ends = yield from key_ends(desk, plan.plan, Step.WIPE)
    yield from dispose(
        plan,
        copies=copies,
        backups=desk.case.backups,
        stages=desk.state.stages,
        password=_password(passphrase),
        key_end=ends.get,
    )
    yield from databases.deleting(desk, plan, passphrase)
    unwritten = yield from rewrite_archives(plan, copies, desk.state.stages)
    yield from wipe(
        plan,
        stages=desk.state.stages,
        noted=_NotedOutcomes(desk.state.noted),
        seed=desk.keys.keystream,
        wiping=plan.plan.wiping,
        protected=(*desk.own_places, *unwritten, *astray(plan.plan, known)),
        reader=reader_command(plan.plan.wiping),
    )
    put_in_place(plan.plan.items, copies)
    for event in mend_bags(desk.case.backups, plan.plan.items, copies):
        if isinstance(event, BackupSearched):
            bag_stands(desk, event.searched)
        yield event


class _NotedOutcomes:
    """The outcome that was journalled for each file that is about to be removed."""

    def __init__(self, noted: Mapping[str, Evidence]) -> None:
        self._noted = noted

    def __contains__(self, item: str) -> bool:
        return item in self._noted and "outcome" in dict(self._noted[item].facts)

    def __getitem__(self, item: str) -> tuple[Outcome, Evidence]:
        evidence = self._noted[item]
        return Outcome(dict(evidence.facts)["outcome"]), evidence


class _Tally:
    """Counts what was looked at, for the coverage that the certificate prints."""

    def __init__(self) -> None:
        self._looks: Counter[Look] = Counter()
        self._bytes = 0

    def add(self, located: Located) -> None:
        self._looks[located.look] += 1
        self._bytes += located.bytes

    def take(self, looked: Looked) -> None:
        self._looks.update(looked.counts())
        self._bytes += looked.size

    def coverage(self, looking: Looking) -> Coverage:
        looks = self._looks
        return Coverage(
            files=looks.total(),
            bytes=self._bytes,
            found=looks[Look.FOUND],
            clean=looks[Look.CLEAN],
            unreadable=looks[Look.UNREADABLE],
            skipped=looks[Look.SKIPPED],
            not_looked_at=looks[Look.NOT_LOOKED_AT],
            problems=tuple(sorted(looking.problems().items())),
            kinds=tuple(looking.kinds()),
            people=looking.people(PEOPLE),
        )
