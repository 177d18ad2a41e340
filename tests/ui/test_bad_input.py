"""What goes wrong is said in one clear sentence, in both languages, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QMessageBox, QWizard
from pytestqt.qtbot import QtBot

from app.domain.case import Role
from app.domain.fate import Fate, Ground
from app.domain.fault import Fault, GateClosed, Refused
from app.domain.step import Gate, Step
from app.language import Language
from app.rehearsal import PASSPHRASES
from app.ui.mishap import report, show_mishap
from app.ui.translation import speak
from app.ui.wizard import Wizard
from app.ui.words import trouble


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot) -> Officer:
    return Officer(wizard, qtbot)


def test_a_wrong_passphrase_unlocks_nothing(officer: Officer, company: Path, app: QApplication) -> None:
    officer.come_in(company, company.parent / "officer.p12", "not this one")
    assert officer.wizard.step is Step.COMPANY
    assert officer.wizard.desk.flow is None
    assert not (company.parent / "2026-001").exists()
    assert "口令不正确" in officer.said()
    speak(app, Language.EN)
    assert "passphrase" in officer.said()
    officer.come_in(company, company.parent / "officer.p12")
    assert officer.wizard.step is Step.LOCATE


def test_a_key_file_of_another_role_is_refused(officer: Officer, company: Path) -> None:
    officer.come_in(company, company.parent / "witness.p12", PASSPHRASES["WITNESS_PASSPHRASE"])
    assert officer.wizard.step is Step.COMPANY
    page = officer.wizard.currentPage()
    assert page.notice.error.fault is Fault.WRONG_ROLE


def test_a_folder_without_a_case_is_named(officer: Officer, company: Path, tmp_path: Path) -> None:
    officer.come_in(tmp_path, company.parent / "officer.p12")
    assert officer.said() == trouble(Refused(Fault.CASE_NOT_FOUND, str(tmp_path)))


def test_an_unknown_key_of_a_case_file_is_told_with_its_line(officer: Officer, company: Path) -> None:
    lines = company.read_text(encoding="utf-8").splitlines()
    at = lines.index("[company]")
    lines.insert(at + 1, 'colour = "red"')
    company.write_text("\n".join(lines), encoding="utf-8")
    officer.wizard.offer(company)
    assert f"第 {at + 2} 行" in officer.said()
    assert officer.wizard.currentPage().notice.error.fault is Fault.CASE_FILE_UNKNOWN_KEY


def test_next_says_one_by_one_what_the_first_page_lacks(
    officer: Officer, company: Path, tmp_path: Path
) -> None:
    page = officer.wizard.currentPage()

    def lacking() -> str:
        officer.next()
        assert officer.wizard.desk.flow is None
        return officer.said()

    page.where.set_path(None)
    assert "请选择文件夹" in lacking()
    page.where.set_path(tmp_path / "nowhere")
    assert f"文件夹 {tmp_path / 'nowhere'} 不存在" in lacking()
    page.where.set_path(tmp_path)
    assert "案号" in lacking()
    page.form.number.setText("2026/甲")
    assert "不能含有" in lacking()
    page.form.number.setText("..")
    assert "不能含有" in lacking()
    page.form.number.setText("2026-甲")
    assert "公司名称" in lacking()
    page.form.company.setText("示例")
    page.form.uscc.setText("91350100M000100Y43")
    assert "密钥文件" in lacking()
    officer.come_in(company, company.parent / "officer.p12")
    assert officer.wizard.step is Step.LOCATE


def test_a_case_folder_knows_its_officers_key_file(officer: Officer, company: Path) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    officer.wizard.desk.close()
    page = officer.wizard.pages[Step.COMPANY]
    page.officer.file.set_path(None)
    officer.wizard.offer(home / "2026-001")
    assert page.officer.file.path() == home / "officer.p12"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "18 位统一社会信用代码"),
        ("91350100M0", "已输入 10 位"),
        ("91350100M000100Y43", "✓ 校验位正确"),
        ("91350100m000100y43", "✓ 校验位正确"),
        ("91350100M000100Y44", "校验位不符"),
    ],
)
def test_the_credit_code_is_checked_while_it_is_typed(
    officer: Officer, qtbot: QtBot, code: str, says: str
) -> None:
    form = officer.wizard.currentPage().form
    qtbot.keyClicks(form.uscc, code)
    assert says in form.about_fields.hint_of(form.uscc)


def test_a_case_typed_by_hand(officer: Officer, qtbot: QtBot, tmp_path: Path, app: QApplication) -> None:
    """No case file: everything is typed, the key file is made in the dialog, folders are dropped."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "客户.csv").write_text("姓名,手机\n张三,13800138000\n李四,13900139000\n", encoding="utf-8")
    page = officer.wizard.currentPage()
    page.where.set_path(tmp_path)
    qtbot.mouseClick(page.officer.make, Qt.MouseButton.LeftButton)
    dialog = page.officer._dialog
    dialog.person.setText("王经办")
    dialog.file.set_path(tmp_path / "me.p12")
    dialog.first.setText("short")
    dialog._make()
    assert "口令太短" in dialog.notice.text()
    dialog.first.setText("long enough")
    dialog.second.setText("long enouhg")
    dialog._make()
    assert "不一致" in dialog.notice.text()
    dialog.second.setText("long enough")
    dialog._make()
    assert page.officer.person.name == "王经办"
    officer.next()
    assert "案号" in officer.said()
    qtbot.keyClicks(page.form.number, "2026-077")
    page.form.company.setText("手工录入有限公司")
    qtbot.keyClicks(page.form.uscc, "91350100M000100Y44")
    officer.next()
    assert "校验位不符" in officer.said()
    page.form.uscc.setText("91350100M000100Y43")
    page.form.days["dissolved"].line.setText("2026-08-41")
    officer.next()
    assert "日期" in officer.said()
    page.form.days["dissolved"].line.setText("2026-08-01")
    officer.next()
    assert officer.wizard.step is Step.LOCATE
    assert (tmp_path / "2026-077" / "journal.jsonl").is_file()

    place = officer.wizard.currentPage()
    assert not place.run.go.isEnabled()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(data))])
    drop = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    place.places.list.dropEvent(drop)
    assert [one.path for one in officer.wizard.desk.flow.case.locations] == [data]
    officer.locate()
    assert [Path(record.path).name for record in place.records.all()] == ["客户.csv"]
    assert "手机号 2" in place.records.index(0, 1).data()
    officer.next()
    officer.rest()
    assert officer.wizard.step is Step.DECIDE


def test_a_location_that_is_gone_is_named(officer: Officer, company: Path) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    page = officer.wizard.currentPage()
    page.places.add([home / "no such folder"])
    officer.qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    officer.rest()
    if officer.wizard.desk.done(Step.LOCATE):
        assert "no such folder" in " ".join(record.path for record in page.records.all())
    else:
        assert "no such folder" in officer.said()


def test_what_is_kept_stays_kept(officer: Officer, company: Path, qtbot: QtBot) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    officer.know_keys(home)
    officer.go_to(Step.DECIDE, home)
    officer.decide()
    page = officer.wizard.currentPage()
    page.only.setCurrentIndex(page.only.findData(Fate.FREEZE))
    assert {
        row.decision.ground for row in (page.records.row(at) for at in range(page.records.rowCount()))
    } == {Ground.HOLD}
    page.sheet.table.selectRow(0)
    qtbot.mouseClick(page.change, Qt.MouseButton.LeftButton)
    assert officer.said().startswith("请说明更改处置的原因")
    page.reason.setText("不想留")
    qtbot.mouseClick(page.change, Qt.MouseButton.LeftButton)
    officer.rest()
    assert page.notice.error.fault is Fault.RECORD_PROTECTED

    page.only.setCurrentIndex(page.only.findData(Fate.WIPE))
    page.sheet.table.selectRow(0)
    chosen = page.sheet.chosen()[0].record.id
    page.fate.setCurrentIndex(page.fate.findData(Fate.LEAVE))
    qtbot.mouseClick(page.change, Qt.MouseButton.LeftButton)
    officer.rest()
    assert officer.said() == ""
    after = {row.record.id: row.decision for row in page.records.all()}
    assert after[chosen].fate is Fate.LEAVE

    page.sheet.table.selectRow(0)
    held = page.sheet.chosen()[0].record.id
    qtbot.mouseClick(page.hold, Qt.MouseButton.LeftButton)
    page._dialog.reference.setText("(2026)01民初1号")
    page._dialog._give()
    officer.rest()
    after = {row.record.id: row.decision for row in page.records.all()}
    assert after[held].ground is Ground.HOLD
    assert not after[held].fate.destroys


def test_what_no_law_keeps_can_be_left(officer: Officer, company: Path) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    officer.go_to(Step.DECIDE, home)
    officer.decide()
    page = officer.wizard.currentPage()
    before = sum(row.decision.fate is Fate.WIPE for row in page.records.all())
    page.default.setCurrentIndex(page.default.findData(Fate.LEAVE))
    page.default.activated.emit(page.default.currentIndex())
    officer.rest()
    assert officer.wizard.desk.done(Step.DECIDE)
    assert sum(row.decision.fate is Fate.WIPE for row in page.records.all()) < before


def test_the_officer_cannot_be_the_witness(officer: Officer, company: Path, qtbot: QtBot) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    officer.know_keys(home)
    officer.go_to(Step.SIGN, home)
    page = officer.wizard.currentPage()
    page.witness.file.set_path(home / "officer.p12")
    page.witness.passphrase.clear()
    qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["OFFICER_PASSPHRASE"])
    qtbot.mouseClick(page.sign, Qt.MouseButton.LeftButton)
    assert page.notice.error.fault is Fault.OFFICER_IS_WITNESS
    copied = home / "copied.p12"
    copied.write_bytes((home / "officer.p12").read_bytes())
    page.witness.file.set_path(copied)
    page.witness.passphrase.clear()
    qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["OFFICER_PASSPHRASE"])
    qtbot.mouseClick(page.sign, Qt.MouseButton.LeftButton)
    officer.rest()
    assert page.notice.error.fault in (Fault.WRONG_ROLE, Fault.OFFICER_IS_WITNESS)
    assert not officer.wizard.desk.signed
    assert not officer.wizard.button(QWizard.WizardButton.NextButton).isEnabled()


def test_a_closed_gate_is_said_on_the_page(officer: Officer, company: Path) -> None:
    home = company.parent
    officer.come_in(company, home / "officer.p12")
    officer.go_to(Step.DECIDE, home)
    officer.decide()
    page = officer.wizard.currentPage()
    flow = officer.wizard.desk.flow
    flow.declare(replace(flow.case, rules=()))
    officer.wizard.desk.refresh()
    page.begin()
    officer.rest()
    undecided = sum(row.decision.ground is Ground.UNDECIDED for row in page.records.all())
    assert undecided
    assert f"未决定 {undecided}" in page.picture.accessibleDescription()
    officer.next()
    assert officer.wizard.step is Step.DECIDE
    assert officer.said() == trouble(GateClosed(Step.CONFIRM, Gate.UNDECIDED, undecided))


def test_the_unforeseen_is_told_without_names_of_files(
    officer: Officer, company: Path, qtbot: QtBot, app: QApplication
) -> None:
    def events() -> Iterator[object]:
        raise ValueError("/home/张三/客户.csv is odd")
        yield

    error: BaseException | None = None
    try:
        next(events())
    except ValueError as caught:
        error = caught
    page = officer.wizard.currentPage()
    text = report(error)
    assert "ValueError" in text
    assert "张三" not in text
    assert str(company.parent) not in text
    assert "/work" not in text
    assert "/root" not in text
    box = show_mishap(error, page)
    assert isinstance(box, QMessageBox)
    assert box.text().startswith("出现意外错误（ValueError）")
    assert "张三" not in box.text() + box.detailedText()
    copy = next(one for one in box.buttons() if "复制" in one.text())
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert app.clipboard().text() == text
    box.close()


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("fault", list(Fault))
def test_every_refusal_is_one_sentence_with_what_to_do(
    app: QApplication, fault: Fault, language: Language
) -> None:
    speak(app, language)
    said = trouble(Refused(fault, "/data/x", "detail", 7))
    assert len(said) > 10
    assert "Traceback" not in said
    assert "{" not in said
    assert len(said.splitlines()) == 1
    assert Role.OFFICER.value not in said or language is Language.EN
