"""A field of a form: its label, the field, and a line of help below it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QGridLayout, QLabel, QSizePolicy, QWidget

from app.ui.widgets.plain import Hint


class Fields(QGridLayout):
    """Labels on the left, fields on the right, each with its hint; every label is its field's buddy."""

    def __init__(self) -> None:
        super().__init__()
        self.setColumnStretch(1, 1)
        self._lines: dict[QWidget, tuple[QLabel, Hint]] = {}

    def add(self, field: QWidget, buddy: QWidget | None = None) -> None:
        """Add a field at the end. `buddy` is the part of it that takes the focus."""
        label, hint = QLabel(), Hint()
        label.setBuddy(buddy or field)
        label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        at = len(self._lines) * 2
        # Beside a list the label stands at its top, and not between it and its buttons.
        top = isinstance(buddy, QAbstractItemView)
        self.addWidget(label, at, 0, Qt.AlignmentFlag.AlignTop if top else Qt.AlignmentFlag(0))
        self.addWidget(field, at, 1)
        self.addWidget(hint, at + 1, 1)
        hint.hide()
        self._lines[field] = (label, hint)

    def name(self, field: QWidget, label: str, hint: str = "") -> None:
        """Put a field's label and help in words; a screen reader hears both."""
        line, help_line = self._lines[field]
        line.setText(label)
        self.hint(field, hint)
        spoken = label.replace("&", "")
        target = line.buddy()
        target.setAccessibleName(spoken)
        target.setAccessibleDescription(hint)
        help_line.setAccessibleName(hint)

    def hint(self, field: QWidget, text: str) -> None:
        """Change the line of help below a field."""
        help_line = self._lines[field][1]
        help_line.setText(text)
        help_line.setVisible(bool(text))
        self._lines[field][0].buddy().setAccessibleDescription(text)

    def show_line(self, field: QWidget, *, shown: bool) -> None:
        """Show or hide a field with its label and its help."""
        label, help_line = self._lines[field]
        for part in (label, field):
            part.setVisible(shown)
        help_line.setVisible(shown and bool(help_line.text()))

    def hint_of(self, field: QWidget) -> str:
        """The line of help below a field."""
        return self._lines[field][1].text()
