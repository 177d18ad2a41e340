"""One issued certificate for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parent / "document"))

import account_sample as sample
from certify_issued import issue

from app.domain.case import Role
from app.identity import Identity, create


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> list[Identity]:
    folder = tmp_path_factory.mktemp("people")
    return [
        create("王𬭚", Role.OFFICER, folder / "officer.p12", "correct horse 1"),
        create("李四鿏", Role.WITNESS, folder / "witness.p12", "correct horse 2"),
    ]


@pytest.fixture(scope="session")
def issued(tmp_path_factory: pytest.TempPathFactory, people) -> Path:
    """A folder with a certificate of the mixed account; tests must not change it."""
    return issue(sample.mixed(), tmp_path_factory.mktemp("case") / "certificate", people)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory, people) -> Path:
    """A small certificate in which all went well."""
    return issue(sample.clean(3, language="en"), tmp_path_factory.mktemp("small") / "certificate", people)
