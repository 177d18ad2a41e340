"""The window that checks: one verdict, every check in a line, in both languages, without a case."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from issued_case import Issued
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.case import Role
from app.domain.fault import Fault
from app.identity import create
from app.journal import FirstKey, Journal, Tongue, first_key_qr, first_key_words
from app.language import Language
from app.rehearsal import PASSPHRASES
from app.ui.checking import Mark
from app.ui.pages.verify import VerifyWindow
from app.ui.translation import speak
from app.ui.widgets.verdict import Sign
from app.ui.wizard import Wizard

LONG = 30_000
LONG_JOURNAL = 300_000


@pytest.fixture
def window(app: QApplication, qtbot: QtBot) -> VerifyWindow:
    window = VerifyWindow()
    qtbot.addWidget(window)
    window.show()
    return window


@pytest.fixture
def check(window: VerifyWindow, qtbot: QtBot) -> Callable[..., str]:
    """Give what is to be checked, wait, and give the verdict."""

    def check(
        file: Path | None = None,
        *,
        text: str = "",
        key: str = "",
        identity: Path | None = None,
        witness: Path | None = None,
        passphrase: str = "",
    ) -> str:
        window.drop.box.set_path(file)
        window.code.setText(text)
        window.first.setText(key)
        if identity is not None:
            assert not window.identity.isHidden()
            window.identity.set_path(identity)
        if witness is not None:
            assert not window.witness.isHidden()
        window.witness.file.set_path(witness)
        window.witness.passphrase.setText(passphrase)
        window.begin()
        assert window.working
        qtbot.waitUntil(lambda: not window.working, timeout=LONG)
        return window.checked.standing.value if window.checked else ""

    return check


def rows(window: VerifyWindow) -> list[tuple[str, ...]]:
    table = window.list
    return [tuple(table.item(row, column).text() for column in range(3)) for row in range(table.rowCount())]


def words(first: FirstKey, tongue: Tongue = Tongue.EN) -> str:
    return " ".join(first_key_words(first, tongue))


def photographed(pdf: Path, image: Path) -> str:
    """Render the page with the code, as a camera would see it, and give the code's text."""
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        picture = page.render(scale=4).to_pil()
        texts = [one.text for one in zxingcpp.read_barcodes(picture)]
        if texts:
            picture.save(image)
            return texts[0]
    raise AssertionError("no code on any page")


def test_a_dropped_certificate_is_valid_and_each_check_is_told(
    window: VerifyWindow, qtbot: QtBot, issued: Issued, app: QApplication
) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(issued.case / "certificate" / "certificate.pdf"))])
    where, action = QPointF(5, 5), Qt.DropAction.CopyAction
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.drop.dropEvent(QDropEvent(where, action, mime, button, keys))
    qtbot.waitUntil(lambda: window.checked is not None and not window.working, timeout=LONG)
    assert window.banner.sign is Sign.TICK
    assert window.banner.word.text() == "有效"
    said = rows(window)
    assert len(said) > 10
    assert {mark for mark, _, _ in said} == {"成立", "未核验"}
    assert all(re.search("[\u4e00-\u9fff]", check) for _, check, _ in said)
    assert said[-1][2].startswith("未核验：没有给出起始密钥")
    speak(app, Language.EN)
    app.processEvents()
    assert window.banner.word.text() == "Valid"
    assert not any(re.search("[\u4e00-\u9fff]", check) for _, check, _ in rows(window))


def test_the_first_key_adds_the_seal(window: VerifyWindow, check: Callable[..., str], issued: Issued) -> None:
    file = issued.case / "certificate" / "certificate.pdf"
    for key in (words(issued.first), words(issued.first, Tongue.ZH), first_key_qr(issued.first)):
        assert check(file, key=key) == "valid"
        assert window.checked.count(Mark.UNSEEN) == 0
    assert check(file, key=words(FirstKey.new())) == "altered"
    assert window.banner.sign is Sign.CROSS
    assert rows(window)[0][0] == "不成立"
    assert "起始密钥不是这一个" in rows(window)[0][2]


def test_the_witness_opens_the_first_key(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    phrase = PASSPHRASES["WITNESS_PASSPHRASE"]
    key = next(issued.company.rglob("witness.p12"))
    for file in (issued.case / "journal.jsonl", issued.case / "certificate" / "certificate.pdf"):
        assert window.witness.isHidden() or window.drop.path() is not None
        assert check(file, witness=key, passphrase=phrase) == "valid"
        assert window.checked.count(Mark.UNSEEN) == 0
    window.reject()
    assert window.witness.passphrase.text() == ""
    window.drop.box.set_path(tmp_path / "nothing")
    assert window.witness.isHidden()


def test_another_witness_and_a_wrong_passphrase_are_told(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    journal, other = issued.case / "journal.jsonl", tmp_path / "other.p12"
    create("Somebody Else", Role.WITNESS, other, "a passphrase of 20 signs")
    assert check(journal, witness=other, passphrase="a passphrase of 20 signs") == ""
    assert window.notice.error.fault is Fault.FIRST_KEY_UNREADABLE
    assert check(journal, witness=next(issued.company.rglob("witness.p12")), passphrase="no") == ""
    assert window.notice.error.fault is Fault.WRONG_PASSPHRASE
    assert window.banner.isHidden()


@pytest.fixture(scope="session")
def long_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 300,000 entries, in two segments."""
    folder = tmp_path_factory.mktemp("long")
    journal = Journal.create(folder / "journal.jsonl", FirstKey(bytes(range(16))))
    for n in range(LONG_JOURNAL):
        journal.append("settled", {"id": f"r-{n:016x}", "outcome": "Outcome.overwritten"})
        if n % 500 == 499:
            journal.commit()
    journal.close()
    return folder / "journal.jsonl"


def test_a_long_check_shows_its_progress_to_the_end(
    window: VerifyWindow, qtbot: QtBot, long_journal: Path
) -> None:
    window.drop.box.set_path(long_journal)
    window.first.setText(words(FirstKey(bytes(range(16)))))
    seen: list[int] = []
    window.bar.valueChanged.connect(seen.append)
    window.begin()
    qtbot.waitUntil(lambda: window.bar.maximum() > 0 and window.bar.value() > 100, timeout=LONG)
    assert "日志的摘要链与封印" in window.past.text()
    qtbot.waitUntil(lambda: not window.working, timeout=LONG)
    assert window.checked.standing.value == "valid"
    assert len(seen) > 8
    assert seen == sorted(seen)
    assert max(seen) > 900


def test_stop_ends_the_thread_of_a_long_check_at_once(
    window: VerifyWindow, qtbot: QtBot, long_journal: Path
) -> None:
    window.drop.box.set_path(long_journal)
    window.begin()
    qtbot.waitUntil(lambda: window.bar.value() > 0, timeout=LONG)
    task = window._task
    window.stop()
    task.join()
    assert window.checked is None, "it was broken off, not waited for"
    assert window.go.isEnabled()


def test_words_that_are_none_are_told_in_a_sentence(
    window: VerifyWindow, check: Callable[..., str], issued: Issued
) -> None:
    assert check(issued.case / "journal.jsonl", key="not such words") == ""
    assert window.notice.error.fault is Fault.FIRST_KEY_UNREADABLE
    assert window.banner.isHidden()


def test_an_altered_certificate_and_a_strangers_pdf(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    file = issued.out / "certificate.pdf"
    data = bytearray(file.read_bytes())
    data[len(data) // 3] ^= 1
    file.write_bytes(data)
    assert check(file) == "altered"
    assert window.banner.word.text() == "已被改动"
    assert rows(window)[0][0] == "不成立"
    blank = pypdfium2.PdfDocument.new()
    blank.new_page(200, 200)
    blank.save(tmp_path / "other.pdf")
    assert check(tmp_path / "other.pdf") == "not_ours"
    assert window.banner.sign is Sign.STRANGER


def test_a_manifest_without_its_signature_is_incomplete(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    alone = tmp_path / "alone" / "manifest.json"
    alone.parent.mkdir()
    shutil.copy(issued.out / "manifest.json", alone)
    assert check(alone) == "incomplete"
    assert window.banner.sign is Sign.PART


def test_a_journal_is_vouched_for_by_certificate_or_key(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    assert check(issued.case / "journal.jsonl") == "valid"
    alone = tmp_path / "alone" / "journal.jsonl"
    alone.parent.mkdir()
    shutil.copy(issued.case / "journal.jsonl", alone)
    assert check(alone) == "incomplete"
    assert check(alone, key=words(issued.first)) == "valid"
    lines = alone.read_bytes().splitlines(keepends=True)
    alone.write_bytes(b"".join([*lines[:4], *lines[5:]]))
    assert check(alone) == "altered"
    assert rows(window)[0][2].startswith("5: ")


def test_a_code_is_read_from_a_photo_and_from_text(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, tmp_path: Path
) -> None:
    photo = tmp_path / "photo" / "IMG_0001.png"
    photo.parent.mkdir()
    text = photographed(issued.out / "certificate.pdf", photo)
    assert check(photo) == "valid"
    alone = len(rows(window))
    assert check(text=text) == "valid"
    assert len(rows(window)) == alone
    shutil.copy(photo, issued.out / "photo.png")
    assert check(issued.out / "photo.png") == "valid"
    assert len(rows(window)) > alone, "the manifest beside it is used"
    assert check(text=text[:-3] + "AAA") in ("altered", "not_ours")
    assert check(text="hello") == "not_ours"


def test_a_sealed_package_is_incomplete_until_it_is_opened(
    window: VerifyWindow, check: Callable[..., str], issued: Issued
) -> None:
    package = next((issued.out / "sealed").glob("*.age"))
    assert check(package) == "incomplete"
    assert rows(window)[-1][0] == "未核验"
    key = next(path for path in issued.company.rglob("*") if path.is_file() and _is_age_key(path))
    assert check(package, identity=key) == "valid"
    assert len(rows(window)) > 5


def _is_age_key(path: Path) -> bool:
    return b"AGE-SECRET-KEY-1" in path.read_bytes()[:4096]


@pytest.mark.parametrize("name", ["gone.pdf", "notes.docx", "folder"])
def test_what_cannot_be_checked_is_told_in_one_sentence(
    window: VerifyWindow, check: Callable[..., str], tmp_path: Path, name: str
) -> None:
    if name == "folder":
        (tmp_path / name).mkdir()
    elif name == "notes.docx":
        (tmp_path / name).write_bytes(b"PK\x03\x04")
    assert check(tmp_path / name) == ""
    assert window.notice.error.fault is Fault.NOT_VERIFIABLE
    assert name in window.notice.text()
    assert window.banner.isHidden()
    assert not window.copy.isEnabled()


def test_a_stopped_check_is_not_heard_any_more(window: VerifyWindow, qtbot: QtBot, issued: Issued) -> None:
    window.drop.box.set_path(issued.case / "certificate" / "certificate.pdf")
    window.begin()
    assert not window.bar.isHidden()
    assert not window.go.isEnabled()
    task = window._task
    window.stop()
    assert not window.working
    assert window.go.isEnabled()
    task.join()
    qtbot.wait(100)
    assert window.checked is None
    assert window.banner.isHidden()
    assert "已停止" in window.notice.text()


def test_another_file_takes_the_verdict_away(
    window: VerifyWindow, check: Callable[..., str], issued: Issued
) -> None:
    check(issued.out / "manifest.json")
    assert not window.banner.isHidden()
    window.drop.box.line.setText("/elsewhere/certificate.pdf")
    assert window.banner.isHidden()
    assert window.checked is None


def test_the_result_can_be_copied_and_names_no_folder(
    window: VerifyWindow, check: Callable[..., str], issued: Issued, qtbot: QtBot
) -> None:
    check(issued.out / "certificate.pdf")
    qtbot.mouseClick(window.copy, Qt.MouseButton.LeftButton)
    text = QApplication.clipboard().text()
    assert text.startswith("有效 · certificate.pdf\n")
    assert text.count("\n成立 · ") == window.checked.count(Mark.HOLDS)
    assert str(issued.company) not in text


@pytest.mark.qt_log_ignore("does not support raise")
def test_it_opens_from_the_start_without_a_case_and_shuts_by_escape(wizard: Wizard, qtbot: QtBot) -> None:
    button = wizard.button(Wizard.WizardButton.CustomButton2)
    assert button.isVisible()
    assert button.text() == "核验证明…"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    window = wizard.checking
    assert window.isVisible()
    assert wizard.desk.flow is None
    window.first.setText("ability able about")
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()
    assert window.first.text() == ""
    assert wizard.isVisible()


def test_tab_leads_from_file_to_result(
    window: VerifyWindow, check: Callable[..., str], issued: Issued
) -> None:
    check(issued.out / "manifest.json")
    window.activateWindow()
    window.drop.box.line.setFocus()
    seen = []
    for _ in range(8):
        seen.append(window.focusWidget())
        window.focusNextChild()
    wanted = [window.drop.box.line, window.drop.box.browse, window.code, window.first, window.go, window.list]
    assert [one for one in seen if one in wanted] == wanted
    names = [one.accessibleName() for one in window.findChildren(QPushButton) if one.isVisible()]
    assert all(names)
