"""A list of places: on disk, added or dropped from the file manager, and others that a dialog asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from app.ui.widgets import choosing
from app.ui.widgets.plain import Button
from app.ui.widgets.spoken import Spoken


class _Drop(QListWidget):
    """A list that takes what is dropped from the file manager."""

    dropped = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setTabKeyNavigation(False)

    @override
    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    @override
    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    @override
    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)


@dataclass(frozen=True, slots=True)
class Other:
    """What is no path: how the list shows it, and what it is."""

    text: str
    thing: object


Entry = Path | Other


class Places(Spoken, QWidget):
    """Paths in a list, and others. `folders`, `files` and `others` say what it lets the officer add.

    Signals:
        changed: the officer added or removed something.
        wanted: the officer wants to add another than a path.
        looked_at: the officer wants the details of the entry in this row.
    """

    changed = Signal()
    wanted = Signal()
    looked_at = Signal(int)

    def __init__(
        self, *, folders: bool, files: bool, others: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.list = _Drop()
        self.list.setMinimumHeight(self.fontMetrics().height() * 4)
        self.add_folder, self.add_file, self.remove = Button(), Button(), Button()
        self.add_other, self.details = Button(), Button()
        self.add_folder.setVisible(folders)
        self.add_file.setVisible(files)
        self.add_other.setVisible(others)
        self.details.setVisible(others)
        row = QHBoxLayout()
        for button in self._buttons():
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.setFocusProxy(self.list)
        self.add_folder.clicked.connect(self._choose_folder)
        self.add_file.clicked.connect(self._choose_files)
        self.add_other.clicked.connect(self.wanted)
        self.details.clicked.connect(self._look_at)
        self.list.itemActivated.connect(self._look_at)
        self.remove.clicked.connect(self._remove_chosen)
        self.list.dropped.connect(self.add)
        self.retranslate()

    def _buttons(self) -> tuple[Button, ...]:
        return self.add_folder, self.add_file, self.add_other, self.details, self.remove

    def entries(self) -> list[Entry]:
        """All that is in the list, in order."""
        return [self.list.item(at).data(Qt.ItemDataRole.UserRole) for at in range(self.list.count())]

    def paths(self) -> list[Path]:
        """The places on disk, in order."""
        return [one for one in self.entries() if isinstance(one, Path)]

    def set_paths(self, paths: Sequence[Path]) -> None:
        """Show these places, without saying that anything changed."""
        self.set_entries(paths)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Show these, without saying that anything changed; the same row stays chosen."""
        at = self.list.currentRow()
        self.list.clear()
        for one in entries:
            self._append(one)
        if 0 <= at < len(entries):
            self.list.setCurrentRow(at)

    def name_others(self, text: str, details: str, spoken: str) -> None:
        """Put in words what can be added besides paths, and where its details are seen."""
        self.add_other.setText(text)
        self.add_other.setAccessibleName(spoken)
        self.details.setText(details)
        self.details.setAccessibleName(details)

    def add(self, paths: Sequence[Path]) -> None:
        """Add places that are not in the list yet."""
        known = set(self.paths())
        fresh = [path for path in paths if path not in known]
        for path in fresh:
            self._append(path)
        if fresh:
            self.changed.emit()

    def lock(self, locked: bool) -> None:
        """Let nothing be changed, or let it again."""
        for button in (self.add_folder, self.add_file, self.add_other, self.remove):
            button.setEnabled(not locked)
        self.list.setAcceptDrops(not locked)

    def _append(self, entry: Entry) -> None:
        text = entry.text if isinstance(entry, Other) else str(entry)
        item = QListWidgetItem(text)
        item.setData(Qt.ItemDataRole.UserRole, entry)
        item.setToolTip(text)
        self.list.addItem(item)

    def _look_at(self) -> None:
        if self.details.isEnabled() and self.list.currentRow() >= 0:
            self.looked_at.emit(self.list.currentRow())

    @override
    def retranslate(self) -> None:
        for button, text in (
            (self.add_folder, self.tr("Add folder…")),
            (self.add_file, self.tr("Add file…")),
            (self.remove, self.tr("Remove")),
        ):
            button.setText(text)
            button.setAccessibleName(text)

    def _choose_folder(self) -> None:
        chosen = choosing.folder(self, self.tr("Choose a folder"), self._nearby())
        if chosen:
            self.add([chosen])

    def _choose_files(self) -> None:
        self.add(choosing.files_to_open(self, self.tr("Choose files"), self._nearby()))

    def _nearby(self) -> str:
        """Where a dialog begins: beside what was added last."""
        paths = self.paths()
        return str(paths[-1].parent if paths else Path.home())

    def _remove_chosen(self) -> None:
        chosen = self.list.selectedItems()
        for item in chosen:
            self.list.takeItem(self.list.row(item))
        if chosen:
            self.changed.emit()
