"""`lethe journal` and `lethe verify` on a journal: what is said, and the exit codes."""

from __future__ import annotations

import json
import sys
from io import StringIO
from pathlib import Path

import pytest

from app.__main__ import main
from app.journal import FirstKey, Journal, Tongue, first_key_qr, first_key_words

FIRST = FirstKey(bytes(range(16)))


@pytest.fixture
def case(tmp_path: Path) -> Path:
    journal = Journal.create(tmp_path / "journal.jsonl", FIRST)
    for n in range(6):
        journal.append("settled", {"id": f"r-{n}", "outcome": "Outcome.overwritten"})
    journal.close()
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str]:
    code = main([str(one) for one in argv])
    return code, capsys.readouterr().out


def test_without_key_and_certificate_it_is_incomplete(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = run(capsys, "verify", case / "journal.jsonl", "--lang", "en")
    assert code == 1
    assert "INCOMPLETE" in out
    assert out.count("○") == 2
    assert "compute the chain anew" in out
    code, out = run(capsys, "verify", case / "journal.jsonl", "--json")
    told = json.loads(out)
    assert (told["kind"], told["valid"], told["status"]) == ("journal", False, "incomplete")
    assert [one["ok"] for one in told["checks"]] == [True, True, None, None, True]


def test_with_the_first_key_it_is_valid(
    case: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = " ".join(first_key_words(FIRST, Tongue.ZH))
    written = case / "words.txt"
    written.write_text(first_key_qr(FIRST), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", StringIO(words + "\n"))
    for given in (words, written, "-"):
        code, out = run(capsys, "verify", case / "journal.jsonl", "--first-key", given, "--lang", "zh")
        assert code == 0
        assert "6 条封印逐条相符" in out
    other = " ".join(first_key_words(FirstKey.new(), Tongue.EN))
    code, out = run(capsys, "verify", case / "journal.jsonl", "--first-key", other, "--lang", "zh")
    assert code == 1
    assert "起始密钥不是这一个" in out
    assert run(capsys, "verify", case / "journal.jsonl", "--first-key", "no words")[0] in (1, 2)


def test_an_anchor_is_found_beside_it(case: Path, capsys: pytest.CaptureFixture[str]) -> None:
    entries = [json.loads(line) for line in (case / "journal.jsonl").read_bytes().splitlines()]
    (case / "certificate").mkdir()
    manifest = case / "certificate" / "manifest.json"
    for head, code in ((entries[3]["hash"], 0), ("0" * 64, 1)):
        manifest.write_text(json.dumps({"journal": {"count": 4, "head": head}}), encoding="utf-8")
        assert run(capsys, "verify", case / "journal.jsonl")[0] == code
    manifest.write_text("[]", encoding="utf-8")
    assert run(capsys, "verify", case / "journal.jsonl")[0] == 1


@pytest.mark.parametrize("form", ["syslog", "cef", "ocsf"])
def test_it_is_exported(case: Path, form: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["journal", str(case), "--format", form]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 6
    out = case / "out.log"
    assert main(["journal", str(case), "--format", form, "-o", str(out)]) == 0
    assert len(out.read_bytes().splitlines()) == 6
    assert main(["journal", str(case), "--format", form, "-o", str(out)]) == 2, "nothing is overwritten"
