"""The end of a case: account for everything, destroy the register's key, then certify.

The order lets a crash at any point be taken up again: the account is on disk and its
digest in the journal before the register's key goes, and the certificate is written
from the account alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.domain.case import Backup
from app.domain.event import Begun, Event, Noted, Settled
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Outcome
from app.domain.plan import Plan, Subject
from app.domain.step import Step
from app.flow import databases
from app.flow.accounting import annex_of, make_account, silent_places
from app.flow.as_signed import as_signed
from app.flow.desk import HANDED_OUT, Passphrase
from app.flow.issuing import issuing
from app.flow.late import late_copies
from app.flow.late_repositories import late_in_repositories
from app.flow.late_searches import forget_late
from app.flow.opened import OpenCase
from app.flow.recording import Work
from app.flow.seen_again import see_gone, see_kept
from app.flow.state import SLOT, State
from app.flow.vault_hunt import graded_with, hunting_vault, seen_before
from app.flow.vaulting import end_vault
from app.identity import Identity, SignedPlan
from app.register.codec import build
from app.steps.certify import Closing, Status, inventory_fits, status_of, write_inventory
from app.steps.certify.account import Account, pieces_of
from app.steps.certify.evidence.annex import ANNEX
from app.steps.certify.volumes.printed import print_inventory, printed_in, wanted
from app.steps.confirm import check_sealed, check_standing, is_in_database, is_standing
from app.steps.shred import shred_slot
from app.system.durable import sync_folder, write_durably
from app.vault import SIZE


def put_account(account: Account, folder: Path) -> str:
    """Write `account.json`, the inventory and the leaves of the proofs; give the account's SHA-256."""
    folder.mkdir(mode=0o700, exist_ok=True)
    write_inventory(account, folder)
    data = b"".join(pieces_of(account))
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


def certifying(
    opened: OpenCase, signed: SignedPlan | None, people: Sequence[Identity], passphrase: Passphrase
) -> Work:
    """Account for everything, end the register, write the certificate and hand it out.

    `signed` is needed until the account is made. Each part is skipped when the journal
    shows that an earlier run has done it.
    """
    folder, state, recorder = opened.folder / "certificate", opened.state, opened.recorder()
    if signed:
        yield from _looked_again(opened, signed.plan, passphrase)
        annex = annex_of(opened.desk(), signed.plan, folder)
        silent = yield from silent_places(opened.desk(), signed.plan)
        account = make_account(opened.desk(), signed.plan, *recorder.anchor(), annex, silent)
        # What the hunt saw is not in the account: a kill must not leave what an earlier one saw.
        opened.desk().register.commit()
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


def _looked_again(opened: OpenCase, plan: Plan, passphrase: Passphrase) -> Iterator[Event]:
    """See what is to be certified once more, for what was true at the act may not be so any more."""

    def password(backup: Backup) -> str:
        return passphrase(backup.path, backup.password_env)

    forget_late(opened.desk().register)
    ended = {one.id: (one.outcome, one.evidence) for one in opened.state.results.values()}
    backups, salts = opened.case.backups, opened.desk().keys.salts
    copies = as_signed(plan, {copy.id: copy for copy in opened.desk().register.copies()}, backups)
    yield from check_standing(plan.items, copies, backups=backups, password=password, salts=salts)
    kept = plan.with_fate(Fate.FREEZE, Fate.LEAVE)
    yield from see_kept(i for i in kept if not is_standing(i, copies) and not is_in_database(i))
    yield from databases.looking_again(opened.desk(), plan, ended, passphrase)
    yield from check_sealed(plan.items, ended, opened.desk().sealed_folder, opened.case.number)
    yield from see_gone(plan.items, ended)
    yield from late_copies(opened.desk())
    yield from hunting_vault(
        opened.desk(), opened.vault(), passphrase, destroyed=_destroyed(plan, opened.state)
    )
    yield from late_in_repositories(opened.desk(), plan, passphrase)


def _destroyed(plan: Plan, state: State) -> frozenset[str]:
    """Paths of the files of the plan that were overwritten where they stood; what may be left has no name."""
    gone = (Outcome.PROVEN, Outcome.OVERWRITTEN, Outcome.KEY_DESTROYED, Outcome.RESIDUE_POSSIBLE)
    ends = ((item.path, state.results.get(item.id)) for item in plan.items)
    return frozenset(path for path, end in ends if end and end.outcome in gone)


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


def end_register(opened: OpenCase) -> Iterator[Event]:
    """Destroy the register's key, then remove the register, which nobody can read any more."""
    seen = opened.state.noted.get(SLOT)
    if seen is None:
        # Before the end begins: after a stop in it nobody opens the register, which has this, any more.
        seen = seen_before(opened.readable)
        yield Noted(Step.CERTIFY, (SLOT,), "hunted", seen)
    yield Begun(Step.CERTIFY, (SLOT,), SIZE)
    opened.forget_register()
    ended = shred_slot(opened.folder / "key.slot", opens=opened.slot_opens)
    outcome, evidence = graded_with(ended.outcome, ended.evidence, seen)
    (opened.folder / "register.db").unlink(missing_ok=True)
    if ended.outcome is not KeyOutcome.FAILED:
        end_vault(opened.folder, opened.case)
    yield Settled(Step.CERTIFY, SLOT, Subject.KEY, outcome, evidence)


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of each file that is handed out, by name."""
    names = (*HANDED_OUT, *printed_in(folder))
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
