"""Known customers: found by number and by name, in every container, per customer, and told by row alone."""

from __future__ import annotations

import json
import pickle
import random
import zipfile

import openpyxl
import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.domain.fault import Fault, Refused
from app.steps.locate import Named, locate, read_customers
from app.steps.locate.dictionary import automaton, by_prefix, compiled, spotter

KEY = b"k" * 32
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂"


@pytest.fixture
def people(values):
    made = values(21)
    rng = random.Random(21)
    names = {rng.choice(SURNAMES) + rng.choice(GIVEN) + rng.choice(GIVEN) for _ in range(120)}
    return [
        (name, made.id(), made.mobile(), made.email(), f"KH{i:05}")
        for i, name in enumerate(sorted(names)[:60])
    ]


HEAD = ["客户姓名", "证件号", "联系电话", "邮箱", "客户编号"]


def write_csv(path, people, codec="gb18030", delimiter=","):
    path.write_bytes("\n".join(delimiter.join(row) for row in [HEAD, *people]).encode(codec))
    return path


def named(root, customers, **options):
    counted = Named(customers, KEY)
    for event in locate(
        [Location(root)], key=KEY, customers=customers, jobs=options.pop("jobs", 0), **options
    ):
        if isinstance(event, Located) and event.record:
            counted.add(event.record)
    return counted.records


@pytest.mark.parametrize("form", ["csv", "tsv", "utf-16", "xlsx"])
def test_a_list_is_read_whatever_it_is_in(form, people, tmp_path):
    path = tmp_path / f"list.{form}"
    if form == "xlsx":
        book = openpyxl.Workbook()
        for row in [["客户名单"], HEAD, *people]:
            book.active.append(list(row))
        book.save(path)
    else:
        write_csv(path, people, "utf-16" if form == "utf-16" else "gb18030", "\t" if form == "tsv" else ",")
    root = tmp_path / "in"
    root.mkdir()
    for i, person in enumerate(people):
        (root / f"{i:02}.txt").write_text(f"今天和{person[i % 5]}谈了很久。")
    customers = read_customers(path)
    assert customers.count == 60
    records = named(root, customers)
    # A name may be part of another's in the same text; nobody may be missing.
    assert all(records)
    assert sum(records) < 66


def test_each_customer_is_counted_in_every_container(people, tmp_path):
    customers = read_customers(write_csv(tmp_path / "list.csv", people))
    root = tmp_path / "in"
    root.mkdir()
    (root / "a.txt").write_bytes(
        f"电话 {people[3][2][:3]}-{people[3][2][3:7]}-{people[3][2][7:]}".encode("gb18030")
    )
    with zipfile.ZipFile(root / "b.zip", "w") as archive:
        archive.writestr("x.txt", f"{people[3][3].upper()} {people[4][4]}")
    book = openpyxl.Workbook()
    book.active.append(["户名", "余额"])
    book.active.append([people[5][0], 12])
    book.save(root / "c.xlsx")
    (root / "d.txt").write_text(f"x{people[6][4]}9 9{people[6][2]}9 没有人")
    records = named(root, customers, jobs=1)
    assert {i: n for i, n in enumerate(records) if n} == {3: 2, 4: 1, 5: 1}


def test_a_weak_name_is_kept_to_be_looked_at_and_a_number_is_certain(tmp_path, look):
    path = tmp_path / "list.csv"
    path.write_text("姓名,手机\n张伟,13812345678\n欧阳明月,13912345678\n")
    customers = read_customers(path)
    root = tmp_path / "in"
    for name, text in (("weak", "张伟来了"), ("fair", "欧阳明月来了"), ("sure", "13812345678")):
        (root / name).write_text(text)
    found = {
        e.path.rpartition("/")[2]: {f.kind: f for f in e.record.findings}["custom.customer"]
        for e in locate([Location(root)], key=KEY, customers=customers, jobs=0)
        if isinstance(e, Located) and e.record
    }
    assert {name: finding.confidence for name, finding in found.items()} == {
        "weak": 0.35,
        "fair": 0.6,
        "sure": 1.0,
    }
    assert "known" in found["sure"].why


def test_columns_can_be_named_and_what_is_no_list_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("甲,乙\n王小明,A-778899\n")
    with pytest.raises(Refused) as refused:
        read_customers(path)
    assert refused.value.fault is Fault.CUSTOMERS_UNREADABLE
    assert read_customers(path, {"甲": "name", "乙": "number"}).terms == 3
    (tmp_path / "names.txt").write_text("王小明\n李小红\n")
    assert read_customers(tmp_path / "names.txt").count == 2
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 9)
    for name in ("noise", "missing"):
        with pytest.raises(Refused):
            read_customers(tmp_path / name)


def test_the_dictionary_travels_compiled_and_shows_nothing(people, tmp_path):
    customers = read_customers(write_csv(tmp_path / "list.csv", people))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(people[0][2])
    before = named(tmp_path / "in", customers)
    again = pickle.loads(pickle.dumps(customers))
    assert again._spotter is None
    assert again._loaded == customers._loaded == compiled(customers._terms) != b""
    assert named(tmp_path / "in", again) == before
    assert people[0][0] not in repr(customers)


@pytest.mark.parametrize("seed", range(5))
def test_both_dictionaries_find_the_same(seed):
    rng = random.Random(seed)
    terms = sorted({bytes(rng.choices(b"abc", k=rng.randrange(2, 6))) for _ in range(30)})
    data = bytes(rng.choices(b"abcd", k=5000))
    spots = automaton(compiled(terms))(data)
    assert spots == by_prefix(terms)(data) == spotter(terms)(data)
    assert spots == sorted(
        (i, i + len(t), n) for n, t in enumerate(terms) for i in range(len(data)) if data.startswith(t, i)
    )


def test_the_command_tells_rows_and_no_names(people, tmp_path, capsys):
    from app.cli import parse, run_verb

    path = write_csv(tmp_path / "list.csv", people)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(f"{people[7][1]}")
    asked = parse(["locate", str(tmp_path / "in"), "--customers", str(path), "--json", "--jobs", "1"])
    assert run_verb(asked, window=lambda: None) == 0
    out = capsys.readouterr().out
    summary = json.loads(out.splitlines()[-1])["summary"]
    assert [i for i, n in enumerate(summary["customers"]) if n] == [7]
    assert people[7][1] not in out
    assert people[7][0] not in out
