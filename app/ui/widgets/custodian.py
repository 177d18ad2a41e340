"""Who receives what is kept, and whether to their own key or in shares of one that is made here."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.domain.case import Custodian
from app.ui.recipient import is_recipient
from app.ui.widgets.field import Fields
from app.ui.widgets.plain import choose


class How(Enum):
    """How the package is sealed."""

    RECIPIENT = "recipient"
    SHARES = "shares"


class CustodianBox(QGroupBox):
    """Asks for the first custodian of a case.

    Signals:
        edited: a line was left, or another way chosen.
    """

    edited = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.recipient, self.how = QLineEdit(), QLineEdit(), QComboBox()
        self.needed, self.made, self._of = QSpinBox(), QSpinBox(), QLabel()
        for spin, usual in ((self.needed, 2), (self.made, 3)):
            spin.setRange(2, 16)
            spin.setValue(usual)
        self.shares = QWidget()
        row = QHBoxLayout(self.shares)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self.needed, self._of, self.made):
            row.addWidget(part)
        row.addStretch(1)
        self.shares.setFocusProxy(self.needed)
        for how in How:
            self.how.addItem("", how)
        self.fields = Fields()
        for field in (self.name, self.how, self.recipient):
            self.fields.add(field)
        self.fields.add(self.shares, self.needed)
        QVBoxLayout(self).addLayout(self.fields)
        for line in (self.name, self.recipient):
            line.editingFinished.connect(self.edited)
        for spin in (self.needed, self.made):
            spin.editingFinished.connect(self.edited)
        self.how.activated.connect(self._chosen)
        self._retranslate()

    @property
    def wrong(self) -> str:
        """What must still be put right, in one sentence; empty when nothing."""
        recipient = self.recipient.text().strip()
        if self._in_shares:
            too_many = self.needed.value() > self.made.value()
            return self.tr("No more shares can be needed than are made.") if too_many else ""
        if recipient and not is_recipient(recipient):
            return self.tr("This is no age recipient: it begins with age1 and has 62 characters. Ask for it.")
        return ""

    def custodian(self, old: Custodian | None) -> Custodian | None:
        """Who is declared here; None when nobody, or with neither recipient nor shares."""
        name, recipient = self.name.text().strip(), self.recipient.text().strip()
        if not name or not (recipient or self._in_shares):
            return None
        if self._in_shares:
            return Custodian(name, shares=(self.needed.value(), self.made.value()))
        return replace(old or Custodian(""), name=name, recipient=recipient, shares=None)

    def show_custodian(self, one: Custodian | None) -> None:
        """Show who is declared."""
        one = one or Custodian("")
        self.name.setText(one.name)
        self.recipient.setText(one.recipient)
        choose(self.how, How.SHARES if one.shares else How.RECIPIENT)
        if one.shares:
            self.needed.setValue(one.shares[0])
            self.made.setValue(one.shares[1])
        self._show_lines()

    @property
    def _in_shares(self) -> bool:
        return self.how.currentData() is How.SHARES

    def _chosen(self) -> None:
        self._show_lines()
        self.edited.emit()

    def _show_lines(self) -> None:
        self.fields.show_line(self.recipient, shown=not self._in_shares)
        self.fields.show_line(self.shares, shown=self._in_shares)

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self.setTitle(self.tr("Who receives what is kept"))
        for place, text in enumerate(
            (self.tr("to their own key (age)"), self.tr("in shares for several people (SLIP-39)"))
        ):
            self.how.setItemText(place, text)
        self._of.setText(self.tr("of"))
        self.made.setAccessibleName(self.tr("Shares that are made"))
        name = self.fields.name
        name(self.name, self.tr("&Custodian"), self.tr("A shareholder, law firm or archive that keeps it."))
        name(self.how, self.tr("Sea&led"))
        name(
            self.recipient,
            self.tr("Their age &recipient"),
            self.tr(
                "Begins with age1; the custodian makes it with age-keygen. "
                "Left empty, Lethe makes a key and puts it beside the package: hand it over and keep no copy."
            ),
        )
        name(
            self.shares,
            self.tr("&Needed to open it"),
            self.tr(
                "Lethe makes a key and lays it beside the package in shares alone. Hand each to another "
                "person and keep none."
            ),
        )
        self._show_lines()
