"""The house: layers, sizes, and who may touch the disk. A breach fails the build."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APP = ROOT / "app"
FILES = sorted(APP.rglob("*.py"))

MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 50
FUNCTIONS_P90 = 25

DESTROYING_ROOMS = ("steps/wipe", "steps/shred")
TRUSTED_WITH_THEIR_OWN_FILES = {
    "flow/closing.py": "removes the register whose key was destroyed",
    "flow/papers.py": "takes its copy of a document out of the case folder",
    "steps/confirm/rewriting.py": "drops a new archive of its own making while the old one is still there",
    "flow/making.py": "clears a case folder whose making was cut off",
    "flow/sealed_here.py": "removes a file that could not be taken out of the vault whole",
    "vault/vault.py": "removes wrapped keys whose master was destroyed",
    "vault/store.py": "removes sealed records whose key was destroyed",
    "journal/journal.py": "cuts a torn entry off its own file",
}
"""Who else removes or truncates, and what: only files that Lethe itself made."""


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def test_the_layers_hold() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert lint.returncode == 0, lint.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(APP)))
def test_files_and_functions_stay_small(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES_OF_A_FILE
    long = [
        f.name for f in functions(parsed(path)) if (f.end_lineno or 0) - f.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    assert long == []


def test_nine_functions_in_ten_are_short() -> None:
    sizes = sorted((f.end_lineno or 0) - f.lineno + 1 for path in FILES for f in functions(parsed(path)))
    assert sizes[int(len(sizes) * 0.9)] <= FUNCTIONS_P90


def test_no_room_is_a_grab_bag() -> None:
    bad = {"utils", "helpers", "manager", "base", "core", "common", "misc"}
    assert [path for path in FILES if path.stem in bad or path.parent.name in bad] == []


def test_the_command_line_does_not_import_qt() -> None:
    code = "import sys, app.cli, app.flow, app.cli.verbs.run; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_heavy_packages_wait_until_they_are_used() -> None:
    code = (
        "import sys, app.cli, app.flow, app.cli.verbs.run\n"
        "heavy = {'reportlab', 'pikepdf', 'pyhanko', 'hyperscan', 'pypdfium2'} & set(sys.modules)\n"
        "sys.exit(' '.join(sorted(heavy)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def removals(path: Path) -> list[str]:
    """Calls that take a file away or cut it."""
    found = []
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if name in {"unlink", "rmtree", "rmdir", "truncate", "ftruncate"} or (
                owner == "os" and name == "remove"
            ):
                found.append(name)
    return found


def test_only_named_places_remove_files() -> None:
    allowed = (*DESTROYING_ROOMS, "system/", "steps/confirm", "steps/certify", "identity/", "ui/")
    bad = {}
    for path in FILES:
        name = path.relative_to(APP).as_posix()
        if not name.startswith(allowed) and name not in TRUSTED_WITH_THEIR_OWN_FILES and removals(path):
            bad[name] = removals(path)
    assert bad == {}


def test_the_changelog_speaks_of_this_version() -> None:
    from app import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    top = re.search(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert top
    assert top[1] == project["version"] == __version__


def test_every_resource_that_is_named_is_there() -> None:
    from app.system.paths import resource

    names = set()
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", getattr(node.func, "attr", "")) == "resource"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                names.add(str(node.args[0].value))
    assert len(names) >= 3
    for name in names:
        assert resource(name).exists()
    with pytest.raises(FileNotFoundError):
        resource("none/such.txt")
