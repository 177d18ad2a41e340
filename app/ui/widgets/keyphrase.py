"""What a chosen key file or backup is, and its passphrase, kept in memory until the case is closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QWidget
from typing_extensions import override

from app.ui.desk import Desk


class KeyPhrase(QWidget):
    """A line for the passphrase of the key file that is chosen beside it."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._path: Path | None = None
        self.label, self.line = QLabel(), QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.label.setBuddy(self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.label)
        row.addWidget(self.line, 1)
        self.line.textEdited.connect(self._keep)
        self.show_key(None)
        self._retranslate()

    def show_key(self, path: Path | None) -> None:
        """Ask for the passphrase of this key file; None when none is chosen."""
        self._path = path
        self.line.setEnabled(path is not None)
        self.line.setText(self._desk.passphrases.get(path, "") if path else "")

    def _keep(self, text: str) -> None:
        if self._path is not None:
            self._desk.passphrases[self._path] = text

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self.label.setText(self.tr("&Passphrase:"))
        self.line.setAccessibleName(self.tr("Passphrase of the chosen one"))
        self.line.setPlaceholderText(self.tr("If it has one. Kept in memory only."))


class KindAndPhrase(QWidget):
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
        self._retranslate()

    def offer(self, kinds: Sequence[str]) -> None:
        """Let the officer choose among these kinds."""
        for kind in kinds:
            self.kind.addItem(self._say(kind), kind)

    def show_path(self, path: Path | None, kind: str, *, locked: bool) -> None:
        """Show what a path was taken for; None when none is chosen, and no kind when it can't be another."""
        self.kind.setEnabled(bool(kind) and not locked)
        self.kind.setCurrentIndex(self.kind.findData(kind) if kind else -1)
        self.phrase.show_key(path)

    @override
    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LanguageChange:
            self._retranslate()
        super().changeEvent(event)

    def _retranslate(self) -> None:
        self.label.setText(self.tr("K&ind:"))
        self.kind.setAccessibleName(self.tr("Kind of the chosen one"))
        for place in range(self.kind.count()):
            self.kind.setItemText(place, self._say(self.kind.itemData(place)))
