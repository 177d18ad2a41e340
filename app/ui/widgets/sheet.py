"""A table that can be searched: a line to search in, the count of what is shown, the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, TypeVar

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.ui.models.rows import Index, Rows, Table
from app.ui.widgets.plain import Hint
from app.ui.widgets.spoken import Spoken
from app.ui.words import count

T = TypeVar("T")
_DEBOUNCE_MS: Final = 60
_STYLE: Final = """
QTableView::item { padding: 0 0.3em; }
QHeaderView { background: palette(button); }
QHeaderView::section {
    padding: 0.25em 0.5em; border: none; border-bottom: 1px solid palette(mid);
    background: palette(button); color: palette(button-text);
}
"""


class Sheet(Spoken, QWidget, Generic[T]):
    """A searchable table over one model; `searched` gives the text of a row that is searched in."""

    def __init__(self, model: Rows[T], searched: Callable[[T], str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = model
        self._searched = searched
        self._also: Callable[[T], bool] | None = None
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.tally = QLabel()
        self.table = plain_table(model)
        self.tools = QHBoxLayout()
        self.tools.addWidget(self.search, 1)
        self.tools.addWidget(self.tally)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self.tools)
        column.addWidget(self.table, 1)
        self.detail = Hint()
        self.detail.hide()
        column.addWidget(self.detail)
        self._timer = QTimer(self, singleShot=True, interval=_DEBOUNCE_MS)
        self._timer.timeout.connect(self.apply)
        self.search.textChanged.connect(lambda _: self._timer.start())
        for signal in (model.modelReset, model.rowsInserted):
            signal.connect(self._count)
        for signal in (self.table.selectionModel().selectionChanged, model.modelReset, model.dataChanged):
            signal.connect(lambda *_: self._tell())
        self.retranslate()

    def chosen(self) -> list[T]:
        """The selected rows, in the order shown."""
        picked = self.table.selectionModel().selectedRows()
        return [self.model.row(index.row()) for index in sorted(picked, key=lambda one: one.row())]

    def narrow(self, also: Callable[[T], bool] | None) -> None:
        """Show only rows that are wanted, of those the search leaves."""
        self._also = also
        self.apply()

    def apply(self) -> None:
        """Search now."""
        sought, also, searched = self.search.text().strip().casefold(), self._also, self._searched
        if not sought:
            self.model.filter(also)
        elif also is None:
            self.model.filter(lambda row: sought in searched(row).casefold())
        else:
            self.model.filter(lambda row: also(row) and sought in searched(row).casefold())

    def name(self, text: str) -> None:
        """Name the table for a screen reader."""
        self.table.setAccessibleName(text)

    @override
    def retranslate(self) -> None:
        self.model.retranslate()
        self.search.setPlaceholderText(self.tr("Search…"))
        self.search.setAccessibleName(self.tr("Search in the table"))
        self._count()

    def _tell(self) -> None:
        """Say in full what the cells of the chosen row may have cut off."""
        chosen = self.chosen()
        lines = [
            f"{column.heading()}: {column.text(chosen[0])}"
            for column in self.model.columns
            if chosen and column.long and column.text(chosen[0])
        ]
        self.detail.setText("\n".join(lines))
        self.detail.setVisible(bool(lines))

    def _count(self) -> None:
        shown, every = self.model.rowCount(), len(self.model.all())
        text = self.tr("{shown} of {all}") if shown != every else self.tr("Rows: {all}")
        self.tally.setText(text.format(shown=count(shown), all=count(every)))


class _MiddleElided(QStyledItemDelegate):
    """Shortens a path in its middle, so that the file's own name stays."""

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideMiddle


def plain_table(model: Table[T]) -> QTableView:
    """Give a calm table over a model: whole rows, one height, widths that the reader may drag."""
    table = QTableView()
    table.setModel(model)
    table.setSortingEnabled(True)
    table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setStyleSheet(_STYLE)
    table.verticalHeader().hide()
    metrics = table.fontMetrics()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(metrics.height() * 8 // 5)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setStretchLastSection(True)
    middle = _MiddleElided(table)
    for place, column in enumerate(model.columns):
        if column.path:
            table.setItemDelegateForColumn(place, middle)
        table.setColumnWidth(place, metrics.horizontalAdvance("0") * (column.width + 2))
    table.setMinimumHeight(metrics.height() * 5)
    return table
