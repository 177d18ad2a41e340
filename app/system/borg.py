"""Borg: how it is called, and what it tells of its archives."""

from __future__ import annotations

import json
from typing import Final

SILENT: Final = ("BORG_REPO", "BORG_PASS", "BORG_CACHE")
"""What a shell may have set for it, for another repository."""
LISTED: Final = ("list", "--json", "--consider-checkpoints", "::")


def settings(path: str, passphrase: str) -> dict[str, str]:
    """The environment for one repository, `::` from then on; it asks nothing, and waits little for a lock."""
    return {
        "BORG_REPO": path,
        "BORG_PASSPHRASE": passphrase,
        "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        "BORG_LOCK_WAIT": "2",
    }


def archives_in(told: bytes) -> tuple[tuple[str, str], ...]:
    """Read what it prints when it is asked for `LISTED`: the name of each archive, and its id.

    Raises:
        ValueError, KeyError, TypeError: when it is something else.
    """
    return tuple((one["name"], one["id"]) for one in json.loads(told)["archives"])
