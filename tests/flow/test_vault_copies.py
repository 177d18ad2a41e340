"""Copies of the case's own slot and keys: hunted before the account, named, and no verdict is better for them."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import zipfile
from dataclasses import replace

import pytest

from app.cli.parser import parse
from app.cli.verbs import run_verb
from app.domain.case import Backup, FateRule, Match, PersonSource, Role
from app.domain.event import Settled
from app.domain.fate import Fate
from app.domain.outcome import KeyOutcome, Reason
from app.domain.step import Step
from app.domain.vaulting import VaultTerms
from app.flow import Flow
from app.flow.closing import get_account, register_end
from app.flow.sealed_here import SealedHere
from app.flow.state import SLOT as ITEM
from app.steps.shred.slot import overwrite_side
from app.vault import FOLDER, SLOT, Factors, Vault

GOOD = (KeyOutcome.KEY_DESTROYED_HERE, KeyOutcome.MEDIUM_RESIDUE)


def ended(flow, advance):
    """How the slot ended, and what the certificate says of places."""
    events = advance(flow, Step.CERTIFY)
    (slot,) = [one for one in events if isinstance(one, Settled) and one.id == ITEM]
    end = register_end(flow._at.state)
    assert (end.outcome, end.evidence) == (slot.outcome, slot.evidence)
    account = get_account(flow.folder / "certificate", flow._at.state.accounted)
    return slot, json.dumps([str(one) for one in account.searched], ensure_ascii=False)


def copied(folder, place, how):
    """Put a copy into the declared backup, as an administrator's backup of the case's folder would."""
    if how == "slot":
        shutil.copyfile(folder / SLOT, place / "old.bin")
    elif how == "keys":
        shutil.copyfile(folder / FOLDER / "keys.0", place / "old.bin")
    elif how == "one side":
        (place / "old.bin").write_bytes((folder / SLOT).read_bytes()[:4200])
    else:
        with tarfile.open(place / "case.tar.gz", "w:gz") as archive:
            archive.add(folder, "case")


@pytest.mark.parametrize("destroyed", [True, False])
def test_a_place_that_is_gone_was_not_looked_into_but_for_one_that_was_destroyed(office, advance, destroyed):
    """An archive that held nothing else goes whole; another that somebody moved may lie anywhere."""
    place = office.folder / "weekly.zip"
    with zipfile.ZipFile(place, "w") as archive:
        archive.write(office.folder / ("customers/a.csv" if destroyed else "customers/clean.txt"), "a")
    case = replace(office.case, backups=(*office.case.backups, Backup("archive", place)))
    flow = replace(office, case=case).flow()
    advance(flow, Step.WIPE)
    assert place.exists() is not destroyed
    place.unlink(missing_ok=True)
    slot, _ = ended(flow, advance)
    assert (Reason.PLACES_UNSEEN in slot.evidence.limits) is not destroyed
    assert dict(slot.evidence.facts)["places_unseen"] == int(not destroyed)
    flow.close()


@pytest.mark.parametrize("how", ["slot", "keys", "one side", "tar"])
def test_a_copy_lowers_the_verdict_on_the_slot_and_is_named(office, advance, how):
    flow = office.flow()
    advance(flow, Step.WIPE)
    place = office.folder / "backup"
    copied(flow.folder, place, how)
    slot, searched = ended(flow, advance)
    assert slot.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in slot.evidence.limits
    facts = dict(slot.evidence.facts)
    assert facts["copies_found"] == 1
    assert facts["copies_at"]
    assert "FOUND_LATE" in searched
    assert "backup='b*…'" in searched
    flow.close()


def test_without_one_and_beside_another_cases_slot_nothing_is_lowered(office, advance):
    flow = office.flow()
    advance(flow, Step.WIPE)
    other = office.folder / "customers" / "other case"
    other.mkdir(parents=True)
    Vault.create(other, Factors(b"s" * 32), "2026-777").close()
    slot, _ = ended(flow, advance)
    assert slot.outcome in GOOD
    assert dict(slot.evidence.facts)["copies_found"] == 0
    assert dict(slot.evidence.facts)["copies_doubtful"] == 0
    flow.close()


def test_a_slot_without_a_number_could_be_ours(office, advance):
    """As an older Lethe wrote it, of a generation that is gone: nothing in it tells."""
    flow = office.flow()
    advance(flow, Step.WIPE)
    data = bytearray((flow.folder / SLOT).read_bytes())
    vault = flow._at.vault()
    while (at := data.find(vault.number)) >= 0:
        data[at : at + len(vault.number)] = bytes(len(vault.number))
    (office.folder / "backup" / "old.bin").write_bytes(data)
    vault.puncture([], overwrite_side)
    slot, searched = ended(flow, advance)
    assert slot.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPY_DOUBTFUL in slot.evidence.limits
    assert "COPY_DOUBTFUL" in searched
    flow.close()


def test_a_copy_beside_the_slot_itself_is_found(office, advance):
    flow = office.flow()
    advance(flow, Step.WIPE)
    shutil.copyfile(flow.folder / SLOT, flow.folder / "key.slot.bak")
    slot, _ = ended(flow, advance)
    assert slot.outcome is KeyOutcome.ACCESS_REMOVED
    flow.close()


def test_killed_after_the_hunt_its_finding_is_not_forgotten(office, advance, monkeypatch):
    from app.flow import closing

    flow = office.flow()
    advance(flow, Step.WIPE)
    copied(flow.folder, office.folder / "backup", "slot")

    def cut(*_args, **_more):
        raise OSError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(closing, "end_register", cut)
        with pytest.raises(OSError, match="cut off"):
            advance(flow, Step.CERTIFY)
    flow.close()
    flow = Flow.open(flow.folder, office.officer)
    advance(flow, Step.CERTIFY)
    end = register_end(flow._at.state)
    assert end.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in end.evidence.limits
    flow.close()


def killed_at(module, name):
    """End this process for good where this would be called."""

    def end(*_args, **_more):
        os._exit(9)

    setattr(module, name, end)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("at", ["end_register", "shred_slot", "graded_with"])
def test_killed_after_the_account_no_older_hunt_stands_for_the_last(office, advance, monkeypatch, at):
    """The one before it was stopped, and had found nothing."""
    from app.flow import closing

    flow = office.flow()
    advance(flow, Step.WIPE)

    def cut(*_args, **_more):
        raise OSError("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(closing, "annex_of", cut)
        with pytest.raises(OSError, match="cut off"):
            advance(flow, Step.CERTIFY)
    flow.close()
    copied(flow.folder, office.folder / "backup", "slot")
    child = os.fork()
    if not child:
        killed_at(closing, at)
        advance(Flow.open(flow.folder, office.officer), Step.CERTIFY)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    flow = Flow.open(flow.folder, office.officer)
    assert flow._at.state.accounted
    slot, searched = ended(flow, advance)
    assert "FOUND_LATE" in searched
    assert slot.outcome is KeyOutcome.ACCESS_REMOVED
    assert Reason.COPIES_REMAIN in slot.evidence.limits
    flow.close()


@pytest.fixture
def sealed(office, advance):
    """A case that holds two people's files sealed here, with a backup that is declared."""
    case = replace(
        office.case,
        rules=(FateRule(Match(), Fate.SEAL, ""),),
        holds=(),
        backups=(Backup("folder", office.folder / "backup"),),
        keys=(),
        people=(PersonSource(Role.OFFICER, office.officer.path, "OFFICER_PASSPHRASE"),),
        vault=VaultTerms(keep=True),
    )
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    flow.close()
    return flow.folder


def test_a_backup_of_an_older_generation_lowers_what_is_shredded_now(sealed, office, monkeypatch, capsys):
    heard = []
    here = SealedHere.open(sealed, office.officer)
    before = here.rotate(heard.append)
    assert (before.outcome in GOOD, before.copies) == (True, ())
    shutil.copyfile(sealed / SLOT, office.folder / "backup" / "old.bin")
    here.rotate()
    again = here.rotate()
    assert again.outcome is KeyOutcome.ACCESS_REMOVED
    assert again.copies == (str(office.folder / "backup" / "old.bin"),)
    here.close()
    told = [json.loads(line) for line in (sealed / "journal.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["body"]["outcome"] for one in told if one["event"] == "vault.shredded"][1:] == [
        "access_removed"
    ] * 2
    assert "old.bin" not in str(told)
    monkeypatch.setenv("OFFICER_PASSPHRASE", "a passphrase")
    assert run_verb(parse(["vault", str(sealed), "--rotate", "--json"]), window=lambda: None) == 3
    out = capsys.readouterr()
    assert json.loads(out.out)["copies"] == [str(office.folder / "backup" / "old.bin")]
    assert "old.bin" in out.err
