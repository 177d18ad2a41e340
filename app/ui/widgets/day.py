"""A day that may be left empty, typed as 2026-08-01 or picked from a calendar."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate, QPoint, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCalendarWidget, QHBoxLayout, QLineEdit, QStyle, QToolButton, QWidget
from typing_extensions import override

from app.ui.widgets.spoken import Spoken


class DayEdit(Spoken, QWidget):
    """A line for a day, and a button that opens a calendar.

    Signals:
        changed: the text changed.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit()
        self.line.setMaxLength(10)
        self.line.setPlaceholderText("2026-08-01")
        self.line.textChanged.connect(self.changed)
        self.pick = QToolButton()
        self.pick.setIcon(self._icon())
        self.pick.clicked.connect(self._open)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(self.pick)
        self.setFocusProxy(self.line)
        self.retranslate()

    @property
    def valid(self) -> bool:
        """Whether it is empty or a day."""
        return not self.line.text().strip() or self.day() is not None

    def day(self) -> date | None:
        """The day, None where it is empty or not a day."""
        try:
            return date.fromisoformat(self.line.text().strip())
        except ValueError:
            return None

    def set_day(self, day: date | None) -> None:
        """Show a day."""
        self.line.setText(day.isoformat() if day else "")

    @override
    def retranslate(self) -> None:
        self.pick.setToolTip(self.tr("Pick from a calendar"))
        self.pick.setAccessibleName(self.tr("Pick from a calendar"))

    def _icon(self) -> QIcon:
        return self.style().standardIcon(QStyle.StandardPixmap.SP_FileDialogDetailedView)

    def _open(self) -> None:
        calendar = QCalendarWidget(self)
        calendar.setWindowFlags(Qt.WindowType.Popup)
        calendar.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        calendar.setAccessibleName(self.tr("Calendar"))
        now = self.day() or date.today()
        calendar.setSelectedDate(QDate(now.year, now.month, now.day))
        calendar.activated.connect(self._picked)
        calendar.clicked.connect(self._picked)
        calendar.move(self.mapToGlobal(QPoint(0, self.height())))
        calendar.show()
        calendar.setFocus()

    def _picked(self, day: QDate) -> None:
        self.set_day(date(day.year(), day.month(), day.day()))
        sender = self.sender()
        if isinstance(sender, QWidget):
            sender.close()
