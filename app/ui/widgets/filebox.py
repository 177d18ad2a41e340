"""A path of a file or folder: typed, or chosen in the system's own dialog."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget
from typing_extensions import override

from app.ui.widgets import choosing
from app.ui.widgets.plain import Button
from app.ui.widgets.spoken import Spoken


class Wants(Enum):
    """What a path box asks for."""

    FILE = "file"
    FOLDER = "folder"


class PathBox(Spoken, QWidget):
    """A line for a path and a button that opens a dialog.

    Signals:
        changed: the path changed.
        chosen: a path was chosen in the dialog.
    """

    changed = Signal()
    chosen = Signal()

    def __init__(self, wants: Wants, pattern: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wants, self._pattern = wants, pattern
        self.line = QLineEdit()
        self.line.textChanged.connect(self.changed)
        self.browse = Button()
        self.browse.clicked.connect(self._browse)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.setFocusProxy(self.line)
        self.retranslate()

    def path(self) -> Path | None:
        """The path as typed, None where it is empty."""
        text = self.line.text().strip()
        return Path(text).expanduser() if text else None

    def set_path(self, path: Path | None) -> None:
        """Show a path."""
        self.line.setText(str(path) if path else "")

    @override
    def retranslate(self) -> None:
        self.browse.setText(self.tr("Browse…"))
        self.browse.setAccessibleName(self.tr("Browse…"))

    def _browse(self) -> None:
        start = str(self.path() or Path.home())
        if self._wants is Wants.FOLDER:
            chosen = choosing.folder(self, self.tr("Choose a folder"), start)
        else:
            chosen = choosing.file_to_open(self, self.tr("Choose a file"), start, self._pattern)
        if chosen:
            self.set_path(chosen)
            self.chosen.emit()


class KeyBox(Spoken, QWidget):
    """A key file and its passphrase on one line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.file = PathBox(Wants.FILE, "PKCS#12 (*.p12 *.pfx)")
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.passphrase.setInputMethodHints(Qt.InputMethodHint.ImhHiddenText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.file, 3)
        row.addWidget(self.passphrase, 2)
        self.setFocusProxy(self.file)
        self.retranslate()

    @override
    def retranslate(self) -> None:
        self.passphrase.setPlaceholderText(self.tr("Passphrase"))
        self.passphrase.setAccessibleName(self.tr("Passphrase"))
