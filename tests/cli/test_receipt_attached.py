"""A custodian's receipt on the command line: the run stops for it, it is attached, the run goes on."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import lethe

from app.rehearsal import PASSPHRASES


def test_a_run_waits_for_the_receipt_and_goes_on_once_it_is_there(company: Path) -> None:
    case_file, case = company / "CASE.toml", company / "2026-001"
    text = case_file.read_text(encoding="utf-8")
    case_file.write_text(text.replace('receipt = "custodian/receipt.txt"\n', ""), encoding="utf-8")
    stopped = lethe("run", case_file, **PASSPHRASES)
    assert stopped.returncode == 1
    assert "No receipt of the custodian" in stopped.stderr
    assert "lethe attach" in stopped.stderr
    assert (company / "customers/名单/客户名单.csv").exists()
    status = json.loads(lethe("status", case, "--json").stdout)
    assert {one["step"]: one["gate"] for one in status["steps"]}["sign"] == "no_receipt"
    assert lethe("resume", case, **PASSPHRASES).returncode == 1

    none = lethe("attach", case, company / "no.pdf")
    assert (none.returncode, "no.pdf" in none.stderr) == (1, True)
    wrong = lethe("attach", case, company / "custodian/receipt.txt", "--kind", "收据")
    assert (wrong.returncode, "custodian" in wrong.stderr) == (2, True)
    done = lethe("attach", case, company / "custodian/receipt.txt", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["kind"] == "custodian"
    ended = lethe("resume", case, **PASSPHRASES)
    assert ended.returncode in (0, 3), ended.stderr
    assert not (company / "customers/名单/客户名单.csv").exists()
    late = lethe("attach", case, company / "custodian/receipt.txt")
    assert (late.returncode, "closed" in late.stderr) == (1, True)


def test_one_key_stops_the_run_with_what_to_do_in_both_languages(company: Path) -> None:
    case_file = company / "CASE.toml"
    text = case_file.read_text(encoding="utf-8")
    at = text.index("[[custodian]]", text.index("[[custodian]]") + 1)
    case_file.write_text(text[:at] + text[text.index("[[decide]]") :], encoding="utf-8")
    stopped = lethe("run", case_file, **PASSPHRASES)
    assert stopped.returncode == 1
    assert "one key alone" in stopped.stderr
    assert "one_recipient" in stopped.stderr
    chinese = lethe("resume", company / "2026-001", "--lang", "zh", **PASSPHRASES)
    assert chinese.returncode == 1
    assert "只为一把密钥封存" in chinese.stderr
    assert "one_recipient" in chinese.stderr
    assert (company / "customers/名单/客户名单.csv").exists()
