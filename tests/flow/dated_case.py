"""A case that ended with copies that have a date, and what came of them later; for tests of addenda."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.flow.pending import Addendum, AskedAgain, ask_again
from app.steps.certify import verify

UNTIL = datetime.now(UTC).replace(microsecond=0) + timedelta(days=40)
DAY = UNTIL.date()


def certified(office, *backups: Backup):
    """A case with nothing but these backups, to its certificate."""
    office = replace(office, case=replace(office.case, keys=(), backups=backups, custodians=()))
    office = replace(office, case=replace(office.case, holds=()))
    for name in ("disputes/投诉.txt", "凭证/记账凭证-2025-03.csv"):
        (office.folder / "customers" / name).unlink()
    office.carry_out()
    return office


def tape_until(office, name: str, day: date) -> Backup:
    """A tape that expires on a day, by a person's word."""
    return Backup("declared", office.folder / name, "", "", Disposal.EXPIRES, day, "林晓文")


def again(office) -> list[object]:
    """Ask again for what has a date: what was learnt, and the addendum."""
    told = ask_again(office.folder / "case", office.people, lambda *_: "")
    return [one for one in told if isinstance(one, AskedAgain | Addendum)]


def checks(path: Path, journal: Path | None = None):
    """How a paper stands, and which checks fail."""
    verdict = verify(path, journal)
    return verdict.status, [check.name for check in verdict.checks if not check.ok]


def waiting_copies(office) -> list[str]:
    """The ids of the copies that are certified as still there."""
    manifest = json.loads((office.folder / "out/manifest.json").read_bytes())
    return [one["id"] for one in manifest["exceptions"] if one["what"] == "copy_remains"]


def lay_document(office, item: str) -> None:
    """Lay a document on a copy that nobody can be asked for."""
    folder = office.folder / "case/evidence/copies"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{item}.pdf").write_bytes(b"overwritten")
