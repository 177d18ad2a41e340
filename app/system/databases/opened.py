"""A connection to a database: opened with limits on time, and every failure said in a word."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.domain.fault import Fault, Refused
from app.system.databases.address import Address, Make
from app.system.patience import within

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

LOGIN: Final = 15
"""Seconds in which a server must take a connection and let us in."""
QUERY: Final = 60
"""Seconds in which it must answer a question."""
LONG: Final = 12 * 3600
"""Seconds for what rebuilds a table."""

_NO_LOGIN: Final = frozenset(
    {"28P01", "28000", "42501", "1045", "1044", "1698", "18456"}
    | {"ORA-01017", "ORA-01005", "ORA-28000", "ORA-28001"}
)
_DENIED: Final = frozenset({"42501", "1142", "1143", "229", "230", "ORA-00942", "ORA-01031"})
_REFERENCED: Final = frozenset({"23503", "23001", "1451", "1217", "547", "ORA-02292"})
_LOCKED: Final = frozenset(
    {"55P03", "40001", "40P01", "1205", "1213", "1222", "57014", "ORA-00054", "ORA-00060", "ORA-30006"}
)
_SILENT: Final = frozenset({"HYT00", "HYT01", "DPY-4024"})
_LOST: Final = frozenset({"2013", "2006", "08S01", "08003", "08007", "DPY-4011", "DPY-1001", "ORA-03113"})
_NATIVE: Final = re.compile(r"\((\d{2,6})\)")
"""How an ODBC driver writes the server's own number."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What a database said no with: its own code, and what that means as far as it is known."""

    code: str
    timed_out: bool
    lost: bool

    @property
    def denied(self) -> bool:
        """Whether rights are missing."""
        return self.code in _DENIED

    @property
    def referenced(self) -> bool:
        """Whether a foreign key forbids it."""
        return self.code in _REFERENCED

    @property
    def locked(self) -> bool:
        """Whether somebody else holds what is needed, or held it too long."""
        return self.code in _LOCKED


def failure_of(error: BaseException) -> Failure:
    """Read what a driver raised. Its own words are not kept: they may hold values of rows."""
    chain: list[BaseException] = []
    seen: BaseException | None = error
    while seen is not None and seen not in chain:
        chain.append(seen)
        origin = getattr(seen, "orig", None)
        seen = origin if isinstance(origin, BaseException) else seen.__cause__ or seen.__context__
    codes = [code for one in chain if (code := _code(one))]
    words = " ".join(str(one) for one in chain).lower()
    silent = any(isinstance(one, TimeoutError) for one in chain) or "timed out" in words
    silent = silent or not _SILENT.isdisjoint(codes[:1])
    lost = any(isinstance(one, (ConnectionError, EOFError)) for one in chain)
    lost = lost or not _LOST.isdisjoint(codes[:1])
    return Failure(codes[0] if codes else "", silent, lost)


def _code(error: BaseException) -> str:
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorname", "") or "", "") or _by_words(error)
    first: Any = error.args[0] if error.args else None
    if isinstance(first, dict):  # pg8000
        return str(first.get("C", ""))
    if isinstance(first, int) and type(error).__module__.startswith("pymysql"):
        return str(first)
    if told := getattr(error, "sqlstate", None):  # psycopg
        return str(told)
    if isinstance(first, str) and type(error).__module__ == "pyodbc":
        native = _NATIVE.search(str(error.args[1])) if first[:2] in ("42", "23", "28", "HY") else None
        return native[1] if native and first not in _SILENT else first
    return str(getattr(first, "full_code", ""))  # oracledb


_SQLITE: Final = {
    "SQLITE_CONSTRAINT_FOREIGNKEY": "23503",
    "SQLITE_CONSTRAINT_TRIGGER": "23503",
    "SQLITE_BUSY": "55P03",
    "SQLITE_LOCKED": "55P03",
    "SQLITE_READONLY": "42501",
    "SQLITE_PERM": "42501",
}


def _by_words(error: sqlite3.Error) -> str:
    return "23503" if "FOREIGN KEY" in str(error) else ""


def engine_of(address: Address, password: str, *, silence: float = QUERY, read_only: bool = True) -> Engine:
    """Make what connects to a database; nothing is asked of it yet.

    Raises:
        Refused: DATABASE_DRIVER when the driver is not installed; DATABASE_ADDRESS.
    """
    import sqlalchemy
    from sqlalchemy.pool import NullPool

    try:
        url = sqlalchemy.make_url(address.url)
        options = _options(url.drivername)
        if password and url.drivername == "mysql+pymysql":
            options["password"] = password.encode()  # as text it would be taken for Latin-1
        elif password:
            url = url.set(password=password)
            options.pop("password", None)
        if address.make is Make.SQLITE:
            from app.system.databases.sqlite import opener

            creator = opener(address, silence, read_only=read_only)
            return sqlalchemy.create_engine(url, poolclass=NullPool, creator=creator)
        return sqlalchemy.create_engine(url, poolclass=NullPool, connect_args=options)
    except (ImportError, sqlalchemy.exc.NoSuchModuleError) as error:  # pyodbc without ODBC too
        raise Refused(Fault.DATABASE_DRIVER, address.plain, _extra(address)) from error
    except sqlalchemy.exc.ArgumentError as error:
        raise Refused(Fault.DATABASE_ADDRESS, address.plain) from error


def _extra(address: Address) -> str:
    return f"lethe[{address.make.value}]"


def _options(driver: str) -> dict[str, Any]:
    """How each driver is told the limits on time that hold until we are let in."""
    if driver == "postgresql+pg8000":
        return {"timeout": LOGIN, "password": ""}  # asked for one, it fails on none at all
    if driver.startswith("postgresql+psycopg"):
        return {"connect_timeout": LOGIN}
    if driver == "mysql+pymysql":
        return {"connect_timeout": LOGIN, "read_timeout": LOGIN, "write_timeout": LOGIN, "charset": "utf8mb4"}
    if driver.startswith("oracle"):
        return {"tcp_connect_timeout": LOGIN}
    return {"timeout": LOGIN} if driver.startswith("mssql") else {}


def _be_patient(connection: Connection, silence: float) -> None:
    """Set how long the server may be silent from now on. Two drivers have no public way to say so later."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.driver == "pg8000":
        driver._usock.settimeout(silence)  # noqa: SLF001  see above
    elif connection.dialect.driver == "pymysql":
        driver._read_timeout = driver._write_timeout = silence  # noqa: SLF001  see above
    elif connection.dialect.driver == "pyodbc":
        driver.timeout = round(silence)
    elif connection.dialect.driver == "oracledb":
        driver.call_timeout = round(silence * 1000)


@contextmanager
def connected(
    address: Address, password: str, *, silence: float = QUERY, read_only: bool = True
) -> Iterator[Connection]:
    """Connect, and let go at the end: what was not committed is rolled back.

    Raises:
        Refused: DATABASE_DRIVER, DATABASE_LOGIN, DATABASE_SILENT, DATABASE_UNREACHABLE, when it can't be
            opened. What is asked later raises SQLAlchemy's own errors; `failure_of` reads them.
    """
    engine = engine_of(address, password, silence=silence, read_only=read_only)
    try:
        # Oracle's driver waits for ever on a server that takes the connection and says nothing.
        oracle = address.make is Make.ORACLE
        connection = within(LOGIN, engine.connect) if oracle else engine.connect()
    except Exception as error:  # noqa: BLE001  drivers raise anything when what answers is no such server
        # The driver's words are left behind: they may hold the name of a person, and a path.
        raise unanswered(address, error, LOGIN) from None
    try:
        _be_patient(connection, silence)
        yield connection
    finally:
        _let_go(connection)


def _let_go(connection: Connection) -> None:
    """Close, though the server may be gone by now."""
    try:
        connection.close()
    except Exception:  # noqa: BLE001  whatever a driver says of a connection that is dead, it is let go
        connection.invalidate()


def unanswered(address: Address, error: BaseException, silence: float) -> Refused:
    """Put the failure of a whole database in a refusal."""
    told = failure_of(error)
    if address.file and not address.file.exists():
        return Refused(Fault.LOCATION_MISSING, str(address.file))
    if address.file and not told.locked:
        return Refused(Fault.LOCATION_UNREADABLE, str(address.file), "SQLite")
    if told.timed_out:
        return Refused(Fault.DATABASE_SILENT, address.plain, f"{silence:g} s")
    if told.code in _NO_LOGIN:
        return Refused(Fault.DATABASE_LOGIN, address.plain, told.code)
    return Refused(Fault.DATABASE_UNREACHABLE, address.plain, told.code)
