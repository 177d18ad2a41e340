"""Columns: a head that says nothing is mended by its sample, and every sighting knows its row."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.fault import Fault, Refused
from app.steps.locate.databases.columns import Search, heads, look_at_columns
from app.steps.locate.engine import best_engine
from app.system.databases.address import Make, address_of, is_address
from app.system.databases.rows import bound, cell_bytes, digest, key_bytes, key_values
from app.system.databases.tables import Table

SEARCH = Search(best_engine(), date(2026, 11, 22))
GOOD = "11010519491231002X"
MISTYPED = "110105194912310021"


def test_a_mistyped_number_counts_in_a_column_of_numbers() -> None:
    rows = [(GOOD, "x")] * 9 + [(MISTYPED, "y")]
    titles = heads(("c7", "z"), rows, SEARCH)
    assert titles[0] != "c7"
    assert titles[1] == "z"
    (first, _) = look_at_columns(("c7", "z"), titles, rows, SEARCH)
    assert {row for row, one in first.sightings if one.value == MISTYPED} == {9}


def test_a_sighting_knows_its_row_whatever_stands_in_the_cells() -> None:
    cells = [
        "",
        "多行\n文本\n" + GOOD,
        None,
        "１３８１２３４５６７８",
        13812345679,
        b"\xff\xfe",
        "a@b.example.cn",
    ]
    (seen,) = look_at_columns(("手机",), ("手机",), [(cell,) for cell in cells], SEARCH)
    found = {(row, one.value) for row, one in seen.sightings}
    assert {(1, GOOD), (3, "13812345678"), (4, "13812345679"), (6, "a@b.example.cn")} <= found


def test_no_two_values_are_alike() -> None:
    import datetime as dt
    from decimal import Decimal
    from uuid import UUID

    values = [
        None,
        "",
        "None",
        0,
        1,
        True,
        False,
        "1",
        1.0,
        b"1",
        Decimal(1),
        Decimal("1.0"),
        "i1",
        [1],
        {"a": 1},
    ]
    values += [
        dt.date(2026, 1, 1),
        "2026-01-01",
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.time(1),
        UUID(int=1),
        dt.timedelta(1),
    ]
    assert len({cell_bytes(value) for value in values}) == len(values)
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    keys = [v for v in values if not isinstance(v, (list, dict)) and v is not None]
    for value in keys:
        (back,) = key_values(key_bytes((value,)))
        assert (type(back), back) == (type(value), value)
    assert key_values(key_bytes((memoryview(b"x"), "客户"))) == (b"x", "客户")


def test_a_row_is_bound_by_key_and_every_cell() -> None:
    table = Table("", "t", ("id", "a"), ("INT", "TEXT"), ("id",))
    one = bound(table, (1, 1, "a"))
    assert one[0] == bound(table, (1, 1, "b"))[0]
    assert one != bound(table, (1, 1, "b"))


@pytest.mark.parametrize(
    ("text", "make", "plain"),
    [
        ("postgresql://u@h:5432/客户库", Make.POSTGRESQL, "postgresql://u@h:5432/客户库"),
        ("postgresql+psycopg://u@h/crm?sslmode=require", Make.POSTGRESQL, "postgresql://u@h/crm"),
        ("mariadb://u@h/crm", Make.MYSQL, "mysql://u@h/crm"),
        ("mssql://u@h/crm?driver=ODBC+Driver+18", Make.MSSQL, "mssql://u@h/crm"),
        ("oracle://u@[::1]:1521/x", Make.ORACLE, "oracle://u@[::1]:1521/x"),
    ],
)
def test_addresses(text: str, make: Make, plain: str) -> None:
    told = address_of(text)
    assert (told.make, told.plain) == (make, plain)
    assert is_address(text)


@pytest.mark.parametrize(
    "text", ["", "crm.db", "/a/b", "C:\\crm.db", "http://h/x", "postgresql:/h/x", "sqlite://"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(Refused) as caught:
        address_of(text)
    assert caught.value.fault is Fault.DATABASE_ADDRESS
