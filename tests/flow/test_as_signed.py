"""What the register says of a copy after the signing guides no act: it goes, or stays, as it was signed."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.domain.case import Backup, HoldRule, Match
from app.domain.copies import Copy, Disposal
from app.domain.event import Event
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.step import Step
from app.flow import Flow
from app.flow.as_signed import as_signed

Advance = Callable[[Flow, Step], list[Event]]


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def tree(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def register_of(flow: Flow):
    return flow._at.desk().register


def forget(flow: Flow, copy: Copy) -> None:
    """Take its row out, as who has the key could."""
    register_of(flow).database.execute("DELETE FROM copies WHERE id = ?", (copy.id,))


@pytest.fixture
def chain(office, own_gnupg: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chain of duplicity's with two records that go, and nothing else."""
    if not shutil.which("duplicity") or not shutil.which("gpg"):
        pytest.skip("duplicity or gpg is not installed")
    assert own_gnupg.is_dir()
    for name in ("PASSPHRASE", "CHAIN"):
        monkeypatch.setenv(name, "pw")
    source = tmp_path / "source"
    source.mkdir()
    for name in ("a.csv", "名单.csv"):
        shutil.copyfile(office.folder / "customers" / name, source / name)
    run("duplicity", "full", str(source), f"file://{tmp_path}/chain")
    return tmp_path / "chain"


def edits() -> dict[str, Callable[[Flow, Copy, Copy], None]]:
    def another_way(flow: Flow, going: Copy, _: Copy) -> None:
        register_of(flow).add_copy(replace(going, disposal=Disposal.EXPUNGE))

    def elsewhere(flow: Flow, _: Copy, staying: Copy) -> None:
        register_of(flow).add_copy(replace(staying, repository=""))

    def forgotten(flow: Flow, _: Copy, staying: Copy) -> None:
        forget(flow, staying)

    return {"another way": another_way, "elsewhere": elsewhere, "forgotten": forgotten}


@pytest.mark.parametrize("edit", edits().values(), ids=edits())
def test_a_chain_with_what_stays_does_not_go_whatever_the_register_says(
    office, chain: Path, advance: Advance, edit: Callable[[Flow, Copy, Copy], None]
) -> None:
    backup = Backup("duplicity", chain, "CHAIN", "", Disposal.DISCARD, None, "林晓文")
    flow = Flow.create(
        office.folder / "case", replace(office.case, backups=(backup,), keys=()), office.officer
    )
    advance(flow, Step.CONFIRM)
    going, staying = [one for one in flow.copies() if one.repository]
    assert {going.disposal, staying.disposal} == {Disposal.DISCARD}
    flow.accept(staying.id, "林晓文")
    before = tree(chain)
    advance(flow, Step.SIGN)
    edit(flow, going, next(one for one in flow.copies() if one.id == staying.id))
    advance(flow, Step.WIPE)
    assert tree(chain) == before
    ended = {one.id: one for one in flow.results()}
    assert (ended[going.id].outcome, ended[going.id].evidence.limits) == (
        Outcome.FAILED,
        (Reason.KEPT_RECORD,),
    )
    flow.close()


@pytest.mark.parametrize(
    ("declared", "edited"),
    [
        ((Disposal.UNREACHABLE, None), {"disposal": Disposal.MEDIUM, "paper": "0" * 64}),
        ((Disposal.EXPIRES, date(2027, 3, 1)), {"until": date(2026, 11, 23)}),
        ((Disposal.EXPIRES, date(2027, 3, 1)), {"disposal": Disposal.EXCEPTION, "until": None}),
    ],
)
def test_a_persons_word_ends_as_it_was_signed(office, advance: Advance, declared, edited) -> None:
    disposal, until = declared
    tape = Backup("declared", office.folder / "tape 7", "", "", disposal, until, "林晓文")
    case = replace(office.case, backups=(*office.case.backups, tape))
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.WIPE)
    (copy,) = [one for one in flow.copies() if one.path == str(tape.path)]
    register_of(flow).add_copy(replace(copy, **edited))
    advance(flow, Step.CERTIFY)
    end = {one.id: one for one in flow.results()}[copy.id]
    assert end.outcome is CopyOutcome[disposal.name]
    assert dict(end.evidence.facts).get("until") == (until.isoformat() if until else None)
    flow.close()


def test_an_archive_that_was_to_be_wiped_is_not_written_anew(office, advance: Advance) -> None:
    archive = office.folder / "backup/all.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.write(office.folder / "customers/a.csv", "a.csv")
    flow = office.flow()
    advance(flow, Step.SHRED)
    (copy,) = [one for one in flow.copies() if one.path == str(archive)]
    assert copy.disposal is Disposal.WIPE
    register_of(flow).add_copy(replace(copy, disposal=Disposal.REWRITE, of=()))
    advance(flow, Step.WIPE)
    assert not archive.exists()
    flow.close()


def test_what_nobody_changed_is_as_it_was_signed(office, advance: Advance) -> None:
    """Also what a hold keeps: its rule begins with the date that was declared, and names no disposal."""
    tape = Backup("declared", office.folder / "tape 7", "", "", Disposal.EXPIRES, date(2027, 3, 1), "林晓文")
    disk = replace(tape, path=office.folder / "disk", disposal=Disposal.UNREACHABLE, until=None)
    with zipfile.ZipFile(office.folder / "backup/all.zip", "w") as zipped:
        zipped.write(office.folder / "customers/a.csv", "a.csv")
        zipped.writestr("theirs.csv", "of somebody else")
    holds = (*office.case.holds, HoldRule(Match(path=str(tape.path)), "complaint"))
    case = replace(office.case, backups=(*office.case.backups, tape, disk), holds=holds)
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    for one in flow.copies():
        if one.disposal is Disposal.EXCEPTION:
            flow.accept(one.id, "林晓文")
    copies = {one.id: one for one in flow.copies()}
    (kept,) = [one for one in copies.values() if one.path == str(tape.path)]
    assert (kept.disposal, kept.until) == (Disposal.EXCEPTION, tape.until)
    assert as_signed(flow.plan(), copies, case.backups) == copies
    flow.close()
