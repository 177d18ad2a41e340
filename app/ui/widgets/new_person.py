"""A dialog that makes a person's key file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import Role
from app.domain.fault import Refused
from app.ui.widgets import choosing
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.notice import Notice
from app.ui.words import say

_SHORTEST: Final = 8


class _NewFile(PathBox):
    """A path box for a file that is not there yet."""

    @override
    def _browse(self) -> None:
        start = str(self.path() or Path.home())
        chosen = choosing.file_to_save(self, self.tr("Save the key file as"), start, "PKCS#12 (*.p12)")
        if chosen:
            self.set_path(chosen)


class NewPerson(QDialog):
    """Asks for a name, a place and a passphrase, and makes the key file.

    Signals:
        made: the new person, unlocked.
    """

    made = Signal(object)

    def __init__(self, role: Role, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._role = role
        self._build()
        self._put_in_words()
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 80)

    def _build(self) -> None:
        self.person = QLineEdit()
        self.file = _NewFile(Wants.FILE)
        self.file.set_path(Path.home() / f"{self._role.value}.p12")
        self.first, self.second = QLineEdit(), QLineEdit()
        for line in (self.first, self.second):
            line.setEchoMode(QLineEdit.EchoMode.Password)
        self.fields = Fields()
        self.fields.add(self.person)
        self.fields.add(self.file, self.file.line)
        self.fields.add(self.first)
        self.fields.add(self.second)
        self.notice = Notice()
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self._make)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(self.fields)
        column.addStretch(1)
        column.addWidget(self.notice)
        column.addWidget(self.buttons)

    def _put_in_words(self) -> None:
        self.setWindowTitle(self.tr("New key file: {role}").format(role=say(self._role)))
        name = self.fields.name
        name(self.person, self.tr("&Name"), self.tr("As it shall stand on the certificate."))
        name(
            self.file,
            self.tr("&Save as"),
            self.tr("Best on a stick that this person carries, not in the case folder."),
        )
        name(
            self.first,
            self.tr("&Passphrase"),
            self.tr("At least {n} characters. Without it the key is lost; nobody can reset it.").format(
                n=_SHORTEST
            ),
        )
        name(self.second, self.tr("Passphrase &again"))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Create"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))

    def _make(self) -> None:
        path, phrase = self.file.path(), self.first.text()
        wrong = ""
        if not self.person.text().strip() or path is None:
            wrong = self.tr("Give a name and a place for the file.")
        elif not path.absolute().parent.is_dir():
            wrong = self.tr("There is no folder {place}. Choose one that exists.").format(place=path.parent)
        elif len(phrase) < _SHORTEST:
            wrong = self.tr("The passphrase is too short: at least {n} characters.").format(n=_SHORTEST)
        elif phrase != self.second.text():
            wrong = self.tr("The two passphrases differ. Type them again.")
        if wrong or path is None:
            self.notice.warn(lambda: wrong)
            return
        from app import identity

        try:
            person = identity.create(self.person.text().strip(), self._role, path, phrase)
        except Refused as refusal:
            self.notice.tell(refusal)
            return
        self.made.emit(person)
        self.accept()
