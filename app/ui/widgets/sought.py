"""Whom to look for besides: a list of customers, one person."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.ui import words
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.spoken import Spoken


class SoughtBox(Spoken, QWidget):
    """A line for the list and one for a person. What is read of the list is held in memory only.

    Signals:
        named: another list was named, whole.
    """

    named = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count: int | None = None
        self.list = PathBox(Wants.FILE, "CSV, Excel (*.csv *.txt *.tsv *.xlsx *.xls *.xlsb *.ods)")
        self.person = QLineEdit()
        self.person.setInputMethodHints(Qt.InputMethodHint.ImhSensitiveData)
        self.person.setMaxLength(200)
        self.fields = Fields()
        self.fields.add(self.list, self.list.line)
        self.fields.add(self.person)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.fields)
        column.addStretch(1)
        self.list.changed.connect(self._forget)
        self.list.chosen.connect(self.named)
        self.list.line.editingFinished.connect(self._finished)
        self.retranslate()

    def path(self) -> Path | None:
        """The list, None where none is named."""
        return self.list.path()

    def subject(self) -> str:
        """The person."""
        return self.person.text().strip()

    def tell(self, customers: int) -> None:
        """Say how many customers the list has."""
        self._count = customers
        self._hint()

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        for part in (self.list, self.person):
            part.setEnabled(not locked)

    def _forget(self) -> None:
        self._count = None
        self._hint()

    def _finished(self) -> None:
        if self.path() is not None and self._count is None:
            self.named.emit()

    def _hint(self) -> None:
        if self._count is None:
            text = self.tr("CSV or Excel with a row of heads. Held in memory only, never written.")
        else:
            text = self.tr("Customers in the list: {n}. Held in memory only, never written.").format(
                n=words.count(self._count)
            )
        self.fields.hint(self.list, text)

    @override
    def retranslate(self) -> None:
        self.fields.name(self.list, self.tr("Customer l&ist"))
        self.fields.name(
            self.person,
            self.tr("One &person"),
            self.tr("A name or a number: the records that hold it show 'person looked for'."),
        )
        self._hint()
