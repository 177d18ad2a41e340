"""The one table model: a list of frozen nouns, sorted and filtered in Python.

QSortFilterProxyModel asks a Python model for every cell it compares (6.8 million calls
for 200,000 rows, a minute); `list.sort` does the same in a tenth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer
from typing_extensions import override

T = TypeVar("T")
Index = QModelIndex | QPersistentModelIndex

ROW_ROLE: Final = int(Qt.ItemDataRole.UserRole)
_FLUSH_MS: Final = 100
_RIGHT: Final = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT: Final = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """One column: its heading, the text of a cell, what it is sorted by (its text where None)."""

    heading: Callable[[], str]
    text: Callable[[T], str]
    rank: Callable[[T], Any] | None = None
    number: bool = False
    path: bool = False
    """Shortened in its middle where it does not fit; other texts are shortened at their end."""
    long: bool = False
    """Often longer than its cell: said in full below the table for the row that is chosen."""
    width: int = 12
    """In characters, at first."""


class Table(QAbstractTableModel, Generic[T]):
    """A table over a list of nouns: what is shown of each stands in its columns."""

    def __init__(self, columns: Sequence[Column[T]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._shown: list[T] = []

    def row(self, place: int) -> T:
        """The noun shown at a place."""
        return self._shown[place]

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return column.text(self._shown[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.number else _LEFT
        return self._shown[index.row()] if role == ROW_ROLE else None

    @override
    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].heading()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if self.columns[section].number else _LEFT
        return None


class Rows(Table[T]):
    """A table over a list of nouns that each have a name of their own."""

    def __init__(
        self, columns: Sequence[Column[T]], name: Callable[[T], str], parent: QObject | None = None
    ) -> None:
        super().__init__(columns, parent)
        self._name = name
        self._all: list[T] = []
        self._wanted: Callable[[T], bool] | None = None
        self._order: tuple[int, Qt.SortOrder] | None = None
        self._places: dict[str, int] | None = None
        self._waiting: list[T] = []
        self._timer = QTimer(self, singleShot=True, interval=_FLUSH_MS)
        self._timer.timeout.connect(self.flush)

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._order = (column, order) if column >= 0 else None
        if self._order is None:
            return
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        names = [self._name(self._shown[index.row()]) for index in held]
        self._sort_list(self._shown)
        self._places = None
        places = self._place_of()
        moved = [self.index(places[name], index.column()) for name, index in zip(names, held, strict=True)]
        self.changePersistentIndexList(held, moved)
        self.layoutChanged.emit()

    def all(self) -> Sequence[T]:
        """Every row, also those that are filtered out or still wait to be shown."""
        return (*self._all, *self._waiting) if self._waiting else self._all

    def set_rows(self, rows: Sequence[T]) -> None:
        """Show these rows in place of all others, keeping filter and order."""
        self._timer.stop()
        self._waiting.clear()
        self._all = list(rows)
        self._reset()

    def add(self, row: T) -> None:
        """Show one more row, soon: rows are appended in batches, in the order they came."""
        self._waiting.append(row)
        if not self._timer.isActive():
            self._timer.start()

    def flush(self) -> None:
        """Append what waits, at the end: an order chosen before holds again at the next click."""
        batch, self._waiting = self._waiting, []
        if not batch:
            return
        self._all.extend(batch)
        shown = batch if self._wanted is None else [row for row in batch if self._wanted(row)]
        if shown:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(shown) - 1)
            self._shown.extend(shown)
            self._places = None
            self.endInsertRows()

    def change(self, changed: dict[str, T]) -> None:
        """Put other nouns in the place of those with these names; unknown names are ignored."""
        self._all = [changed.get(self._name(row), row) for row in self._all]
        places = self._place_of()
        hit = sorted(places[name] for name in changed if name in places)
        for place in hit:
            self._shown[place] = changed[self._name(self._shown[place])]
        if hit:
            last = len(self.columns) - 1
            self.dataChanged.emit(self.index(hit[0], 0), self.index(hit[-1], last))

    def filter(self, wanted: Callable[[T], bool] | None) -> None:
        """Show only the rows that are wanted."""
        self._wanted = wanted
        self._reset()

    def retranslate(self) -> None:
        """Say every heading and every cell anew."""
        if self.columns:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self.columns) - 1))

    def _reset(self) -> None:
        self.beginResetModel()
        wanted = self._wanted
        self._shown = list(self._all) if wanted is None else [row for row in self._all if wanted(row)]
        self._sort_list(self._shown)
        self._places = None
        self.endResetModel()

    def _sort_list(self, rows: list[T]) -> None:
        if self._order is None:
            return
        column, order = self._order
        chosen = self.columns[column]
        rows.sort(key=chosen.rank or chosen.text, reverse=order is Qt.SortOrder.DescendingOrder)

    def _place_of(self) -> dict[str, int]:
        if self._places is None:
            self._places = {self._name(row): place for place, row in enumerate(self._shown)}
        return self._places
