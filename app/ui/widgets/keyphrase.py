"""What a chosen key file or backup is, and its passphrase, kept in memory until the case is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRegularExpression, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget
from typing_extensions import override

from app.ui.desk import Desk
from app.ui.widgets.spoken import Spoken

_HAS_PIM: Final = "veracrypt"
"""The kind of key that a number beside the passphrase may be needed for."""
_PIM: Final = "\nPIM="
"""A line after the passphrase, as the kind takes it; no passphrase of a volume has a second line."""


class KeyPhrase(Spoken, QWidget):
    """A line for the passphrase of the key file that is chosen beside it, and for a volume its PIM."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._path: Path | None = None
        self.label, self.line = QLabel(), QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.label.setBuddy(self.line)
        self.pim_label, self.pim = QLabel(), QLineEdit()
        self.pim.setValidator(QRegularExpressionValidator(QRegularExpression(r"[1-9]\d{0,6}"), self.pim))
        self.pim.setFixedWidth(self.fontMetrics().horizontalAdvance("0") * 9)
        self.pim_label.setBuddy(self.pim)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label)
        row.addWidget(self.line, 1)
        row.addWidget(self.pim_label)
        row.addWidget(self.pim)
        self.line.textEdited.connect(self._keep)
        self.pim.textEdited.connect(self._keep)
        self.show_key(None)
        self.retranslate()

    def show_key(self, path: Path | None, kind: str = "") -> None:
        """Ask for the passphrase of this key file; None when none is chosen."""
        self._path = path
        for part in (self.pim_label, self.pim):
            part.setVisible(kind == _HAS_PIM)
        word, _, pim = self._desk.passphrases.get(path or Path(), "").partition(_PIM)
        self.line.setEnabled(path is not None)
        self.line.setText(word)
        self.pim.setText(pim)
        if path is not None and pim and kind != _HAS_PIM:
            # It was taken for a volume before it was corrected.
            self._desk.passphrases[path] = word
        self._mind_pim()

    def _keep(self) -> None:
        self._mind_pim()
        if self._path is not None:
            pim = self.pim.text() if self.pim.isEnabled() else ""
            self._desk.passphrases[self._path] = self.line.text() + (_PIM + pim if pim else "")

    def _mind_pim(self) -> None:
        # Alone it opens nothing, and it must not stand in the way of a passphrase in a variable.
        self.pim.setEnabled(self.line.isEnabled() and bool(self.line.text()) and not self.pim.isHidden())

    @override
    def retranslate(self) -> None:
        self.label.setText(self.tr("&Passphrase:"))
        self.line.setAccessibleName(self.tr("Passphrase of the chosen one"))
        self.line.setPlaceholderText(self.tr("If it has one. Kept in memory only."))
        self.pim_label.setText(self.tr("PI&M:"))
        self.pim.setAccessibleName(self.tr("PIM of the volume"))
        self.pim.setPlaceholderText(self.tr("if any"))
        about = self.tr(
            "The number that VeraCrypt asks for beside the passphrase. Empty, unless one was chosen when the "
            "volume was made. Type the passphrase first."
        )
        self.pim.setToolTip(about)
        self.pim.setAccessibleDescription(about)


class KindAndPhrase(Spoken, QWidget):
    """What the chosen key file or backup was taken for, which the officer may correct, and its passphrase.

    Signals:
        corrected: the officer chose another kind for the path that is shown.
    """

    corrected = Signal(str)

    def __init__(self, desk: Desk, say: Callable[[str], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self.label, self.kind = QLabel(), QComboBox()
        self.label.setBuddy(self.kind)
        self.kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kind.setMinimumContentsLength(14)
        self.phrase = KeyPhrase(desk)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label)
        row.addWidget(self.kind, 2)
        row.addWidget(self.phrase, 3)
        self.kind.activated.connect(lambda _: self.corrected.emit(self.kind.currentData()))
        self.retranslate()

    def offer(self, kinds: Sequence[str]) -> None:
        """Let the officer choose among these kinds."""
        for kind in kinds:
            self.kind.addItem(self._say(kind), kind)

    def show_path(self, path: Path | None, kind: str, *, locked: bool) -> None:
        """Show what a path was taken for; None when none is chosen, and no kind when it can't be another."""
        self.kind.setEnabled(bool(kind) and not locked)
        self.kind.setCurrentIndex(self.kind.findData(kind) if kind else -1)
        self.phrase.show_key(path, kind)

    @override
    def retranslate(self) -> None:
        self.label.setText(self.tr("K&ind:"))
        self.kind.setAccessibleName(self.tr("Kind of the chosen one"))
        for place in range(self.kind.count()):
            self.kind.setItemText(place, self._say(self.kind.itemData(place)))
