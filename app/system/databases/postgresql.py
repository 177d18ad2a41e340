"""PostgreSQL: what differs there (documentation of version 15, section 73.1 and the admin functions)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.outcome import Reason
from app.system.databases.server import Files, alone, asked, files_below, one_text, quoted
from app.system.databases.tables import Table

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_RELATIONS: Final = """
WITH top AS (
  SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = :schema AND c.relname = :name
), parts AS (
  SELECT oid FROM top UNION SELECT relid FROM top, pg_partition_tree(top.oid)
), heaps AS (
  SELECT oid FROM parts
  UNION SELECT reltoastrelid FROM pg_class WHERE oid IN (SELECT oid FROM parts) AND reltoastrelid <> 0
)
SELECT pg_relation_filepath(oid) FROM heaps
UNION SELECT pg_relation_filepath(indexrelid) FROM pg_index WHERE indrelid IN (SELECT oid FROM heaps)
"""
_WAIT: Final = "SET LOCAL lock_timeout = '10s'"


class PostgreSQL:
    """A server of this make."""

    def lock(self, connection: Connection, table: Table) -> None:
        """As `Server.lock`: readers are let in; writers are not, nor rows that would refer to these."""
        from sqlalchemy import text

        connection.execute(text(_WAIT))
        connection.execute(text(f"LOCK TABLE {quoted(connection, table)} IN EXCLUSIVE MODE"))

    def mark(self, connection: Connection) -> str:
        """As `Server.mark`: the number of the transaction."""
        return one_text(connection, "SELECT pg_current_xact_id()::text")

    def committed(self, connection: Connection, mark: str) -> bool | None:
        """As `Server.committed`."""
        status = one_text(connection, "SELECT pg_xact_status(CAST(:mark AS xid8))", mark=mark) if mark else ""
        return {"committed": True, "aborted": False}.get(status)

    def files(self, connection: Connection, table: Table) -> Files:
        """As `Server.files`; nothing where we may not ask for the data folder."""
        root = one_text(connection, "SELECT current_setting('data_directory')")
        if not root:
            return Files()
        own = tuple(part for name in self._paths(connection, table) for part in _segments(Path(root) / name))
        logs = tuple(files_below([Path(root) / name for name in ("pg_wal", "log", "pg_log", "pg_replslot")]))
        aside = {*own, *logs}
        others = tuple(path for path in files_below([Path(root)]) if path not in aside)
        return Files(own, logs, others)

    def flush(self, connection: Connection, table: Table) -> None:
        """As `Server.flush`: a checkpoint."""
        del table
        alone(connection, "CHECKPOINT")

    def reclaim(self, connection: Connection, table: Table) -> bool:
        """As `Server.reclaim`: VACUUM FULL writes the table and its indexes anew; the old files are cut.

        Who may not is only warned and passed over, so the files themselves have to be others.
        """
        before = set(self._paths(connection, table))
        done = alone(connection, f"VACUUM (FULL) {quoted(connection, table)}")
        # The old files are unlinked with the next checkpoint.
        alone(connection, "CHECKPOINT")
        return done and bool(before) and before.isdisjoint(self._paths(connection, table))

    def _paths(self, connection: Connection, table: Table) -> list[str]:
        """The first files of the table, its parts and their indexes, below the data folder."""
        found = asked(connection, _RELATIONS, schema=table.schema, name=table.name)
        return [str(name) for (name,) in found if name]

    def copies(self, connection: Connection) -> tuple[tuple[Reason, str], ...]:
        """As `Server.copies`: an archive of the log, who receives it, and slots that wait for it."""
        found = []
        if one_text(connection, "SELECT current_setting('archive_mode')") not in ("", "off"):
            found.append((Reason.LOG_ARCHIVE, "archive_mode"))
        slots = asked(connection, "SELECT slot_name FROM pg_replication_slots")
        standbys = asked(
            connection, "SELECT coalesce(client_addr::text, application_name) FROM pg_stat_replication"
        )
        found += [(Reason.REPLICA, str(name)) for (name,) in (*slots, *standbys)]
        subscribed = asked(connection, "SELECT pubname FROM pg_publication")
        found += [(Reason.REPLICA, str(name)) for (name,) in subscribed]
        return tuple(dict.fromkeys(found))


def _segments(first: Path) -> tuple[Path, ...]:
    """A relation's file and its segments of 1 GiB."""
    try:
        more = sorted(first.parent.glob(f"{first.name}.*"))
    except OSError:
        more = []
    return (first, *more)
