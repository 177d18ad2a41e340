"""The tables of a database: columns, keys, who refers to whom, and what would hinder a deletion."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from app.domain.canonical import canonical
from app.domain.record import Problem
from app.system.databases.address import Make

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection
    from sqlalchemy.engine.reflection import Inspector
    from sqlalchemy.sql.expression import TableClause

_SYSTEM: Final = frozenset(
    {"information_schema", "mysql", "performance_schema", "sys", "guest", "INFORMATION_SCHEMA"}
    | {f"db_{role}" for role in ("accessadmin", "backupoperator", "datareader", "datawriter", "ddladmin")}
    | {"db_denydatareader", "db_denydatawriter", "db_owner", "db_securityadmin"}
)
_ROWID: Final = "rowid"


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` of `table` (schema, name) hold what `to` holds in `of`."""

    table: tuple[str, str]
    columns: tuple[str, ...]
    to: tuple[str, str]
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `key` are the columns that name a row, none without a key; `types` go with `columns`."""

    schema: str
    name: str
    columns: tuple[str, ...]
    types: tuple[str, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def id(self) -> tuple[str, str]:
        """Schema and name."""
        return self.schema, self.name

    @property
    def label(self) -> str:
        """How a record's path ends: schema and name, a slash in either written %2F."""
        parts = [part.replace("%", "%25").replace("/", "%2F") for part in self.id if part]
        return ".".join(parts)

    @property
    def digest(self) -> str:
        """SHA-256, hex, over the names and types of the columns and the key."""
        plain = [self.schema, self.name, list(self.columns), list(self.types), list(self.key)]
        return hashlib.sha256(canonical(plain)).hexdigest()

    def clause(self) -> TableClause:
        """The table for SQLAlchemy: every name quoted, no type known, so that drivers give what they have."""
        return _clause(self)


@lru_cache(maxsize=256)
def _clause(of: Table) -> TableClause:
    """One object a table: two of them in one statement would be two tables."""
    from sqlalchemy import column, quoted_name, table

    names = dict.fromkeys((*of.columns, *of.key))
    columns: list[Any] = [column(quoted_name(name, quote=True)) for name in names]
    schema = quoted_name(of.schema, quote=True) if of.schema else None
    return table(quoted_name(of.name, quote=True), *columns, schema=schema)


def tables_of(connection: Connection, make: Make) -> list[Table]:
    """List every table a person could have made, those first to which others refer."""
    return _listed(connection, make, _partitions(connection, make))


def referring(connection: Connection, make: Make, table: Table) -> Iterator[tuple[Table, Reference]]:
    """Give every foreign key that leads to a table or to a part of it, and the table whose it is.

    Also of tables that are not listed: a partition, which may have keys of its own, and on
    MariaDB and MySQL those of other databases, as far as we may see them.
    """
    here = {table.id}
    if make is Make.POSTGRESQL:
        here |= {
            (str(schema), str(name))
            for schema, name in _rows(connection, _BELOW, schema=table.schema, name=table.name)
        }
    for other in _listed(connection, make, frozenset()):
        whose = table if other.id in here else other
        yield from ((whose, one) for one in other.references if one.to in here)
    if make is Make.MYSQL:
        yield from _from_other_databases(connection, table)


def _listed(connection: Connection, make: Make, hidden: Set[tuple[str, str]]) -> list[Table]:
    from sqlalchemy import inspect

    inspector = inspect(connection)
    own = _own_names(connection, make)
    triggered = set(_triggered(connection, make))
    slow = _not_transactional(connection, make)
    names = (
        (schema, name)
        for schema in _schemas(inspector, make)
        for name in sorted(inspector.get_table_names(schema=schema or None))
    )
    seen = [_table(inspector, make, *one, (triggered, slow), own) for one in names if one not in hidden]
    return _parents_first(_resolved(seen) if make is Make.SQLITE else seen)


def _resolved(tables: Sequence[Table]) -> list[Table]:
    """Have references write names as their tables do: SQLite takes any case, and names of no table."""
    known = {_plain(table.name): table for table in tables}
    return [
        replace(
            table,
            references=tuple(
                _led_to(one, table, known[to])
                for one in table.references
                if (to := _plain(one.to[1])) in known
            ),
        )
        for table in tables
    ]


def _led_to(one: Reference, table: Table, to: Table) -> Reference:
    return Reference(table.id, _as_in(table, one.columns), to.id, _as_in(to, one.of) or to.key)


def _as_in(table: Table, names: Iterable[str]) -> tuple[str, ...]:
    known = {_plain(name): name for name in (*table.key, *table.columns)}
    return tuple(known.get(_plain(name), name) for name in names)


def _plain(name: str) -> bytes:
    """SQLite knows capitals of ASCII alone."""
    return name.encode("utf-8", "surrogatepass").lower()


def _own_names(connection: Connection, make: Make) -> Callable[[str], str]:
    """Give how the database itself writes a name: SQLAlchemy tells KEHU of Oracle as kehu."""
    if make is not Make.ORACLE:
        return str
    dialect: Any = connection.dialect
    return lambda name: str(dialect.denormalize_name(name))


def _schemas(inspector: Inspector, make: Make) -> list[str]:
    if make in (Make.SQLITE, Make.MYSQL, Make.ORACLE):
        return [""]  # the file, the database of the address, the schema of who logs in
    names = inspector.get_schema_names()
    return [name for name in names if name not in _SYSTEM and not name.startswith("pg_")]


def _table(
    inspector: Inspector,
    make: Make,
    schema: str,
    name: str,
    odd: tuple[set[tuple[str, str]], set[tuple[str, str]]],
    own: Callable[[str], str],
) -> Table:
    place = schema or None
    columns = inspector.get_columns(name, schema=place)
    key = _key(inspector, make, name, schema)
    refers = tuple(
        Reference(
            (schema, own(name)),
            tuple(map(own, one["constrained_columns"])),
            (one["referred_schema"] or schema, own(one["referred_table"])),
            tuple(map(own, one["referred_columns"])),
        )
        for one in inspector.get_foreign_keys(name, schema=place)
    )
    name = own(name)
    triggered, slow = odd
    problems = (
        *([] if key else [Problem.NO_PRIMARY_KEY]),
        *([Problem.TRIGGERS] if (schema, name) in triggered else []),
        *([Problem.NOT_TRANSACTIONAL] if (schema, name) in slow else []),
    )
    names, types = tuple(own(one["name"]) for one in columns), tuple(str(one["type"]) for one in columns)
    return Table(schema, name, names, types, tuple(map(own, key)), refers, problems)


def _key(inspector: Inspector, make: Make, name: str, schema: str) -> tuple[str, ...]:
    place = schema or None
    if key := inspector.get_pk_constraint(name, schema=place)["constrained_columns"]:
        return tuple(key)
    needed = {one["name"] for one in inspector.get_columns(name, schema=place) if not one["nullable"]}
    for one in inspector.get_unique_constraints(name, schema=place):
        if set(one["column_names"]) <= needed:
            return tuple(one["column_names"])
    if make is Make.SQLITE and not _has_own_rowid(inspector, name):
        return (_ROWID,)
    return ()


def _has_own_rowid(inspector: Inspector, name: str) -> bool:
    return any(one["name"].lower() == _ROWID for one in inspector.get_columns(name))


def _rows(connection: Connection, query: str, **given: object) -> list[tuple[Any, ...]]:
    from sqlalchemy import text

    return [tuple(row) for row in connection.execute(text(query), given)]


def _partitions(connection: Connection, make: Make) -> set[tuple[str, str]]:
    """Parts of other tables, whose rows those tables show too."""
    if make is not Make.POSTGRESQL:
        return set()
    query = (
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relispartition"
    )
    return {(str(schema), str(name)) for schema, name in _rows(connection, query)}


_BELOW: Final = """
WITH RECURSIVE below AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = :schema AND c.relname = :name
  UNION SELECT i.inhrelid FROM pg_inherits i JOIN below b ON i.inhparent = b.oid
)
SELECT n.nspname, c.relname FROM below b JOIN pg_class c ON c.oid = b.oid
JOIN pg_namespace n ON n.oid = c.relnamespace
"""
_ELSEWHERE: Final = """
SELECT constraint_schema, constraint_name, table_name, column_name, referenced_column_name
FROM information_schema.key_column_usage
WHERE referenced_table_schema = database() AND referenced_table_name = :name
AND constraint_schema <> database()
ORDER BY constraint_schema, table_name, constraint_name, ordinal_position
"""


def _from_other_databases(connection: Connection, table: Table) -> Iterator[tuple[Table, Reference]]:
    rows = _rows(connection, _ELSEWHERE, name=table.name)
    for (schema, _, name), columns in groupby(rows, key=lambda row: tuple(map(str, row[:3]))):
        theirs, ours = zip(*((str(row[3]), str(row[4])) for row in columns), strict=True)
        other = Table(schema, name, theirs, (), ())
        yield other, Reference(other.id, theirs, table.id, ours)


def _triggered(connection: Connection, make: Make) -> Iterable[tuple[str, str]]:
    """Tables with a trigger, or on PostgreSQL a rule, that runs on a deletion."""
    if make is Make.SQLITE:
        for name, sql in _rows(connection, "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'"):
            if "DELETE" in str(sql).upper():
                yield "", str(name)
    elif make is Make.MYSQL:
        query = (
            "SELECT event_object_table FROM information_schema.triggers"
            " WHERE event_object_schema = database() AND event_manipulation = 'DELETE'"
        )
        yield from (("", str(name)) for (name,) in _rows(connection, query))
    elif make is Make.POSTGRESQL:
        query = (
            "SELECT n.nspname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE NOT t.tgisinternal AND (t.tgtype & 8 <> 0) AND t.tgenabled <> 'D'"
            " UNION SELECT n.nspname, c.relname FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class"
            " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.ev_type = '4'"
        )
        yield from ((str(schema), str(name)) for schema, name in _rows(connection, query))
    elif make is Make.MSSQL:
        query = (
            "SELECT s.name, o.name FROM sys.triggers t JOIN sys.trigger_events e ON e.object_id = t.object_id"
            " JOIN sys.objects o ON o.object_id = t.parent_id JOIN sys.schemas s ON s.schema_id = o.schema_id"
            " WHERE e.type_desc = 'DELETE' AND t.is_disabled = 0"
        )
        yield from ((str(schema), str(name)) for schema, name in _rows(connection, query))
    else:
        query = (
            "SELECT table_name FROM user_triggers"
            " WHERE triggering_event LIKE '%DELETE%' AND status = 'ENABLED'"
        )
        yield from (("", str(name)) for (name,) in _rows(connection, query))


def _not_transactional(connection: Connection, make: Make) -> set[tuple[str, str]]:
    if make is not Make.MYSQL:
        return set()
    query = (
        "SELECT t.table_name FROM information_schema.tables t LEFT JOIN information_schema.engines e"
        " ON e.engine = t.engine WHERE t.table_schema = database() AND t.table_type = 'BASE TABLE'"
        " AND coalesce(e.transactions, 'NO') <> 'YES'"
    )
    return {("", str(name)) for (name,) in _rows(connection, query)}


def _parents_first(tables: Sequence[Table]) -> list[Table]:
    """Order tables so that one stands behind those it refers to, as far as they form no circle."""
    known = {table.id for table in tables}
    left = {table.id: {one.to for one in table.references} & known - {table.id} for table in tables}
    ordered: list[Table] = []
    waiting = list(tables)
    while waiting:
        free = [table for table in waiting if not left[table.id]] or waiting[:1]
        ordered += free
        done = {table.id for table in free}
        waiting = [table for table in waiting if table.id not in done]
        left = {one: rest - done for one, rest in left.items()}
    return ordered
