"""The exports: each form as its standard wants it, every special character escaped, no name of a person."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.fault import Breach, Fault, Refused
from app.journal import FirstKey, Format, Journal, Turn, export

NASTY = 'a|b=c\\d"e]f\ng\r'
MESSAGE = re.compile(
    rb"<(\d+)>1 (\S+) - lethe ([!-~]{1,128}) ([!-~]{1,32}) "
    rb'\[lethe@32473 n="(\d+)" head="([0-9a-f]{64})" prev="([0-9a-f]{64})"\] \xef\xbb\xbf(.*)\n'
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal.create(tmp_path / "journal.jsonl", FirstKey.new())
    journal.turn = Turn(entries=5)
    journal.append("opened", {"case": NASTY})
    for name in ("Outcome.overwritten", "Outcome.failed", "KeyOutcome.failed", "KeepOutcome.sealed"):
        journal.append("settled", {"id": "r-1", "outcome": name, "step": "wipe", "subject": "record"})
        journal.commit()
    journal.append("signed", {"signatures": [{"role": "officer", "name": "王小明", "value": "00"}, "x"]})
    journal.append("torn", {"bytes": 1})
    journal.append("a name | with = spaces", {})
    journal.close()
    return tmp_path / "journal.jsonl"


def lines(path: Path, form: Format) -> list[bytes]:
    return list(export(path, form))


def test_syslog_is_rfc_5424(path: Path) -> None:
    told = [MESSAGE.fullmatch(line) for line in lines(path, Format.SYSLOG)]
    assert all(told)
    severities = [int(one[1]) - 13 * 8 for one in told if one]
    assert severities == [6, 5, 4, 4, 6, 6, 6, 6, 4, 6]
    for number, one in enumerate(told, 1):
        assert one
        assert int(one[5]) == number
        json.loads(one[8])
        datetime.fromisoformat(one[2].decode())


def test_cef_escapes_head_and_extension(path: Path) -> None:
    for line in lines(path, Format.CEF):
        text = line.decode()
        assert text.count("\n") == 1
        head = re.match(r"((?:[^\\|]|\\.)*\|){7}", text)
        assert head
        assert head[0].startswith("CEF:0|Lethe|Lethe|")
        names = re.findall(r"(?:^|\s)(\w+)(?<!\\)=", text[head.end() :])
        assert names[:3] == ["rt", "externalId", "deviceProcessName"]
        assert names[-1] == "msg"
    assert b"with = spaces" in lines(path, Format.CEF)[-1]
    assert b"a name \\| with" in lines(path, Format.CEF)[-1]
    first = lines(path, Format.CEF)[0].decode()
    message = first.split(" msg=")[1].rstrip("\n").replace("\\=", "=").replace("\\\\", "\\")
    assert json.loads(message) == {"case": NASTY}


def test_ocsf_tells_the_end_of_a_file_as_a_deletion(path: Path) -> None:
    told = [json.loads(line) for line in lines(path, Format.OCSF)]
    files = [one for one in told if one["class_uid"] == 1001]
    assert [(one["activity_id"], one["type_uid"], one["status_id"]) for one in files] == [
        (4, 100104, 1),
        (4, 100104, 2),
    ]
    for one in told:
        assert one["type_uid"] == one["class_uid"] * 100 + one["activity_id"]
        assert one["category_uid"] == (one["class_uid"] == 1001)
        assert abs(one["time"] / 1000 - datetime.now(UTC).timestamp()) < 3600
    assert {one["file"]["name"] for one in files} == {"r-1"}
    assert [one["metadata"]["sequence"] for one in told] == list(range(1, len(told) + 1))


@pytest.mark.parametrize("form", Format)
def test_no_person_is_exported(path: Path, form: Format) -> None:
    text = b"".join(lines(path, form)).decode()
    assert "王小明" not in text
    assert "officer" in text


def test_a_time_that_is_none_is_no_crash(tmp_path: Path) -> None:
    from app.journal.entry import GENESIS, chained

    (tmp_path / "journal.jsonl").write_bytes(chained(1, "never", "", "e", {}, GENESIS).line())
    assert b"rt=0" in lines(tmp_path / "journal.jsonl", Format.CEF)[0]
    assert b" lethe - e " in lines(tmp_path / "journal.jsonl", Format.SYSLOG)[0]


def test_a_broken_journal_is_exported_up_to_the_break(path: Path) -> None:
    data = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(data[0] + data[2])
    given: list[bytes] = []
    with pytest.raises(Refused) as refused:
        given.extend(export(path, Format.CEF))
    assert (refused.value.fault, refused.value.line) == (Fault.JOURNAL_BROKEN, 2)
    assert refused.value.detail == Breach.ENTRY_MISSING.value
    with pytest.raises(Refused) as missing:
        lines(path.with_name("none") / "journal.jsonl", Format.CEF)
    assert missing.value.fault is Fault.CASE_NOT_FOUND
