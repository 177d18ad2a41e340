"""Keys of services on the command line: told before the signing, certified with a date, resumed after it."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from command_line import lethe

from app.domain.case import Role
from app.identity import create

sys.path.insert(0, str(Path(__file__).parents[1] / "steps/shred/services"))
boto3 = pytest.importorskip("boto3")
pytest.importorskip("moto")

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "y",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nowhere",
    "AWS_SHARED_CREDENTIALS_FILE": "/nowhere",
    "O": "officer's own",
    "W": "witness's own",
}


def case_in(folder: Path, key: str) -> Path:
    (folder / "customers").mkdir()
    (folder / "customers/a.csv").write_text("姓名,身份证号\n张三,11010519491231002X\n", encoding="utf-8")
    create("林晓文", Role.OFFICER, folder / "o.p12", CREDENTIALS["O"])
    create("周建国", Role.WITNESS, folder / "w.p12", CREDENTIALS["W"])
    path = folder / "CASE.toml"
    path.write_text(
        f"""case = "2026-011"
rehearsal = true
[company]
name = "示例科技有限公司"
uscc = "91350100M000100Y43"
[[location]]
path = "customers"
[[decide]]
match = {{}}
fate = "wipe"
{key}
[[person]]
role = "officer"
identity = "o.p12"
passphrase_env = "O"
[[person]]
role = "witness"
identity = "w.p12"
passphrase_env = "W"
""",
        encoding="utf-8",
    )
    return path


def test_a_key_with_a_date_from_run_to_addendum(tmp_path: Path) -> None:
    from servers import aws, passed, redated

    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with aws() as url:
            kms = boto3.client("kms", region_name="eu-west-1", endpoint_url=url)
            key = kms.create_key()["KeyMetadata"]["KeyId"]
            toml = f'[[key]]\nkind = "aws_kms"\nname = "{key}"\nregion = "eu-west-1"\nurl = "{url}"\n'
            done = lethe("run", case_in(tmp_path, toml), **CREDENTIALS)
            assert done.returncode == 3, done.stderr
            assert f"ScheduleKeyDeletion {key} PendingWindowInDays=7; to wait: 7 days" in done.stderr
            waits = lethe("resume", tmp_path / "2026-011", **CREDENTIALS)
            assert waits.returncode == 3
            assert "still waits for its store, until 20" in waits.stderr
            redated(key, datetime.now(UTC) - timedelta(hours=1))
            assert "Addendum: " in lethe("resume", tmp_path / "2026-011", **CREDENTIALS).stderr
            passed(key)
            ended = lethe("resume", tmp_path / "2026-011", **CREDENTIALS)
            assert ended.returncode == 3, "what the store alone says stays an exception"
            assert "Addendum: " in ended.stderr
    addendum = tmp_path / "out/addendum-2.json"
    assert str(addendum) in ended.stderr
    told = lethe(
        "verify", addendum, "--journal", tmp_path / "2026-011/journal.jsonl", "--json", **CREDENTIALS
    )
    assert told.returncode == 0, told.stdout
    assert json.loads(told.stdout.splitlines()[-1])
    assert lethe("verify", tmp_path / "out/certificate.pdf", **CREDENTIALS).returncode == 0
    assert "certified and closed" in lethe("resume", tmp_path / "2026-011", **CREDENTIALS).stderr


def test_a_server_that_is_away_ends_in_one_sentence(tmp_path: Path) -> None:
    toml = '[[key]]\nkind = "openbao"\nname = "transit/keys/x"\nurl = "http://127.0.0.1:9"\ntimeout = 2\n'
    done = lethe("run", case_in(tmp_path, toml), **CREDENTIALS)
    assert done.returncode == 1
    assert "The key store gave no answer (openbao:transit/keys/x@http://127.0.0.1:9)" in done.stderr
    assert (tmp_path / "customers/a.csv").exists()
