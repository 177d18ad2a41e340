"""A dialog that asks why records must be kept."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QLabel, QLineEdit, QVBoxLayout, QWidget

from app.ui import words
from app.ui.widgets.field import Fields


class HoldDialog(QDialog):
    """Asks for the reason of a hold and its reference.

    Signals:
        given: reason id, reference.
    """

    given = Signal(str, str)

    def __init__(self, records: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from app.flow.case_file import HOLD_REASONS

        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Put on hold"))
        self.reason, self.reference = QComboBox(), QLineEdit()
        for name in HOLD_REASONS:
            self.reason.addItem(words.hold(name), name)
        about = QLabel(
            self.tr("Records chosen: {n}. They will be kept, whatever the rules say.").format(
                n=words.count(records)
            )
        )
        about.setWordWrap(True)
        fields = Fields()
        fields.add(self.reason)
        fields.add(self.reference)
        fields.name(self.reason, self.tr("&Reason"))
        fields.name(self.reference, self.tr("R&eference"), self.tr("A file number or a date, without names."))
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(self.tr("Put on hold"))
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(self.tr("Cancel"))
        buttons.accepted.connect(self._give)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addLayout(fields)
        column.addWidget(buttons)
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("0") * 64)

    def _give(self) -> None:
        self.given.emit(self.reason.currentData(), self.reference.text().strip())
        self.accept()
