import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.system.protected import (
    LINUX_PLACES,
    LINUX_TREES,
    MAC_PLACES,
    MAC_TREES,
    WINDOWS_PLACES,
    WINDOWS_TREES,
    is_protected,
)


def _real(place: str) -> str:
    return place.replace("*", "某人").replace("?:", "d:")


@pytest.mark.parametrize(
    ("place", "system"),
    [(p, "linux") for p in LINUX_TREES + LINUX_PLACES]
    + [(p, "darwin") for p in MAC_TREES + MAC_PLACES]
    + [(p, "win32") for p in WINDOWS_TREES + WINDOWS_PLACES],
)
def test_every_place_on_the_list_is_protected(place, system):
    assert is_protected(_real(place), system=system)


@pytest.mark.parametrize(
    ("tree", "system"),
    [(p, "linux") for p in LINUX_TREES]
    + [(p, "darwin") for p in MAC_TREES]
    + [(p, "win32") for p in WINDOWS_TREES],
)
def test_what_lies_below_a_protected_tree_is_protected(tree, system):
    edge = "\\" if system == "win32" else "/"
    assert is_protected(f"{_real(tree)}{edge}一{edge}b.txt", system=system)
    assert not is_protected(f"{_real(tree)}x{edge}b.txt", system=system)


@pytest.mark.parametrize(
    ("path", "system"),
    [
        ("/home/li/客户.csv", "linux"),
        ("/root/a.csv", "linux"),
        ("/tmp/a.csv", "linux"),
        ("/srv/data/a.csv", "linux"),
        ("/var/lib/mysql/a.ibd", "linux"),
        ("/run/media/li/USB/a.csv", "linux"),
        ("/mnt/a.csv", "linux"),
        ("/Users/li/a.csv", "darwin"),
        ("/Volumes/USB/a.csv", "darwin"),
        ("/private/tmp/a.csv", "darwin"),
        ("C:\\Users\\li\\a.csv", "win32"),
        ("D:/data/a.csv", "win32"),
        ("\\\\server\\share\\a.csv", "win32"),
    ],
)
def test_a_persons_files_are_not(path, system):
    assert not is_protected(path, system=system)


@pytest.mark.parametrize(
    "path",
    [
        "C:/WINDOWS/System32/a.dll",
        "c:\\windows.\\a",
        "\\\\?\\C:\\Windows\\a",
        "C:\\Users\\..\\Windows\\a",
        "c:a.txt",
        "a",
    ],
)
def test_windows_spellings_of_a_protected_place(path):
    assert is_protected(path, system="win32")


@pytest.mark.parametrize(
    "path", ["/home/../etc/passwd", "//etc/passwd", "/etc/./x", "/usr//bin/x", "", "a/b", "."]
)
def test_linux_spellings_of_a_protected_place(path):
    assert is_protected(path, system="linux")


def test_the_running_program_is_protected():
    for place in (sys.prefix, sys.executable, __import__("app").__file__):
        assert is_protected(place)
        assert is_protected(Path(place).resolve())


def test_an_extra_place_protects_what_is_in_it(tmp_path):
    assert not is_protected(tmp_path / "a")
    assert is_protected(tmp_path / "a", [tmp_path])
    assert is_protected(tmp_path, [tmp_path])
    assert not is_protected(tmp_path.parent, [tmp_path])


def test_a_frozen_program_protects_its_folder(tmp_path):
    code = (
        "import sys; from pathlib import Path; sys.frozen = True; sys.executable = sys.argv[1];"
        "from app.system.protected import is_protected; print(is_protected(sys.argv[2]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lethe"), str(tmp_path / "x.so")],
        capture_output=True,
        text=True,
        check=True,
        cwd=os.getcwd(),
    )
    assert ran.stdout.strip() == "True"
