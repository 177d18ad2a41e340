"""A dialog for what few cases need of their certificate: the print, a time stamp, who reads the full list."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.domain.case import AnnexHolder, CertificateTerms
from app.ui.recipient import is_recipient
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.notice import Notice
from app.ui.widgets.places import Places
from app.ui.widgets.plain import Button, Hint

_PRINT: Final = (None, True, False)


class TermsDialog(QDialog):
    """Shows these terms of a certificate and gives them changed; what stands on the page is left as it is.

    Signals:
        given: the terms.
    """

    given = Signal(object)

    def __init__(self, terms: CertificateTerms, *, locked: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._terms = terms
        self._build()
        self._lay_out()
        self._name()
        self._show(terms)
        self._lock(locked)
        # Hints that wrap are higher than their layout says of itself.
        wide = self.minimumWidth()
        self.setMinimumHeight(self._column.totalHeightForWidth(wide))
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.readers.itemSelectionChanged.connect(self._mind_remove)
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)

    def _build(self) -> None:
        self.notice = Notice()
        self.printed = QComboBox()
        for member in _PRINT:
            self.printed.addItem("", member)
        self.service, self.papers = QLineEdit(), Places(folders=False, files=True)
        self.papers.list.setFixedHeight(self.fontMetrics().height() * 3)
        self.register = PathBox(Wants.FILE)
        self.readers = QListWidget()
        self.readers.setFixedHeight(self.fontMetrics().height() * 4)
        self.readers.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.name, self.recipient = QLineEdit(), QLineEdit()
        self.add, self.remove = Button(), Button()
        self.paper_box, self.reader_box, self.reader_hint = QGroupBox(), QGroupBox(), Hint()
        self.fields = Fields()
        self.fields.add(self.printed)
        self.fields.add(self.service)
        self.fields.add(self.papers, self.papers.list)
        self.fields.add(self.register, self.register.line)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )

    def _lay_out(self) -> None:
        paper = QVBoxLayout(self.paper_box)
        paper.addLayout(self.fields)
        row = QHBoxLayout()
        row.addWidget(self.name, 2)
        row.addWidget(self.recipient, 4)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        reader = QVBoxLayout(self.reader_box)
        reader.addWidget(self.reader_hint)
        reader.addWidget(self.readers)
        reader.addLayout(row)
        column = QVBoxLayout(self)
        for part in (self.notice, self.paper_box, self.reader_box, self.buttons):
            column.addWidget(part)
        self._column = column
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 84)

    def _show(self, terms: CertificateTerms) -> None:
        self.printed.setCurrentIndex(_PRINT.index(terms.printed))
        self.service.setText(terms.tsa)
        self.papers.set_paths(terms.tsa_papers)
        self.register.set_path(terms.register)
        for holder in terms.holders:
            self._append(holder)
        self._mind_remove()

    def _lock(self, locked: bool) -> None:
        for part in (self.printed, self.service, self.register, self.name, self.recipient, self.add):
            part.setEnabled(not locked)
        self.papers.lock(locked)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not locked)
        self.readers.setEnabled(not locked)

    def _append(self, holder: AnnexHolder) -> None:
        item = QListWidgetItem(f"{holder.name}  ·  {holder.recipient}")
        item.setData(Qt.ItemDataRole.UserRole, holder)
        item.setToolTip(holder.recipient)
        self.readers.addItem(item)

    def _add(self) -> None:
        name, recipient = self.name.text().strip(), self.recipient.text().strip()
        if not (name and recipient):
            self.notice.warn(lambda: self.tr("Give the reader's name and their age recipient."))
            return
        if not is_recipient(recipient):
            self.notice.warn(
                lambda: self.tr(
                    "This is no age recipient: it begins with age1 and has 62 characters. Ask the reader."
                )
            )
            return
        self.notice.clear()
        self._append(AnnexHolder(name, recipient))
        self.name.clear()
        self.recipient.clear()

    def _remove(self) -> None:
        for item in self.readers.selectedItems():
            self.readers.takeItem(self.readers.row(item))

    def _mind_remove(self) -> None:
        self.remove.setEnabled(self.readers.isEnabled() and bool(self.readers.selectedItems()))

    def _give(self) -> None:
        service = self.service.text().strip()
        if service and not service.startswith(("http://", "https://")):
            self.notice.warn(lambda: self.tr("The address of a time stamp service begins with http://."))
            return
        if self.name.text().strip() or self.recipient.text().strip():
            self.notice.warn(
                lambda: self.tr("A reader is typed but not added: press Add, or empty the line.")
            )
            return
        readers = (self.readers.item(at) for at in range(self.readers.count()))
        self.given.emit(
            replace(
                self._terms,
                printed=self.printed.currentData(),
                tsa=service,
                tsa_papers=tuple(self.papers.paths()),
                register=self.register.path(),
                holders=tuple(item.data(Qt.ItemDataRole.UserRole) for item in readers),
            )
        )
        self.accept()

    def _name(self) -> None:
        self.setWindowTitle(self.tr("More of the certificate"))
        self.paper_box.setTitle(self.tr("Print, time and register"))
        self.reader_box.setTitle(self.tr("Who may read the full list of names"))
        texts = (self.tr("where it is short"), self.tr("always"), self.tr("never"))
        for place, text in enumerate(texts):
            self.printed.setItemText(place, text)
        name = self.fields.name
        name(
            self.printed,
            self.tr("Inventory on &paper"),
            self.tr("A second PDF, in volumes where it is long."),
        )
        name(
            self.service,
            self.tr("&Time stamp service"),
            self.tr("RFC 3161; the only address that Lethe ever calls. Empty: the time of this computer."),
        )
        name(
            self.papers, self.tr("Its c&hain"), self.tr("Certificates, CRLs and OCSP answers of the service.")
        )
        name(
            self.register,
            self.tr("&Register of certificates"),
            self.tr("Empty: certificates.jsonl beside the case folder."),
        )
        self.reader_hint.setText(
            self.tr(
                "The list is encrypted for each of them with their age recipient. Nobody: no list is made."
            )
        )
        self.readers.setAccessibleName(self.tr("Readers of the full list"))
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setAccessibleName(self.tr("Name of a reader"))
        self.recipient.setPlaceholderText("age1…")
        self.recipient.setAccessibleName(self.tr("Age recipient of the reader"))
        for button, text in ((self.add, self.tr("&Add")), (self.remove, self.tr("R&emove"))):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
