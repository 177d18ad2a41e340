"""The choice of how files are wiped, the list itself, and what is warned of before an act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from officer_at_window import Officer
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from app.domain.case import HoldRule, Match
from app.domain.copies import Disposal
from app.domain.fate import Fate
from app.domain.medium import Medium
from app.domain.outcome import Reason
from app.domain.step import Step
from app.domain.wiping import Cost, Method, Pass, Wiping
from app.flow import read_case_file
from app.flow.outlook import Touched
from app.flow.reading import Reading
from app.language import Language
from app.ui.models.items import Items
from app.ui.pages.sign import SignPage
from app.ui.translation import speak
from app.ui.widgets.wiping import WipingBox
from app.ui.wizard import Wizard

FLASH = Medium("/dev/nvme0n1p2", "/data", "ext4", "rw,noatime", "Model X", "S123", "nvme", False, True, 10**9)
DISK = replace(FLASH, device="/dev/sda1", mount="/old", rotational=True, discard=False, bus="sata")
MIB = 1024 * 1024


@pytest.fixture
def officer(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    return officer


@pytest.fixture
def box(app: object, qtbot: QtBot) -> WipingBox:
    made = WipingBox()
    qtbot.addWidget(made)
    made.show()
    return made


def cost(mount: str, *, possible: bool = True) -> Cost:
    return Cost(mount, "ext4", 7, 160 * MIB, 5.0, possible)


def pick(box: WipingBox, method: Method) -> None:
    box.method.setCurrentIndex(box.method.findData(method))
    box.method.activated.emit(box.method.currentIndex())


@pytest.mark.parametrize("language", list(Language))
def test_the_cost_and_the_facts_are_told_before(box: WipingBox, qapp: object, language: Language) -> None:
    speak(qapp, language)
    touched = [Touched(FLASH, 7, 5000, cost("/data")), Touched(DISK, 1, 10, cost("/old", possible=False))]
    box.show_wiping(Wiping(), touched, Reading.ASKED)
    names = box.fields.hint_of(box.names)
    assert "160.0 MiB" in names
    assert "5.0" in names
    assert "/old" in names
    told = box.volumes.text()
    for fact in ("/dev/nvme0n1p2", "ext4", "rw,noatime", "Model X", "S123", "nvme", "TRIM", "/dev/sda1"):
        assert fact in told
    assert ("管理员" if language is Language.ZH else "administrator") in box.fields.hint_of(box.device)


def test_each_pass_is_told_by_its_bytes_and_flash_is_warned_of(box: WipingBox) -> None:
    box.show_wiping(Wiping(Method.GAT_1143_3), [Touched(DISK, 1, 1, cost("/old"))], Reading.OWN)
    lines = box.fields.hint_of(box.method).splitlines()
    assert [word in line for word, line in zip(("0x55", "0xaa", "AES-256-CTR"), lines, strict=True)] == [
        True
    ] * 3
    assert box.warning.isHidden()
    box.show_wiping(Wiping(Method.GAT_1143_3), [Touched(FLASH, 1, 1, cost("/data"))], Reading.OWN)
    assert "/data" in box.warning.text()
    box.show_wiping(Wiping(), [Touched(FLASH, 1, 1, cost("/data"))], Reading.OWN)
    assert box.warning.isHidden()


def test_passes_of_a_contract_are_taken_once_they_can_be_read(box: WipingBox) -> None:
    given: list[Wiping] = []
    box.chosen.connect(given.append)
    box.show_wiping(Wiping(), [], Reading.FILE)
    assert not box.passes.isVisible()
    pick(box, Method.CONTRACT)
    assert box.passes.isVisible()
    assert given == []
    box.passes.setText("00 xyz")
    box.passes.editingFinished.emit()
    assert given == []
    box.passes.setText("00 FF random")
    box.passes.editingFinished.emit()
    assert given == [Wiping(Method.CONTRACT, (Pass(b"\x00"), Pass(b"\xff"), Pass()))]


def test_a_choice_is_saved_changes_the_digest_and_is_fixed_by_signing(
    officer: Officer, company: Path
) -> None:
    officer.go_to(Step.SIGN, company.parent)
    officer.rest()
    page = officer.page(SignPage)
    before = page.digest.text()
    assert page.wiping.method.currentData() is Method.KEYSTREAM
    assert page.wiping.volumes.text()
    pick(page.wiping, Method.GAT_1143_3)
    officer.rest()
    page.wiping.names.click()
    officer.rest()
    flow = officer.wizard.desk.flow
    wanted = Wiping(Method.GAT_1143_3, names=False)
    assert flow.case.wiping == wanted
    assert read_case_file(flow.folder / "case.toml").wiping == wanted
    assert page.digest.text() != before
    officer.sign(company.parent / "witness.p12")
    officer.rest()
    assert flow.plan().wiping == wanted
    assert not page.wiping.method.isEnabled()
    assert not page.wiping.names.isEnabled()
    assert page.look.isEnabled()


def test_a_witness_can_look_through_the_list(officer: Officer, company: Path) -> None:
    officer.go_to(Step.SIGN, company.parent)
    officer.rest()
    page = officer.page(SignPage)
    officer.qtbot.mouseClick(page.look, Qt.MouseButton.LeftButton)
    dialog = page._dialog
    plan = officer.wizard.desk.flow.plan()
    officer.qtbot.waitUntil(lambda: dialog.items.whole)
    assert dialog.items.rowCount() == len(plan.items)
    dialog.only.setCurrentIndex(dialog.only.findData(Fate.SHRED))
    officer.qtbot.waitUntil(lambda: dialog.items.whole)
    assert {dialog.items.row(at).fate for at in range(dialog.items.rowCount())} == {Fate.SHRED}
    dialog.only.setCurrentIndex(0)
    name = next(iter(plan.items)).path.rpartition("/")[2]
    dialog.search.setText(name)
    officer.qtbot.waitUntil(lambda: dialog.items.whole and 0 < dialog.items.rowCount() < len(plan.items))
    assert all(name in dialog.items.row(at).path for at in range(dialog.items.rowCount()))
    dialog.reject()


class Long:
    """A list of which it is counted how much was read."""

    def __init__(self, items: list, times: int) -> None:
        self.items, self.times, self.read = items, times, 0

    def __len__(self) -> int:
        return len(self.items) * self.times

    def __iter__(self):
        for _ in range(self.times):
            for item in self.items:
                self.read += 1
                yield item


def test_a_long_list_is_read_as_one_scrolls(officer: Officer, company: Path) -> None:
    officer.go_to(Step.SIGN, company.parent)
    officer.rest()
    few = list(officer.wizard.desk.flow.plan().items)
    long = Long(few, 5000)
    items = Items(long)
    items.fetchMore(items.index(-1, -1))
    assert 0 < items.rowCount() <= 200
    assert long.read <= 201
    assert items.canFetchMore(items.index(-1, -1))
    items.seek("nothing is called so", None)
    assert items.rowCount() == 0
    assert long.read < len(long), "one portion gives the window its time back"


def test_a_copy_is_kept_in_the_officers_name_and_let_go_again(officer: Officer, company: Path) -> None:
    officer.go_to(Step.CONFIRM, company.parent)
    officer.confirm()
    page = officer.wizard.currentPage()
    flow = officer.wizard.desk.flow
    doomed = next(at for at in range(page.copies.rowCount()) if page.copies.row(at).disposal is Disposal.WIPE)
    name = page.copies.row(doomed).id

    def now() -> object:
        return next(one for one in flow.copies() if one.id == name)

    def choose() -> None:
        page.copy_sheet.table.clearSelection()
        page.copy_sheet.table.selectRow(
            next(at for at in range(page.copies.rowCount()) if page.copies.row(at).id == name)
        )

    choose()
    assert page.keep.isEnabled()
    officer.qtbot.mouseClick(page.keep, Qt.MouseButton.LeftButton)
    officer.rest()
    officer.rest()
    assert now().disposal is Disposal.EXCEPTION
    assert now().reasons == (Reason.KEPT_BY_OFFICER,)
    assert now().declared_by == flow.officer.name
    assert next(item for item in flow.plan().items if item.id == name).fate is Fate.LEAVE
    choose()
    officer.qtbot.mouseClick(page.keep, Qt.MouseButton.LeftButton)
    officer.rest()
    officer.rest()
    assert now().disposal is Disposal.WIPE
    assert now().declared_by == ""
    assert next(item for item in flow.plan().items if item.id == name).fate.destroys


def test_a_trace_says_by_what_it_was_known_and_of_what(officer: Officer, company: Path) -> None:
    record = next((company.parent / "customers").rglob("*.csv"))
    record.with_name(record.name + "~").write_text("an older state", encoding="utf-8")
    record.with_name(f".~lock.{record.name}#").write_text(",officer,desk,21.11.2026 09:00,file:///;", "utf-8")
    officer.go_to(Step.CONFIRM, company.parent)
    officer.confirm()
    model = officer.wizard.currentPage().copies
    texts = [
        [column.text(model.row(at)) for column in model.columns]
        for at in range(model.rowCount())
        if model.row(at).trace
    ]
    said = {row[1]: row for row in texts}
    assert set(said) == {"编辑器备份文件", "编辑锁文件"}
    assert all(record.name in row[2] for row in said.values())
    assert all(row[4] == "擦除" for row in said.values())


def test_a_hold_that_matches_nothing_is_warned_of(officer: Officer, company: Path) -> None:
    flow = officer.wizard.desk.flow
    holds = (*flow.case.holds, HoldRule(Match(glob="dispuets/**"), "lawsuit"))
    flow.declare(replace(flow.case, holds=holds))
    officer.wizard.desk.refresh()
    officer.go_to(Step.DECIDE, company.parent)
    officer.rest()
    officer.rest()
    assert "dispuets/**" in officer.said()
    flow.declare(replace(flow.case, holds=holds[:-1]))
    officer.wizard.desk.refresh()
    officer.wizard.currentPage().begin()
    officer.rest()
    officer.rest()
    officer.wizard.currentPage().enter()
    officer.rest()
    assert officer.said() == ""


def test_a_key_without_its_passphrase_is_asked_about(
    officer: Officer, company: Path, make_wizard: Callable[[], Wizard], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DATABASE_KEY_PASSPHRASE", "MAIL_KEY_PASSPHRASE"):
        monkeypatch.delenv(variable, raising=False)
    officer.go_to(Step.SHRED, company.parent)
    officer.rest()
    page = officer.wizard.currentPage()
    assert officer.said() == ""
    officer.wizard.desk.passphrases.clear()
    page.enter()
    officer.qtbot.waitUntil(lambda: "database.pem" in officer.said())
    officer.press(officer.wizard.WizardButton.CommitButton)
    officer.qtbot.waitUntil(lambda: page._question is not None)
    question = page._question
    assert isinstance(question, QMessageBox)
    question.reject()
    officer.rest()
    assert not officer.wizard.desk.done(Step.SHRED)
    assert not officer.wizard.desk.begun(Step.SHRED)
    officer.know_keys(company.parent)
    officer.shred()
