"""An ordinary officer's case, run for real: the device is read through sudo, or the grade says that it was not.

A file system image is mounted for it, and sudo's rules are put in its place in a mount
namespace of the test's own: nothing of this system's is changed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.domain.outcome import Outcome, Reason
from app.domain.wiping import Wiping
from app.flow.reading import Reading, reader_command, reading
from app.rehearsal import PASSPHRASES, build_company

NOBODY = 65534
ROOT = Path(__file__).parents[2]
RULES = "Defaults !syslog\nroot ALL=(ALL) ALL\n"
LEAVE = "#65534 ALL=(root) NOPASSWD: ALL\n"
NEEDED = ("sudo", "unshare", "setpriv", "mkfs.ext4", "mount", "umount")

Told = list[dict[str, object]]


@pytest.fixture
def company() -> Iterator[Path]:
    """The CASE.toml of a company on an image of its own, all of it an ordinary user's."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting an image needs root")
    if missing := [name for name in NEEDED if not shutil.which(name)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    look = [*as_nobody(), sys.executable, "-c", "import app"]
    if subprocess.run(look, cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("an ordinary user may not read the program here")
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="lethe-leave-") as home, ExitStack() as stack:
        place = Path(home)
        place.chmod(0o755)
        image, mount = place / "image", place / "mount"
        mount.mkdir()
        with image.open("wb") as file:
            file.truncate(48 << 20)
        subprocess.run(["mkfs.ext4", "-q", image], check=True)
        if subprocess.run(["mount", "-o", "loop", image, mount], check=False).returncode:
            pytest.skip("an image can't be mounted here")
        stack.callback(subprocess.run, ["umount", mount], check=True)
        case_file = build_company(mount / "company", records=8)
        mount.chmod(0o777)
        for folder, _, names in os.walk(mount / "company"):
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, NOBODY, NOBODY)
        yield case_file


def as_nobody() -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


@pytest.fixture
def run(company: Path) -> Callable[..., Told]:
    """Run the case as an ordinary user, under these rules of sudo; gives the lines of JSON."""

    def go(rules: str, **environment: str) -> Told:
        sudoers = company.parents[2] / "sudoers"
        sudoers.write_text(RULES + rules, encoding="ascii")
        sudoers.chmod(0o440)
        path = os.environ["PATH"]
        told = {"PATH": path, "HOME": str(company.parent), "LANG": "C.UTF-8", **PASSPHRASES, **environment}
        done = subprocess.run(
            [
                *(
                    "unshare",
                    "--mount",
                    "sh",
                    "-c",
                    f'mount --bind {sudoers} /etc/sudoers && exec "$@"',
                    "sh",
                ),
                *(*as_nobody(), sys.executable, "-m", "app", "run", str(company), "--json"),
            ],
            cwd=ROOT,
            env=told,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode in (0, 3), done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return go


def ends(told: Told) -> tuple[set[object], set[object]]:
    """How the wiped files ended, and the limits that were named."""
    wiped = [one for one in told if one.get("step") == "wipe"]
    assert len(wiped) > 10
    outcomes = {str(one["outcome"]).removeprefix("Outcome.") for one in wiped}
    return outcomes, {limit for one in wiped for limit in one["evidence"]["limits"]}


def read_back(told: Told) -> object:
    (wiping,) = [one for one in told if one.get("event") == "wiping"]
    return wiping["read_back"]


def test_sudo_lets_an_ordinary_officer_prove_it_on_the_device(run: Callable[..., Told]) -> None:
    told = run(LEAVE)
    assert read_back(told) == Reading.GRANTED.value
    outcomes, limits = ends(told)
    assert outcomes == {Outcome.PROVEN.value}
    assert Reason.NOT_READ_FROM_DEVICE.value not in limits


def test_without_leave_the_grade_says_so(run: Callable[..., Told]) -> None:
    outcomes, limits = ends(run(""))
    assert outcomes == {Outcome.OVERWRITTEN.value}
    assert Reason.NOT_READ_FROM_DEVICE.value in limits


@pytest.mark.skipif(not shutil.which("pkexec"), reason="pkexec is not installed")
def test_a_question_that_is_not_answered_falls_back(run: Callable[..., Told]) -> None:
    """There is no agent here that could ask, so pkexec ends as when the officer says no."""
    told = run(LEAVE, DISPLAY=":99")
    assert read_back(told) == Reading.ASKED.value
    outcomes, limits = ends(told)
    assert outcomes == {Outcome.OVERWRITTEN.value}
    assert Reason.NOT_READ_FROM_DEVICE.value in limits


def test_who_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux has a reader")
    assert reading(Wiping(device=False)) is Reading.FILE
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert reading(Wiping()) is Reading.OWN
    assert reader_command(Wiping()) == ()
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    there = {"sudo", "pkexec"}
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}" if name in there else None)
    for environment in ({"DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "wayland-0"}):
        assert reading(Wiping(), environment) is Reading.ASKED
        assert reader_command(Wiping(), environment)[0] == "/usr/bin/pkexec"
    assert reading(Wiping(), {}) is Reading.GRANTED
    assert reader_command(Wiping(), {})[:3] == ("/usr/bin/sudo", "-n", "--")
    there.clear()
    assert reading(Wiping(), {"DISPLAY": ":0"}) is Reading.FILE
    assert reader_command(Wiping(), {"DISPLAY": ":0"}) == ()


def test_the_packaged_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from app.__main__ import main

    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: NOBODY)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    program, *argv = reader_command(Wiping(), {})[3:]
    assert program == sys.executable
    for name in ("SUDO_UID", "PKEXEC_UID"):
        monkeypatch.delenv(name, raising=False)
    assert main(argv) == 1, "the reader answers only through pkexec or sudo"
