"""What may be used for reading: a list of passwords, and the reading of pictures."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget
from typing_extensions import override

from app.domain.case import LookTerms
from app.ui.widgets.field import Fields
from app.ui.widgets.filebox import PathBox, Wants
from app.ui.widgets.spoken import Spoken


class MeansBox(Spoken, QWidget):
    """A line for the list and a tick for pictures. The passwords are held in memory only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = PathBox(Wants.FILE, "TXT (*.txt *.csv *.lst)")
        self.see = QCheckBox()
        self._can_see = find_spec("rapidocr_onnxruntime") is not None
        self.see.setEnabled(self._can_see)
        self.fields = Fields()
        self.fields.add(self.list, self.list.line)
        self.fields.add(self.see)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.fields)
        column.addStretch(1)
        self.retranslate()

    def path(self) -> Path | None:
        """The list of passwords, None where none is named."""
        return self.list.path()

    def pictures(self) -> bool:
        """Whether pictures are to be read."""
        return self.see.isChecked()

    def show_terms(self, terms: LookTerms) -> None:
        """Show what the case declares; what was typed stays."""
        if terms.passwords is not None and self.list.path() is None:
            self.list.set_path(terms.passwords)
        if terms.pictures:
            self.see.setChecked(True)

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        self.list.setEnabled(not locked)
        self.see.setEnabled(not locked and self._can_see)

    @override
    def retranslate(self) -> None:
        self.fields.name(
            self.list,
            self.tr("&Password list"),
            self.tr(
                "One a line, tried on locked documents and archives. Held in memory only, never written."
            ),
        )
        self.see.setText(self.tr("Read the te&xt in pictures and scanned pages"))
        self.fields.name(
            self.see,
            self.tr("Pictures"),
            self.tr("Takes a second to half a minute for each picture, and a gigabyte of memory.")
            if self._can_see
            else self.tr("Needs an addition: pip install lethe[ocr]. Without it pictures are not looked at."),
        )
