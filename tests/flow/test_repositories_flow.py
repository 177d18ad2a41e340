"""A whole case with a repository and a declared backup: found, signed, taken out, certified."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import Event
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.outcome import CopyOutcome, KeepOutcome, Outcome, Reason
from app.domain.step import Gate, Step
from app.flow import Flow, carry_out, read_case_file, work
from app.flow.case_text import case_toml
from app.steps.certify import Status
from app.steps.confirm.package import SUFFIX
from tests.packing import zipped

Advance = Callable[[Flow, Step], list[Event]]
borg = pytest.mark.skipif(not shutil.which("borg"), reason="borg is not installed")


@pytest.fixture
def repository(office, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A borg repository of the whole customers folder, with another company's file in it."""
    monkeypatch.setenv("BORG_BASE_DIR", str(office.folder / "base"))
    monkeypatch.setenv("BORG_PASSPHRASE", "of the shell")
    monkeypatch.setenv("OF_THE_CASE", "of the shell")
    repo = office.folder / "repo"
    (office.folder / "other").mkdir()
    (office.folder / "other/theirs.csv").write_text("of somebody else", encoding="utf-8")
    run("borg", "init", "-e", "repokey", str(repo))
    run("borg", "create", f"{repo}::one", str(office.folder / "customers"), str(office.folder / "other"))
    return repo


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def with_backups(office, *backups: Backup):
    return replace(office.case, backups=(*office.case.backups, *backups))


@borg
def test_a_repository_is_cleared_and_what_is_kept_stays_in_it(
    office, repository: Path, advance: Advance
) -> None:
    paper = office.folder / "destruction.pdf"
    paper.write_bytes(b"of a shredding company")
    case = with_backups(
        office,
        Backup("borg", repository, "OF_THE_CASE"),
        Backup("declared", office.folder / "tape 7", "", "", Disposal.EXPIRES, date(2027, 3, 1), "林晓文"),
        Backup("declared", office.folder / "disk", "", "", Disposal.MEDIUM, None, "林晓文", paper),
    )
    flow = Flow.create(office.folder / "case", case, office.officer)
    advance(flow, Step.CONFIRM)
    inside = [copy for copy in flow.copies() if copy.repository]
    kinds = {Path(copy.member).name: copy.disposal for copy in inside}
    # what the law or a hold keeps is no copy of what goes; it stays in the repository unasked
    assert kinds == {"a.csv": Disposal.EXPUNGE, "名单.csv": Disposal.EXPUNGE}
    advance(flow, Step.WIPE)
    ended = {one.id: one for one in flow.results()}
    assert {ended[copy.id].outcome for copy in inside} == {CopyOutcome.EXPUNGED}
    advance(flow, Step.CERTIFY)
    ended = {one.id: one for one in flow.results()}
    declared = {copy.disposal: copy for copy in flow.copies()} or {}
    assert declared == {}  # the register is closed for good
    outcomes = [one.outcome for one in ended.values()]
    assert CopyOutcome.EXPIRES in outcomes
    assert CopyOutcome.MEDIUM_DESTROYED in outcomes
    facts = {one.outcome: dict(one.evidence.facts) for one in ended.values()}
    assert facts[CopyOutcome.EXPIRES] == {"until": "2027-03-01", "declared_by": "林晓文"}
    assert len(str(facts[CopyOutcome.MEDIUM_DESTROYED]["paper_sha256"])) == 64
    assert (office.folder / "case/evidence/media/destruction.pdf").read_bytes() == paper.read_bytes()
    assert flow.status is Status.WITH_EXCEPTIONS
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    assert facts[CopyOutcome.MEDIUM_DESTROYED]["paper_sha256"] in {one["sha256"] for one in account["papers"]}
    lines = [line for line in account["lines"] if line["fate"] == "expunge"]
    assert [line["outcome"] for line in lines] == ["CopyOutcome.expunged"] * 2
    (searched,) = [one for one in account["searched"] if one["check"]]
    assert (searched["check"], searched["fault"]) == ("check --verify-data", None)
    flow.close()
    names = run("borg", "list", "--format", "{path}{NL}", f"{repository}::one").splitlines()
    left = {Path(name).name for name in names}
    assert {"theirs.csv", "投诉.txt", "记账凭证-2025-03.csv", "clean.txt"} <= left
    assert not {"a.csv", "名单.csv"} & left


@borg
def test_a_repository_laid_back_after_the_act_is_no_certificate_of_absence(
    office, repository: Path, advance: Advance
) -> None:
    flow = Flow.create(
        office.folder / "case",
        with_backups(office, Backup("borg", repository, "OF_THE_CASE")),
        office.officer,
    )
    advance(flow, Step.CONFIRM)
    inside = {copy.id for copy in flow.copies() if copy.repository}
    shutil.copytree(repository, office.folder / "hidden")
    advance(flow, Step.WIPE)
    assert {one.outcome for one in flow.results() if one.id in inside} == {CopyOutcome.EXPUNGED}
    shutil.rmtree(repository)
    (office.folder / "hidden").rename(repository)
    # the password comes from whom it came before, and not from the environment
    del os.environ["OF_THE_CASE"]
    for _ in carry_out(flow, office.people, lambda _, name: "of the shell" if name else ""):
        pass
    assert {one.outcome for one in flow.results() if one.id in inside} == {Outcome.SURVIVES}
    assert flow.status is Status.WITH_EXCEPTIONS
    flow.close()


@borg
def test_a_wrong_password_closes_the_gate_before_signing(office, repository: Path, advance: Advance) -> None:
    os.environ["OF_THE_CASE"] = "another one"
    flow = Flow.create(
        office.folder / "case",
        with_backups(office, Backup("borg", repository, "OF_THE_CASE")),
        office.officer,
    )
    advance(flow, Step.CONFIRM)
    shut = flow.gate(Step.SIGN)
    assert shut
    assert (shut.gate, shut.count) == (Gate.BACKUP_NOT_CHECKED, 1)
    with pytest.raises(GateClosed):
        flow.sign(office.people)
    # the right one opens it again
    os.environ["OF_THE_CASE"] = "of the shell"
    list(flow.begin(Step.CONFIRM))
    assert flow.gate(Step.SIGN) is None
    flow.close()


def test_a_lost_package_stops_destruction(office, advance: Advance) -> None:
    flow = office.flow()
    advance(flow, Step.SIGN)
    assert any(one.outcome is KeepOutcome.SEALED for one in flow.results())
    (package,) = (office.folder / "out/sealed").glob(f"*{SUFFIX}")
    kept = package.read_bytes()
    package.write_bytes(kept[:-1])
    for step in (Step.SHRED,):
        with pytest.raises(GateClosed) as shut:
            list(flow.begin(step))
        assert shut.value.gate is Gate.NOT_SEALED
    assert (office.folder / "customers/a.csv").exists()
    assert (office.folder / "key.pem").exists()
    package.write_bytes(kept)
    advance(flow, Step.WIPE)
    assert not (office.folder / "customers/a.csv").exists()
    flow.close()


@pytest.mark.parametrize(
    ("declared", "key"),
    [
        ('kind = "folder"\npath = "b"\ndisposal = "expires"', "kind"),
        ('kind = "declared"\npath = "t"\ndisposal = "expires"\ndeclared_by = "A"', "until"),
        (
            'kind = "declared"\npath = "t"\ndisposal = "unreachable"\ndeclared_by = "A"\nuntil = 2027-01-01',
            "until",
        ),
        ('kind = "declared"\npath = "t"\ndisposal = "unreachable"', "disposal"),
        ('kind = "declared"\npath = "t"\ndeclared_by = "A"', "disposal"),
        ('kind = "declared"\npath = "t"\ndisposal = "wipe"\ndeclared_by = "A"', "disposal"),
        ('kind = "declared"\npath = "t"\ndisposal = "medium"\ndeclared_by = "A"', "paper"),
        ('kind = "declared"\npath = "t"\ndisposal = "discard"\ndeclared_by = "A"', "disposal"),
        ('kind = "duplicity"\npath = "."\ndisposal = "discard"', "disposal"),
        ('kind = "duplicity"\npath = "."\ndisposal = "unreachable"\ndeclared_by = "A"', "disposal"),
    ],
)
def test_what_is_declared_must_fit_together(tmp_path: Path, office, declared: str, key: str) -> None:
    (tmp_path / "b").mkdir(exist_ok=True)
    file = tmp_path / "CASE.toml"
    file.write_text(
        case_toml(replace(office.case, backups=())) + f"\n[[backup]]\n{declared}\n", encoding="utf-8"
    )
    with pytest.raises(Refused) as refused:
        read_case_file(file)
    assert refused.value.fault is Fault.CASE_FILE_WRONG_VALUE
    assert refused.value.detail.startswith(f"backup.{key}:")
    assert refused.value.line


def test_a_declaration_is_written_and_read_back(tmp_path: Path, office) -> None:
    paper = tmp_path / "p.pdf"
    paper.write_bytes(b"x")
    backup = Backup("declared", tmp_path / "t", "", "", Disposal.LOCKED, date(2027, 1, 1), "周建国", paper)
    file = tmp_path / "CASE.toml"
    file.write_text(case_toml(replace(office.case, backups=(backup,))), encoding="utf-8")
    assert read_case_file(file).backups == (backup,)


def test_an_archive_is_written_anew_and_its_old_bytes_are_wiped(
    office, advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with a kill between the wiping and the new archive's taking its place."""
    archive = office.folder / "backup/all.zip"
    goes = (office.folder / "customers/a.csv").read_bytes()
    held = (office.folder / "customers/disputes/投诉.txt").read_bytes()
    archive.write_bytes(zipped({"old/a.csv": goes, "old/投诉.txt": held, "theirs.csv": "of somebody else"}))
    flow = office.flow()
    advance(flow, Step.SIGN)
    (copy,) = [one for one in flow.copies() if one.path == str(archive)]
    assert copy.disposal is Disposal.REWRITE
    advance(flow, Step.SHRED)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(work, "put_in_place", killed)
        with pytest.raises(KeyboardInterrupt):
            list(flow.begin(Step.WIPE))
    assert not archive.exists()
    advance(flow, Step.WIPE)
    with zipfile.ZipFile(archive) as left:
        assert set(left.namelist()) == {"old/投诉.txt", "theirs.csv"}
    result = {one.id: one for one in flow.results()}[copy.id]
    assert result.outcome in (Outcome.PROVEN, Outcome.OVERWRITTEN, Outcome.RESIDUE_POSSIBLE)
    advance(flow, Step.CERTIFY)
    account = json.loads((office.folder / "case/certificate/account.json").read_bytes())
    (line,) = [line for line in account["lines"] if line["id"] == copy.id]
    assert line["rule"] == "disposal.rewrite mixed_archive"
    assert archive.exists()
    flow.close()


@pytest.fixture
def shared_archive(office) -> tuple[Path, bytes]:
    """One in the backup, and its bytes: a copy of a record lies in it beside what is somebody else's."""
    archive = office.folder / "backup/all.zip"
    record = (office.folder / "customers/a.csv").read_bytes()
    archive.write_bytes(zipped({"a.csv": record, "theirs.csv": "of somebody else"}))
    return archive, archive.read_bytes()


def test_an_archive_of_which_the_register_says_something_else_by_now_is_not_wiped(
    office, shared_archive: tuple[Path, bytes], advance: Advance
) -> None:
    """As an earlier build left it, where a key was met in an archive after the signing."""
    archive, before = shared_archive
    flow = office.flow()
    advance(flow, Step.SHRED)
    (copy,) = [one for one in flow.copies() if one.path == str(archive)]
    late = replace(copy, disposal=Disposal.EXCEPTION, reasons=(Reason.FOUND_LATE,))
    flow._at.desk().register.add_copy(late)
    advance(flow, Step.WIPE)
    assert archive.read_bytes() == before
    result = {one.id: one for one in flow.results()}[copy.id]
    assert (result.outcome, result.evidence.limits[0]) == (Outcome.FAILED, Reason.PROTECTED_PLACE)
    assert not (office.folder / "customers/a.csv").exists()
    flow.close()


def test_an_archive_that_can_not_be_written_anew_is_not_wiped(
    office, shared_archive: tuple[Path, bytes], advance: Advance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.steps.confirm import archiving, rewriting

    archive, before = shared_archive
    flow = office.flow()
    advance(flow, Step.SHRED)

    def fails(*_: object) -> int:
        raise archiving.CantWrite

    monkeypatch.setattr(rewriting, "write_without", fails)
    advance(flow, Step.WIPE)
    assert archive.read_bytes() == before
    (copy,) = [one for one in flow.copies() if one.path == str(archive)]
    result = {one.id: one for one in flow.results()}[copy.id]
    assert (result.outcome, result.evidence.limits[0]) == (Outcome.FAILED, Reason.PROTECTED_PLACE)
    flow.close()
