from __future__ import annotations

import random
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtWidgets import QTableView
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.ui.models.rows import ROW_ROLE, Column, Rows
from app.ui.widgets.sheet import Sheet, plain_table
from tests.in_time import computes_within

pytestmark = pytest.mark.usefixtures("qapp")


@dataclass(frozen=True, slots=True)
class Thing:
    name: str
    weight: int


def things(n: int) -> list[Thing]:
    dice = random.Random(7)
    return [Thing(f"/data/客户/{n:06d}.csv", dice.randrange(1_000_000)) for n in range(n)]


def table_of(rows: list[Thing]) -> Rows[Thing]:
    model: Rows[Thing] = Rows(
        (
            Column(lambda: "Name", lambda one: one.name),
            Column(lambda: "Weight", lambda one: f"{one.weight:,}", lambda one: one.weight, number=True),
        ),
        lambda one: one.name,
    )
    model.set_rows(rows)
    return model


def shown(model: Rows[Thing]) -> list[str]:
    return [model.index(at, 0).data() for at in range(model.rowCount())]


def test_it_is_a_correct_model(qtmodeltester: ModelTester) -> None:
    model = table_of(things(30))
    qtmodeltester.check(model)
    model.sort(1)
    model.filter(lambda one: one.weight > 500_000)
    for thing in things(50)[30:]:
        model.add(thing)
    model.flush()
    qtmodeltester.check(model)


def test_numbers_sort_as_numbers() -> None:
    model = table_of([Thing("a", 9), Thing("b", 10), Thing("c", 1000)])
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert shown(model) == ["c", "b", "a"]


def test_filter_and_order_outlive_new_rows() -> None:
    model = table_of([Thing("a", 3), Thing("b", 1), Thing("c", 2)])
    model.sort(1)
    model.filter(lambda one: one.weight < 3)
    assert shown(model) == ["b", "c"]
    model.add(Thing("d", 0))
    model.add(Thing("e", 9))
    model.flush()
    assert shown(model) == ["b", "c", "d"]
    model.filter(None)
    assert shown(model) == ["d", "b", "c", "a", "e"]


def test_a_selection_stays_on_its_rows_when_sorted(qtbot: QtBot) -> None:
    model = table_of(things(100))
    view = plain_table(model)
    qtbot.addWidget(view)
    wanted = model.row(42)
    view.selectRow(42)
    model.sort(1)
    chosen = view.selectionModel().selectedRows()
    assert [index.data(ROW_ROLE) for index in chosen] == [wanted]
    assert isinstance(view, QTableView)
    assert view.selectionModel().isSelected(chosen[0])
    view.selectionModel().select(chosen[0], QItemSelectionModel.SelectionFlag.Clear)


def test_changed_rows_are_shown_where_they_stand() -> None:
    model = table_of([Thing("a", 1), Thing("b", 2)])
    seen: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda top, bottom: seen.append((top.row(), bottom.row())))
    model.change({"b": Thing("b", 7), "nobody": Thing("nobody", 1)})
    assert model.index(1, 1).data() == "7"
    assert seen == [(1, 1)]
    assert [one.weight for one in model.all()] == [1, 7]


def test_added_rows_come_in_batches(qtbot: QtBot) -> None:
    model = table_of([])
    inserted: list[int] = []
    model.rowsInserted.connect(lambda _, first, last: inserted.append(last - first + 1))
    for thing in things(2000):
        model.add(thing)
    assert len(model.all()) == 2000
    qtbot.waitUntil(lambda: model.rowCount() == 2000)
    assert len(inserted) < 10


@pytest.mark.parametrize("column", [0, 1])
def test_200_000_rows_sort_filter_and_scroll_at_once(qtbot: QtBot, column: int) -> None:
    """The proxy model of Qt takes 48 s for the same sort."""
    model = table_of(things(200_000))
    sheet: Sheet[Thing] = Sheet(model, lambda one: one.name)
    qtbot.addWidget(sheet)
    sheet.resize(800, 600)
    with computes_within(4):
        sheet.show()
        sheet.grab()
        model.sort(column, Qt.SortOrder.DescendingOrder)
        sheet.search.setText("1234")
        sheet.apply()
        assert 0 < model.rowCount() < 2000
        sheet.search.clear()
        sheet.apply()
        sheet.table.scrollToBottom()
        sheet.grab()
    assert model.rowCount() == 200_000
