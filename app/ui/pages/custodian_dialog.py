"""A dialog for one custodian: their key or its shares, their receipt, and why any of these is missing."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.domain.case import Custodian
from app.ui.recipient import is_recipient
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import choose


class How(Enum):
    """How the package is sealed for them."""

    RECIPIENT = "recipient"
    SHARES = "shares"
    MADE_HERE = "made_here"


class CustodianDialog(QDialog):
    """Asks who receives what is kept, and how.

    Signals:
        given: the custodian.
    """

    given = Signal(object)

    def __init__(
        self, known: Custodian | None, *, locked: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.notice, self.fields = Notice(), Fields()
        self.name, self.how, self.recipient = QLineEdit(), QComboBox(), QLineEdit()
        self.identity, self.receipt = PathBox(Wants.FILE), PathBox(Wants.FILE)
        self.needed, self.made, self._of = QSpinBox(), QSpinBox(), QLabel()
        self.one_recipient, self.without_restore, self.without_receipt = QLineEdit(), QLineEdit(), QLineEdit()
        self.shares = self._shares()
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._lay_out()
        self._name()
        self._show(known or Custodian(""))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not locked)
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)
        self.how.currentIndexChanged.connect(self._show_lines)

    def _shares(self) -> QWidget:
        for spin, usual in ((self.needed, 2), (self.made, 3)):
            spin.setRange(2, 16)
            spin.setValue(usual)
        both = QWidget()
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        for part in (self.needed, self._of, self.made):
            row.addWidget(part)
        row.addStretch(1)
        both.setFocusProxy(self.needed)
        return both

    def _lay_out(self) -> None:
        for how in How:
            self.how.addItem("", how)
        for field in (self.name, self.how, self.recipient):
            self.fields.add(field)
        self.fields.add(self.identity, self.identity.line)
        self.fields.add(self.shares, self.needed)
        self.fields.add(self.receipt, self.receipt.line)
        for reason in (self.one_recipient, self.without_restore, self.without_receipt):
            self.fields.add(reason)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self.notice)
        self._column.addLayout(self.fields)
        self._column.addStretch(1)
        self._column.addWidget(self.buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 84)

    def _show(self, one: Custodian) -> None:
        own = bool(one.recipient or one.identity or not one.name)
        choose(self.how, How.SHARES if one.shares else How.RECIPIENT if own else How.MADE_HERE)
        for line, text in (
            (self.name, one.name),
            (self.recipient, one.recipient),
            (self.one_recipient, one.one_recipient),
            (self.without_restore, one.without_restore),
            (self.without_receipt, one.without_receipt),
        ):
            line.setText(text)
        self.identity.set_path(one.identity)
        self.receipt.set_path(one.receipt)
        if one.shares:
            self.needed.setValue(one.shares[0])
            self.made.setValue(one.shares[1])
        self._show_lines()

    def _show_lines(self) -> None:
        how = self.how.currentData()
        made = self.tr("A key made here lies beside the package: hand it over and keep no copy.")
        self.fields.hint(self.how, made if how is How.MADE_HERE else "")
        for line, where in (
            (self.recipient, (How.RECIPIENT,)),
            (self.identity, (How.RECIPIENT,)),
            (self.without_restore, (How.RECIPIENT,)),
            (self.shares, (How.SHARES,)),
            (self.one_recipient, (How.RECIPIENT, How.MADE_HERE)),
        ):
            self.fields.show_line(line, shown=how in where)
        # Hints that wrap are higher than their layout says of itself.
        self._column.activate()
        self.setMinimumHeight(self._column.totalHeightForWidth(max(self.width(), self.minimumWidth())))

    def _made(self) -> Custodian:
        """Who is declared here; what is out of sight is not declared."""
        how, own = self.how.currentData(), self.how.currentData() is How.RECIPIENT
        in_shares = how is How.SHARES
        return Custodian(
            self.name.text().strip(),
            self.recipient.text().strip() if own else "",
            self.identity.path() if own else None,
            (self.needed.value(), self.made.value()) if in_shares else None,
            self.receipt.path(),
            "" if in_shares else self.one_recipient.text().strip(),
            self.without_restore.text().strip() if own else "",
            self.without_receipt.text().strip(),
        )

    def _wrong(self) -> str:
        """What must still be put right, in one sentence; empty when nothing."""
        one = self._made()
        if not one.name:
            return self.tr("Give the custodian's name.")
        if one.shares and one.shares[0] > one.shares[1]:
            return self.tr("No more shares can be needed than are made.")
        if self.how.currentData() is How.RECIPIENT and not is_recipient(one.recipient):
            return self.tr("This is no age recipient: it begins with age1 and has 62 characters. Ask for it.")
        lost = next((path for path in (one.identity, one.receipt) if path and not path.is_file()), None)
        return self.tr("There is no file {path}.").format(path=lost) if lost else ""

    def _give(self) -> None:
        if self._wrong():
            self.notice.warn(self._wrong)
            self._show_lines()
            return
        self.given.emit(self._made())
        self.accept()

    def _name(self) -> None:
        self.setWindowTitle(self.tr("Who receives what is kept"))
        for place, text in enumerate(
            (
                self.tr("to their own key (age)"),
                self.tr("in shares for several people (SLIP-39)"),
                self.tr("to a key that is made here"),
            )
        ):
            self.how.setItemText(place, text)
        self._of.setText(self.tr("of"))
        self.made.setAccessibleName(self.tr("Shares that are made"))
        self._name_keys()
        self._name_reasons()
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))

    def _name_keys(self) -> None:
        name = self.fields.name
        name(self.name, self.tr("&Custodian"), self.tr("A shareholder, law firm or archive that keeps it."))
        name(self.how, self.tr("Sea&led"))
        name(
            self.recipient,
            self.tr("Their age &recipient"),
            self.tr("Begins with age1; the custodian makes it with age-keygen."),
        )
        name(
            self.identity,
            self.tr("Their &key file"),
            self.tr(
                "The package is restored with it once, as a trial. It is read where it lies, and not kept."
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
        name(
            self.receipt,
            self.tr("Their recei&pt"),
            self.tr("That they took the package over. It is kept with the documents of the case."),
        )

    def _name_reasons(self) -> None:
        name = self.fields.name
        name(
            self.one_recipient,
            self.tr("Why &one key alone"),
            self.tr("Only where nobody else gets a key. Reasons are printed: write no names or numbers."),
        )
        name(self.without_restore, self.tr("Why their key was not &tried"))
        name(self.without_receipt, self.tr("Why there is no rece&ipt"))
