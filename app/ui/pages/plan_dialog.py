"""A dialog with every item of the list, for whoever is to sign it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.domain.fate import Fate
from app.domain.fault import Refused
from app.ui import words
from app.ui.models.items import Items, Listed
from app.ui.widgets.notice import Notice
from app.ui.widgets.plain import Hint
from app.ui.widgets.sheet import plain_table

_DEBOUNCE_MS: Final = 150


class PlanDialog(QDialog):
    """The list as it is signed: searched and narrowed, never changed."""

    def __init__(self, items: Listed, digest: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("The list, item by item"))
        self.items = Items(items, self)
        self.search, self.only, self.tally = QLineEdit(), QComboBox(), QLabel()
        self.notice = Notice()
        self.table = plain_table(self.items)
        self.table.setSortingEnabled(False)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAccessibleName(self.tr("Items of the list"))
        self._lay_out(digest)
        self._timer = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._timer.timeout.connect(self.seek)
        # Goes through the rest in portions while the window paints, so that a search ends by itself.
        self._reading = QTimer(self, interval=0)
        self._reading.timeout.connect(self._read_on)
        self.search.textChanged.connect(lambda _: self._timer.start())
        self.only.currentIndexChanged.connect(lambda _: self.seek())
        self.seek()

    def _lay_out(self, digest: str) -> None:
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Search…"))
        self.search.setAccessibleName(self.tr("Search in the list"))
        self.only.addItem(self.tr("all fates"), None)
        for fate in Fate:
            self.only.addItem(words.say(fate), fate)
        self.only.setAccessibleName(self.tr("Show only this fate"))
        self.only.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        about = Hint()
        about.setText(
            self.tr("In the order of signing; its digest is {digest}.").format(
                digest=words.digest_groups(digest)
            )
        )
        tools = QHBoxLayout()
        tools.addWidget(self.search, 1)
        tools.addWidget(self.only)
        tools.addWidget(self.tally)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(self.tr("Close"))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self.notice, about):
            column.addWidget(part)
        column.addLayout(tools)
        column.addWidget(self.table, 1)
        column.addWidget(buttons)
        metrics = self.fontMetrics()
        room = self.screen().availableSize()
        self.resize(
            min(metrics.horizontalAdvance("0") * 132, room.width() * 9 // 10),
            min(metrics.height() * 34, room.height() * 9 // 10),
        )

    def seek(self) -> None:
        """Search now, from the beginning of the list."""
        self._try(lambda: self.items.seek(self.search.text(), self.only.currentData()))
        self._reading.start()

    def _read_on(self) -> None:
        """Read on while fewer rows are shown than fit; what is below is read when one scrolls to it."""
        bar = self.table.verticalScrollBar()
        enough = bar.maximum() - bar.value() > self.table.height() // self.fontMetrics().height()
        if self.items.whole or enough:
            self._reading.stop()
        else:
            self._try(lambda: self.items.fetchMore(self.table.rootIndex()))
        self._count()

    def _try(self, read: Callable[[], None]) -> None:
        try:
            read()
        except Refused as refusal:
            self._reading.stop()
            self.notice.tell(refusal)
        self._count()

    def _count(self) -> None:
        shown, every = self.items.rowCount(), self.items.every
        if self.items.whole:
            text = self.tr("{shown} of {all}") if shown != every else self.tr("Rows: {all}")
        else:
            text = self.tr("{shown} so far, of {all}")
        self.tally.setText(text.format(shown=words.count(shown), all=words.count(every)))
