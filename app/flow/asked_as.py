"""Under which path the secret of what a case declares is asked for: the same wherever it is asked."""

from __future__ import annotations

from pathlib import Path

from app.domain.case import Backup, Database, KeySource, ServiceKey
from app.system.databases.address import address_of


def asked_as(one: Backup | Database | KeySource | ServiceKey) -> Path:
    """The file or folder itself; of a key in a store its locator, of a database its plain address."""
    if isinstance(one, ServiceKey):
        return Path(one.locator)
    return Path(address_of(one.url).plain) if isinstance(one, Database) else one.path
