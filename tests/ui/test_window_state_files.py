"""What the window leaves among the person's settings: its place and its language, and nothing of the case."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PERSON = "ouyangxiadan"
WORK = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from app.ui.application import make_application, open_window
from app.ui.wizard import Wizard

case, keep = Path(sys.argv[1]), sys.argv[2]
app = make_application(["lethe"])
if keep:
    other = QSettings(QSettings.Scope.UserScope, "QtProject")
    other.setValue("FileDialog/lastVisited", keep)
    other.sync()

def answer():
    dialog = app.activeModalWidget()
    if isinstance(dialog, QFileDialog):
        dialog.selectFile(str(case))
        dialog.accept()

def work():
    wizard = next(top for top in app.topLevelWidgets() if isinstance(top, Wizard))
    page = wizard.currentPage()
    page.form.company.setText("ouyangxiadan & sons")
    for box in (page.officer.file, page.officer.module):
        QTimer.singleShot(300, answer)
        box.set_path(case)
        box.browse.click()
    wizard.check_certificate()
    window = wizard.checking
    window.first.setText("ouyangxiadan words")
    QTimer.singleShot(300, answer)
    window.drop.box.set_path(case)
    window.drop.box.browse.click()
    wizard.close()

QTimer.singleShot(300, work)
app.setAttribute(__import__("PySide6.QtCore").QtCore.Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
sys.exit(open_window(["lethe"], case=case, language="en"))
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


def run(home: Path, case: Path, keep: str = "") -> list[Path]:
    """Use the window and close it; give every file that is then under the home."""
    settings = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local"),
    }
    program = [sys.executable, "-c", WORK, str(case), keep]
    done = subprocess.run(
        program, env=settings, cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    return [path for path in home.rglob("*") if path.is_file() and ".cache" not in path.parts]


def forms(text: str) -> list[bytes]:
    """The ways in which Qt may write a text into a settings file."""
    wide = text.encode("utf-16-be")
    coded = base64.b64encode(text.encode())[:-4]
    return [text.encode(), wide, text.encode("utf-16-le"), coded, text.encode().hex().encode()]


def test_no_name_of_a_person_is_in_any_state_file(home: Path, tmp_path: Path, pattern: Path) -> None:
    folder = tmp_path / PERSON
    folder.mkdir()
    case = folder / "CASE.toml"
    case.write_text(pattern.read_text(encoding="utf-8"), encoding="utf-8")
    files = run(home, case)
    assert any(path.name == "Lethe.conf" for path in files), files
    for path in files:
        data = path.read_bytes().lower()
        for form in forms(PERSON):
            assert form.lower() not in data, (path, form)


def test_only_language_and_geometry_are_kept(home: Path, pattern: Path) -> None:
    run(home, pattern)
    text = next(home.rglob("Lethe.conf")).read_text(encoding="utf-8")
    keys = {line.partition("=")[0] for line in text.splitlines() if "=" in line}
    assert keys == {"language", "geometry"}


def test_what_other_programs_noted_is_put_back(home: Path, pattern: Path) -> None:
    run(home, pattern, keep="file:///somewhere/else")
    text = next(home.rglob("QtProject.conf")).read_text(encoding="utf-8")
    assert "lastVisited=file:///somewhere/else" in text
    assert str(pattern.parent) not in text
