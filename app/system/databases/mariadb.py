"""MariaDB and MySQL with InnoDB: what differs there (MariaDB Server documentation, InnoDB and logs)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.outcome import Reason
from app.system.databases.server import Files, alone, asked, files_below, one_text, quoted, told_alone
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_LOGS: Final = re.compile(
    r"ib_logfile\d+|ibdata\d+|undo_?\d+|aria_log.*|ib_buffer_pool|.*\.dblwr", re.IGNORECASE
)


class MariaDB:
    """A server of this make."""

    def lock(self, connection: Connection, table: Table) -> None:
        """As `Server.lock`: every row and every gap, by reading all of them for update."""
        from sqlalchemy import text

        connection.execute(text("SET SESSION innodb_lock_wait_timeout = 10, lock_wait_timeout = 10"))
        connection.execute(text(f"SELECT count(*) FROM {quoted(connection, table)} FOR UPDATE")).close()  # noqa: S608  quoted

    def mark(self, connection: Connection) -> str:
        """As `Server.mark`: no later transaction can ask how an earlier one ended."""
        del connection
        return ""

    def committed(self, connection: Connection, mark: str) -> bool | None:
        """As `Server.committed`."""
        del connection, mark
        return None

    def files(self, connection: Connection, table: Table) -> Files:
        """As `Server.files`; a table without a file of its own lies in ibdata1, with all others."""
        root = one_text(connection, "SELECT @@datadir")
        database = one_text(connection, "SELECT database()")
        if not root or not database:
            return Files()
        folder = Path(root) / _encoded(database)
        name = _encoded(table.name)
        everything = tuple(files_below([Path(root)]))
        own = tuple(
            path
            for path in everything
            if path.parent == folder
            and re.fullmatch(re.escape(name) + r"(#[pP]#.*)?\.(ibd|MYD|MYI)", path.name)
        )
        binary = one_text(connection, "SELECT @@log_bin_basename")
        logs = tuple(
            path
            for path in everything
            if path.parent == Path(root)
            and (_LOGS.fullmatch(path.name) or (binary and str(path).startswith(binary)))
        )
        if binary and Path(binary).parent != Path(root):
            logs += tuple(path for path in files_below([Path(binary).parent]) if str(path).startswith(binary))
        aside = {*own, *logs}
        return Files(own, logs, tuple(path for path in everything if path not in aside))

    def flush(self, connection: Connection, table: Table) -> None:
        """As `Server.flush`: the table is made ready for export, which writes its pages, and let go again."""
        if alone(connection, f"FLUSH TABLES {quoted(connection, table)} FOR EXPORT"):
            alone(connection, "UNLOCK TABLES")

    def reclaim(self, connection: Connection, table: Table) -> bool:
        """As `Server.reclaim`: OPTIMIZE TABLE, which for InnoDB copies the table to a new file."""
        from sqlalchemy import text

        told = told_alone(connection, text(f"OPTIMIZE TABLE {quoted(connection, table)}"))
        done = told is not None and all(str(row[2]).lower() != "error" for row in told)
        self.flush(connection, table)
        return done

    def copies(self, connection: Connection) -> tuple[tuple[Reason, str], ...]:
        """As `Server.copies`: the binary log, and who reads it."""
        found = []
        if one_text(connection, "SELECT @@log_bin") == "1":
            found.append((Reason.BINARY_LOG, one_text(connection, "SELECT @@log_bin_basename") or "log_bin"))
        readers = asked(
            connection, "SELECT host FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'"
        )
        found += [(Reason.REPLICA, str(host)) for (host,) in readers]
        return tuple(dict.fromkeys(found))


def _encoded(name: str) -> str:
    """A name as the server writes it on disk: what is neither letter nor digit as @ and four hex digits."""
    return "".join(c if c.isascii() and (c.isalnum() or c == "_") else f"@{ord(c):04x}" for c in name)
