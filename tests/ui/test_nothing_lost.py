"""What a case declares is still declared after a page has shown and saved it."""

from __future__ import annotations

import string
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pyrage
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from app.domain.case import AnnexHolder, Case, CertificateTerms, NameLevel
from app.domain.wiping import Wiping
from app.ui.pages.company_form import CompanyForm
from app.ui.pages.declared import backups_of, keys_of
from app.ui.pages.terms_dialog import TermsDialog

TEXT = st.text(string.ascii_letters + "客户数据", min_size=1, max_size=12)
USCC = st.sampled_from(["91350100M000100Y43", "91330106673959654P"])
st.register_type_strategy(Path, TEXT.map(lambda text: Path("/") / text))
st.register_type_strategy(date, st.dates(date(2000, 1, 1), date(2100, 1, 1)))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(Wiping, st.just(Wiping(names=False, trim=True)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    case = draw(st.from_type(Case))
    company = replace(case.company, uscc=draw(USCC))
    terms = replace(case.certificate, language=draw(st.sampled_from(["zh", "en", "both"])))
    return replace(case, company=company, certificate=terms)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases())
def test_the_company_page_keeps_whatever_a_case_declares(app: QApplication, case: Case) -> None:
    form = CompanyForm()
    form.show_case(case)
    assert form.case(case, Path("/elsewhere")) == case


@settings(max_examples=60)
@given(case=cases())
def test_the_lists_keep_what_they_show(case: Case) -> None:
    assert backups_of([one.path for one in case.backups], case.backups) == case.backups
    assert keys_of([one.path for one in case.keys], case.keys) == case.keys


RECIPIENTS = [str(pyrage.x25519.Identity.generate().to_public()) for _ in range(3)]
FULL = CertificateTerms(
    Path("/out"),
    NameLevel.HANDLE,
    "both",
    (AnnexHolder("Wang", RECIPIENTS[0]), AnnexHolder("李", RECIPIENTS[1])),
    "http://tsa.example/rfc3161",
    (Path("/a.pem"), Path("/b.crl")),
    Path("/register.jsonl"),
    False,
)


def opened(qtbot: QtBot, *, locked: bool = False) -> tuple[TermsDialog, list[CertificateTerms]]:
    dialog = TermsDialog(FULL, locked=locked)
    qtbot.addWidget(dialog)
    given: list[CertificateTerms] = []
    dialog.given.connect(given.append)
    return dialog, given


def ok(dialog: TermsDialog) -> QPushButton:
    return dialog.buttons.button(dialog.buttons.StandardButton.Ok)


@pytest.mark.parametrize("locked", [False, True])
def test_the_dialog_gives_back_what_it_shows(app: QApplication, qtbot: QtBot, locked: bool) -> None:
    assert all(getattr(FULL, one.name) != one.default for one in fields(FULL)), "a field is not tried"
    dialog, given = opened(qtbot, locked=locked)
    assert ok(dialog).isEnabled() != locked
    ok(dialog).click()
    assert given == ([] if locked else [FULL])


def test_a_reader_is_added_and_taken_away(app: QApplication, qtbot: QtBot) -> None:
    dialog, given = opened(qtbot)
    for wrong in ("age1short", RECIPIENTS[2][:-1] + "b", "ssh-ed25519 AAAA"):
        dialog.name.setText("Zhao")
        dialog.recipient.setText(wrong)
        dialog.add.click()
        assert dialog.readers.count() == 2
        assert "age1" in dialog.notice.text()
    ok(dialog).click()
    assert not given
    assert "添加" in dialog.notice.text()
    dialog.recipient.setText(RECIPIENTS[2])
    dialog.add.click()
    dialog.readers.item(0).setSelected(True)
    dialog.remove.click()
    ok(dialog).click()
    assert [one.name for one in given[0].holders] == ["李", "Zhao"]


def test_only_an_address_is_a_time_stamp_service(app: QApplication, qtbot: QtBot) -> None:
    dialog, given = opened(qtbot)
    dialog.service.setText("tsa.example")
    ok(dialog).click()
    assert not given
    dialog.service.clear()
    ok(dialog).click()
    assert given[0].tsa == ""


def test_the_page_opens_the_dialog_and_keeps_its_word(app: QApplication, qtbot: QtBot) -> None:
    form = CompanyForm()
    qtbot.addWidget(form)
    form.more.click()
    form._dialog.given.emit(replace(CertificateTerms(Path()), tsa="https://tsa.example"))
    terms = form.case(None, Path("/out")).certificate
    assert (terms.tsa, terms.out) == ("https://tsa.example", Path("/out"))
