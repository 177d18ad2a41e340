"""The witness takes the first key of the journal before the list is signed; then it is gone."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from officer_at_window import Officer
from PIL import Image
from PySide6.QtCore import QEvent, Qt
from PySide6.QtPrintSupport import QPrinter
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from app.domain.step import Step
from app.flow.first_key import take_over
from app.identity import unlock
from app.journal import FirstKey, Tongue, first_key_words, read_first_key, verify
from app.language import Language
from app.rehearsal import PASSPHRASES
from app.ui.pages.first_key_dialog import FirstKeyDialog
from app.ui.translation import speak
from app.ui.wizard import Wizard

Left = Qt.MouseButton.LeftButton


@pytest.fixture
def dialog(app: QApplication, qtbot: QtBot) -> Callable[[FirstKey], FirstKeyDialog]:
    def show(first: FirstKey) -> FirstKeyDialog:
        dialog = FirstKeyDialog(first, "2026-001")
        dialog.show()
        return dialog

    return show


@pytest.fixture
def at_sign(wizard: Wizard, qtbot: QtBot, company: Path) -> Officer:
    officer = Officer(wizard, qtbot)
    officer.come_in(company, company.parent / "officer.p12")
    officer.know_keys(company.parent)
    officer.go_to(Step.SIGN, company.parent)
    return officer


def press_sign(officer: Officer, company: Path) -> FirstKeyDialog | None:
    page = officer.wizard.currentPage()
    page.witness.file.set_path(company.parent / "witness.p12")
    page.witness.passphrase.setText(PASSPHRASES["WITNESS_PASSPHRASE"])
    page.refresh()
    officer.qtbot.mouseClick(page.sign, Left)
    officer.rest()
    return page._key_dialog


def alive(seed: bytes) -> list[object]:
    """Every first key of this seed that Python still holds."""
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, FirstKey) and one.seed == seed]


def shown(case: Path) -> int:
    lines = (case / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["event"] for line in lines].count("key.shown")


@pytest.mark.parametrize("language", list(Language))
def test_words_and_code_are_the_key(
    dialog: Callable[[FirstKey], FirstKeyDialog], app: QApplication, tmp_path: Path, language: Language
) -> None:
    speak(app, language)
    first = FirstKey.new()
    window = dialog(first)
    told = [label.text() for label in window.told]
    assert told == [*first_key_words(first, Tongue(language.value))]
    assert read_first_key(" ".join(told)) == first
    window.code.grab().save(str(tmp_path / "code.png"))
    with Image.open(tmp_path / "code.png") as picture:
        assert read_first_key(zxingcpp.read_barcodes(picture)[0].text) == first
    window.reject()


def test_the_printed_sheet_holds_code_and_words(
    dialog: Callable[[FirstKey], FirstKeyDialog], tmp_path: Path
) -> None:
    first = FirstKey.new()
    window = dialog(first)
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setOutputFileName(str(tmp_path / "key.pdf"))
    window.print_on(printer)
    window.reject()
    pages = list(pypdfium2.PdfDocument(tmp_path / "key.pdf"))
    assert len(pages) == 1
    picture = pages[0].render(scale=3).to_pil()
    assert read_first_key(zxingcpp.read_barcodes(picture)[0].text) == first
    text = pages[0].get_textpage().get_text_range()
    assert "2026-001" in text
    assert all(f"{n}." in text for n in range(1, 13))


def test_only_the_right_words_are_taken(dialog: Callable[[FirstKey], FirstKeyDialog], qtbot: QtBot) -> None:
    window = dialog(FirstKey.new())
    note = [label.text() for label in window.told]
    qtbot.mouseClick(window.written, Left)
    assert not window.code.isVisible()
    assert not any(label.isVisible() for label in window.told)
    assert not window.confirm.isEnabled()
    first, second = window.asked
    for line, word in zip(window.typed, (note[second - 1], note[first - 1]), strict=True):
        qtbot.keyClicks(line, "x")
        line.setText(word)
    qtbot.mouseClick(window.confirm, Left)
    assert window.isVisible(), "the words in the wrong order are not the words"
    assert "不符" in window.notice.text()
    qtbot.mouseClick(window.back, Left)
    assert window.code.isVisible()
    assert window.notice.text() == ""
    qtbot.mouseClick(window.written, Left)
    for line, place in zip(window.typed, window.asked, strict=True):
        qtbot.keyClicks(line, "x")
        line.setText(f" {note[place - 1]} ")
    with qtbot.waitSignal(window.accepted):
        qtbot.mouseClick(window.confirm, Left)


def test_other_words_are_asked_for_each_time(
    dialog: Callable[[FirstKey], FirstKeyDialog], qtbot: QtBot
) -> None:
    window = dialog(FirstKey.new())
    asked = set()
    for _ in range(30):
        window.written.click()
        asked.add(tuple(window.asked))
        window.back.click()
    assert len(asked) > 5
    window.reject()


@pytest.mark.parametrize("end", ["accept", "reject", "close"])
def test_nothing_of_the_key_is_left_in_the_dialog(
    dialog: Callable[[FirstKey], FirstKeyDialog], qtbot: QtBot, app: QApplication, end: str
) -> None:
    first = FirstKey.new()
    seed = bytes(first.seed)
    window = dialog(first)
    del first
    note = {label.text() for label in window.told}
    window.written.click()
    window.typed[0].setText(next(iter(note)))
    labels, lines, code = window.findChildren(QLabel), window.findChildren(QLineEdit), window.code
    getattr(window, end)()
    assert code.empty
    assert note.isdisjoint(label.text() for label in labels)
    assert not any(line.text() for line in lines)
    assert window._words == ()
    assert not alive(seed)
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert not any(isinstance(top, FirstKeyDialog) for top in app.topLevelWidgets())


def test_without_taking_the_key_nothing_is_signed(at_sign: Officer, company: Path) -> None:
    case = company.parent / "2026-001"
    first = press_sign(at_sign, company)
    assert not at_sign.wizard.desk.signed
    first.reject()
    at_sign.rest()
    assert not at_sign.wizard.desk.signed
    assert "监销人须先收存" in at_sign.said()
    page = at_sign.wizard.currentPage()
    assert page.witness.person is None
    assert page.officer.person is not None
    assert shown(case) == 1
    at_sign.sign(company.parent / "witness.p12")
    assert shown(case) == 2


def test_the_witness_takes_the_key_of_this_journal_and_it_is_gone(at_sign: Officer, company: Path) -> None:
    case = company.parent / "2026-001"
    window = press_sign(at_sign, company)
    first = read_first_key("".join(label.text() for label in window.told))
    seed = bytes(first.seed)
    del first, window
    at_sign.take_first_key()
    page = at_sign.wizard.currentPage()
    assert at_sign.wizard.desk.signed
    assert page._key_dialog is None
    assert at_sign.wizard.desk.flow.show_first_key() is None
    at_sign.wizard.desk.flow.close()
    assert not alive(seed)
    report = verify(case / "journal.jsonl", (), FirstKey(seed))
    assert report.ok
    assert report.seals == report.count
    assert seed not in (case / "journal.key").read_bytes()
    witness = unlock(company.parent / "witness.p12", PASSPHRASES["WITNESS_PASSPHRASE"])
    assert take_over(case / "first-key.json", witness).seed == seed


def test_who_is_turned_away_has_not_seen_the_key(at_sign: Officer, company: Path) -> None:
    page = at_sign.wizard.currentPage()
    page.witness.file.set_path(company.parent / "witness.p12")
    page.witness.passphrase.setText("not this one")
    page.refresh()
    at_sign.qtbot.mouseClick(page.sign, Left)
    at_sign.rest()
    assert page._key_dialog is None
    assert "口令" in at_sign.said()
    assert shown(company.parent / "2026-001") == 0
