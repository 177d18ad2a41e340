"""As far as it can be seen here: every module can be imported on Windows and on the Mac, and is typed there."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_every_module_can_be_imported_without_what_the_system_has_not(system):
    done = subprocess.run(
        [sys.executable, HERE / "foreign_import.py", system],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 wrong" in done.stdout
