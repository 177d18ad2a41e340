"""SQL Server and Oracle, which can't run here: the SQL by their own dialects, and their drivers' own errors."""

from __future__ import annotations

import socket
import sys
import threading

import pytest
import sqlalchemy

from app.domain.fault import Fault, Refused
from app.system.databases import opened
from app.system.databases.address import Make, address_of
from app.system.databases.opened import connected, failure_of
from app.system.databases.plain import Plain
from app.system.databases.rows import by_key, key_bytes, named, stream
from app.system.databases.snapshot import begin_looking
from app.system.databases.tables import Table, _table, _triggered

URLS = {Make.MSSQL: "mssql+pyodbc://", Make.ORACLE: "oracle+oracledb://"}
TABLE = Table("", 'KE"HU]:1', ("ID", "客户", "select"), ("INTEGER",) * 3, ("ID", "客户"))
NAMES = {
    Make.MSSQL: ('[KE"HU]]:1]', "[ID]", "[客户]", "[select]"),
    Make.ORACLE: ('"KE""HU]:1"', '"ID"', '"客户"', '"select"'),
}


@pytest.fixture(params=list(URLS), ids=lambda make: make.value)
def make(request):
    pytest.importorskip(
        {Make.MSSQL: "pyodbc", Make.ORACLE: "oracledb"}[request.param],
        reason="the driver is not installed, or pyodbc has no ODBC: apt-get install libodbc2",
        exc_type=ImportError,
    )
    return request.param


class Server:
    """What SQLAlchemy says to a server of a make, in that make's SQL; it answers with no rows."""

    def __init__(self, make):
        self.said, self.options = [], []
        engine = sqlalchemy.create_mock_engine(URLS[make], self._hear)
        self.connection, self.dialect = engine.connect(), engine.dialect

    def _hear(self, statement, *_args):
        self.said.append(str(statement.compile(dialect=self.dialect)).replace("\n", ""))
        self.options.append(statement.get_execution_options())
        return self

    def fetchmany(self, _count):
        return []

    def __iter__(self):
        return iter([])

    def close(self):
        return None


def test_every_name_is_quoted_as_the_server_wants_it(make):
    server = Server(make)
    table, *columns = NAMES[make]
    key = key_bytes((7, "张三"))
    assert list(stream(server.connection, TABLE)) == []
    assert by_key(server.connection, TABLE, [key], lock=True) == {}
    server.connection.execute(sqlalchemy.delete(TABLE.clause()).where(named(TABLE, [key])))
    for said in server.said:
        assert f"FROM {table}" in said
        assert "张三" not in said, "values go as parameters"
    read, again, gone = server.said
    assert all(name in read for name in columns)
    assert f"{columns[0]} = :" in again.replace(f"{table}.", "")
    assert again.endswith("FOR UPDATE") is (make is Make.ORACLE)  # SQL Server is asked for the whole table
    assert gone.startswith(f"DELETE FROM {table} WHERE")
    assert server.options[0]["stream_results"] is True
    assert server.options[0]["max_row_buffer"] == 1000


def test_a_look_is_read_only_where_there_is_a_word_for_it_and_a_table_is_locked(make):
    server = Server(make)
    begin_looking(server.connection, make)
    assert server.said == (["SET TRANSACTION READ ONLY"] if make is Make.ORACLE else [])
    server.said.clear()
    Plain(make).lock(server.connection, TABLE)
    words = {
        Make.ORACLE: f"LOCK TABLE {NAMES[make][0]} IN EXCLUSIVE MODE WAIT 10",
        Make.MSSQL: f"SELECT count(*) FROM {NAMES[make][0]} WITH (TABLOCKX, HOLDLOCK)",
    }
    assert server.said[-1] == words[make]
    list(_triggered(server.connection, make))
    assert "DELETE" in server.said[-1]


class Told:
    """What SQLAlchemy tells of a table whose names the server writes in capitals: in small letters."""

    def get_columns(self, _name, schema):
        assert schema is None
        return [
            {"name": name, "type": "NUMBER", "nullable": False} for name in ("id", "客户", "Mixed", "SELECT")
        ]

    def get_pk_constraint(self, _name, schema):
        assert schema is None
        return {"constrained_columns": ["id"]}

    def get_foreign_keys(self, _name, schema):
        assert schema is None
        one = {"constrained_columns": ["id"], "referred_schema": None, "referred_table": "kehu"}
        return [{**one, "referred_columns": ["id"]}]


def test_names_of_oracle_are_those_that_stand_in_its_catalogue():
    pytest.importorskip("oracledb")
    server = Server(Make.ORACLE)
    server.connection.dialect  # noqa: B018  it has the way back to what the catalogue holds
    from app.system.databases.tables import _own_names

    own = _own_names(server.connection, Make.ORACLE)
    made = _table(Told(), Make.ORACLE, "", "orders", ({("", "ORDERS")}, set()), own)
    assert (made.name, made.columns, made.key) == ("ORDERS", ("ID", "客户", "Mixed", "SELECT"), ("ID",))
    assert [one.value for one in made.problems] == ["triggers"]
    assert (made.references[0].table, made.references[0].to) == (("", "ORDERS"), ("", "KEHU"))
    assert made.references[0].columns == made.references[0].of == ("ID",)


@pytest.mark.parametrize(
    ("state", "words", "code", "facts"),
    [
        (
            "28000",
            "[28000] [X][SQL Server]Login failed for user 'a'. (18456) (SQLDriverConnect)",
            "18456",
            (),
        ),
        (
            "42000",
            "[42000] The SELECT permission was denied on 'x'. (229) (SQLExecDirectW)",
            "229",
            ("denied",),
        ),
        ("23000", "[23000] The DELETE statement conflicted. (547) (SQLExecDirectW)", "547", ("referenced",)),
        ("42000", "[42000] Lock request time out period exceeded. (1222) (SQLFetch)", "1222", ("locked",)),
        ("HYT00", "[HYT00] Login timeout expired (0) (SQLDriverConnect)", "HYT00", ("timed_out",)),
        ("08S01", "[08S01] Communication link failure (0) (SQLExecDirectW)", "08S01", ("lost",)),
    ],
)
def test_what_sql_server_says_no_with(state, words, code, facts):
    pyodbc = pytest.importorskip("pyodbc", exc_type=ImportError)
    told = failure_of(pyodbc.Error(state, words))
    assert told.code == code
    assert {
        one for one in ("denied", "referenced", "locked", "timed_out", "lost") if getattr(told, one)
    } == set(facts)


def test_nobody_listens(make):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    options = {Make.MSSQL: "/crm?driver=FreeTDS", Make.ORACLE: "/?service_name=crm"}[make]
    with (
        pytest.raises(Refused) as refused,
        connected(address_of(f"{make.value}://a@127.0.0.1:{port}{options}"), "x"),
    ):
        pass
    assert refused.value.fault is Fault.DATABASE_UNREACHABLE
    assert refused.value.detail


def test_a_server_that_takes_the_connection_and_says_nothing(monkeypatch):
    pytest.importorskip("oracledb")
    monkeypatch.setattr(opened, "LOGIN", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        address = address_of(f"oracle://a@127.0.0.1:{mute.getsockname()[1]}/?service_name=crm")
        ended = []

        def ask():
            try:
                with connected(address, "x"):
                    pass
            except Refused as refused:
                ended.append(refused.fault)

        asking = threading.Thread(target=ask, daemon=True)
        asking.start()
        asking.join(20)
    assert ended == [Fault.DATABASE_SILENT]


@pytest.mark.parametrize("module", ["pyodbc", "oracledb"])
def test_a_driver_that_can_not_be_loaded_is_named(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    make = "mssql" if module == "pyodbc" else "oracle"
    with pytest.raises(Refused) as refused, connected(address_of(f"{make}://a@127.0.0.1/crm"), "x"):
        pass
    assert (refused.value.fault, refused.value.detail) == (Fault.DATABASE_DRIVER, f"lethe[{make}]")
