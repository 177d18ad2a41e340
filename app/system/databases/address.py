"""Addresses of databases: SQLAlchemy's URLs, in which a password never stands."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from app.domain.fault import Fault, Refused


class Make(Enum):
    """Whose database it is."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    """MariaDB too."""
    SQLITE = "sqlite"
    MSSQL = "mssql"
    ORACLE = "oracle"


_MAKES: Final = {make.value: make for make in Make} | {"mariadb": Make.MYSQL, "postgres": Make.POSTGRESQL}
_DRIVERS: Final = {
    Make.POSTGRESQL: "pg8000",
    Make.MYSQL: "pymysql",
    Make.SQLITE: "pysqlite",
    Make.MSSQL: "pyodbc",
    Make.ORACLE: "oracledb",
}
"""What is taken when the address names no driver."""
_SCHEME: Final = re.compile(r"([A-Za-z]+)(?:\+([A-Za-z0-9_]+))?://")
_SECRET: Final = re.compile(r"passw|pwd|passphrase|secret|token", re.IGNORECASE)
_EXAMPLE: Final = "postgresql://name@host:5432/database"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is: `url` for SQLAlchemy, `plain` as records spell it, has no driver, no options."""

    url: str
    plain: str
    make: Make

    @property
    def name(self) -> str:
        """What the database is called, or the path of its file."""
        return unquote(urlsplit(self.url).path.removeprefix("/"))

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database; None for a server."""
        return Path(self.name) if self.make is Make.SQLITE else None


def is_address(text: str) -> bool:
    """Whether a text is meant as the address of a database, be it a good one or not."""
    found = _SCHEME.match(text)
    return bool(found and found[1].lower() in _MAKES)


def address_of(text: str, below: Path | None = None) -> Address:
    """Read an address. The path of an SQLite file becomes absolute, links resolved; it begins at `below`.

    Raises:
        Refused: DATABASE_ADDRESS, when it is none, names no database, or holds a password.
    """
    found = _SCHEME.match(text)
    if not found or found[1].lower() not in _MAKES:
        raise Refused(Fault.DATABASE_ADDRESS, _bare(text), _EXAMPLE)
    make = _MAKES[found[1].lower()]
    try:
        parts = urlsplit(text)
        secret = parts.password is not None or _SECRET.search(unquote(parts.query))
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused(Fault.DATABASE_ADDRESS, _bare(text), _EXAMPLE) from None
    if secret:
        raise Refused(Fault.DATABASE_ADDRESS, _bare(text), "password_env")
    name = unquote(parts.path.removeprefix("/"))
    if not name and not any(key == "service_name" for key, _ in parse_qsl(parts.query)):
        raise Refused(Fault.DATABASE_ADDRESS, _bare(text), _EXAMPLE)
    if make is Make.SQLITE:
        name = os.path.realpath((below or Path.cwd()) / name)
    at = f"{quote(unquote(parts.username))}@" if parts.username else ""
    at += f"[{host}]" if ":" in host else host
    at += f":{port}" if port else ""
    where = f"{at}/{quote(name)}"
    driver = found[2] or _DRIVERS[make]
    options = f"?{parts.query}" if parts.query and make is not Make.SQLITE else ""
    return Address(f"{make.value}+{driver}://{where}{options}", f"{make.value}://{at}/{name}", make)


def _bare(text: str) -> str:
    """The text without what may be a password: between the first colon and the last @, and in the options."""
    return re.sub(r"(://[^/:@]*):.*@", r"\1@", text.partition("?")[0])
