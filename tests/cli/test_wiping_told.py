"""The command line says before signing how files are wiped, what it takes, and what has no effect."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import lethe

from app.flow import Flow, case_folder, from_environment, people_of, read_case_file
from app.rehearsal import PASSPHRASES


def declare(company: Path, text: str) -> Path:
    case_file = company / "CASE.toml"
    case_file.write_text(case_file.read_text(encoding="utf-8") + text, encoding="utf-8")
    return case_file


@pytest.fixture
def opened(company: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A case on three passes without names, opened and nothing done yet."""
    for name, passphrase in PASSPHRASES.items():
        monkeypatch.setenv(name, passphrase)
    case_file = declare(company, '\n[wipe]\nmethod = "gat_1143_3"\nnames = false\ndevice = false\n')
    case = read_case_file(case_file)
    folder = case_folder(case_file, case)
    Flow.create(folder, case, people_of(case, from_environment)[0]).close()
    return folder


def test_status_tells_the_method_and_the_volumes_before_signing(opened: Path) -> None:
    told = json.loads(lethe("status", opened, "--json").stdout)
    assert told["wiping"] == {
        "method": "gat_1143_3",
        "passes": ["55", "aa", "random"],
        "names": False,
        "device": False,
        "trim": True,
    }
    assert told["magnetic_only"] is True
    assert told["read_back"] == "file"
    (volume,) = told["volumes"]
    assert os.path.ismount(volume["mount"])
    assert {"device", "model", "serial", "bus", "rotational", "discard", "file_system", "options"} <= set(
        volume
    )
    assert volume["names_cost"]["mount"] == volume["mount"]
    for language, words in (("en", "Pass 2: the bytes 0xaa"), ("zh", "第 2 遍：反复写入字节 0xaa")):
        said = lethe("status", opened, "--lang", language).stdout
        assert words in said
        assert volume["device"] in said


def test_a_run_tells_it_before_it_signs_and_names_an_idle_hold(company: Path) -> None:
    case_file = declare(company, '\n[[hold]]\nreason = "lawsuit"\nmatch = { glob = "dispuets/**" }\n')
    told = {**PASSPHRASES, "DATABASE_KEY_PASSPHRASE": ""}
    done = lethe("run", case_file, **told)
    assert done.returncode in (0, 3), done.stderr
    lines = done.stderr.splitlines()
    at = {name: next(n for n, line in enumerate(lines) if line == f"[{name}]") for name in ("Sign", "Shred")}
    between = "\n".join(lines[at["Sign"] : at["Shred"]])
    assert "AES-256-CTR" in between
    assert "files," in between
    assert "dispuets/**" in between
    assert "database.pem" in between, "a key that stays shut is told before it goes"
    assert "mail.p12" not in between


def test_the_same_for_a_machine(company: Path) -> None:
    done = lethe("run", company / "CASE.toml", "--json", **PASSPHRASES)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    (wiping,) = [one for one in told if one.get("event") == "wiping"]
    assert told.index(wiping) < next(n for n, one in enumerate(told) if one.get("step") in ("shred", "wipe"))
    assert wiping["wiping"]["passes"] == ["random"]
    wiped = sum(one.get("step") == "wipe" for one in told)
    assert sum(volume["names_cost"]["names"] for volume in wiping["volumes"]) == wiped
