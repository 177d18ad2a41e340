"""Copies that the officer keeps and lets go again: they go as they were to go, and nothing goes with them."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup, HoldRule, KeySource, Match
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.fate import Fate
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.domain.step import Step
from app.flow import Flow

Advance = Callable[[Flow, Step], list[Event]]


def ran(*command: object) -> str:
    done = subprocess.run([str(one) for one in command], check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def needs(*tools: str) -> None:
    for one in tools:
        if not shutil.which(one):
            pytest.skip(f"{one} is not installed")


def opened(office, backup: Backup, **more: object) -> Flow:
    case = replace(office.case, backups=(*office.case.backups, backup), **more)
    return Flow.create(office.folder / "case", case, office.officer)


@pytest.fixture
def borg(office, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of the customers, of which the only key is to be shredded: it lies in its settings."""
    needs("borg")
    monkeypatch.setenv("BORG_BASE_DIR", str(office.folder / "base"))
    monkeypatch.setenv("BORG_PASSPHRASE", "pw")
    monkeypatch.setenv("OF_THE_CASE", "pw")
    repo = office.folder / "repo"
    ran("borg", "init", "-e", "repokey", repo)
    ran("borg", "create", f"{repo}::one", office.folder / "customers")
    return repo


def test_what_is_let_go_goes_as_it_was_to_go(office, borg: Path, advance: Advance) -> None:
    archive = office.folder / "backup" / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(office.folder / "customers/a.csv", "a.csv")
        packed.writestr("theirs.csv", "of somebody else")
    key = borg / "config"
    keys = (*office.case.keys, KeySource("borg", key, "OF_THE_CASE"))
    flow = opened(office, Backup("borg", borg, "OF_THE_CASE"), keys=keys)
    advance(flow, Step.CONFIRM)
    before = flow.copies()
    assert {one.disposal for one in before} == {Disposal.WIPE, Disposal.REWRITE, Disposal.KEY}
    with pytest.raises(Refused) as nobody:
        flow.accept(before[0].id, " ")
    assert nobody.value.fault is Fault.CASE_FILE_WRONG_VALUE
    for one in before:
        flow.accept(one.id, "林晓文")
        flow.accept(one.id, "周建国")
    kept = flow.copies()
    assert {(one.disposal, one.declared_by) for one in kept} == {(Disposal.EXCEPTION, "周建国")}
    assert all(one.reasons.count(Reason.KEPT_BY_OFFICER) == 1 for one in kept)
    ids = {one.id for one in before}
    assert {item.fate for item in flow.plan().items if item.id in ids} == {Fate.LEAVE}
    for one in before:
        flow.let_go(one.id)
        flow.let_go(one.id)
    assert flow.copies() == before
    advance(flow, Step.WIPE)
    ends = {one.id: one for one in flow.results()}
    with zipfile.ZipFile(archive) as left:
        assert left.namelist() == ["theirs.csv"]
    assert not (office.folder / "backup" / "a.csv").exists()
    (shredded,) = [
        ends[item.id] for item in flow.plan().items if item.subject is Subject.KEY and item.path == str(key)
    ]
    # borg's own check wrote the key in a new file: what the old one held is free, and was not overwritten.
    assert Reason.WRITTEN_ANEW in shredded.evidence.limits
    assert shredded.outcome is KeyOutcome.MEDIUM_RESIDUE
    others = [item.id for item in flow.plan().items if item.subject is Subject.KEY and item.path != str(key)]
    assert others
    assert all(Reason.WRITTEN_ANEW not in ends[one].evidence.limits for one in others)
    # What became of the repository's key is what became of the copies in it, and no better.
    assert {ends[one.id].outcome for one in before if one.repository} == {Outcome.RESIDUE_POSSIBLE}
    flow.close()


def test_a_copy_in_a_repository_whose_key_is_held_is_still_there(
    office, borg: Path, advance: Advance
) -> None:
    key = borg / "config"
    flow = opened(
        office,
        Backup("borg", borg, "OF_THE_CASE"),
        keys=(*office.case.keys, KeySource("borg", key, "OF_THE_CASE")),
        holds=(*office.case.holds, HoldRule(Match(path=str(key)), "lawsuit")),
    )
    advance(flow, Step.CONFIRM)
    inside = {one.id for one in flow.copies() if one.disposal is Disposal.KEY}
    assert inside
    advance(flow, Step.WIPE)
    assert key.stat().st_size
    ends = {one.id: one for one in flow.results()}
    assert {ends[one].outcome for one in inside} == {Outcome.SURVIVES}
    assert {ends[one].evidence.limits for one in inside} == {(Reason.KEY_STAYS,)}
    flow.close()


@pytest.mark.usefixtures("own_gnupg")
def test_one_copy_of_a_chain_that_goes_whole_does_not_take_a_kept_one_with_it(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The officer kept both, and let one go again: the chain can't lose one alone, so it stays."""
    needs("duplicity", "gpg")
    monkeypatch.setenv("PASSPHRASE", "of the chain")
    monkeypatch.setenv("CHAIN", "of the chain")
    repo = office.folder / "repo"
    ran("duplicity", "full", office.folder / "customers", f"file://{repo}")
    before = {path.name: path.read_bytes() for path in repo.iterdir()}
    backup = Backup("duplicity", repo, "CHAIN", disposal=Disposal.DISCARD, declared_by="林晓文")
    flow = opened(office, backup)
    advance(flow, Step.CONFIRM)
    kept, going = [one for one in flow.copies() if one.repository]
    assert {kept.disposal, going.disposal} == {Disposal.DISCARD}
    for one in (kept, going):
        flow.accept(one.id, "林晓文")
    flow.let_go(going.id)
    advance(flow, Step.WIPE)
    assert {path.name: path.read_bytes() for path in repo.iterdir()} == before
    ends = {one.id: one for one in flow.results()}
    assert (ends[going.id].outcome, ends[going.id].evidence.limits) == (
        Outcome.FAILED,
        (Reason.KEPT_RECORD,),
    )
    flow.close()
