"""The passphrase of one key file, kept in memory until the case is closed."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget
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
        self.label.setText(self.tr("&Passphrase of the chosen key:"))
        self.line.setAccessibleName(self.tr("Passphrase of the chosen key"))
        self.line.setPlaceholderText(self.tr("If it has one. Kept in memory only."))
