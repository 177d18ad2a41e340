"""In the window: a certified case is opened again, and what had a date is asked for once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from issued_case import carried_out
from officer_at_window import LONG, Brake, Officer, close_in_the_middle
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.fault import Fault, Refused
from app.domain.outcome import CopyOutcome, Outcome, Reason
from app.domain.plan import Subject
from app.flow import pending
from app.flow.pending import Addendum, AskedAgain, unfinished
from app.language import Language
from app.rehearsal import PASSPHRASES
from app.steps.certify import verify
from app.ui.pages.asked_again import asked_told
from app.ui.pages.certify import CertifyPage
from app.ui.translation import speak
from app.ui.wizard import Wizard

TAPE = """
[[backup]]
kind = "declared"
path = "tape 7"
disposal = "expires"
until = {day}
declared_by = "林晓文"
"""


def wait_for_tape(company: Path, day: str) -> Path:
    """Certify a company that has a tape which expires on a day; give its case folder."""
    company.write_text(company.read_text(encoding="utf-8") + TAPE.format(day=day), encoding="utf-8")
    return carried_out(company).case


def ask(officer: Officer, page: CertifyPage, witness: Path) -> None:
    page.witness.file.set_path(witness)
    officer.qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["WITNESS_PASSPHRASE"])
    officer.qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    officer.rest()
    officer.rest()


def test_what_was_pending_is_asked_again_and_both_sign_the_addendum(
    wizard: Wizard, qtbot: QtBot, company: Path, app: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda _: True)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    case = wait_for_tape(company, day.isoformat())
    officer = Officer(wizard, qtbot)
    officer.come_in(case, company.parent / "officer.p12")
    officer.rest()
    page = officer.page(CertifyPage)
    (told,) = (one for one in wizard.desk.flow.results() if one.outcome is CopyOutcome.EXPIRES)
    assert page.run.go.isVisible()
    assert not page.run.go.isEnabled(), "the witness has not typed anything"
    # its day is not past, whatever anybody says
    ask(officer, page, company.parent / "witness.p12")
    assert day.isoformat() in page.pending.text()
    assert page.run.go.isVisible()
    monkeypatch.setattr(pending, "now", (datetime.now(UTC) + timedelta(days=42)).isoformat)
    ask(officer, page, company.parent / "witness.p12")
    assert f"{told.id}" in page.pending.text()
    documents = case / "evidence/copies"
    assert str(documents) in page.pending.text()
    documents.mkdir(parents=True)
    (documents / f"{told.id}.pdf").write_bytes(b"overwritten on its day")
    ask(officer, page, company.parent / "witness.p12")
    assert not officer.said()
    addendum = wizard.desk.flow.certificate.with_name("addendum-1.pdf")
    assert str(addendum) in page.pending.text()
    assert verify(addendum, case / "journal.jsonl").valid
    assert not unfinished(case)
    # nothing is left to ask; what was said stays, in either language
    assert not page.run.isVisible()
    assert not page.boxes.isVisible()
    said = page.pending.text()
    speak(app, Language.EN)
    qtbot.waitUntil(lambda: page.people_box.title() == "Ask again what was pending")
    assert page.pending.text() != said
    # the case is held as before, and its certificate is shown and verified
    with pytest.raises(Refused) as refused:
        type(wizard.desk.flow).open(case, wizard.desk.flow.officer)
    assert refused.value.fault is Fault.CASE_IN_USE
    qtbot.mouseClick(page.check, Qt.MouseButton.LeftButton)
    officer.rest()
    assert page._verdict.valid


def test_a_case_with_nothing_pending_asks_nobody(wizard: Wizard, qtbot: QtBot, issued) -> None:
    officer = Officer(wizard, qtbot)
    officer.come_in(issued.case, issued.company / "officer.p12")
    officer.rest()
    page = officer.page(CertifyPage)
    assert not page.people_box.isVisible()
    assert not page.run.isVisible()


@pytest.fixture
def certified(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    """An officer before a certified case whose tape expires in forty days, the witness's key given."""
    case = wait_for_tape(company, (datetime.now(UTC) + timedelta(days=40)).date().isoformat())
    officer = Officer(wizard, qtbot)
    officer.come_in(case, company.parent / "officer.p12")
    officer.rest()
    page = officer.page(CertifyPage)
    page.witness.file.set_path(company.parent / "witness.p12")
    qtbot.keyClicks(page.witness.passphrase, PASSPHRASES["WITNESS_PASSPHRASE"])
    return officer


def test_closed_while_it_asks_the_window_asks_first_and_does_not_stand_still(
    certified: Officer, qtbot: QtBot
) -> None:
    page = certified.page(CertifyPage)
    brake = Brake(certified.wizard, AskedAgain, 1)
    close_in_the_middle(
        certified, brake, qtbot, begin=lambda: qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    )


def test_a_case_that_went_away_while_it_was_asked_is_open_no_more(
    certified: Officer, qtbot: QtBot, app: QApplication
) -> None:
    desk, page = certified.wizard.desk, certified.page(CertifyPage)
    folder, officer = desk.flow.folder, desk.flow.officer
    brake = Brake(certified.wizard, AskedAgain, 1)
    qtbot.mouseClick(page.run.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(brake.reached.is_set, timeout=LONG)
    folder.rename(folder.with_name("taken out"))
    brake.go.set()
    certified.rest()
    assert desk.flow is None
    assert not desk.free
    assert page.notice.error is not None
    assert page.notice.error.fault is not Fault.CASE_NOT_FOUND, "what went wrong first is told"
    assert "重新打开" in page.pending.text()
    for button in (page.run.go, page.open, page.check, page.papers):
        assert not button.isEnabled()
    with pytest.raises(Refused):
        officer.sign(b"")
    certified.wizard.close()
    assert not certified.wizard.isVisible()


@pytest.mark.parametrize("language", list(Language))
def test_each_answer_has_its_sentence(app: QApplication, language: Language) -> None:
    speak(app, language)
    case = Path("/case")
    answers = [
        (
            AskedAgain("c-1", None, "2027-01-01", Reason.AWAITS_EVIDENCE, Subject.COPY),
            "/case/evidence/copies",
        ),
        (AskedAgain("c-2", None, "2027-01-01", Reason.REPLACED, Subject.COPY), "c-2"),
        (AskedAgain("c-3", CopyOutcome.LOCKED, "2027-02-03", None, Subject.COPY), "2027-02-03"),
        (AskedAgain("c-4", Outcome.SURVIVES, "", None, Subject.COPY), "c-4"),
    ]
    said = [asked_told([one], [], case) for one, _ in answers]
    assert len(set(said)) == len(said)
    assert all(wanted in line for line, (_, wanted) in zip(said, answers, strict=True))
    many = asked_told([answers[3][0]] * 1000, [], case)
    assert len(many.splitlines()) == 9
    assert "992" in many
    away = asked_told([], [Addendum(case / "addendum-1.json", Path("/usb"))], case)
    assert "/usb" in away
    assert away != asked_told([], [Addendum(case / "addendum-1.json")], case)
