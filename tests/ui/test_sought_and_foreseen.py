"""The officer names whom to look for, corrects what a file was taken for, and reads what becomes of each key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from officer_at_window import Officer
from pytestqt.qtbot import QtBot

from app.domain.fault import Fault
from app.domain.step import Step
from app.ui import words
from app.ui.pages.locate import LocatePage
from app.ui.pages.shred import ShredPage
from app.ui.pages.sign import SignPage
from app.ui.wizard import Wizard
from tests.held import below


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    return officer


def test_a_list_and_a_person_are_looked_for_and_counted(officer: Officer, tmp_path: Path) -> None:
    page: LocatePage = officer.page(LocatePage)
    page.sought.list.set_path(tmp_path / "none.csv")
    page.sought.named.emit()
    officer.rest()
    assert page.notice.error.fault is Fault.CUSTOMERS_UNREADABLE
    known = tmp_path / "list.csv"
    known.write_text("客户姓名,手机\n欧阳无人,13900000001\n司马无名,13900000002\n", encoding="utf-8")
    page.sought.list.set_path(known)
    page.sought.named.emit()
    officer.rest()
    assert "2" in page.sought.fields.hint_of(page.sought.list)
    page.sought.person.setText("客户")
    officer.locate()
    officer.rest()
    assert "0 / 2" in page.coverage.text()
    page.sheet.search.setText("查找的人")
    page.sheet.apply()
    assert 0 < page.records.rowCount() < len(page.records.all())


def test_the_kind_of_a_backup_and_a_key_can_be_corrected(officer: Officer) -> None:
    page: LocatePage = officer.page(LocatePage)
    flow = officer.wizard.desk.flow
    for places, row, declared in (
        (page.backups, page.backup_row, lambda: flow.case.backups),
        (page.keys, page.key_row, lambda: flow.case.keys),
    ):
        before = declared()
        places.list.setCurrentRow(0)
        assert row.kind.currentData() == before[0].kind
        other = next(row.kind.itemData(at) for at in range(row.kind.count()) if at != row.kind.currentIndex())
        row.kind.setCurrentIndex(row.kind.findData(other))
        row.kind.activated.emit(row.kind.currentIndex())
        assert [one.kind for one in declared()] == [other, *(one.kind for one in before[1:])]
        assert [one.path for one in declared()] == [one.path for one in before]


def test_each_key_is_foreseen_before_the_list_is_signed(officer: Officer, company: Path) -> None:
    key = company.parent / "keys" / "database.pem"
    shutil.copy(key, key.with_name("zz-old.pem"))
    officer.go_to(Step.SIGN, company.parent)
    officer.rest()
    page: SignPage = officer.page(SignPage)
    assert page.look_at_keys.isVisible()
    page.look_at_keys.click()
    rows = page._keys_shown.keys.all()
    flow = officer.wizard.desk.flow
    assert {row.key.path for row in rows} == {one.path for one in flow.keys()}  # noqa: SIM118 - a list
    assert all(row.bytes for row in rows)
    copied = next(row for row in rows if row.key.path == str(key))
    assert len(copied.going) + len(copied.staying) >= 1
    for row in rows:
        assert words.say(row.expected) in page.keys.text()
    page._keys_shown.reject()


def test_a_list_of_passwords_is_tried_and_one_that_is_none_refused(
    officer: Officer, company: Path, tmp_path: Path
) -> None:
    import io

    import pikepdf
    from reportlab.pdfgen.canvas import Canvas

    held = io.BytesIO()
    canvas = Canvas(held)
    canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
    canvas.save()
    place = officer.wizard.desk.flow.case.locations[0].path
    with pikepdf.open(held) as pdf:
        pdf.save(place / "locked.pdf", encryption=pikepdf.Encryption(owner="owner", user="Geheim-77"))
    page: LocatePage = officer.page(LocatePage)
    page.tabs.means.list.set_path(tmp_path / "none.txt")
    page.run.go.click()
    officer.rest()
    assert page.notice.error.fault is Fault.PASSWORDS_UNREADABLE
    known = tmp_path / "passwords.txt"
    known.write_text("first\nGeheim-77\n", encoding="utf-8")
    page.tabs.means.list.set_path(known)
    officer.locate()
    officer.rest()
    (found,) = [one for one in page.records.all() if one.path.endswith("locked.pdf")]
    assert {finding.kind for finding in found.findings} == {"cn.id", "cn.mobile"}
    assert found.problems == ()


def test_processes_stand_ready_while_the_page_is_open_and_end_with_the_look(
    officer: Officer, qtbot: QtBot
) -> None:
    officer.page(LocatePage)
    qtbot.waitUntil(lambda: bool(below()))
    officer.locate()
    qtbot.waitUntil(lambda: not below())


def test_a_verdict_is_read_out_in_full_a_bad_one_before_others(officer: Officer, company: Path) -> None:
    """The cells of the table are too narrow for it."""
    officer.go_to(Step.SHRED, company.parent)
    (company.parent / "keys/mail.p12").write_bytes(b"something else since the list was signed")
    officer.shred()
    page: ShredPage = officer.page(ShredPage)
    (row,) = page.sheet.chosen()
    assert row.key.path.endswith("mail.p12")
    assert not row.outcome.good
    assert page.sheet.detail.isVisible()
    assert words.say(row.outcome) in page.sheet.detail.text()
    assert not page.phrase.isVisible(), "a key that is gone needs no passphrase"
