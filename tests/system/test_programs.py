"""Programs at work: a silent one is ended with all it started, a busy or a waiting one is not."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.system.programs import Hung, Running, end, environment_with, started
from tests.in_time import SLEEP, ends_by_itself, sleepers, soon

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs here are shell scripts")


def running(script: str, patience: float = 0.6) -> Running:
    return Running(["/bin/sh", "-c", script], patience)


def test_what_it_prints_comes_whole() -> None:
    with running("seq 1 200000; echo unheard >&2") as stream:
        data = b"".join(iter(lambda: stream.read(1 << 16), b""))
        assert data.splitlines()[-1] == b"200000"
        assert stream.ended_well()
    with running("echo x; exit 3") as stream:
        assert not stream.ended_well()


@pytest.mark.parametrize(
    "script",
    [f"{SLEEP} & {SLEEP}", f"echo one; {SLEEP}", f"exec >&-; {SLEEP}"],
    ids=["two", "after a word", "unheard"],
)
def test_a_silent_one_is_ended_with_all_it_started(script: str) -> None:
    with ends_by_itself(), running(script) as stream, pytest.raises(Hung):
        stream.ended_well()
    assert soon(lambda: not sleepers())


def test_one_that_only_computes_is_not_silent() -> None:
    busy = f"{sys.executable} -c 'import time; t = time.time()\nwhile time.time() < t + 2: pass'; echo done"
    with running(busy) as stream:
        assert stream.read(9) == b"done\n"
        assert stream.ended_well()


def test_one_that_waits_for_us_is_not_silent() -> None:
    with running("head -c 4000000 /dev/zero") as stream:
        count = len(stream.read(10))
        time.sleep(1.5)
        while data := stream.read(1 << 20):
            count += len(data)
        assert count == 4_000_000


def test_left_early_it_is_ended() -> None:
    with running(f"{SLEEP} & yes", patience=60) as stream:
        assert stream.read(4)
        assert soon(sleepers)
    assert soon(lambda: not sleepers())


def test_one_that_will_not_go_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.system.programs._GRACE", 0.2)
    deaf = tmp_path / "deaf"
    script = f"trap '' TERM; touch {deaf}; while :; do sleep 0.05; done"
    process = started(["/bin/sh", "-c", script], stderr=subprocess.DEVNULL)
    assert soon(deaf.exists)
    end(process)
    assert process.returncode == -9


def test_its_environment_has_no_settings_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_REPOSITORY", "elsewhere")
    given = environment_with({"TOOL_KEY": "1"}, ("TOOL_",))
    assert (given.get("TOOL_REPOSITORY"), given["TOOL_KEY"], given["LC_ALL"]) == (None, "1", "C.UTF-8")
