"""The items of a plan in a table that is filled as one scrolls: a plan may be longer than memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final, Protocol

from PySide6.QtCore import QModelIndex, QObject
from typing_extensions import override

from app.domain.fate import Fate
from app.domain.plan import PlanItem
from app.ui import words
from app.ui.models.rows import Column, Index, Table
from app.ui.words import translate

_PORTION: Final = 200
_PATIENCE: Final = 0.04
"""Seconds that one portion may take: the window must go on painting."""


def name_of(item: PlanItem) -> str:
    """The path of an item below its location; the whole path of what lies elsewhere."""
    rest = item.path.removeprefix(item.location).lstrip("/\\") if item.location else ""
    return (rest or item.path).encode("utf-8", "replace").decode()


_COLUMNS: Final[tuple[Column[PlanItem], ...]] = (
    Column(lambda: translate("Entries", "Item"), name_of, path=True, width=32),
    Column(lambda: translate("Entries", "Is a"), lambda item: words.say(item.subject), width=6),
    Column(lambda: translate("Entries", "Fate"), lambda item: words.say(item.fate), width=12),
    Column(lambda: translate("Items", "Ground"), lambda item: words.say(item.ground), width=17),
    Column(lambda: translate("Items", "Law"), lambda item: words.law(item.law), width=14),
    Column(lambda: translate("Items", "Tier"), lambda item: words.say(item.tier), width=7),
    Column(
        lambda: translate("Copies", "Size"),
        lambda item: words.size(item.stamp.size),
        number=True,
        width=9,
    ),
)


class Listed(Protocol):
    """Items that know how many they are, wherever they are kept."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[PlanItem]: ...


class Items(Table[PlanItem]):
    """The items in the order they are signed in, those that are wanted, read a portion at a time."""

    def __init__(self, items: Listed, parent: QObject | None = None) -> None:
        super().__init__(_COLUMNS, parent)
        self._items = items
        self._left: Iterator[PlanItem] = iter(items)
        self._looked = 0
        self._sought, self._fate = "", None

    _fate: Fate | None

    @property
    def whole(self) -> bool:
        """Whether the list was read to its end."""
        return self._looked >= len(self._items)

    @property
    def every(self) -> int:
        """How many items the list has."""
        return len(self._items)

    def seek(self, text: str, fate: Fate | None) -> None:
        """Show only items that have `text` in their path or category, and this fate."""
        self.beginResetModel()
        self._sought, self._fate = text.strip().casefold(), fate
        self._shown, self._left, self._looked = [], iter(self._items), 0
        self.endResetModel()
        self.fetchMore(QModelIndex())

    @override
    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self.whole

    @override
    def fetchMore(self, parent: Index) -> None:
        found = self._portion()
        if found:
            first = len(self._shown)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._shown.extend(found)
            self.endInsertRows()

    def _portion(self) -> list[PlanItem]:
        until, found = time.monotonic() + _PATIENCE, []
        for item in self._left:
            self._looked += 1
            if self._wanted(item):
                found.append(item)
            if len(found) == _PORTION or time.monotonic() > until:
                break
        return found

    def _wanted(self, item: PlanItem) -> bool:
        if self._fate is not None and item.fate is not self._fate:
            return False
        sought = self._sought
        return not sought or sought in f"{item.path} {words.category(item.category)}".casefold()
