"""The first key of the journal, shown to the witness and to nobody else, then gone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.ui import words
from app.ui.widgets.field import Fields
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Button, Hint, bold, scaled
from app.ui.widgets.qrcode import QrCode
from app.ui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrinter

    from app.journal import FirstKey

_ASKED: Final = 2
_COLUMNS: Final = 3


class FirstKeyDialog(Spoken, QDialog):
    """Accepted when the witness has typed two of the words from what they wrote down.

    Whatever its end, nothing of the key is left in it.
    """

    def __init__(self, first: FirstKey, case: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from app.journal import Tongue, first_key_qr, first_key_words

        self._words: Sequence[str] = first_key_words(first, Tongue(words.language().value))
        self._case = case
        self._asked: Sequence[int] = ()
        self._build()
        self._lay_out()
        self.code.show_text(first_key_qr(first))
        for label, word in zip(self.told, self._words, strict=True):
            label.setText(word)
        self.retranslate()
        self.finished.connect(self._forget)

    def _build(self) -> None:
        self.why, self.how, self.paper = QLabel(), QLabel(), Hint()
        self.code = QrCode()
        self.numbers = [QLabel(f"{place}.") for place in range(1, len(self._words) + 1)]
        self.told = [QLabel() for _ in self._words]
        large = bold(scaled(self.font(), 1.5))
        for label in self.told:
            label.setFont(large)
        for label in (self.why, self.how):
            label.setWordWrap(True)
        self.print, self.written = Button(), Button()
        self.back, self.confirm, self.cancel = Button(), Button(), Button()
        self.fields = Fields()
        self.typed = [QLineEdit() for _ in range(_ASKED)]
        for line in self.typed:
            self.fields.add(line)
            line.textEdited.connect(self._typed_in)
            line.returnPressed.connect(self._confirm)
        self.notice = Notice()
        self.print.clicked.connect(self._print)
        self.written.clicked.connect(self._ask)
        self.back.clicked.connect(self._show_again)
        self.confirm.clicked.connect(self._confirm)
        self.cancel.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        self.shown, self.asking = QWidget(), QWidget()
        self.stack = QStackedWidget()
        for page in (self.shown, self.asking):
            self.stack.addWidget(page)
        shown, asking = QVBoxLayout(self.shown), QVBoxLayout(self.asking)
        for inner in (shown, asking):
            inner.setContentsMargins(0, 0, 0, 0)
        both = QHBoxLayout()
        both.setSpacing(self.fontMetrics().height() * 2)
        both.addWidget(self.code)
        both.addLayout(self._grid(), 1)
        shown.addLayout(both)
        shown.addWidget(self.paper)
        shown.addStretch(1)
        asking.addWidget(self.how)
        asking.addLayout(self.fields)
        asking.addStretch(1)
        buttons = QHBoxLayout()
        for button in (self.print, self.back):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.cancel, self.written, self.confirm):
            buttons.addWidget(button)
        whole = QVBoxLayout(self)
        whole.setSpacing(self.fontMetrics().height())
        whole.addWidget(self.why)
        whole.addWidget(self.stack, 1)
        whole.addWidget(self.notice)
        whole.addLayout(buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 92)
        self._show_again()

    def _grid(self) -> QGridLayout:
        """The words with their numbers, in columns to be read downwards."""
        grid = QGridLayout()
        each = -(-len(self._words) // _COLUMNS)
        for place, (number, word) in enumerate(zip(self.numbers, self.told, strict=True)):
            row, column = place % each, place // each
            grid.addWidget(number, row, 2 * column, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(word, row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
        grid.setHorizontalSpacing(self.fontMetrics().horizontalAdvance("0"))
        return grid

    @property
    def asked(self) -> Sequence[int]:
        """The places of the words that are asked for, counted from 1."""
        return self._asked

    def _show_again(self) -> None:
        self.notice.clear()
        self.stack.setCurrentWidget(self.shown)
        self._show_buttons()
        self.written.setFocus()

    def _ask(self) -> None:
        """Hide the key and ask for two of its words, other ones each time."""
        places = range(1, len(self._words) + 1)
        self._asked = sorted(secrets.SystemRandom().sample(places, _ASKED))
        for line in self.typed:
            line.clear()
        self._name_asked()
        self.stack.setCurrentWidget(self.asking)
        self._show_buttons()
        self.typed[0].setFocus()

    def _show_buttons(self) -> None:
        showing = self.stack.currentWidget() is self.shown
        for button in (self.print, self.written):
            button.setVisible(showing)
        for button in (self.back, self.confirm):
            button.setVisible(not showing)
        self._typed_in()

    def _typed_in(self) -> None:
        self.confirm.setEnabled(all(line.text().strip() for line in self.typed))

    def _confirm(self) -> None:
        if not self.confirm.isEnabled():
            return
        given = [line.text().strip().lower() for line in self.typed]
        if given == [self._words[place - 1] for place in self._asked]:
            self.accept()
        else:
            self.notice.warn(
                lambda: self.tr("This is not what was shown. Compare your note with the key once more.")
            )

    def _print(self) -> None:
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        dialog = QPrintDialog(printer, self)
        if dialog.exec():
            self.print_on(printer)

    def print_on(self, printer: QPrinter) -> None:
        """Put the key on one sheet of paper: what it is for, the code, the words."""
        from app.ui.paper import print_key

        numbered = [f"{place}. {word}" for place, word in enumerate(self._words, 1)]
        title = self.tr("First key of the journal of case {case}").format(case=self._case)
        print_key(printer, title, self.why.text(), self.code, numbered)

    def _forget(self) -> None:
        """Drop every reference to the key. Python can't overwrite a string that was there."""
        self._words = ()
        self.code.show_text("")
        for label in self.told:
            label.clear()
        for line in self.typed:
            line.clear()
        self.deleteLater()

    @override
    def retranslate(self) -> None:
        self.setWindowTitle(self.tr("For the witness: the first key of the journal"))
        self.why.setText(
            self.tr(
                "The journal is sealed entry by entry. With this key you can later check that nobody rewrote "
                "it, not even the owner of this computer. Who holds it could also forge the seals: keep it "
                "yourself, out of the officer's sight. Once the list is signed, only you can have it."
            )
        )
        self.paper.setText(
            self.tr(
                "Write the words down in their order, or scan the code with a device of your own. "
                "A printer may keep what it prints."
            )
        )
        self.how.setText(self.tr("Type two of the words from your own note, so that it is sure to be right."))
        self.code.setAccessibleName(self.tr("QR code of the first key"))
        for number, word in zip(self.numbers, self.told, strict=True):
            number.setBuddy(word)
        for button, text in (
            (self.print, self.tr("&Print…")),
            (self.written, self.tr("I have &written it down")),
            (self.back, self.tr("Show it &again")),
            (self.confirm, self.tr("&Confirm")),
            (self.cancel, self.tr("Cancel")),
        ):
            button.setText(text)
            button.setAccessibleName(text.replace("&", ""))
        self._name_asked()

    def _name_asked(self) -> None:
        for line, place in zip(self.typed, self._asked, strict=False):
            self.fields.name(line, self.tr("Word {n}").format(n=place))
