"""Try what is about to be declared: a store of keys, a database, a remote backup. Nothing is changed."""

from __future__ import annotations

import time
from typing import Final

from app.domain.case import Backup, Database, ServiceKey
from app.domain.outcome import Reason
from app.steps.shred.services.asking import Foreasked, foreask

PATIENCE: Final = 20.0
"""Seconds that a remote backup is given to answer."""
TRIED: Final = ("s3", "rclone")
"""Kinds of backups that show at once whether they can be listed; another's own check is a long one."""


def try_service(source: ServiceKey, secret: str) -> Foreasked:
    """Ask a store for its key, and say what its destruction would do.

    Raises:
        Refused: as `foreask`.
    """
    return foreask(source, secret)


def try_database(database: Database, password: str) -> int:
    """Connect, and count the tables that can be seen.

    Raises:
        Refused: as `Door.opened`.
    """
    from app.system.databases.address import address_of
    from app.system.databases.door import Door
    from app.system.databases.opened import LOGIN, unanswered
    from app.system.databases.tables import tables_of

    address = address_of(database.url)
    with Door(address, password).opened(silence=LOGIN) as connection:
        try:
            return len(tables_of(connection, address.make))
        except Exception as error:  # noqa: BLE001  drivers raise anything when a server breaks off
            raise unanswered(address, error, LOGIN) from None


def try_backup(backup: Backup, password: str, patience: float = PATIENCE) -> Reason | None:
    """List a remote backup, or begin to; give why it can't be listed, or None when it can."""
    from app.steps.confirm.repositories.contract import Unusable
    from app.steps.confirm.repositories.work import at_work, kind_of
    from app.steps.confirm.wanted import Wanted

    kind = kind_of(backup)
    if kind is None or backup.kind not in TRIED:
        return None
    ends = time.monotonic() + patience
    with at_work(backup, lambda _: password, patience) as repository:
        listing = kind.find(repository, Wanted({}, frozenset(), frozenset()))
        try:
            for beat in listing:
                if backup.kind == "s3" and beat.done:  # a page has come; else it only waits for one
                    return None
                if time.monotonic() > ends:
                    return Reason.TOOL_HUNG
        except Unusable as error:
            return error.reason
        finally:
            listing.close()
    return None
