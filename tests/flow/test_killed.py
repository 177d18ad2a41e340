"""Killed at random moments, resumed: nothing is lost, nothing is half done, nothing is certified that is there."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.__main__ import main
from app.domain.outcome import Outcome
from app.journal import verify as verify_journal
from app.rehearsal import PASSPHRASES, build_company
from app.steps.certify import verify

if not hasattr(os, "fork"):
    pytest.skip("this system has no fork; kills are tried on Linux and macOS", allow_module_level=True)

KILLS = int(os.environ.get("LETHE_KILLS", "20"))
SEED = int(os.environ.get("LETHE_SEED", "20261121"))
DESTROYED = {"Outcome.overwritten", "Outcome.proven", "Outcome.residue_possible"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed") / "company"
    build_company(folder, records=40)
    return folder


@pytest.fixture(scope="module")
def run_time(company: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    place = laid_out(company, tmp_path_factory.mktemp("timed") / "company")
    began = time.monotonic()
    assert os.waitstatus_to_exitcode(waited(started(place, "run", place / "CASE.toml"))) in (0, 3)
    return time.monotonic() - began


def laid_out(company: Path, place: Path) -> Path:
    return Path(shutil.copytree(company, place))


def started(place: Path, *argv: object) -> int:
    """Fork a child that runs `lethe argv --json` with its output in files; give its pid."""
    child = os.fork()
    if child:
        return child
    os.environ.update(PASSPHRASES)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), descriptor)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)
    code = 70
    try:
        code = main([str(arg) for arg in argv] + ["--json"])
    except SystemExit as leaving:
        code = int(leaving.code or 0)
    finally:
        os._exit(code)


def waited(child: int) -> int:
    return os.waitpid(child, 0)[1]


def killed(child: int, place: Path, chance: random.Random, run_time: float) -> None:
    """Kill the child at a random moment: of its time, or of the journal's growth."""
    if chance.random() < 0.5:
        time.sleep(chance.uniform(0, run_time))
    else:
        journal, size = place / "2026-001" / "journal.jsonl", chance.randrange(200, 60_000)
        deadline = time.monotonic() + 2 * run_time
        while time.monotonic() < deadline and os.waitpid(child, os.WNOHANG) == (0, 0):
            if journal.exists() and journal.stat().st_size >= size:
                break
            time.sleep(0.0005)
    try:
        os.kill(child, signal.SIGKILL)
        waited(child)
    except (ProcessLookupError, ChildProcessError):
        return


def entries(place: Path) -> Iterator[dict[str, object]]:
    for line in (place / "2026-001" / "journal.jsonl").read_bytes().splitlines():
        yield json.loads(line)


def acknowledged(place: Path) -> list[dict[str, object]]:
    lines = (place / "stdout").read_text(encoding="utf-8").splitlines() if (place / "stdout").exists() else []
    told = []
    for line in lines:
        try:
            told.append(json.loads(line))
        except ValueError:
            continue  # the kill cut this line
    return [one for one in told if one.get("event") == "settled"]


def resumed(place: Path, chance: random.Random, run_time: float) -> int:
    """Resume, perhaps killed once more, until it ends."""
    for again in range(4):
        case = place / "2026-001"
        argv = ("resume", case) if case.exists() else ("run", place / "CASE.toml")
        child = started(place, *argv)
        if again == 0 and chance.random() < 0.4:
            killed(child, place, chance, run_time)
            continue
        return os.waitstatus_to_exitcode(waited(child))
    raise AssertionError("resume never ended")


@pytest.mark.parametrize("trial", range(KILLS))
def test_killed_and_resumed(company: Path, run_time: float, tmp_path: Path, trial: int) -> None:
    chance = random.Random(SEED + trial)
    place = laid_out(company, tmp_path / "company")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}

    killed(started(place, "run", place / "CASE.toml"), place, chance, run_time)
    journal = place / "2026-001" / "journal.jsonl"
    at_kill = journal.read_bytes().rpartition(b"\n")[0] if journal.exists() else b""

    code = resumed(place, chance, run_time)
    assert code in (0, 3), (place / "stderr").read_text(encoding="utf-8")
    assert journal.read_bytes().startswith(at_kill), "an entry that was on disk is lost"
    assert verify_journal(journal).ok
    settled = {
        str(entry["body"]["id"]): entry["body"] for entry in entries(place) if entry["event"] == "settled"
    }
    for told in acknowledged(place):
        assert settled[str(told["id"])]["outcome"] == told["outcome"], "what was acknowledged is lost"
    certificate = verify(place / "out" / "certificate.pdf")
    assert certificate.valid, certificate.checks
    check_outcomes(place, settled, before)


def check_outcomes(place: Path, settled: dict[str, dict[str, object]], before: dict[Path, bytes]) -> None:
    """Hold every file that ever was against what the inventory says of it."""
    account = json.loads((place / "2026-001" / "certificate" / "account.json").read_bytes())
    gone = [path for path in before if not path.exists()]
    lines = {line["id"]: line for line in account["lines"]}
    destroying = [line for line in lines.values() if line["fate"] in ("wipe", "shred")]
    ended_well = [line for line in destroying if line["outcome"] and "failed" not in line["outcome"]]
    assert len(gone) == len(ended_well), "files gone and files said to be gone differ"
    for line in lines.values():
        if line["outcome"] in DESTROYED:
            assert settled[line["id"]]["outcome"] == line["outcome"]
            assert Outcome(line["outcome"].partition(".")[2]) is not Outcome.FAILED
    assert not [line for line in destroying if line["outcome"] is None]
    for path, content in before.items():
        if path.exists() and path.name not in ("stdout", "stderr"):
            assert path.read_bytes() == content, f"{path} is half done"
