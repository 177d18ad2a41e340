"""Grab every page in both languages, two window sizes and a larger text, for a person to look at.

    python tests/ui/gallery.py [FOLDER] [VIEW …]

Writes tests/gallery/out/<page>-<language>-<view>.png. It does the whole job on a
synthetic company, once for each view; nothing outside a temporary folder is touched.
"""

# ruff: noqa: E402 - the platform and the path must be set before Qt and the test's officer are imported
from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]

from issued_case import carried_out
from officer_at_window import Officer
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea
from pytestqt.qt_compat import qt_api
from pytestqt.qtbot import QtBot

from app.domain.case import AnnexHolder, CertificateTerms, Role
from app.domain.conditions import KeyWord
from app.domain.medium import Medium
from app.domain.step import Step
from app.domain.vaulting import VaultTerms
from app.domain.wiping import Cost, Method, Wiping
from app.flow.outlook import Touched
from app.flow.papers import attach
from app.flow.reading import Reading
from app.journal import FirstKey
from app.language import Language
from app.rehearsal import build_company
from app.steps.shred.services import SERVICES
from app.ui.application import make_application
from app.ui.desk import Desk
from app.ui.pages.add_backup import OTHERS, BackupDialog
from app.ui.pages.add_database import DatabaseDialog
from app.ui.pages.add_key import StoreKeyDialog
from app.ui.pages.custodian_dialog import CustodianDialog
from app.ui.pages.first_key_dialog import FirstKeyDialog
from app.ui.pages.hold_dialog import HoldDialog
from app.ui.pages.key_word_dialog import KeyWordDialog
from app.ui.pages.papers_dialog import PapersDialog
from app.ui.pages.terms_dialog import TermsDialog
from app.ui.pages.vault_dialog import VaultDialog
from app.ui.pages.verify import VerifyWindow
from app.ui.translation import speak
from app.ui.widgets.new_person import NewPerson
from app.ui.widgets.person import Keeps, PersonBox
from app.ui.widgets.plain import choose
from app.ui.widgets.wiping import WipingBox
from app.ui.wizard import Wizard

VIEWS = {
    "1280": (1280, 800, 100),
    "1024": (1024, 700, 100),
    "small": (1024, 640, 100),
    "large": (1280, 800, 120),
}
"""Width, height, size of the text in percent."""
FLASH = Touched(
    Medium(
        "/dev/nvme0n1p2", "/home", "ext4", "rw,noatime", "Model X 1TB", "S4X9N", "nvme", False, True, 10**12
    ),
    12_034,
    88_000_000,
    Cost("/home", "ext4", 12_034, 1_150_000_000, 34.9, True),
)


class _Bot(QtBot):
    """pytest-qt's hands, without pytest."""

    def __init__(self) -> None:
        self._request = None


def grab(widget: object, app: QApplication, out: Path, name: str, view: str) -> None:
    for language in Language:
        speak(app, language)
        for _ in range(3):
            app.processEvents()
        widget.grab().save(str(out / f"{name}-{language.value}-{view}.png"))
    speak(app, Language.ZH)


def walk(app: QApplication, out: Path, view: str) -> None:
    with tempfile.TemporaryDirectory() as home:
        company = build_company(Path(home) / "company", records=80)
        people = company.parent
        wizard, bot = Wizard(), _Bot()
        wizard.resize(*VIEWS[view][:2])
        wizard.show()
        officer = Officer(wizard, bot)
        grab(wizard, app, out, "0-start", view)
        officer.come_in(company, people / "officer.p12")
        officer.know_keys(people)
        look_at_tabs(app, officer, company, out, view)
        for step in list(Step)[Step.LOCATE.index :]:
            officer.go_to(step, people)
            if step is Step.WIPE:
                officer.arm_wipe()
            grab(wizard, app, out, f"{step.index}-{step.value}", view)
            if step.destroys:
                officer.shred() if step is Step.SHRED else officer.press(wizard.WizardButton.CommitButton)
                officer.rest()
                grab(wizard, app, out, f"{step.index}-{step.value}-done", view)
            elif step is Step.LOCATE:
                officer.locate()
                grab(wizard, app, out, "1-locate-done", view)
            elif step is Step.CONFIRM:
                officer.confirm()
                grab(wizard, app, out, "3-confirm-done", view)
            elif step is Step.SIGN:
                look_at_sign(app, officer, out, view)
                officer.sign(people / "witness.p12")
                grab(wizard, app, out, "4-sign-done", view)
        officer.certify(people / "witness.p12")
        officer.rest()
        grab(wizard, app, out, "7-certify-done", view)
        for language in Language:
            speak(app, language)
            terms = CertificateTerms(Path("/out"), holders=(AnnexHolder("周建国", "age1" + "q" * 58),))
            attach(wizard.desk.flow.folder, company, "training")
            dialogs = {
                "papers": PapersDialog(wizard.desk.flow.folder, locked=language is Language.EN),
                "new-person": NewPerson(Role.WITNESS),
                "hold": HoldDialog(3),
                "terms": TermsDialog(terms, locked=False),
                "database": DatabaseDialog(wizard.desk, None),
                "key-word": KeyWordDialog(KeyWord()),
                "custodian": CustodianDialog(wizard.desk.flow.case.custodians[0]),
                "vault": VaultDialog(VaultTerms(), made=False),
                **added(wizard.desk),
            }
            for name, dialog in dialogs.items():
                dialog.adjustSize()
                dialog.grab().save(str(out / f"8-{name}-{language.value}-{view}.png"))
        speak(app, Language.ZH)
        wizard.desk.close()
        wizard.deleteLater()
    look_at_witness(app, out, view)
    look_at_checks(app, bot, out, view)


def added(desk: Desk) -> dict[str, QDialog]:
    """What asks for more than a path: one for each kind of store and of backup."""
    made: dict[str, QDialog] = {}
    for kind in SERVICES:
        made[f"key-{kind}"] = key = StoreKeyDialog(desk, None)
        choose(key.kind, kind)
    for kind in OTHERS:
        made[f"backup-{kind}"] = backup = BackupDialog(desk, None)
        choose(backup.kind, kind)
        backup.disposal.setCurrentIndex(1)
    return made


def look_at_tabs(app: QApplication, officer: Officer, company: Path, out: Path, view: str) -> None:
    """Each tab of the locate page, with one chosen, and a list that can't be read."""
    page, wizard = officer.wizard.currentPage(), officer.wizard
    for at, name in enumerate(("look", "backups", "keys", "whom", "read")):
        page.tabs.setCurrentIndex(at)
        for places in (page.backups, page.keys):
            places.list.setCurrentRow(0)
        grab(wizard, app, out, f"1-locate-{name}", view)
    page.tabs.setCurrentIndex(2)
    for kind, name in (("veracrypt", "1-locate-volume"), ("pem", "1-locate-keys")):
        page.key_row.corrected.emit(kind)
        page.keys.list.setCurrentRow(0)
        grab(wizard, app, out, name, view)
    page.tabs.setCurrentIndex(3)
    page.sought.list.set_path(company)
    page.sought.named.emit()
    officer.rest()
    grab(wizard, app, out, "1-locate-refused", view)
    page.sought.list.set_path(None)
    page.notice.clear()
    page.tabs.setCurrentIndex(0)


def look_at_witness(app: QApplication, out: Path, view: str) -> None:
    """The first key, the question for two of its words, and a key on a token."""
    first = FirstKey(bytes(range(16)))
    for language in Language:
        speak(app, language)
        dialog = FirstKeyDialog(first, "2026-001")
        dialog.show()
        for name in ("shown", "asked"):
            app.processEvents()
            dialog.grab().save(str(out / f"9-first-key-{name}-{language.value}-{view}.png"))
            dialog.written.click()
        dialog.reject()
    box = PersonBox(Role.APPROVER)
    choose(box.keeps, Keeps.TOKEN)
    box.resize(box.fontMetrics().horizontalAdvance("0") * 56, box.sizeHint().height())
    box.show()
    grab(box, app, out, "9-token", view)
    box.deleteLater()


def look_at_checks(app: QApplication, bot: QtBot, out: Path, view: str) -> None:
    """The window that checks: empty, and with each of its verdicts."""
    with tempfile.TemporaryDirectory() as home:
        job = carried_out(build_company(Path(home) / "company", records=40))
        good, alone = job.case / "certificate" / "certificate.pdf", Path(home) / "alone"
        alone.mkdir()
        shutil.copy(job.case / "journal.jsonl", alone)
        (alone / "certificate.pdf").write_bytes(good.read_bytes().replace(b"endobj", b"endobJ", 1))
        (alone / "other.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
        window = VerifyWindow()
        window.resize(VIEWS[view][0] * 7 // 8, VIEWS[view][1] * 9 // 10)
        window.show()
        grab(window, app, out, "9-check", view)
        said = {"valid": good, "incomplete": alone / "journal.jsonl", "altered": alone / "certificate.pdf"}
        for name, file in {**said, "not-ours": alone / "other.pdf", "refused": alone / "x.docx"}.items():
            window.drop.give(file)
            bot.waitUntil(lambda: not window.working, timeout=30_000)
            grab(window, app, out, f"9-check-{name}", view)
        window.deleteLater()


def look_at_sign(app: QApplication, officer: Officer, out: Path, view: str) -> None:
    """The lower half of the page, seven passes over flash, and the list itself."""
    page, wizard = officer.wizard.currentPage(), officer.wizard
    area = page.findChild(QScrollArea)
    area.verticalScrollBar().setValue(area.verticalScrollBar().maximum())
    grab(wizard, app, out, "4-sign-below", view)
    box = WipingBox()
    box.show_wiping(Wiping(Method.GAT_1143_7, names=False), [FLASH, *page._summary.touched], Reading.ASKED)
    box.resize(page.wiping.width(), box.sizeHint().height())
    box.show()
    grab(box, app, out, "4-sign-seven", view)
    box.deleteLater()
    for language in Language:
        speak(app, language)
        page.look.click()
        officer.qtbot.waitUntil(lambda: page._dialog.items.whole)
        page._dialog.grab().save(str(out / f"4-list-{language.value}-{view}.png"))
        page._dialog.reject()
        page.look_at_keys.click()
        app.processEvents()
        page._keys_shown.grab().save(str(out / f"4-keys-{language.value}-{view}.png"))
        page._keys_shown.reject()
    speak(app, Language.ZH)
    page.read()
    officer.rest()


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "gallery" / "out"
    out.mkdir(parents=True, exist_ok=True)
    qt_api.set_qt_api("pyside6")
    app = make_application(["gallery"])
    plain = app.font().pointSizeF()
    for view in sys.argv[2:] or VIEWS:
        font = app.font()
        font.setPointSizeF(plain * VIEWS[view][2] / 100)
        app.setFont(font)
        speak(app, Language.ZH)
        with patch.object(QDesktopServices, "openUrl", return_value=True):
            walk(app, out, view)
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


if __name__ == "__main__":
    main()
