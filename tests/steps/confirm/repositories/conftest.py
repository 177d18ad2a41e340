"""Two people who sign, and the tools of two releases."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from app.domain.case import Role
from app.identity import Identity, create


@pytest.fixture(scope="session")
def signers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Identity, Identity]:
    folder = tmp_path_factory.mktemp("signers")
    return (
        create("林晓文", Role.OFFICER, folder / "officer.p12", "a passphrase"),
        create("周建国", Role.WITNESS, folder / "witness.p12", "another one"),
    )
