"""A synthetic company for the command line, built once."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))  # for command_line

from app.rehearsal import build_company


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_company(tmp_path_factory.mktemp("cli") / "company", records=30).parent


@pytest.fixture
def company(built: Path, tmp_path: Path) -> Path:
    """A copy that a test may destroy."""
    return Path(shutil.copytree(built, tmp_path / "company"))
