"""The account of a case: what the certificate says, from the plan, the journal and the register."""

from __future__ import annotations

import platform
import re
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

from app import __version__
from app.domain.case import Case, NameLevel
from app.domain.copies import Searched
from app.domain.event import Progressed
from app.domain.fate import Fate
from app.domain.limit import Limit, LimitKind
from app.domain.medium import Medium
from app.domain.outcome import CopyOutcome, KeepOutcome, Outcome, Reason
from app.domain.plan import Plan, PlanItem
from app.domain.step import Step
from app.flow.asking import silent_among
from app.flow.custody import excuses, unreceipted
from app.flow.databases import beyond_of
from app.flow.desk import Desk, now
from app.flow.held import Holders
from app.flow.late_searches import all_searched
from app.flow.papers import EVIDENCE, papers_in
from app.flow.services import is_file
from app.flow.state import SLOT, State
from app.register.codec import build, plain
from app.steps.certify import masked
from app.steps.certify.account import Account, Annex, Coverage, Line, Paper, Signer, named
from app.steps.certify.evidence.annex import write_annex
from app.steps.confirm.traces import system_limits
from app.system.databases.address import address_of
from app.system.media import medium_of
from app.system.volumes import volume_of

_STAYS: Final = (
    Outcome.SURVIVES,
    Outcome.FAILED,
    KeepOutcome.LEFT,
    KeepOutcome.FROZEN,
    CopyOutcome.EXPIRES,
    CopyOutcome.LOCKED,
    CopyOutcome.UNREACHABLE,
)
"""How a copy ends of which nobody says that it is gone."""
_OF_PEOPLE: Final = re.compile(r"/(media|run/media|home|Users|Volumes)/|[A-Za-z]:\\.")
"""Below these, people's names and the names they give stand in the path of a volume."""


def make_account(
    desk: Desk,
    plan: Plan,
    journal_count: int,
    journal_head: str,
    annex: Annex | None = None,
    silent: Collection[str] = (),
) -> Account:
    """Gather all that the certificate says; of the `silent` places no disk is asked."""
    case, state = desk.case, desk.state
    lines, places = _lines(desk, plan), _Places.of(desk, plan, silent)
    stored = desk.register.fact("coverage")
    return Account(
        case=case.number,
        number=_number(case.number),
        machine_id=f"LT-{date.today():%Y%m%d}-{plan.digest()[:8].upper()}",
        company=case.company.name,
        uscc=case.company.uscc,
        kind=case.company.kind,
        scale=case.company.people,
        dates=_dates(desk),
        profile=case.profile,
        rehearsal=case.rehearsal,
        language=case.certificate.language,
        names=case.certificate.names,
        opened_at=state.opened_at,
        begun_at=state.begun_at,
        ended_at=now(),
        plan=plan.digest(),
        pack=plan.pack,
        signers=signers(state),
        coverage=build(Coverage, stored),
        lines=lines if not unreceipted(case, state, desk.folder) else _unreceipted(lines),
        searched=tuple(_named(desk, one) for one in all_searched(desk.register)),
        media=_media(desk, places),
        locations=tuple(_name(desk, place, place) for place in _declared(desk)),
        journal_count=journal_count,
        journal_head=journal_head,
        tool=f"Lethe {__version__}",
        system=f"{platform.system()} {platform.release()}",
        beyond=_beyond(desk, places),
        planned=state.planned,
        salts=desk.keys.salts.hex(),
        unplanned=_unplanned(state, lines),
        annex=annex,
        papers=_papers(desk),
        excuses=excuses(case, state, desk.folder),
    )


def _papers(desk: Desk) -> tuple[Paper, ...]:
    evidence = desk.folder / EVIDENCE
    return papers_in(evidence, lambda path: _name(desk, path, str(evidence)))


def signers(state: State) -> tuple[Signer, ...]:
    """Who signed the plan."""
    return tuple(map(Signer.of, state.signatures))


def _lines(desk: Desk, plan: Plan) -> tuple[Line, ...]:
    copies = {copy.id: copy.path for copy in desk.register.copies()}
    holders, staying = Holders(lambda path: _name(desk, path, ""), copies), _with_copies_left(desk)
    return tuple(_lowered(_line(desk, item, holders), staying) for item in plan.items)


def _with_copies_left(desk: Desk) -> frozenset[str]:
    """The records and keys of which a copy is still somewhere: left, until a date, not seen to go."""
    results = desk.state.results
    ends = ((copy, results.get(copy.id)) for copy in desk.register.copies())
    return frozenset(one for copy, end in ends if end is None or end.outcome in _STAYS for one in copy.of)


def _lowered(line: Line, staying: frozenset[str]) -> Line:
    if line.id not in staying or not line.fate.destroys or line.evidence is None:
        return line
    limits = tuple(dict.fromkeys((*line.evidence.limits, Reason.COPIES_REMAIN)))
    return replace(line, evidence=replace(line.evidence, limits=limits))


def _unreceipted(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Say of what was sealed that a custodian did not confirm it, though another may have."""
    return tuple(
        replace(one, evidence=replace(one.evidence, limits=(*one.evidence.limits, Reason.NO_RECEIPT)))
        if one.outcome is KeepOutcome.SEALED and one.evidence
        else one
        for one in lines
    )


def _line(desk: Desk, item: PlanItem, holders: Holders) -> Line:
    result = desk.state.results.get(item.id)
    place = item.location or str(Path(item.path).parent)
    return Line(
        item.id,
        item.subject,
        _name(desk, item.path, item.location),
        item.fate,
        item.ground,
        item.rule,
        item.law,
        item.tier,
        item.category,
        item.people,
        item.stamp.size,
        result.outcome if result else None,
        holders.told(result.evidence, place) if result else None,
        result.at if result else "",
        desk.register.look(item.id),
        _listed(desk, item),
    )


def _listed(desk: Desk, item: PlanItem) -> str:
    """The name as the inventory shows it: a long list even of masked names would tell too much."""
    level = desk.case.certificate.names
    in_list = NameLevel.HANDLE if level is NameLevel.MASKED else level
    name: str = masked(item.path, item.location, in_list, desk.keys.handles)
    return name


def annex_of(desk: Desk, plan: Plan, folder: Path) -> Annex | None:
    """Write the list of full names for its holders, should any be declared."""
    folder.mkdir(mode=0o700, exist_ok=True)
    results = desk.state.results
    rows = ((item.id, item.path, results.get(item.id)) for item in plan.items)
    told = ((item, path, named(result.outcome if result else None)) for item, path, result in rows)
    return write_annex(told, desk.case.certificate.holders, folder)


def _unplanned(state: State, lines: Sequence[Line]) -> tuple[str, ...]:
    """The items of which the journal holds an outcome though the plan does not list them."""
    ended = sum(line.outcome is not None for line in lines) + (SLOT in state.results)
    if ended == len(state.results):
        return ()
    planned = {line.id for line in lines} | {SLOT}
    return tuple(sorted(item for item in state.results if item not in planned))


def _name(desk: Desk, path: str, location: str) -> str:
    name: str = masked(path, location, desk.case.certificate.names, desk.keys.handles)
    return name


def _named(desk: Desk, one: Searched) -> Searched:
    return replace(one, backup=_name(desk, one.backup, one.backup))


def _dates(desk: Desk) -> tuple[tuple[str, str], ...]:
    dates = plain(desk.case.dates)
    return tuple((name, value) for name, value in dates.items() if value)


def _declared(desk: Desk) -> list[str]:
    """The declared places as they are spelled: paths, and addresses without a password."""
    case = desk.case
    return [
        *(str(one.path) for one in case.locations),
        *(address_of(one.url).plain for one in case.databases),
    ]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where what is declared lies, one touched place of each device, and the silent ones of both."""

    declared: list[Path]
    touched: list[Path]
    silent: list[Path]

    @classmethod
    def of(cls, desk: Desk, plan: Plan, silent: Collection[str]) -> _Places:
        declared, touched = _declared_paths(desk.case), _touched(plan)
        return cls(
            [one for one in declared if str(one) not in silent],
            [one for one in touched if str(one) not in silent],
            [one for one in dict.fromkeys((*declared, *touched)) if str(one) in silent],
        )


def silent_places(desk: Desk, plan: Plan) -> Generator[Progressed, None, frozenset[str]]:
    """Those of the places that the account tells of whose disk does not answer."""
    return silent_among(Step.CERTIFY, (*_declared_paths(desk.case), *_touched(plan)))


def _declared_paths(case: Case) -> list[Path]:
    here = [one.path for one in case.backups if not one.remote]
    return [*(one.path for one in case.locations), *here, *(one.path for one in case.keys)]


def _touched(plan: Plan) -> list[Path]:
    """One folder of each device on which anything was to go."""
    devices: dict[int, Path] = {}
    for item in plan.with_fate(Fate.WIPE, Fate.SHRED, Fate.TRASH):
        if not item.rows and is_file(item):
            devices.setdefault(item.stamp.device, Path(item.path).parent)
    return list(devices.values())


def _media(desk: Desk, places: _Places) -> tuple[Medium, ...]:
    """Every volume that was declared or touched and answers: a copy or a trace may lie on another one."""
    volumes = {}
    for place in (*places.declared, *places.touched):
        there = place
        while not there.exists() and there != there.parent:
            there = there.parent
        volume = volume_of(str(there))
        volumes[volume.mount] = volume
    return tuple(_nameless(desk, medium_of(volume)) for volume in volumes.values())


def _nameless(desk: Desk, medium: Medium) -> Medium:
    """Leave out where a volume is mounted, and its options, when a person's name may stand in the path."""
    if desk.case.certificate.names is NameLevel.FULL or not _OF_PEOPLE.match(medium.mount):
        return medium
    return replace(medium, mount="", options=",".join(o for o in medium.options.split(",") if "/" not in o))


def _beyond(desk: Desk, places: _Places) -> tuple[Limit, ...]:
    """What no wipe of a file reaches. A name that is a path is told at the case's name level."""
    silent = (Limit(LimitKind.SILENT_DISK, str(one), seen=False) for one in places.silent)
    found = (*system_limits(places.declared), *silent, *beyond_of(desk.case))
    return tuple(
        replace(
            one,
            name=_name(desk, one.name, one.name) if re.search(r"[\\/]", one.name) else one.name,
            evidence="",
        )
        for one in found
    )


def _number(case: str) -> str:
    """The human number: 〔year〕销证字第n号, n being the digits that end the case's number."""
    tail = re.search(r"\d+$", case)
    return f"〔{date.today().year}〕销证字第{tail[0] if tail else '001'}号"
