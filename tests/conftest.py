"""What tests of several rooms need alike."""

import shutil
import subprocess

import pytest


@pytest.fixture
def own_gnupg(tmp_path, monkeypatch):
    """A home of GnuPG and a cache for this test alone, as duplicity wants them; its agent ends with it."""
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield home
    if shutil.which("gpgconf"):
        subprocess.run(["gpgconf", "--kill", "all"], capture_output=True, timeout=60, check=False)
