"""Copies with a date of which only a person tells: their document is asked for, and that nobody saw it is said everywhere."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.cli.console import Console
from app.cli.services import resume_waiting
from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import CopyOutcome, Reason
from app.flow import Flow, pending
from app.flow.pending import unfinished
from app.language import Language
from app.steps.certify import Standing, Status

sys.path.append(str(Path(__file__).parent))  # for dated_case

from dated_case import DAY, again, certified, checks, tape_until


@pytest.fixture
def tape(office):
    """A certified case of which a tape expires on a day, by a person's word."""
    return certified(office, tape_until(office, "tape 7", DAY))


def test_who_can_not_be_asked_is_asked_for_a_document(tape, later_word, capsys) -> None:
    case, out = tape.folder / "case", tape.folder / "out"
    documents = case / "evidence/copies"
    documents.mkdir(parents=True)
    manifest = json.loads((out / "manifest.json").read_bytes())
    (item,) = [one["id"] for one in manifest["exceptions"] if one["what"] == "copy_remains"]
    paper = documents / f"{item}.pdf"
    paper.write_bytes(b"the tape was overwritten on its day")
    (told,) = again(tape)
    assert told.outcome is CopyOutcome.EXPIRES, "before its day no document says that it is gone"
    paper.rename(documents / "of another copy.pdf")
    (documents / f"{item}.txt").write_bytes(b"")
    later_word()
    (told,) = again(tape)
    assert (told.outcome, told.reason) == (None, Reason.AWAITS_EVIDENCE)
    flow = Flow.open(case)
    assert resume_waiting(case, flow, lambda _, name: PASSPHRASES[name], Console(Language.EN, machine=False))
    said = capsys.readouterr().err
    assert item in said
    assert str(documents) in said
    assert not list(out.glob("addendum*"))
    (documents / "of another copy.pdf").rename(paper)
    told, added = again(tape)
    assert told.outcome is CopyOutcome.EXPIRED
    (one,) = json.loads(added.manifest.read_bytes())["copies"]
    assert one["after"]["limits"] == [Reason.DECLARED.value]
    assert one["after"]["facts"] == {
        "until": DAY.isoformat(),
        "declared_by": "林晓文",
        "gone_by_sha256": sha256(paper.read_bytes()).hexdigest(),
    }
    # a document is no sight: it stays an exception
    assert json.loads(added.manifest.read_bytes())["status"] == Status.WITH_EXCEPTIONS.value
    assert checks(added.manifest, case / "journal.jsonl") == (Standing.VALID, [])
    assert again(tape) == []


PASSPHRASES = {"OFFICER": "a passphrase", "WITNESS": "another one"}


@pytest.fixture
def later_word(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    return lambda: monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=42)).isoformat)


def test_unreachable_by_a_persons_word_is_said_everywhere(office) -> None:
    """Whole: signed, carried out, certified; paper, inventory and verify say whose word it is, and no more."""
    backup = Backup(
        "declared", office.folder / "lost in the cloud", "", "", Disposal.UNREACHABLE, None, "周建国"
    )
    office = certified(office, backup)
    out, case = office.folder / "out", office.folder / "case"
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["status"] == Status.WITH_EXCEPTIONS.value
    (exception,) = [one for one in manifest["exceptions"] if one["what"] == "copy_remains"]
    assert exception["limits"] == [Reason.DECLARED.value]
    with (out / "inventory.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["编号 id"] == exception["id"]]
    (row,) = rows
    assert row["结果 outcome"] == "CopyOutcome.unreachable"
    assert "declared_by=周建国" in row["实测 facts"]
    assert row["处置 fate"] == "leave"
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    text = subprocess.run(
        ["pdftotext", str(out / "certificate.pdf"), "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "不可及" in text
    assert exception["id"] in text
    for name in ("certificate.pdf", "manifest.json"):
        assert checks(out / name, case / "journal.jsonl") == (Standing.VALID, []), name
    # nobody can be asked, and there is no date to wait for
    assert not unfinished(case)
    # every record of which it may hold a copy says so
    account = json.loads((case / "certificate/account.json").read_bytes())
    records = [one for one in account["lines"] if one["subject"] == "record" and one["fate"] == "wipe"]
    assert records
    assert all(Reason.COPIES_REMAIN.value in one["evidence"]["limits"] for one in records)
    # said to be expunged instead, it is seen
    data = (out / "manifest.json").read_bytes()
    (out / "inventory.csv").write_bytes(
        (out / "inventory.csv").read_bytes().replace(b"CopyOutcome.unreachable", b"CopyOutcome.expunged")
    )
    assert checks(out / "manifest.json", case / "journal.jsonl")[1]
    assert data == (out / "manifest.json").read_bytes()
