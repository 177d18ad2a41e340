"""Issue a certificate, as the tests of this folder do."""

from __future__ import annotations

from pathlib import Path

import account_sample as sample

from app.steps.certify import compose, write_inventory

ISSUED_AT = "2026-11-21T10:05:00Z"


def issue(account, folder: Path, people) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_inventory(account, folder)
    list(compose(account, folder, people, issued_at=ISSUED_AT, closing=sample.closing()))
    return folder
