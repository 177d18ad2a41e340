"""The declarations about the company: who, why, when, and how much the certificate may say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGroupBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Case, CaseKind, CertificateTerms, Company, Dates, NameLevel, Profile, Scale
from app.domain.vaulting import VaultTerms
from app.ui.pages.terms_dialog import TermsDialog
from app.ui.pages.vault_dialog import VaultDialog
from app.ui.widgets.day import DayEdit
from app.ui.widgets.field import Fields
from app.ui.widgets.plain import Button, choose
from app.ui.widgets.spoken import Spoken
from app.ui.words import say

_DAYS: Final = ("dissolved", "committee", "announced", "claims_until", "tax_cleared")
_NO_NAME: Final = '/\\:*?"<>|'
"""What no folder's name may hold on some system or other."""
_ENUMS: Final = (CaseKind, Scale, NameLevel, Profile)


class CompanyForm(Spoken, QWidget):
    """Builds a case from what is typed, and shows a case.

    Signals:
        changed: something was typed or chosen.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.company, self.uscc = QLineEdit(), QLineEdit(), QLineEdit()
        self.number.setMaxLength(100)
        self.uscc.setMaxLength(18)
        self.kind, self.people, self.names, self.profile = (QComboBox() for _ in _ENUMS)
        self.tongue = QComboBox()
        self.days = {name: DayEdit() for name in _DAYS}
        self.more, self.vault = Button(), Button()
        self.vault_terms = VaultTerms()
        self._terms: CertificateTerms | None = None
        self._locked = False
        self._made = False
        self._dialog: TermsDialog | VaultDialog | None = None
        self.about, self.when, self.terms = QGroupBox(), QGroupBox(), QGroupBox()
        self.about_fields, self.day_fields, self.term_fields = Fields(), Fields(), Fields()
        self._lay_out()
        self._fill_choices()
        for line in (self.number, self.company, self.uscc):
            line.textChanged.connect(self._edited)
        for day in self.days.values():
            day.changed.connect(self._edited)
        for box in (self.kind, self.people, self.names, self.profile, self.tongue):
            box.currentIndexChanged.connect(self._edited)
        self.more.clicked.connect(self._open_more)
        self.vault.clicked.connect(self._open_vault)
        self.retranslate()

    def _lay_out(self) -> None:
        for field in (self.number, self.company, self.uscc, self.kind, self.people):
            self.about_fields.add(field)
        for day in self.days.values():
            self.day_fields.add(day, day.line)
        for field in (self.names, self.tongue, self.profile):
            self.term_fields.add(field)
        for group, fields in (
            (self.about, self.about_fields),
            (self.when, self.day_fields),
            (self.terms, self.term_fields),
        ):
            column = QVBoxLayout(group)
            column.addLayout(fields)
            if group is self.terms:
                column.addLayout(self._buttons())
            column.addStretch(1)
        left, row = QVBoxLayout(), QHBoxLayout(self)
        left.addWidget(self.about)
        left.addWidget(self.terms)
        left.addStretch(1)
        right = QVBoxLayout()
        right.addWidget(self.when)
        right.addStretch(1)
        row.setContentsMargins(0, 0, 0, 0)
        row.addLayout(left, 1)
        row.addLayout(right, 1)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        for button in (self.vault, self.more):
            row.addWidget(button)
        return row

    def _fill_choices(self) -> None:
        for box, members in zip((self.kind, self.people, self.names, self.profile), _ENUMS, strict=True):
            for member in members:
                box.addItem("", member)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
        for code in ("zh", "en", "both"):
            self.tongue.addItem("", code)
        choose(self.names, NameLevel.MASKED)

    @property
    def wrong(self) -> str:
        """What must still be put right, in one sentence; empty when the form will do."""
        if not self.number.text().strip():
            return self.tr("Give the case a number.")
        if not set(_NO_NAME).isdisjoint(self.number.text()) or self.number.text().strip() in {".", ".."}:
            return self.tr("The case number names a folder: it can't hold any of {signs}").format(
                signs=" ".join(_NO_NAME)
            )
        if not self.company.text().strip():
            return self.tr("Give the company's name.")
        if not self.uscc_right:
            return self.tr("The unified social credit code is not right yet: {why}").format(
                why=self._uscc_says()
            )
        if not all(day.valid for day in self.days.values()):
            return self.tr("A date is not a day: write it as 2026-08-01, or leave it empty.")
        return ""

    @property
    def uscc_right(self) -> bool:
        """Whether the code has its 18 characters and its check character is right (GB 32100-2015)."""
        from app.steps.locate import is_uscc

        return is_uscc(self.uscc.text())

    def case(self, old: Case | None, out: Path) -> Case:
        """Make the case that is declared here; what other pages declare is kept from `old`."""
        company = Company(
            name=self.company.text().strip(),
            uscc=self.uscc.text().strip().upper(),
            kind=self.kind.currentData(),
            people=self.people.currentData(),
        )
        dates = Dates(**{name: day.day() for name, day in self.days.items()})
        terms = replace(
            self._terms or CertificateTerms(out),
            out=old.certificate.out if old else out,
            names=self.names.currentData(),
            language=self.tongue.currentData(),
        )
        number, profile = self.number.text().strip(), self.profile.currentData()
        case = replace(old, number=number, company=company) if old else Case(number, company, terms)
        return replace(case, certificate=terms, dates=dates, profile=profile, vault=self.vault_terms)

    def show_case(self, case: Case) -> None:
        """Show what a case declares."""
        self._terms, self.vault_terms = case.certificate, case.vault
        self.number.setText(case.number)
        self.company.setText(case.company.name)
        self.uscc.setText(case.company.uscc)
        choose(self.kind, case.company.kind)
        choose(self.people, case.company.people)
        choose(self.names, case.certificate.names)
        choose(self.tongue, case.certificate.language)
        choose(self.profile, case.profile)
        for name, day in self.days.items():
            day.set_day(getattr(case.dates, name))

    def lock(self, locked: bool, number: bool) -> None:
        """Let nothing be changed, or nothing but the number, which names the folder."""
        for group in (self.about, self.when, self.terms):
            group.setEnabled(not locked or group is self.terms)
        for box in (self.names, self.tongue, self.profile):
            box.setEnabled(not locked)
        self._locked, self._made = locked, number
        self.number.setReadOnly(number)

    def _open_more(self) -> None:
        terms = self._terms or CertificateTerms(Path())
        self._dialog = TermsDialog(terms, locked=self._locked, parent=self)
        self._dialog.given.connect(self._take_more)
        self._dialog.open()

    def _open_vault(self) -> None:
        self._dialog = VaultDialog(self.vault_terms, made=self._made, locked=self._locked, parent=self)
        self._dialog.given.connect(self._take_vault)
        self._dialog.open()

    def _take_vault(self, terms: VaultTerms) -> None:
        self.vault_terms = terms
        self.changed.emit()

    def _take_more(self, terms: CertificateTerms) -> None:
        self._terms = terms
        self._name_terms()
        self.changed.emit()

    @override
    def retranslate(self) -> None:
        self.about.setTitle(self.tr("Company"))
        self.when.setTitle(self.tr("Dates"))
        self.terms.setTitle(self.tr("Certificate"))
        for box in (self.kind, self.people, self.names):
            for place in range(box.count()):
                box.setItemText(place, say(box.itemData(place)))
        for place, text in enumerate((self.tr("Standard"), self.tr("Strict"))):
            self.profile.setItemText(place, text)
        for place, text in enumerate(
            (self.tr("Chinese"), self.tr("English"), self.tr("Chinese and English"))
        ):
            self.tongue.setItemText(place, text)
        self._name_about()
        self._name_days()
        self._name_terms()

    def _name_about(self) -> None:
        name = self.about_fields.name
        name(
            self.number, self.tr("Case n&umber"), self.tr("Any number of your own; it names the case folder.")
        )
        name(self.company, self.tr("Company n&ame"), self.tr("As on the business licence."))
        name(self.uscc, self.tr("&Credit code"), self._uscc_says())
        name(self.kind, self.tr("&Why data is disposed of"))
        name(self.people, self.tr("&How many people's data"))

    def _name_days(self) -> None:
        labels = {
            "dissolved": (self.tr("Dissolved on"), self.tr("The day of the resolution or order.")),
            "committee": (self.tr("Committee set up on"), self.tr("The liquidation committee's first day.")),
            "announced": (self.tr("Announced on"), self.tr("The day of the notice to creditors.")),
            "claims_until": (self.tr("Claims until"), self.tr("The last day for creditors to claim.")),
            "tax_cleared": (self.tr("Tax cleared on"), self.tr("The day of the tax clearance certificate.")),
        }
        for key, day in self.days.items():
            self.day_fields.name(day, *labels[key])

    def _name_terms(self) -> None:
        name = self.term_fields.name
        name(self.names, self.tr("File names a&ppear"), self.tr("A file name can itself be personal data."))
        name(self.tongue, self.tr("&Language of the certificate"))
        name(self.profile, self.tr("Check before w&iping"), say(self.profile.currentData()))
        self.more.setText(self.tr("Print, time stamp, readers…"))
        self.more.setAccessibleName(self.tr("Print, time stamp and readers of the full list"))
        self.vault.setText(self.tr("The case's vault…"))
        self.vault.setAccessibleName(self.tr("How the case's vault is made and opened"))

    def _edited(self) -> None:
        self.about_fields.hint(self.uscc, self._uscc_says())
        self.term_fields.hint(self.profile, say(self.profile.currentData()))
        self.changed.emit()

    def _uscc_says(self) -> str:
        code = self.uscc.text().strip().upper()
        if not code:
            return self.tr("18 characters, the unified social credit code on the business licence.")
        if len(code) < 18:
            return self.tr("{n} of 18 characters so far.").format(n=len(code))
        if self.uscc_right:
            return self.tr("✓ The check character is right.")
        return self.tr("The check character does not fit: one of the 18 characters is wrong.")
