"""Tokens beside key files, approvers and further witnesses where the case declares them."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "identity"))  # for authority

from authority import PIN, Tokens, softhsm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from officer_at_window import Officer
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QGroupBox
from pytestqt.qtbot import QtBot

from app.domain.case import PersonSource, Role
from app.domain.fault import Fault
from app.domain.step import Step
from app.flow import read_case_file
from app.identity import create
from app.identity.certificate import self_issue
from app.rehearsal import PASSPHRASES
from app.ui.widgets.person import Keeps, PersonBox
from app.ui.widgets.plain import choose
from app.ui.wizard import Wizard

Left = Qt.MouseButton.LeftButton


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: no token was tried")
    module = softhsm()
    if module is None:
        pytest.skip("SoftHSM2 is not installed: no token was tried")
    known = Path(os.environ.get("SOFTHSM2_CONF", ""))
    if known.is_file() and tmp_path_factory.getbasetemp() in known.parents:
        # Loaded by another test of this run, and it reads where its tokens lie only once.
        shared = object.__new__(Tokens)
        shared.module, shared.folder = module, known.parent
        return shared
    return Tokens(tmp_path_factory.mktemp("softhsm"), module)


@pytest.fixture
def box(app: QApplication, qtbot: QtBot) -> PersonBox:
    box = PersonBox(Role.WITNESS)
    qtbot.addWidget(box)
    box.show()
    return box


@pytest.fixture(scope="module")
def witness_token(tokens: Tokens) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    return tokens.put("监销 1", key, self_issue(key, "李四", Role.WITNESS))


def test_a_token_is_unlocked_by_its_label_and_pin(
    box: PersonBox, tokens: Tokens, witness_token: Path, qtbot: QtBot
) -> None:
    choose(box.keeps, Keeps.TOKEN)
    assert box.token.isVisible()
    assert box.module.isVisible()
    assert not box.file.isVisible()
    assert not box.make.isVisible()
    box.module.set_path(tokens.module)
    qtbot.keyClicks(box.token, "x")
    box.token.setText("监销 1")
    assert not box.filled
    qtbot.keyClicks(box.passphrase, PIN)
    assert box.filled
    person = box.unlocking()()
    assert person.name == "李四"
    assert person.path == Path("pkcs11:token=%E7%9B%91%E9%94%80%201")
    box.take(person)
    assert box.passphrase.text() == ""
    assert box.source() == PersonSource(Role.WITNESS, person.path, module=tokens.module)
    assert "李四" in box.fields.hint_of(box.passphrase)
    person.lock()


def test_a_declared_token_is_shown_with_its_driver(
    box: PersonBox, tokens: Tokens, witness_token: Path, tmp_path: Path
) -> None:
    source = PersonSource(Role.WITNESS, witness_token, module=tokens.module, chain=(tmp_path / "chain.pem",))
    box.offer(source)
    assert box.keeps.currentData() is Keeps.TOKEN
    assert box.token.text() == str(witness_token)
    assert box.source() == source


def test_what_is_declared_of_a_key_does_not_cling_to_another(box: PersonBox, tmp_path: Path) -> None:
    box.offer(PersonSource(Role.WITNESS, tmp_path / "a.p12", chain=(tmp_path / "chain.pem",)))
    box.file.set_path(tmp_path / "b.p12")
    assert box.source() == PersonSource(Role.WITNESS, tmp_path / "b.p12")


def test_a_token_and_an_approver_sign_in_the_window(
    wizard: Wizard, qtbot: QtBot, company: Path, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: True)
    home = company.parent
    create("张批", Role.APPROVER, home / "approver.p12", "approver!")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    uri = tokens.put("witness-2", key, self_issue(key, "钱二", Role.WITNESS))
    text = company.read_text(encoding="utf-8")
    text += f'\n[[person]]\nrole = "witness"\nidentity = "{uri}"\nmodule = "{tokens.module}"\n'
    text += '\n[[person]]\nrole = "approver"\nidentity = "approver.p12"\n'
    company.write_text(text, encoding="utf-8")
    assert len(read_case_file(company).people) == 4
    officer = Officer(wizard, qtbot)
    officer.come_in(company, home / "officer.p12")
    officer.know_keys(home)
    officer.go_to(Step.SIGN, home)
    page = wizard.currentPage()
    assert [box.role for box in page.people.boxes] == [
        Role.OFFICER,
        Role.WITNESS,
        Role.WITNESS,
        Role.APPROVER,
    ]
    assert "监销人 2" in [frame.title() for frame in page.people.findChildren(QGroupBox)]
    _, _, second, approver = page.people.boxes
    page.witness.passphrase.setText(PASSPHRASES["WITNESS_PASSPHRASE"])
    page.refresh()
    assert not page.sign.isEnabled()
    second.passphrase.setText(PIN)
    approver.passphrase.setText("approver!")
    page.refresh()
    qtbot.mouseClick(page.sign, Left)
    officer.rest()
    officer.take_first_key()
    assert wizard.desk.signed, officer.said()
    assert [one.name for one in wizard.desk.flow.signers()][2:] == ["钱二", "张批"]
    assert all(box.person is None and not box.passphrase.text() for box in page.people.boxes[1:])
    officer.press(officer.wizard.WizardButton.NextButton)
    officer.shred()
    officer.press(officer.wizard.WizardButton.CommitButton)
    officer.wipe()
    officer.press(officer.wizard.WizardButton.CommitButton)
    page = wizard.currentPage()
    officer.rest()
    assert [box.role for box in page.boxes.boxes] == [Role.OFFICER, Role.WITNESS, Role.WITNESS]
    page.witness.passphrase.setText(PASSPHRASES["WITNESS_PASSPHRASE"])
    page.boxes.boxes[2].passphrase.setText(PIN)
    page.refresh()
    qtbot.mouseClick(page.run.go, Left)
    officer.rest()
    officer.rest()
    assert wizard.desk.done(Step.CERTIFY), officer.said()
    manifest = json.loads((wizard.desk.flow.certificate.parent / "manifest.json").read_bytes())
    assert "钱二" in json.dumps(manifest, ensure_ascii=False)


def test_one_key_twice_is_refused_before_it_is_tried(wizard: Wizard, qtbot: QtBot, company: Path) -> None:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    officer.go_to(Step.SIGN, company.parent)
    page = wizard.currentPage()
    page.witness.file.set_path(company.parent / "officer.p12")
    page.witness.passphrase.setText("anything")
    page.refresh()
    qtbot.mouseClick(page.sign, Left)
    assert page.notice.error.fault is Fault.OFFICER_IS_WITNESS
    assert not wizard.desk.running
