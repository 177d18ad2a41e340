"""The window's tests run offscreen, on real cases in pytest's own folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.append(str(Path(__file__).parent))  # for officer_at_window

import pytest
from issued_case import Issued, carried_out
from officer_at_window import LONG
from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.language import Language
from app.rehearsal import build_company
from app.ui.application import make_application
from app.ui.translation import speak
from app.ui.wizard import Wizard


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    QStandardPaths.setTestModeEnabled(True)
    return QApplication


@pytest.fixture
def qtbot(qtbot: QtBot) -> QtBot:
    """The hands that wait as long as a busy machine takes, where a test says no other time."""
    for wait in ("waitUntil", "waitSignal"):
        setattr(qtbot, wait, partial(getattr(qtbot, wait), timeout=LONG))
    return qtbot


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    make_application([])
    speak(qapp, Language.ZH)
    yield qapp
    speak(qapp, Language.EN)


@pytest.fixture
def make_wizard(app: QApplication, qtbot: QtBot) -> Iterator[Callable[[], Wizard]]:
    made: list[Wizard] = []

    def make() -> Wizard:
        wizard = Wizard()
        qtbot.addWidget(wizard)
        made.append(wizard)
        wizard.show()
        return wizard

    yield make
    for wizard in made:
        wizard.desk.close()


@pytest.fixture
def wizard(make_wizard: Callable[[], Wizard]) -> Wizard:
    return make_wizard()


@pytest.fixture(scope="session")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CASE.toml of a small synthetic company, built once; its paths are relative."""
    return build_company(tmp_path_factory.mktemp("pattern") / "company", records=40)


@pytest.fixture
def company(pattern: Path, tmp_path: Path) -> Path:
    """A copy of the company that a test may destroy."""
    return shutil.copytree(pattern.parent, tmp_path / "company") / pattern.name


@pytest.fixture(scope="session")
def job(pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Issued:
    """A whole job, done once."""
    return carried_out(shutil.copytree(pattern.parent, tmp_path_factory.mktemp("job") / "c") / pattern.name)


@pytest.fixture
def issued(job: Issued, tmp_path: Path) -> Issued:
    """A copy of the job's papers that a test may alter."""
    company = shutil.copytree(job.company, tmp_path / "issued")
    case, out = (company / path.relative_to(job.company) for path in (job.case, job.out))
    return Issued(company, case, out, job.first)
