"""The same content is read once by a process, and each of its paths is told as if it lay there alone."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import zipfile
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Looked
from app.domain.record import Look, Problem
from app.steps.locate import Means, look, survey
from app.steps.locate.passwords import Passwords
from app.steps.locate.tally import Tally
from app.steps.locate.twins import Twin, Twins

_spec = importlib.util.spec_from_file_location(
    "locked_files", Path(__file__).with_name("test_locate_passwords.py")
)
locked = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(locked)

NUMBER = "手机 13812345678 身份证 11010519491231002X\n"


def zipped(**members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.txt"), data)  # the same bytes at any hour
    return held.getvalue()


@pytest.fixture
def told(monkeypatch):
    """Look, and give the records by path, without ids, stamps and paths, and how often a reader began."""
    began = []
    real = look.passages

    def counting(source, reading):
        if not reading.depth:
            began.append(source.name)
        return real(source, reading)

    monkeypatch.setattr(look, "passages", counting)

    def run(root, **options):
        began.clear()
        records = {}
        for event in survey([Location(root)], key=b"k" * 32, jobs=0, **options):
            for row in event.rows.values() if isinstance(event, Looked) else ():
                body = json.loads(row[2])
                path = body["path"][len(str(root)) + 1 :]
                records[path] = {**body, "id": 0, "path": 0, "location": 0, "stamp": 0}, row[3]
        return records, len(began)

    return run


def test_copies_are_read_once_and_told_as_if_each_were_alone(told, tmp_path):
    book, archive = locked.workbook(), zipped(a=NUMBER, b="投诉")
    shut = locked.locked_workbook("nobody knows")
    files = {
        "a.xlsx": book, "backup/a.xlsx": book, "合同/客户名单.XLSX": book, "backup/13912345678.xlsx": book,
        "a.zip": archive, "b/c.zip": archive, "shut.xlsx": shut, "b/shut.xlsx": shut,
    }  # fmt: skip
    for name, data in files.items():
        for root in (tmp_path / "all", tmp_path / "alone" / name.replace("/", "_")):
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    together, times = told(tmp_path / "all")
    assert times == 3
    assert set(together) == set(files)
    for name in files:
        alone, _ = told(tmp_path / "alone" / name.replace("/", "_"))
        assert together[name] == alone[name], name
    assert [
        f["count"] for f in together["backup/13912345678.xlsx"][0]["findings"] if f["kind"] == "cn.mobile"
    ] == [2]
    assert together["b/shut.xlsx"][0]["problems"] == [Problem.ENCRYPTED.value]


def test_a_name_that_counts_is_not_lent_to_the_next(told, tmp_path):
    for name in ("0 13912345678.zip", "1.zip", "2.zip"):
        (tmp_path / name).write_bytes(zipped(a=NUMBER))
    records, times = told(tmp_path)
    assert times == 2
    counts = [{f["kind"]: f["count"] for f in records[name][0]["findings"]} for name in sorted(records)]
    assert [one["cn.mobile"] for one in counts] == [2, 1, 1]


def test_another_ending_is_another_reader_and_a_packed_name_its_own(told, tmp_path):
    mail = b"x-other: 1\n\n" + NUMBER.encode() + bytes(70_000)
    for name in ("a.txt", "b.eml", "c.emlx"):
        (tmp_path / name).write_bytes(mail)
    packed = gzip.compress(NUMBER.encode())
    for name in ("one.txt.gz", "two.txt.gz"):
        (tmp_path / name).write_bytes(packed)
    records, times = told(tmp_path)
    assert times == 5
    for name in ("one.txt", "two.txt"):
        assert records[f"{name}.gz"][0]["findings"][0]["where"] == [name]


def test_another_search_begins_anew(told, tmp_path):
    data = locked.locked_workbook("geheim")
    for name in ("a.xlsx", "b.xlsx"):
        (tmp_path / name).write_bytes(data)
    assert told(tmp_path)[0]["b.xlsx"][0]["look"] == Look.UNREADABLE.value
    records, times = told(tmp_path, means=Means(Passwords(["geheim"])))
    assert times == 1
    assert records["b.xlsx"][0]["look"] == Look.FOUND.value


def test_the_oldest_is_forgotten_where_it_is_too_much(monkeypatch):
    monkeypatch.setattr("app.steps.locate.twins._MOST", 10_000)
    twins = Twins()
    for number in range(30):
        twins.keep("a.zip", number, f"{number}", Twin(Tally(b"k"), (), b"x" * 1000, (), ()))
    assert [n for n in range(30) if twins.find("b.ZIP", n, lambda n=n: f"{n}")] == [25, 26, 27, 28, 29]
    twins.keep("a.zip", 99, "99", Twin(Tally(b"k"), (), b"x" * 20_000, (), ()))
    assert twins.find("a.zip", 99, lambda: "99") is None
    assert twins.find("a.zip", 29, lambda: "other") is None


@pytest.mark.parametrize("head", ["", "姓名,手机,身份证\n"])
def test_small_texts_are_read_once_too_and_each_path_is_told(head, tmp_path, monkeypatch):
    from app.steps.locate import glance

    read = []
    for room in (glance, look):
        count = room.count
        monkeypatch.setattr(
            room,
            "count",
            lambda passage, *rest, of=count: (read.append(len(passage.data)), of(passage, *rest)),
        )
    text = head + "".join(f"张三,138{n:08},11010519491231002X\n" for n in range(40))
    for name in ("a.txt", "b.txt", "深/c.txt", "客户13912345678.txt", "other.md"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    rows = [
        record
        for event in survey([Location(tmp_path)], key=bytes(32), jobs=0)
        if isinstance(event, Looked)
        for record in event.records()
    ]
    assert len(rows) == 5
    assert len({(one.sha256, one.tier, one.category) for one in rows}) == 1
    counts = {Path(one.path).name: {f.kind: f.count for f in one.findings} for one in rows}
    assert counts["a.txt"] == counts["b.txt"] == counts["c.txt"] == counts["other.md"]
    assert counts["客户13912345678.txt"]["cn.mobile"] == counts["a.txt"]["cn.mobile"] + 1
    # Once for each ending of a name, by which a reader is chosen; names are read for each.
    several = sum(read)
    read.clear()
    for name in ("b.txt", "深/c.txt", "客户13912345678.txt"):
        (tmp_path / name).unlink()
    list(survey([Location(tmp_path)], key=bytes(32), jobs=0))
    assert sum(read) <= several < sum(read) + 100
