"""What a path most likely is: asked when it is dropped on the window, and corrected there by the officer."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.domain.fault import Refused
from app.domain.outcome import Reason
from app.steps.shred.inspection import reading, store_of
from app.steps.shred.kinds import KINDS, marks_of, open_keys
from app.steps.shred.kinds.contract import NotOpened, Store
from app.system.disk import this_disk

_BY_MARKS: Final = ("luks", "jks", "cryptomator", "gocryptfs", "restic", "borg", "pem")
"""Kinds whose form is their own, so that what has their marks is one of them."""
_BY_OPENING: Final = ("age", "pkcs12", "gnupg")
"""Kinds that say of a file whether it is theirs before they need its passphrase."""
_BY_ENDING: Final = {".hc": "veracrypt", ".tc": "veracrypt"}
_PAGE: Final = 4096
_MANY: Final = 240
"""Different bytes in a page that chance wrote: nearly all 256."""
_NO_KEY: Final = "pkcs12"


def key_kind(path: Path) -> str:
    """Name the kind of a key file by what is in it; some kinds look like chance, and go by the name.

    Reads only. What no kind knows is called a PKCS#12 file, which then says itself that it is none.
    """
    with suppress(Refused, OSError, NotOpened), reading(os.path.abspath(path)) as fd:
        store = store_of(this_disk(), fd)
        return (
            next((name for name in _BY_MARKS if marks_of(KINDS[name], store)), "")
            or next((name for name in _BY_OPENING if _is_its_own(name, store)), "")
            or _BY_ENDING.get(path.suffix.lower())
            or _like_chance(store)
        )
    return _NO_KEY


def _is_its_own(name: str, store: Store) -> bool:
    try:
        open_keys(KINDS[name], store, "")
    except NotOpened as shut:
        return shut.reason is Reason.WRONG_PASSPHRASE
    return True


def _like_chance(store: Store) -> str:
    """Whole pages without any form are an encrypted database."""
    head = store.read(0, _PAGE)
    whole = len(head) == _PAGE and store.size % _PAGE == 0
    return "sqlcipher" if whole and len(set(head)) >= _MANY else _NO_KEY


def backup_kind(path: Path) -> str:
    """Name the kind of a backup by the files that its tool lays down."""
    if not path.is_dir():
        return "archive"
    if (path / "bagit.txt").is_file():
        return "bagit"
    if next(path.glob("duplicity-full*.manifest*"), None):
        return "duplicity"
    if (path / "config").is_file() and (path / "data").is_dir():
        return "restic" if (path / "snapshots").is_dir() else "borg"
    return "folder"
