"""The making of a case folder: what a new case begins with, and what a making that was cut off left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

from app.domain.case import Case
from app.domain.fault import Fault, Refused
from app.domain.step import Step
from app.flow.case_text import case_toml
from app.flow.desk import Passphrase
from app.flow.first_key import officers_secret
from app.flow.gates import complete
from app.flow.vaulting import factors_of, make_vault
from app.identity import Identity
from app.journal import FirstKey, Journal
from app.register import Register, register_key
from app.system.durable import sync_folder, write_durably
from app.vault import FOLDER, REGISTER

FORMAT: Final = 3
"""Of the case folder; in 2 the journal is sealed, in 3 the register's key lies in the vault.

A newer Lethe opens an older case, not the reverse.
"""

_FILES: Final = (
    "case.toml",
    "journal.jsonl",
    "journal.key",
    "key.slot",
    "register.db",
    "register.db-journal",
)


def furnish(folder: Path, case: Case, officer: Identity, passphrase: Passphrase) -> None:
    """Put into an empty folder what a case begins with; synced."""
    (folder / "evidence").mkdir()
    (folder / "certificate").mkdir()
    vault = make_vault(folder, factors_of(case, officer, passphrase), case)
    with vault.key(REGISTER) as root, register_key(root) as key:
        Register.create(folder / "register.db", key).close()
    vault.close()
    write_durably(folder / "case.toml", case_toml(case).encode(), 0o600)
    journal = Journal.create(folder / "journal.jsonl", FirstKey.new(), kept_for=officers_secret(officer))
    journal.append("opened", {"case": case.number, "format": FORMAT})
    journal.append("declared", {"void_from": Step.LOCATE.value, "complete": complete(case)})
    journal.close()
    sync_folder(folder)


def clear(making: Path) -> None:
    """Take away what an interrupted `create` left; it was never a case.

    Raises:
        Refused: CASE_EXISTS when the folder of that name holds anything else.
    """
    if not os.path.lexists(making):
        return
    if making.is_symlink() or any(not _is_ours(path) for path in making.iterdir()):
        raise Refused(Fault.CASE_EXISTS, str(making))
    shutil.rmtree(making)


def _is_ours(path: Path) -> bool:
    if path.is_dir() and not path.is_symlink():
        empty = not any(path.iterdir())
        return (path.name in ("certificate", "evidence") and empty) or path.name == FOLDER
    return path.name in _FILES or (path.name.startswith(".case.toml.") and path.suffix == ".tmp")
