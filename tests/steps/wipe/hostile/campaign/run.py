"""The campaign: batches of hostile cases, wiped as the flow does, and the raw image searched after."""

from __future__ import annotations

import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from campaign.grounds import GROUNDS, Land, in_memory, opened, removed_after
from campaign.kinds import NESTED, kinds_on
from campaign.kinds_content import clone
from campaign.marks import Marks
from campaign.report import Finding, Report
from campaign.yard import Case, NotHere, Stopped, Yard

from app.domain.case import Profile, Role
from app.domain.event import Begun, Noted
from app.domain.fault import Fault, Refused
from app.domain.outcome import Outcome, Reason
from app.domain.plan import Plan
from app.domain.step import Stage, Step
from app.flow.recording import Recorder
from app.flow.state import State
from app.identity import Identity, SignedPlan, create, sign_plan
from app.journal import Journal
from app.register.codec import plain
from app.steps.wipe import wipe

FULL_GROUNDS = ("btrfs mixed", "xfs")
_SIGNED_AT = "2026-11-21T09:30:00+08:00"


def people(folder: Path) -> tuple[Identity, ...]:
    """An officer and a witness."""
    return tuple(
        create(name, role, folder / f"{role.value}.p12", "四 个 不 相干 的 词")
        for name, role in (("张三", Role.OFFICER), ("李四", Role.WITNESS))
    )


def campaign(
    cases: int,
    seed: int,
    folder: Path,
    *,
    grounds: Sequence[str] = (),
    kinds: Sequence[str] = (),
    batch: int = 40,
    told: Callable[[str], None] = lambda _: None,
    deadline: float = float("inf"),
) -> Report:
    """Make and wipe at least `cases` cases, or stop at `deadline` (time.monotonic)."""
    folder.mkdir(parents=True, exist_ok=True)
    report, signers = Report(), people(folder)
    order = list(grounds or GROUNDS)
    rounds, empty = 0, 0
    while report.cases < cases and time.monotonic() < deadline and empty < 2 * len(order):
        ground = order[rounds % len(order)]
        before = report.cases
        one = random.Random(f"{seed}/{rounds}")
        try:
            with removed_after(folder / f"batch{rounds:04d}") as aside, in_memory(aside) as place:
                _batch(ground, one, place, signers, report, kinds, min(batch, cases - before), seed)
        except NotHere as reason:
            report.skipped[f"{ground}: {_brief(reason)}"] += 1
        empty = 0 if report.cases > before else empty + 1
        rounds += 1
        told(f"{report.cases} cases, {len(report.findings)} findings, last {ground}")
    return report


def _batch(
    ground: str, chance: random.Random, place: Path, signers: Sequence[Identity], report: Report,
    only: Sequence[str], cases: int, seed: int,
) -> None:  # fmt: skip
    marks = Marks(chance.randbytes(4).hex().encode())
    with opened(GROUNDS[ground], place / "land") as land:
        top = land.top / "客户资料"
        top.mkdir()
        yard = Yard(top, marks, chance, place)
        with yard.before_end:
            common = _circumstance(ground, chance)
            _make(yard, ground, only, cases, report, common)
            if not yard.items:
                return
            if land.ground.once:
                land.mount_anew()
                yard.look_anew()
            state = _wiped(yard, signers, land, common)
        after = _looked_at(yard)
        os.sync()
    _judge(yard, ground, state, after, marks.hits(land.image) if land.image else Counter(), report, seed)


_PLAIN = ("plain", "in many pieces", "sparse", "laid out beforehand", "written through a map", "many")
_WHEN = {
    "full volume": (
        "plain",
        "reflink",
        "sparse",
        "reflink, clone gone",
        "deduplicated",
        "laid out beforehand",
    ),
    "journalled once": _PLAIN,
    "image copied below": _PLAIN,
}
"""What all cases of a batch may have in common, and the kinds that may then be in it."""


def _circumstance(ground: str, chance: random.Random) -> str:
    if GROUNDS[ground].once:
        return "journalled once"
    if ground in NESTED and chance.random() < 0.5:
        return "image copied below"
    return "full volume" if ground in FULL_GROUNDS and chance.random() < 0.5 else ""


def _make(yard: Yard, ground: str, only: Sequence[str], cases: int, report: Report, common: str) -> None:
    able = [each for each in kinds_on(ground) if not common or each.name in _WHEN[common]]
    able = [each for each in able if not only or (f"{common}: {each.name}" if common else each.name) in only]
    if not able:
        return
    for kind in yard.chance.choices(able, [each.weight for each in able], k=cases):
        case = Case(f"{common}: {kind.name}" if common else kind.name)
        held = len(yard.items)
        try:
            kind.make(yard, case)
        except NotHere as reason:
            report.skipped[f"{kind.name} on {ground}: {_brief(reason)}"] += 1
            del yard.items[held:]
            continue
        yard.cases.append(case)


def _brief(reason: NotHere) -> str:
    return re.sub(r"/\S*/", "…/", str(reason))


def _signed(yard: Yard, signers: Sequence[Identity]) -> SignedPlan:
    profile = yard.chance.choice((Profile.STANDARD, Profile.STANDARD, Profile.STRICT))
    plan = Plan("2026-001", "2026-11-21T09:00:00+08:00", "cn-1", profile, tuple(yard.items))
    return sign_plan(plan, signers, _SIGNED_AT)


def _wiped(yard: Yard, signers: Sequence[Identity], land: Land, common: str) -> State:
    """Wipe as the flow does: journalled and synced; perhaps stopped, or full, and taken up again."""
    signed, seed = _signed(yard, signers), yard.chance.randbytes(32)
    path = yard.aside / "journal.jsonl"
    _begin(yard, signed, path)
    yard.signed()
    ballast = land.top / "ballast"
    if common == "full volume":
        _fill(ballast)
    if common == "image copied below":
        _copy_below(yard, land)
    for attempt in range(20):
        stop_at = yard.chance.randrange(1, 60) if attempt == 0 and yard.chance.random() < 0.3 else 0
        state, ended = _run(yard, signed, seed, path, stop_at)
        if ended:
            break
        if ballast.exists():
            ballast.unlink()
            os.sync()
    return state


def _begin(yard: Yard, signed: SignedPlan, path: Path) -> None:
    """A journal that holds the signed plan; some files were begun by a run that wrote nothing."""
    journal = Journal.create(path)
    recorder = Recorder(journal, State())
    signatures = [one.plain() for one in signed.signatures]
    recorder.note(
        "signed", {"plan": signed.plan.digest(), "items": len(yard.items), "signatures": signatures}
    )
    ids = tuple(item.id for item in yard.items if yard.chance.random() < 0.5)
    if ids and yard.chance.random() < 0.5:
        recorder.note("begun", plain(Begun(Step.WIPE, ids, 0)))
    journal.close()


def _run(yard: Yard, signed: SignedPlan, seed: bytes, path: Path, stop_at: int) -> tuple[State, bool]:
    state = State()
    journal = Journal.open(path, state.tell)
    told = {item: (dict(evidence.facts).get("outcome"), evidence) for item, evidence in state.noted.items()}
    noted = {item: (Outcome(outcome), evidence) for item, (outcome, evidence) in told.items() if outcome}
    events = Recorder(journal, state).follow(
        Step.WIPE,
        wipe(
            signed,
            stages=state.stages,
            noted=noted,
            seed=seed,
            disk=yard.disk,
            protected=(yard.aside / "case",),
        ),
        lambda: [0, 0, 0],
    )
    try:
        for count, event in enumerate(events, 1):
            if isinstance(event, Noted):
                for item in event.ids:
                    yard.at_note.pop(item, lambda: None)()
            if count == stop_at:
                events.close()
                return state, False
    except Stopped:
        return state, False
    except Refused as refused:
        if refused.fault is not Fault.DISK_FULL:
            raise
        return state, False
    finally:
        journal.close()
    return state, True


def _copy_below(yard: Yard, land: Land) -> None:
    """Make a copy of the image that shares its blocks: now, or at the moment some file is overwritten."""
    if land.outer is None:
        return
    inner = land.outer.top / "inner.img"

    def take() -> None:
        os.sync()
        clone(inner, inner.with_name("backup.img"))

    if yard.chance.random() < 0.5:
        take()
    else:
        yard.disk.when("overwrite", os.path.basename(yard.chance.choice(yard.items).path), take)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 16, 4096):
            with suppress(OSError):
                while True:
                    file.write(os.urandom(size))
                    os.fsync(file.fileno())


@dataclass
class After:
    """What stands in the yard once all is done, while it is still mounted."""

    strangers: list[bytes]
    names: frozenset[tuple[str, int]]
    """Every name, and the number of the file it leads to."""


def _looked_at(yard: Yard) -> After:
    yard.look_at_strangers()
    names = {
        (entry.name, entry.inode()) for folder, _, _ in os.walk(yard.top) for entry in os.scandir(folder)
    }
    return After(yard.changed, frozenset(names))


def _judge(
    yard: Yard, ground: str, state: State, after: After, hits: Counter[int], report: Report, seed: int
) -> None:
    paths = {item.id: item.path for item in yard.items}
    inodes = {item.id: item.stamp.inode for item in yard.items}
    report.grounds[ground] += len(yard.cases)

    def find(what: str, kind: str, detail: str) -> None:
        report.findings.append(Finding(what, kind, ground, seed, detail))

    for case in yard.cases:
        row = report.rows[case.kind]
        row.cases += 1
        goods = [item for item in case.items if item in state.results and state.results[item].outcome.good]
        row.earlier += bool(goods and sum(hits[mark] for mark in case.earlier))
        for item in case.items:
            result = state.results.get(item)
            row.items += 1
            left = sum(hits[mark] for mark in case.marks[item])
            row.remained += left > 0
            if result is None or state.stages.get(item) is not Stage.SETTLED:
                row.pending += 1
                continue
            if result.outcome is Outcome.FAILED:
                row.failed += 1
                report.reasons[case.kind, ground, result.evidence.limits[0].value] += 1
            row.good += result.outcome.good
            row.doubted += not result.outcome.good and result.outcome is not Outcome.FAILED
            if not result.outcome.good:
                continue
            if left:
                row.false_good += 1
                find(
                    "false good", case.kind, f"{item} {result.outcome.value}, {left} cells left: {case.told}"
                )
            unsaid = Reason.NAME_REMAINS not in result.evidence.limits
            if unsaid and (os.path.basename(paths[item]), inodes[item]) in after.names:
                row.names += 1
                find("name left unsaid", case.kind, f"{item} {paths[item]}")
    for path in after.strangers:
        owner = _case_of(yard, path)
        report.rows[owner].strangers += 1
        find("stranger changed", owner, repr(os.fsdecode(path)))


def _case_of(yard: Yard, path: bytes) -> str:
    name = os.fsdecode(path)[len(os.fspath(yard.top)) + 1 :]
    number = name[2:5]
    return yard.cases[int(number)].kind if number.isdigit() and int(number) < len(yard.cases) else "?"
