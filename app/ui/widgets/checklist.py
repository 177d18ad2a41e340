"""The checks of a verdict, one a row: its sign and word, what was checked, what was seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget
from typing_extensions import override

from app.ui import words
from app.ui.checking import Line, Mark
from app.ui.widgets.spoken import Spoken
from app.ui.widgets.verdict import Sign, sign_icon

_DIGEST: Final = re.compile(r"[0-9a-f]{24,}")
_GROUP: Final = 8
_SIGNS: Final = {Mark.HOLDS: Sign.TICK, Mark.FAILS: Sign.CROSS, Mark.UNSEEN: Sign.UNSEEN}


class CheckList(Spoken, QTableWidget):
    """Rows that wrap; what fails stands first, what was not looked at last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 3, parent)
        self._lines: tuple[Line, ...] = ()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(True)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.setMinimumHeight(self.fontMetrics().height() * 5)

    def show_lines(self, lines: Sequence[Line]) -> None:
        """Show these checks."""
        order = {Mark.FAILS: 0, Mark.HOLDS: 1, Mark.UNSEEN: 2}
        self._lines = tuple(sorted(lines, key=lambda line: order[line.mark]))
        self.retranslate()
        self.scrollToTop()

    @override
    def retranslate(self) -> None:
        self.setHorizontalHeaderLabels([self.tr("Result"), self.tr("Check"), self.tr("Seen")])
        language = words.language()
        self.setRowCount(len(self._lines))
        side = self.fontMetrics().height()
        icons = {
            mark: sign_icon(sign, side, self.palette(), self.devicePixelRatio())
            for mark, sign in _SIGNS.items()
        }
        for row, line in enumerate(self._lines):
            told = (mark_word(line.mark), line.name(language), line.seen(language))
            for column, text in enumerate(told):
                item = QTableWidgetItem(_DIGEST.sub(_breakable, text))
                item.setToolTip(text)
                if not column:
                    item.setIcon(icons[line.mark])
                    item.setData(Qt.ItemDataRole.AccessibleTextRole, ": ".join(told[:2]))
                self.setItem(row, column, item)
        self._share()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share()

    def _share(self) -> None:
        """Give the word its room, and halve the rest."""
        widest = max(self.fontMetrics().horizontalAdvance(mark_word(mark)) for mark in Mark)
        first = widest + self.fontMetrics().height() * 5 // 2
        self.setColumnWidth(0, first)
        self.setColumnWidth(1, (self.viewport().width() - first) * 9 // 20)


def _breakable(digest: re.Match[str]) -> str:
    """Let a line end between groups of a digest; what may end there takes no room."""
    whole = digest[0]
    return "\u200b".join(whole[at : at + _GROUP] for at in range(0, len(whole), _GROUP))


def mark_word(mark: Mark) -> str:
    """Put the result of one check in a word or two."""
    return {
        Mark.HOLDS: words.translate("CheckList", "holds"),
        Mark.FAILS: words.translate("CheckList", "DOES NOT HOLD"),
        Mark.UNSEEN: words.translate("CheckList", "not looked at"),
    }[mark]
