"""The end of a case: account for everything, destroy the register's key, then certify.

The order lets a crash at any point be taken up again: the account is on disk and its
digest in the journal before the register's key goes, and the certificate is written
from the account alone.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from app import __version__
from app.domain.canonical import canonical
from app.domain.case import NameLevel
from app.domain.copies import Searched
from app.domain.event import Begun, Event, Settled
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.limit import Limit
from app.domain.medium import Medium
from app.domain.outcome import KeyOutcome
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.step import Step
from app.flow.desk import HANDED_OUT, Desk, now
from app.flow.held import Holders
from app.flow.issuing import issuing
from app.flow.opened import OpenCase
from app.flow.papers import papers_in
from app.flow.recording import Work
from app.flow.state import SLOT, State
from app.identity import Identity, SignedPlan
from app.register.codec import build, plain
from app.register.slot import SIZE
from app.steps.certify import Closing, Status, inventory_fits, masked, status_of, write_inventory
from app.steps.certify.account import Account, Annex, Coverage, Line, Signer, named
from app.steps.certify.annex import ANNEX, write_annex
from app.steps.certify.printed import print_inventory, printed_in, wanted
from app.steps.confirm import check_gone, check_kept, check_sealed
from app.steps.confirm.traces import system_limits
from app.steps.shred import shred_slot
from app.system.durable import sync_folder, write_durably
from app.system.media import medium_of
from app.system.volumes import volume_of


def make_account(
    desk: Desk, plan: Plan, journal_count: int, journal_head: str, annex: Annex | None = None
) -> Account:
    """Gather all that the certificate says from the plan, the journal's outcomes and the register."""
    case, state = desk.case, desk.state
    lines = _lines(desk, plan)
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
        lines=lines,
        searched=tuple(_named(desk, one) for one in desk.register.searched()),
        media=_media(desk, plan),
        locations=tuple(_name(desk, str(one.path), str(one.path)) for one in case.locations),
        journal_count=journal_count,
        journal_head=journal_head,
        tool=f"Lethe {__version__}",
        system=f"{platform.system()} {platform.release()}",
        beyond=_beyond(desk),
        planned=state.planned,
        salts=desk.keys.salts.hex(),
        unplanned=_unplanned(state, lines),
        annex=annex,
        papers=papers_in(
            desk.folder / "evidence", lambda path: _name(desk, path, str(desk.folder / "evidence"))
        ),
    )


def signers(state: State) -> tuple[Signer, ...]:
    """Who signed the plan."""
    return tuple(
        Signer(
            one.role,
            one.name,
            hashlib.sha256(one.certificate).hexdigest(),
            one.at,
            one.certificate.hex(),
            one.value.hex(),
            " ".join(above.hex() for above in one.chain),
        )
        for one in state.signatures
    )


def put_account(account: Account, folder: Path) -> str:
    """Write `account.json`, the inventory and the leaves of the proofs; give the account's SHA-256."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_inventory(account, folder)
    data = canonical(plain(account))
    write_durably(folder / "account.json", data, 0o600)
    return hashlib.sha256(data).hexdigest()


def get_account(folder: Path, digest: str) -> Account:
    """Read back the account that the journal speaks of.

    Raises:
        Refused: JOURNAL_BROKEN when the file is gone or is not the one that was accounted.
    """
    path = folder / "account.json"
    data = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(data).hexdigest() != digest:
        raise Refused(Fault.JOURNAL_BROKEN, str(path), "sha256")
    return build(Account, json.loads(data))


def certifying(opened: OpenCase, signed: SignedPlan | None, people: Sequence[Identity]) -> Work:
    """Account for everything, end the register, write the certificate and hand it out.

    `signed` is needed until the account is made. Each part is skipped when the journal
    shows that an earlier run has done it.
    """
    folder, state, recorder = opened.folder / "certificate", opened.state, opened.recorder()
    if signed:
        yield from _looked_again(opened, signed.plan)
        annex = _annex(opened.desk(), signed.plan, folder)
        account = make_account(opened.desk(), signed.plan, *recorder.anchor(), annex)
        recorder.note("accounted", {"sha256": put_account(account, folder), "number": account.number})
    account = get_account(folder, state.accounted)
    if not inventory_fits(account, folder):
        write_inventory(account, folder)
    if SLOT not in state.results:
        yield from end_register(opened)
    recorder.anchor()
    yield from issuing(opened, account, people)
    if wanted(len(account.lines), opened.case.certificate.printed):
        yield from print_inventory(account, folder)
    hand_out(folder, opened.case.certificate.out, opened.case.number)
    recorder.note("certified", digests(folder))


def _looked_again(opened: OpenCase, plan: Plan) -> Iterator[Event]:
    """See what is to be certified once more, for what was true at the act may not be so any more."""
    ended = {one.id: (one.outcome, one.evidence) for one in opened.state.results.values()}
    yield from check_kept(plan.with_fate(Fate.FREEZE, Fate.LEAVE))
    yield from check_sealed(plan.items, ended, opened.desk().sealed_folder, opened.case.number)
    yield from check_gone(plan.items, ended)


def register_end(state: State) -> Closing:
    """How the key of the register ended."""
    slot = state.results[SLOT]
    return Closing(KeyOutcome(slot.outcome.value), slot.evidence)


def status_of_case(opened: OpenCase) -> Status:
    """What the certificate says at most, computed again from the account."""
    account = get_account(opened.folder / "certificate", opened.state.accounted)
    return status_of(account, register_end(opened.state))


def hand_out(folder: Path, out: Path, case: str) -> None:
    """Copy what leaves the case into `out`; the leaves of the proofs and the account stay behind.

    Where the certificate of another case lies there already, a folder of this case's
    number is made beside it.
    """
    if out == folder:
        return
    if (out / "certificate.pdf").exists() and _plan_of(out) != _plan_of(folder):
        out = out / case
    out.mkdir(parents=True, exist_ok=True)
    sync_folder(out.parent)
    # The certificate last: what lies beside one is known to be its own. Synced, because the
    # journal is about to say that the case is certified.
    for name in (ANNEX, *printed_in(folder), *reversed(HANDED_OUT)):
        if (folder / name).exists() or name != ANNEX:
            write_durably(out / name, (folder / name).read_bytes(), 0o644)


def handed_out(opened: OpenCase) -> Path:
    """Where the finished certificate lies: the one of this case, be there others or none."""
    out, inside = opened.case.certificate.out, opened.folder / "certificate" / "certificate.pdf"
    for path in (out / "certificate.pdf", out / opened.case.number / "certificate.pdf"):
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == opened.state.certified:
            return path
    return inside


def _plan_of(folder: Path) -> object:
    """The digest of the plan that the manifest in a folder speaks of."""
    try:
        return json.loads((folder / "manifest.json").read_bytes())["plan"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lines(desk: Desk, plan: Plan) -> tuple[Line, ...]:
    holders = Holders(lambda path: _name(desk, path, ""))
    return tuple(_line(desk, item, holders) for item in plan.items)


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


def _annex(desk: Desk, plan: Plan, folder: Path) -> Annex | None:
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
    return Searched(_name(desk, one.backup, one.backup), one.files, one.members, one.copies, one.limits)


def _dates(desk: Desk) -> tuple[tuple[str, str], ...]:
    dates = plain(desk.case.dates)
    return tuple((name, value) for name, value in dates.items() if value)


def _places(desk: Desk) -> list[Path]:
    case = desk.case
    places = [one.path for one in case.locations]
    return places + [one.path for one in case.backups] + [one.path for one in case.keys]


def _media(desk: Desk, plan: Plan) -> tuple[Medium, ...]:
    """Every volume that was declared or touched: a copy or a trace may lie on another one."""
    touched: dict[int, Path] = {}
    for item in plan.with_fate(Fate.WIPE, Fate.SHRED, Fate.TRASH):
        touched.setdefault(item.stamp.device, Path(item.path).parent)
    volumes = {}
    for place in (*_places(desk), *touched.values()):
        there = place
        while not there.exists() and there != there.parent:
            there = there.parent
        volume = volume_of(str(there))
        volumes[volume.mount] = volume
    return tuple(medium_of(volume) for volume in volumes.values())


def _beyond(desk: Desk) -> tuple[Limit, ...]:
    """What no wipe of a file reaches. A name that is a path is told at the case's name level."""
    found = system_limits(_places(desk))
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


def end_register(opened: OpenCase) -> Iterator[Event]:
    """Destroy the register's key, then remove the register, which nobody can read any more."""
    yield Begun(Step.CERTIFY, (SLOT,), SIZE)
    opened.forget_register()
    ended = shred_slot(opened.folder / "key.slot", opens=opened.slot_opens)
    (opened.folder / "register.db").unlink(missing_ok=True)
    yield Settled(Step.CERTIFY, SLOT, Subject.KEY, ended.outcome, ended.evidence)


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that is handed out, by name."""
    names = (*HANDED_OUT, *printed_in(folder))
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
