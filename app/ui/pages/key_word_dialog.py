"""A dialog for what a named person says of a key file, because nobody can see it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLineEdit, QVBoxLayout, QWidget

from app.domain.conditions import ClearBefore, Escrow, KeyWord
from app.ui.widgets.day import DayEdit
from app.ui.widgets.field import Fields
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Hint, choose


class KeyWordDialog(QDialog):
    """Asks for the conditions of a key's destruction that rest on a person's word.

    Signals:
        given: the answers.
    """

    given = Signal(object)

    def __init__(self, word: KeyWord, *, locked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("What is said of this key"))
        self.notice, about, self.fields = Notice(), Hint(), Fields()
        about.setText(
            self.tr(
                "Lethe can't see these from here, and no verdict gets better by them. "
                "The certificate prints them in this person's name."
            )
        )
        self.by, self.clear, self.escrow, self.until = QLineEdit(), QComboBox(), QComboBox(), DayEdit()
        self.fields.add(self.clear)
        self.fields.add(self.escrow)
        self.fields.add(self.until, self.until.line)
        self.fields.add(self.by)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._name()
        self.by.setText(word.by)
        choose(self.clear, word.clear_before)
        choose(self.escrow, word.escrow)
        self.until.set_day(word.secret_until)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setEnabled(not locked)
        self.buttons.accepted.connect(self._give)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.notice, about):
            column.addWidget(part)
        column.addLayout(self.fields)
        column.addWidget(self.buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 72)
        self.setMinimumHeight(column.totalHeightForWidth(self.minimumWidth()))

    def _give(self) -> None:
        by = self.by.text().strip()
        word = KeyWord(by, self.clear.currentData(), self.escrow.currentData(), self.until.day())
        if not self.until.valid:
            self.notice.warn(lambda: self.tr("Give the day as 2046-12-31, or leave it empty."))
        elif (word == KeyWord(by)) == bool(by):
            self.notice.warn(lambda: self.tr("An answer and the name of who gives it go together."))
        else:
            self.given.emit(word)
            self.accept()

    def _name(self) -> None:
        for box, told in (
            (
                self.clear,
                {
                    ClearBefore.UNKNOWN: self.tr("not known"),
                    ClearBefore.NO: self.tr("no, it was encrypted from the first day"),
                    ClearBefore.YES: self.tr("yes, it once lay in clear"),
                },
            ),
            (
                self.escrow,
                {
                    Escrow.UNKNOWN: self.tr("not known"),
                    Escrow.NONE: self.tr("there never was one"),
                    Escrow.DESTROYED: self.tr("there was one; it is destroyed"),
                    Escrow.STANDS: self.tr("yes, it still stands"),
                },
            ),
        ):
            for member, text in told.items():
                box.addItem(text, member)
        name = self.fields.name
        name(self.clear, self.tr("Was the data ever unen&crypted?"))
        name(
            self.escrow,
            self.tr("Can someone &give the key back?"),
            self.tr("A directory, a cloud account, recovery words on paper, a backup of the key."),
        )
        name(self.until, self.tr("&Must stay closed until"), self.tr("How long what it encrypts is of use."))
        name(self.by, self.tr("Who &says so"))
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("OK"))
        self.buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
