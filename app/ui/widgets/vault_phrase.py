"""The passphrase of a case's own vault: asked for when the case is made or opened, and kept in memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from app.ui.widgets.field import Fields
from app.ui.widgets.spoken import Spoken

if TYPE_CHECKING:
    from app.flow import Passphrase


class VaultPhrase(Spoken, QWidget):
    """Two lines, of which an old case shows one; hidden where the case asks for no passphrase."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._variable, self._new = "", False
        self.line, self.again = QLineEdit(), QLineEdit()
        self.fields = Fields()
        for line in (self.line, self.again):
            line.setEchoMode(QLineEdit.EchoMode.Password)
            line.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText)
            self.fields.add(line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.fields)
        self.hide()
        self.retranslate()

    def ask_for(self, variable: str, *, new: bool) -> None:
        """Ask for it, twice where it is `new`; an empty name asks for nothing."""
        self._variable, self._new = variable, new
        self.setVisible(bool(variable))
        self.retranslate()

    @property
    def wrong(self) -> str:
        """What must still be put right, in one sentence; empty when nothing."""
        typed = self.line.text()
        if not self._variable or (not typed and os.environ.get(self._variable)):
            return ""
        if not typed:
            return self.tr("Type the passphrase of the vault.")
        if self._new and typed != self.again.text():
            return self.tr("The two passphrases of the vault are not the same.")
        return ""

    def given(self) -> Passphrase:
        """What answers when the vault's passphrase is asked for: what was typed, else the environment."""
        typed = self.line.text()

        def answer(_: Path, variable: str) -> str:
            return typed or os.environ.get(variable, "")

        return answer

    def forget(self) -> None:
        """Empty the lines once the case is open."""
        self.line.clear()
        self.again.clear()

    @override
    def retranslate(self) -> None:
        self.fields.name(
            self.line,
            self.tr("&Vault passphrase"),
            self.tr("Opens the case's own vault together with the key above. Lost, the case is lost.")
            if self._new
            else self.tr("The one that was given when the case was begun."),
        )
        self.fields.name(self.again, self.tr("The same onc&e more"))
        self.fields.show_line(self.again, shown=self._new)
