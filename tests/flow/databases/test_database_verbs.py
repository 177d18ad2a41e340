"""By the command line: located by address, run from a CASE.toml, certified, and nothing leaks."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.case import Role
from app.domain.fault import Fault, Refused
from app.flow import read_case_file
from app.flow.case_text import case_toml
from app.identity import create
from tests.flow.databases.company import customers
from tests.flow.databases.conftest import Held, list_of, sqlite_at
from tests.flow.databases.servers import PASSWORD

CASE = """\
case = "2026-007"
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
[[location]]
url = "sqlite:///库/crm.db"
customers = "list.csv"
{more}
[[decide]]
match = {{ glob = "**客户" }}
fate = "wipe"
[[decide]]
match = {{}}
fate = "wipe"
[[person]]
role = "officer"
identity = "officer.p12"
passphrase_env = "OFFICER_PASSPHRASE"
[[person]]
role = "witness"
identity = "witness.p12"
passphrase_env = "WITNESS_PASSPHRASE"
"""
ENVIRONMENT = {
    "OFFICER_PASSPHRASE": "a passphrase",
    "WITNESS_PASSPHRASE": "another one",
    "DATABASE_WORD": PASSWORD,
}


def lethe(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **ENVIRONMENT, "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "app", *words],
        capture_output=True,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[3],
        timeout=200,
        check=False,
    )


@pytest.fixture
def sqlite_case(tmp_path: Path) -> tuple[Path, Held]:
    (tmp_path / "库").mkdir()
    held = sqlite_at(tmp_path / "库" / "crm.db", customers(200))
    list_of(tmp_path / "list.csv", held.people[:3])
    create("林晓文", Role.OFFICER, tmp_path / "officer.p12", "a passphrase")
    create("周建国", Role.WITNESS, tmp_path / "witness.p12", "another one")
    return tmp_path / "CASE.toml", held


def test_a_run_over_two_databases(
    sqlite_case: tuple[Path, Held], new_postgresql: Callable[[int], Held]
) -> None:
    case_file, held = sqlite_case
    server = new_postgresql(60)
    more = f'[[location]]\nurl = "{server.url}"\npassword_env = "DATABASE_WORD"'
    case_file.write_text(CASE.format(more=more), encoding="utf-8")
    done = lethe("run", str(case_file), "--lang", "zh", folder=case_file.parent)
    assert done.returncode in (0, 3), done.stderr
    assert len(held.all()["客户"]) == 197
    assert len(server.all()["客户"]) == 0
    folder = case_file.parent / "2026-007"
    told = json.loads(lethe("status", str(folder), "--json", folder=case_file.parent).stdout)
    assert told["closed"]
    with (case_file.parent / "out" / "inventory.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.reader(file) if any(cell.startswith("r-") for cell in row)]
    assert len(rows) == 4
    planted = [PASSWORD, *(v for c in (*held.people[:3], *server.people[:9]) for v in (c.name, *c.values))]
    planted += ["客户", "订单"]
    for place in (folder, case_file.parent / "out"):
        for path in place.rglob("*"):
            text = path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
            if path.name == "case.toml":
                text = text.replace("**客户", "")
            found = [one for one in planted if one in text]
            assert not found, (path, found)
    assert PASSWORD not in done.stdout + done.stderr
    checked = lethe("verify", str(case_file.parent / "out" / "certificate.pdf"), folder=case_file.parent)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_located_by_address(postgresql_held: Held, tmp_path: Path) -> None:
    words = ("locate", postgresql_held.url, "--password-env", "DATABASE_WORD", "--json")
    done = lethe(*words, folder=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    tables = {one["path"].rpartition(".")[2]: one for one in lines if "path" in one}
    found = tables["客户"]["findings"]
    assert found.pop("name") > 900  # some share one
    assert found == {"cn.id": 1000, "cn.mobile": 1000, "email": 1000}
    assert (tables["客户"]["rows"], tables["客户"]["people"]) == (1000, 1000)
    assert lines[-1]["summary"]["files"] == 3
    one = postgresql_held.people[7]
    found = lethe(*words, "--subject", one.id, folder=tmp_path)
    assert [json.loads(line)["path"].rpartition(".")[2] for line in found.stdout.splitlines()[:-1]] == [
        "客户"
    ]
    wrong = lethe("locate", postgresql_held.url, "--lang", "en", folder=tmp_path)
    assert wrong.returncode == 2
    assert "did not let us in" in wrong.stderr


@pytest.mark.parametrize(
    ("words", "key"),
    [
        ('url = "postgresql://a:word@h/crm"', "url"),
        ('url = "ftp://h/crm"', "url"),
        ('url = "postgresql://h"', "url"),
        ('url = "postgresql://h/crm"\npath = "库"', "url"),
        ('password_env = "X"', "url"),
        ('url = "postgresql://h/crm"\nwhole = true\ncustomers = "list.csv"', "whole"),
        ('url = "sqlite:///库/crm.db"\nwhole = true', "whole"),
        ('url = "postgresql://h/crm"\npassword = "word"', "password"),
        ('url = "postgresql://h/crm"\ncustomers = "none.csv"', "customers"),
    ],
)
def test_a_wrong_location_is_refused_with_its_line(
    sqlite_case: tuple[Path, Held], words: str, key: str
) -> None:
    case_file, _ = sqlite_case
    case_file.write_text(CASE.format(more=f"[[location]]\n{words}"), encoding="utf-8")
    with pytest.raises(Refused) as caught:
        read_case_file(case_file)
    assert caught.value.fault.value.startswith("case_file_")
    assert caught.value.line > 7
    assert key in caught.value.detail
    assert "word@" not in caught.value.detail
    assert caught.value.fault is not Fault.CASE_FILE_SYNTAX


def test_a_case_comes_back_from_its_text(sqlite_case: tuple[Path, Held]) -> None:
    case_file, _ = sqlite_case
    more = '[[location]]\nurl = "mysql://a@h:3306/客户库"\npassword_env = "W"\nwhole = true'
    case_file.write_text(CASE.format(more=more), encoding="utf-8")
    case = read_case_file(case_file)
    again = case_file.with_name("again.toml")
    again.write_text(case_toml(case), encoding="utf-8")
    assert read_case_file(again) == case
    assert [one.whole for one in case.databases] == [False, True]
    assert case.databases[0].url.endswith("crm.db")
