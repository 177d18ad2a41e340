"""Documents are attached to a case in the window, named by the certificate, and then left alone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow.papers import KINDS, attach, attached, detach
from app.ui import words
from app.ui.pages.papers_dialog import PapersDialog
from app.ui.widgets.plain import choose
from app.ui.wizard import Wizard


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "培训签到表.pdf"
    path.write_bytes(b"%PDF-1.4 signed by everybody")
    return path


def test_each_kind_has_a_word(app: object) -> None:
    assert all(words.paper(kind) != kind for kind in KINDS)


def test_the_same_document_is_kept_once_and_another_of_its_name_too(tmp_path: Path, scan: Path) -> None:
    case = tmp_path / "case"
    first = attach(case, scan, "training")
    assert attach(case, scan, "training") == first
    scan.write_bytes(b"another")
    second = attach(case, scan, "training")
    assert [one.path.name for one in attached(case)] == ["培训签到表 (1).pdf", "培训签到表.pdf"]
    assert second.sha256 == hashlib.sha256(b"another").hexdigest()
    assert first.path.stat().st_mode & 0o777 == 0o600
    detach(case, second)
    detach(case, second)
    assert attached(case) == (first,)


@pytest.mark.parametrize("name", ["", "none"])
def test_what_is_no_document_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused) as why:
        attach(tmp_path / "case", tmp_path / name, "nda")
    assert why.value.fault is Fault.PAPER_UNREADABLE
    assert attached(tmp_path / "case") == ()


def test_a_kind_is_no_path_and_only_a_document_of_the_case_is_removed(tmp_path: Path, scan: Path) -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        attach(tmp_path / "case", scan, "../elsewhere")
    kept = attach(tmp_path / "case", scan, "other")
    with pytest.raises(Refused):
        detach(tmp_path / "another", kept)
    assert attached(tmp_path / "case") == (kept,)


def test_documents_are_added_and_taken_out(wizard: Wizard, qtbot: QtBot, company: Path, scan: Path) -> None:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.press(wizard.WizardButton.BackButton)
    page = wizard.currentPage()
    assert page.papers.isVisible()
    page.papers.click()
    dialog: PapersDialog = page._papers
    choose(dialog.kind, "nda")
    dialog.attach([scan, scan.parent])
    assert dialog.notice.error.fault is Fault.PAPER_UNREADABLE
    assert [one.kind for one in dialog.model.all()] == ["nda"]
    assert attached(wizard.desk.flow.folder) == tuple(dialog.model.all())
    assert not dialog.remove.isEnabled()
    dialog.sheet.table.selectRow(0)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    assert attached(wizard.desk.flow.folder) == ()
    dialog.reject()


def test_the_certificate_names_them_and_then_they_are_locked(
    wizard: Wizard, qtbot: QtBot, company: Path, scan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No reader of PDF files here.
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: True)
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    officer.go_to(Step.CERTIFY, company.parent)
    page = wizard.currentPage()
    officer.rest()
    page.papers.click()
    page._papers.attach([scan])
    page._papers.reject()
    officer.certify(company.parent / "witness.p12")
    officer.rest()
    folder = wizard.desk.flow.folder
    told = json.loads((folder / "certificate" / "manifest.json").read_bytes())["papers"]
    receipts = [company.parent / "custodian" / name for name in ("receipt.txt", "second-receipt.txt")]
    assert [(one["kind"], one["sha256"]) for one in told] == [
        *(("custodian", hashlib.sha256(one.read_bytes()).hexdigest()) for one in receipts),
        ("training", hashlib.sha256(scan.read_bytes()).hexdigest()),
    ]
    page.papers.click()
    dialog = page._papers
    dialog.sheet.table.selectRow(0)
    assert not dialog.add.isEnabled()
    assert not dialog.remove.isEnabled()
    assert not dialog.acceptDrops()
    dialog.reject()
