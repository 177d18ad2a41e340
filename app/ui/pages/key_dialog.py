"""A dialog that tells of each key, before signing, what shredding will do to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from app.ui.models.foresight import foreseen
from app.ui.widgets.plain import Hint
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.flow.foresight import KeyForesight


class KeyDialog(QDialog):
    """The keys with what is foreseen; nothing can be changed here."""

    def __init__(self, told: Sequence[KeyForesight], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("What becomes of each key"))
        self.keys = foreseen()
        self.sheet: Sheet[KeyForesight] = Sheet(self.keys, lambda row: row.key.path)
        self.sheet.name(self.tr("Keys and what is foreseen"))
        self.keys.set_rows(told)
        about = Hint()
        about.setText(
            self.tr(
                "A key file is overwritten where it lies, read back, tried and removed; a store's key goes "
                "by its own calls. A verdict can turn out worse than foreseen. Choose a key to read its line."
            )
        )
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(self.sheet, 1)
        column.addWidget(buttons)
        metrics, room = self.fontMetrics(), self.screen().availableSize()
        self.resize(
            min(metrics.horizontalAdvance("0") * 132, room.width() * 9 // 10),
            min(metrics.height() * 28, room.height() * 9 // 10),
        )
        if told:
            self.sheet.table.selectRow(0)
