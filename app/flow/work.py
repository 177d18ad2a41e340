"""The work of each step up to the wipe: the steps' generators, fed from the case and the register."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound, Event, Located, Progressed
from app.domain.fate import Decision, Fate
from app.domain.outcome import Evidence, Outcome
from app.domain.record import Look, Record
from app.domain.step import Step
from app.flow.desk import Desk, Passphrase
from app.identity import SignedPlan
from app.register.codec import plain
from app.steps.certify.account import Coverage
from app.steps.confirm import Wanted, find_copies, seal
from app.steps.decide import decide
from app.steps.locate import locate
from app.steps.shred import inspect, shred
from app.steps.wipe import wipe

_BATCH = 1000


def locating(desk: Desk) -> Iterator[Event]:
    """Find the records anew; what was found before is forgotten first."""
    desk.register.clear_records()
    tally = _Tally()
    for event in locate(desk.case.locations, key=desk.keys.handles, exclude=desk.not_looked_into()):
        if isinstance(event, Located):
            tally.add(event)
            if event.record:
                desk.register.add_record(event.record)
        yield event
    desk.register.set_fact("coverage", plain(tally.coverage()))


def deciding(desk: Desk) -> Iterator[Event]:
    """Give every record its fate anew."""
    desk.register.clear_decisions()
    records = list(desk.register.records())
    batch: list[Decision] = []
    for done, decision in enumerate(decide(records, desk.terms()), 1):
        batch.append(desk.numbered(decision))
        if len(batch) == _BATCH or done == len(records):
            desk.register.decide(batch)
            batch.clear()
            yield Progressed(Step.DECIDE, done, len(records), "records")


def confirming(desk: Desk, passphrase: Passphrase) -> Iterator[Event]:
    """Take the keys in, seal what is kept, find every copy of what goes."""
    case, key = desk.case, desk.keys.handles
    desk.register.clear_copies()
    desk.register.set_keys(
        inspect(case.keys, key=key, passphrase=lambda one: passphrase(one.path, one.passphrase_env))
    )
    decided = [(row.record, row.decision) for row in desk.register.rows() if row.decision]
    kept = [(record, decision) for record, decision in decided if decision.fate in (Fate.SEAL, Fate.TRANSFER)]
    if kept:
        yield from seal(kept, case.custodians, desk.sealed_folder, case=case.number, key=key)
    aside = (desk.folder, case.certificate.out)
    for event in find_copies(case.backups, _wanted(desk, decided), key=key, exclude=aside):
        if isinstance(event, CopyFound):
            desk.register.add_copy(event.copy)
        if isinstance(event, BackupSearched):
            desk.register.add_searched(event.searched)
        yield event
    yield from _key_copies(desk, decided)


def _wanted(desk: Desk, decided: list[tuple[Record, Decision]]) -> Wanted:
    """What goes and what stays, by content. A copy of what only moves to the bin is no one's business."""
    doomed: dict[str, tuple[str, ...]] = defaultdict(tuple)
    own: dict[tuple[int, int], tuple[str, ...]] = defaultdict(tuple)
    sizes: set[int] = set()
    kept = set()
    for record, decision in decided:
        own[record.stamp.device, record.stamp.inode] += (record.path,)
        if not record.sha256:
            continue
        if decision.fate in (Fate.WIPE, Fate.SHRED):
            doomed[record.sha256] += (record.id,)
            sizes.add(record.stamp.size)
        else:
            kept.add(record.sha256)
    held = {record.path for record, decision in decided if decision.protected}
    for key in desk.register.declared_keys():
        if key.path in held:
            continue
        own[key.stamp.device, key.stamp.inode] += (key.path,)
        doomed[key.sha256] += (key.id,)
        sizes.add(key.stamp.size)
    return Wanted(dict(doomed), frozenset(sizes), frozenset(kept), dict(own))


def _key_copies(desk: Desk, decided: list[tuple[Record, Decision]]) -> Iterator[Event]:
    """Look for copies of the key files in the locations too: people leave them beside the data."""
    keys = desk.register.declared_keys()
    if not keys:
        return
    wanted = _wanted(desk, [(record, one) for record, one in decided if not one.fate.destroys])
    own = {key.path for key in keys} | {record.path for record, _ in decided}
    places = [Backup("folder", location.path) for location in desk.case.locations]
    for event in find_copies(places, wanted, key=desk.keys.handles, exclude=desk.not_looked_into()):
        if isinstance(event, CopyFound) and event.copy.path not in own:
            desk.register.add_copy(event.copy)
            yield event


def shredding(desk: Desk, plan: SignedPlan, passphrase: Passphrase) -> Iterator[Event]:
    """Destroy the keys of the plan."""
    sources = {str(source.path): source for source in desk.case.keys}
    kinds = {key.id: key.kind for key in desk.register.declared_keys()}
    by_id = {item.id: item for item in plan.plan.items}
    copies = desk.register.copies()
    for copy in copies:
        of = next((one for one in copy.of if one in kinds), None)
        if of:
            kinds[copy.id] = kinds[of]
    left = Counter(one for copy in copies if copy.disposal is Disposal.EXCEPTION for one in copy.of)

    def opener(item: str) -> str:
        of = next((copy.of for copy in copies if copy.id == item), (item,))
        source = next(
            (sources[by_id[one].path] for one in of if one in by_id and by_id[one].path in sources), None
        )
        return passphrase(source.path, source.passphrase_env) if source else ""

    yield from shred(
        plan,
        kinds=kinds,
        stages=desk.state.stages,
        copies_left=left,
        passphrase=opener,
        seed=desk.keys.keystream,
        noted=desk.state.noted,
    )


def wiping(desk: Desk, plan: SignedPlan) -> Iterator[Event]:
    """Overwrite and remove what the plan wipes; move to the bin what it trashes."""
    yield from wipe(
        plan,
        stages=desk.state.stages,
        noted=_noted_outcomes(desk),
        seed=desk.keys.keystream,
        protected=(desk.folder, desk.case.certificate.out),
    )


def _noted_outcomes(desk: Desk) -> dict[str, tuple[Outcome, Evidence]]:
    """The outcome that was journalled for each file that is about to be removed."""
    told = {
        item: (dict(evidence.facts).get("outcome"), evidence) for item, evidence in desk.state.noted.items()
    }
    return {item: (Outcome(outcome), evidence) for item, (outcome, evidence) in told.items() if outcome}


class _Tally:
    """Counts what was looked at, for the coverage that the certificate prints."""

    def __init__(self) -> None:
        self._looks: Counter[Look] = Counter()
        self._problems: Counter[str] = Counter()
        self._bytes = 0

    def add(self, located: Located) -> None:
        self._looks[located.look] += 1
        self._bytes += located.bytes
        if located.record:
            self._problems.update(problem.value for problem in located.record.problems)

    def coverage(self) -> Coverage:
        looks = self._looks
        return Coverage(
            files=looks.total(),
            bytes=self._bytes,
            found=looks[Look.FOUND],
            clean=looks[Look.CLEAN],
            unreadable=looks[Look.UNREADABLE],
            skipped=looks[Look.SKIPPED],
            not_looked_at=looks[Look.NOT_LOOKED_AT],
            problems=tuple(sorted(self._problems.items())),
        )
