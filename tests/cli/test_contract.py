"""The command line is a contract: verbs, exit codes, what stands on stdout."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pikepdf
import pytest
from command_line import lethe
from reportlab.pdfgen.canvas import Canvas

from app.__main__ import main
from app.domain.step import Step
from app.rehearsal import PASSPHRASES

LINE_KEYS = {"path", "bytes", "tier", "people", "findings", "category", "problems"}


@pytest.fixture(scope="module")
def finished(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = Path(shutil.copytree(built, tmp_path_factory.mktemp("done") / "company"))
    done = lethe("run", place / "CASE.toml", **PASSPHRASES)
    assert done.returncode in (0, 3), done.stderr
    assert done.stdout.splitlines()[-1] == str(place / "out" / "certificate.pdf")
    return place


def test_rehearse_ends_with_the_certificate(tmp_path: Path) -> None:
    done = lethe("rehearse", tmp_path / "demo", "--records", 30, "--lang", "zh")
    assert done.returncode == 0, done.stderr
    certificate = Path(done.stdout.splitlines()[-1])
    assert certificate.read_bytes().startswith(b"%PDF")
    said = done.stderr.splitlines()
    assert "-m app --case" in said[-1], "the last line can be run as it stands"
    assert PASSPHRASES["OFFICER_PASSPHRASE"] in said[-1]
    ends = [line for line in said if line.startswith("    完成：")]
    assert len(ends) == len(Step) - 2, "each step but the declaration and the signing says what it did"
    for words in ("查看文件", "字节", "已定处置", "找到副本", "密钥 3 项", "读写"):
        assert any(words in line for line in ends), (words, ends)
    assert lethe("rehearse", tmp_path / "demo").returncode == 1


def test_a_company_alone_is_made_and_nothing_done(tmp_path: Path) -> None:
    done = lethe("rehearse", tmp_path / "demo", "--records", 20, "--company-only")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(tmp_path / "demo" / "CASE.toml")]
    assert all(phrase in done.stderr for phrase in PASSPHRASES.values())
    assert not (tmp_path / "demo" / "2026-001").exists()
    assert lethe("run", tmp_path / "demo" / "CASE.toml", **PASSPHRASES).returncode == 0


def test_locate_prints_the_contract(company: Path) -> None:
    done = lethe("locate", company / "customers", "--json")
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(lines[-1]) == {"summary"}
    assert set(lines[-1]["summary"]) == {"files", "bytes", "records", "unreadable", "seconds"}
    assert all(set(line) - {"clue"} == LINE_KEYS for line in lines[:-1])
    assert sum("cn.id" in line["findings"] for line in lines[:-1]) > 20
    assert lines[-1]["summary"]["records"] == sum(bool(line["findings"]) for line in lines[:-1])


def test_locate_speaks_to_people_and_runs_in_processes(company: Path) -> None:
    one = lethe("locate", company / "customers")
    two = lethe("locate", company / "customers", "--jobs", 2)
    assert one.returncode == two.returncode == 0
    assert one.stdout.splitlines()[:-1] == two.stdout.splitlines()[:-1]


def test_locate_finds_one_person(company: Path) -> None:
    dossier = next((company / "customers").rglob("K*.txt"))
    name = dossier.stem.rpartition("-")[2]
    found = lethe("locate", company / "customers", "--json", "--subject", name)
    lines = [json.loads(line) for line in found.stdout.splitlines()][:-1]
    assert str(dossier) in [line["path"] for line in lines]
    assert all("custom.subject" in line["findings"] for line in lines)


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["locate", "/no/such/place"], 2),
        (["status", "/no/such/case"], 2),
        (["resume", "/no/such/case"], 2),
        (["run", "/no/such/CASE.toml"], 2),
        (["verify", "/no/such/file"], 2),
        (["frobnicate"], 2),
        (["locate"], 2),
        (["rehearse", "/dev/null/x"], 2),
    ],
)
def test_unreadable_input_and_usage_are_2(argv: list[str], code: int) -> None:
    done = lethe(*argv)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_an_unknown_key_is_refused_before_anything_is_touched(company: Path) -> None:
    case_file = company / "CASE.toml"
    case_file.write_text(case_file.read_text(encoding="utf-8") + "\n[colour]\nred = 1\n", encoding="utf-8")
    done = lethe("run", case_file, **PASSPHRASES)
    assert done.returncode == 2
    assert "colour" in done.stderr
    assert not (company / "2026-001").exists()


def test_a_wrong_passphrase_is_1_and_unlocks_nothing(company: Path) -> None:
    done = lethe("run", company / "CASE.toml", **{**PASSPHRASES, "WITNESS_PASSPHRASE": "wrong"})
    assert done.returncode == 1
    assert "passphrase" in done.stderr.lower()
    assert not (company / "2026-001").exists()


def test_status_and_verify_of_a_finished_case(finished: Path) -> None:
    status = lethe("status", finished / "2026-001", "--json")
    told = json.loads(status.stdout)
    assert told["closed"]
    assert all(step["done"] for step in told["steps"])
    assert lethe("status", finished / "2026-001").returncode == 0
    for name in ("certificate.pdf", "manifest.json", "inventory.csv", "manifest.p7s", "manifest.dsse.json"):
        verdict = lethe("verify", finished / "out" / name, "--json")
        assert verdict.returncode == 0, verdict.stdout
        said = json.loads(verdict.stdout)
        assert said["valid"]
        assert said["status"] == "valid"
        assert all(one["zh"]["check"] != one["en"]["check"] for one in said["checks"])
    foreign = lethe("verify", "--text", "LETHE1:something", "--json")
    assert foreign.returncode == 1
    assert json.loads(foreign.stdout)["status"] == "not_ours"
    assert lethe("verify").returncode == 2
    journal = lethe("verify", finished / "2026-001" / "journal.jsonl")
    assert journal.returncode == 0
    (package,) = (finished / "out" / "sealed").glob("*.age")
    outside = lethe("verify", package)
    assert outside.returncode == 0
    assert "Not opened" in outside.stderr
    sealed = lethe("verify", package, "--identity", finished / "custodian" / "key.txt")
    assert sealed.returncode == 0, sealed.stdout
    assert "Not opened" not in sealed.stderr
    told = lethe("verify", finished / "out" / "certificate.pdf")
    assert "signatures.intact" not in told.stdout, "a person is told what a check looks at"
    assert lethe("verify", finished / "out" / "certificate.pdf", "--journal", "/no/such").returncode == 2
    again = lethe("resume", finished / "2026-001", **PASSPHRASES)
    assert again.returncode == 0
    assert again.stdout.splitlines()[-1].endswith("certificate.pdf")


@pytest.mark.parametrize("name", ["certificate.pdf", "manifest.json", "inventory.csv", "manifest.p7s"])
def test_any_change_is_found(finished: Path, tmp_path: Path, name: str) -> None:
    out = Path(shutil.copytree(finished / "out", tmp_path / "out"))
    data = bytearray((out / name).read_bytes())
    data[len(data) // 2] ^= 1
    (out / name).write_bytes(data)
    for file in (name, "certificate.pdf"):
        verdict = lethe("verify", out / file)
        assert verdict.returncode == 1, (file, verdict.stdout)
        assert "NOT VALID" in verdict.stdout


def test_a_changed_journal_is_found(finished: Path, tmp_path: Path) -> None:
    case = Path(shutil.copytree(finished / "2026-001", tmp_path / "case"))
    lines = (case / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (case / "journal.jsonl").write_bytes(b"".join(lines[:10]))
    assert lethe("verify", case / "journal.jsonl").returncode == 1
    assert lethe("verify", case / "certificate" / "certificate.pdf").returncode == 1


def test_a_proof_tells_of_one_record_only(finished: Path, tmp_path: Path) -> None:
    inventory = (finished / "out" / "inventory.csv").read_text(encoding="utf-8-sig")
    record = next(
        word for line in inventory.splitlines() for word in line.split(",") if word.startswith("r-")
    )
    out = Path(shutil.copytree(finished / "out", tmp_path / "out"))
    proof = out / "proof.json"
    assert lethe("prove", finished / "2026-001", "--record", record, "-o", proof).returncode == 0
    assert proof.stat().st_size <= 2048
    assert lethe("verify", proof).returncode == 0
    text = proof.read_text(encoding="utf-8")
    proof.write_text(text.replace('"settled_at":"2026', '"settled_at":"2025'), encoding="utf-8")
    assert proof.read_text(encoding="utf-8") != text
    assert lethe("verify", proof).returncode == 1
    assert lethe("prove", finished / "2026-001", "--record", "r-none", "-o", proof).returncode == 2


def test_a_new_identity(tmp_path: Path) -> None:
    path = tmp_path / "王.p12"
    argv = ("identity", "new", "--name", "王𬭚", "--role", "witness", "-o", path)
    assert lethe(*argv, "--passphrase-env", "PW").returncode == 1
    made = lethe(*argv, "--passphrase-env", "PW", "--json", PW="很长的口令")
    assert made.returncode == 0
    assert len(json.loads(made.stdout)["fingerprint"]) == 64
    assert lethe(*argv, "--passphrase-env", "PW", PW="x").returncode == 1


def test_self_test_passes() -> None:
    done = lethe("self-test", "--json")
    assert done.returncode == 0, done.stdout
    assert all(json.loads(line)["ok"] for line in done.stdout.splitlines())


def test_ctrl_c_stops_between_two_acts_and_can_be_resumed(company: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "app", "run", str(company / "CASE.toml")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **PASSPHRASES},
        cwd=Path(__file__).parents[2],
    )
    journal = company / "2026-001" / "journal.jsonl"
    while run.poll() is None and not (journal.exists() and b"step.begun" in journal.read_bytes()):
        time.sleep(0.002)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode in (130, 0, 3)
    resumed = lethe("resume", company / "2026-001", **PASSPHRASES)
    assert resumed.returncode in (0, 3), resumed.stderr


def test_a_second_run_of_the_same_case_is_refused(finished: Path) -> None:
    done = lethe("run", finished / "CASE.toml", **PASSPHRASES)
    assert done.returncode in (1, 2)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    for argv in (["--version"], ["--help"]):
        with pytest.raises(SystemExit) as leaving:
            main(argv)
        assert leaving.value.code == 0
    assert "Lethe" in capsys.readouterr().out


def test_locate_tries_a_list_of_passwords_and_says_what_stayed_shut(tmp_path: Path) -> None:
    place = tmp_path / "in"
    place.mkdir()
    for name, word in (("a.pdf", "Geheim-1"), ("b.pdf", "nobody knows")):
        held = io.BytesIO()
        canvas = Canvas(held)
        canvas.drawString(40, 700, "13812345678 and 11010519491231002X")
        canvas.save()
        with pikepdf.open(held) as pdf:
            pdf.save(place / name, encryption=pikepdf.Encryption(owner="owner", user=word))
    (place / "link").symlink_to("a.pdf")
    (tmp_path / "list.txt").write_text("x\nGeheim-1\n", encoding="utf-8")
    done = lethe("locate", place, "--passwords", tmp_path / "list.txt", "--lang", "en")
    first, second, last = done.stdout.splitlines()
    assert "Chinese ID number×1" in first
    assert "The file is encrypted" in second
    assert "1 unreadable" in last
    assert "Skipped by rule 1" in last
    assert "Geheim" not in done.stdout + done.stderr
    assert lethe("locate", place, "--passwords", tmp_path / "none.txt").returncode == 2
