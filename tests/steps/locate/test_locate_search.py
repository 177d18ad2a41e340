"""The step as a whole: each file once, in order, the same with any number of processes, and nothing raw."""

from __future__ import annotations

import hashlib
import hmac
import os
import pickle
import signal
from pathlib import Path

from app.domain.case import Location
from app.domain.event import Located
from app.domain.record import Look, Problem, Tier
from app.journal import Journal
from app.steps.locate import as_json, locate
from tests.held import below, leaves_no_thread
from tests.in_time import soon

NUMBER = "手机 13812345678 身份证 110101199003074610"
KEY = bytes(range(32))


def run(*paths, **options):
    events = locate([Location(p) for p in paths], key=KEY, **{"jobs": 0, **options})
    return [e for e in events if isinstance(e, Located)]


def test_overlapping_and_repeated_locations_give_each_file_once(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("a/1.txt", "a/b/2.txt", "3.txt"):
        (tmp_path / name).write_text(NUMBER)
    (tmp_path / "alias").symlink_to(tmp_path / "a" / "b")
    both = run(
        tmp_path / "a" / "b",
        tmp_path,
        tmp_path / "3.txt",
        tmp_path,
        tmp_path / "a" / "b" / "2.txt",
        tmp_path / "alias",
    )
    looked = [e.path for e in both if e.look is Look.FOUND]
    assert looked == [str(tmp_path / n) for n in ("3.txt", "a/1.txt", "a/b/2.txt")]
    deeper = [str(tmp_path), str(tmp_path), str(tmp_path / "a" / "b")]
    assert [e.record.location for e in both if e.record] == deeper


def test_the_evidence_of_an_earlier_disposal_is_not_a_record(tmp_path):
    case, out = tmp_path / "2025-001", tmp_path / "out"
    for folder in (case, out, tmp_path / "no case"):
        folder.mkdir()
        for name in ("case.toml", "certificate.pdf", "inventory.csv", "notes.txt"):
            (folder / name).write_text(NUMBER)
    Journal.create(case / "journal.jsonl").close()
    assert case in {Path(e.path).parent for e in run(tmp_path)}, "an empty journal is nobody's"
    journal = Journal.open(case / "journal.jsonl", lambda _: None)
    journal.append("opened", {})
    journal.close()
    (tmp_path / "no case" / "journal.jsonl").write_text(NUMBER)
    for name in ("manifest.json", "manifest.p7s"):
        (out / name).write_text("{}")
    also = ("inventory.pdf", "inventory-01.pdf", "inventory-16.pdf", "manifest.dsse.json")
    also = (*also, "check_certificate.py", "certificates.jsonl", "names.csv.age")
    for name in (*also, "inventory-16 copy.txt"):
        (out / name).write_text(NUMBER)
        (tmp_path / "no case" / name).write_text(NUMBER)
    looked = {str(Path(e.path).relative_to(tmp_path)): e.look for e in run(tmp_path)}
    skipped = {name for name, look in looked.items() if look is Look.SKIPPED}
    assert skipped == {
        "2025-001",
        *(f"out/{name}" for name in ("certificate.pdf", "inventory.csv", "manifest.json", "manifest.p7s")),
        *(f"out/{name}" for name in also),
    }
    assert looked["out/inventory-16 copy.txt"] is Look.FOUND
    assert {
        look
        for name, look in looked.items()
        if name == "out/notes.txt" or (name.startswith("no case/") and name.endswith((".txt", ".csv")))
    } == {Look.FOUND}
    # Without the rest of a certificate beside them the names alone say nothing.
    assert not {name for name in skipped if name.startswith("no case/")}
    (inside,) = {e.look for e in run(case) if e.path.endswith("notes.txt")}
    assert inside is Look.FOUND, "what the officer names is looked into"


def test_a_single_file_and_a_link_that_was_chosen(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "1.txt").write_text(NUMBER)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (alone,) = run(tmp_path / "real" / "1.txt")
    (linked,) = run(tmp_path / "link")
    assert alone.path == linked.path == str(tmp_path / "real" / "1.txt")


def test_what_is_excluded_is_not_entered(tmp_path):
    for name in ("case", "out", "data"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.txt").write_text(NUMBER)
    (tmp_path / "case.toml").write_text(NUMBER)
    (tmp_path / "outer.txt").write_text(NUMBER)
    (tmp_path / "way").symlink_to(tmp_path)
    exclude = [tmp_path / "case", tmp_path / "way" / "out", tmp_path / "case.toml"]
    found = run(tmp_path, exclude=exclude)
    assert [e.path[len(str(tmp_path)) + 1 :] for e in found] == ["way", "outer.txt", "data/a.txt"]


def test_order_and_results_do_not_depend_on_the_number_of_processes(tmp_path, values):
    made = values(1)
    for i in range(150):
        folder = tmp_path / f"f{i % 7}"
        folder.mkdir(exist_ok=True)
        (folder / f"{i}.txt").write_text(f"{made.id()} {made.mobile()}")
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "x.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    alone = run(tmp_path)
    assert run(tmp_path, jobs=2) == alone
    assert len(alone) == 152
    assert [e.path for e in alone] == sorted(
        (e.path for e in alone), key=lambda p: (os.fsencode(p).split(b"/")[:-1], os.fsencode(p))
    )


def test_a_worker_that_dies_costs_no_file(tmp_path):
    for i in range(200):
        (tmp_path / f"{i:03}.txt").write_text(f"1380000{i:04} " * 2000)
    stream = locate([Location(tmp_path)], key=KEY, jobs=2)
    done: list[Located] = []
    killed, before = False, set(below())
    for event in stream:
        if isinstance(event, Located):
            done.append(event)
            if not killed:
                killed = _kill_a_worker(before)
    assert killed
    assert [e.look for e in done] == [Look.FOUND] * 200
    assert len({e.path for e in done}) == 200


def _kill_a_worker(others):
    for pid in set(below()) - others:
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def test_a_file_that_kills_its_worker_is_unreadable_alone(tmp_path, monkeypatch):
    """A module that ends the process when a marked file is looked at stands in for a reader's crash."""
    (tmp_path / "in").mkdir()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def watch(event, args):\n"
        "    if event == 'open' and str(args[0]).endswith('deadly.txt'):\n"
        "        os._exit(9)\n"
        "sys.addaudithook(watch)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    for name in ("a.txt", "deadly.txt", "z.txt"):
        (tmp_path / "in" / name).write_text(NUMBER)
    results = {e.path.rpartition("/")[2]: e for e in run(tmp_path / "in", jobs=2)}
    assert results["deadly.txt"].look is Look.UNREADABLE
    assert results["deadly.txt"].record.problems == (Problem.READER_CRASHED,)
    assert results["a.txt"].look is results["z.txt"].look is Look.FOUND


def test_closing_the_search_stops_its_processes(tmp_path):
    for i in range(300):
        (tmp_path / f"{i:03}.txt").write_text(NUMBER * 200)
    before = set(below())
    with leaves_no_thread():
        stream = locate([Location(tmp_path)], key=KEY, jobs=2)
        for _ in range(5):
            next(stream)
        stream.close()
    assert soon(lambda: not set(below()) - before)


def test_the_file_is_stamped_hashed_and_left_as_it_was(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(NUMBER)
    before = path.stat()
    (located,) = run(tmp_path)
    record, info = located.record, path.stat()
    assert record.sha256 == hashlib.sha256(NUMBER.encode()).hexdigest()
    assert (record.stamp.device, record.stamp.inode, record.stamp.size) == (
        info.st_dev,
        info.st_ino,
        info.st_size,
    )
    assert (record.stamp.mtime_ns, record.stamp.ctime_ns, record.stamp.links) == (
        before.st_mtime_ns,
        before.st_ctime_ns,
        1,
    )
    assert located.bytes == len(NUMBER.encode())


def test_nothing_raw_leaves_the_search(tmp_path):
    (tmp_path / "a.csv").write_text(
        f"姓名,手机,身份证号,备注\n王小明,13812345678,110101199003074610,{NUMBER}\n"
    )
    (tmp_path / "b.txt").write_text("电话 139-1234-5678 王小明 xiaoming@example.com")
    told = run(tmp_path, subject="王小明")
    text = repr(told).encode() + pickle.dumps(told)
    for value in ("13812345678", "110101199003074610", "13912345678", "xiaoming", "王小明"):
        assert value.encode() not in text
        assert hashlib.sha256(value.encode()).hexdigest().encode() not in text
    assert all("custom.subject" in as_json(e.record)["findings"] for e in told)


def test_findings_are_counted_by_keyed_hash(tmp_path):
    (tmp_path / "a.txt").write_text("13812345678 138-1234-5678 +86 13812345678 13912345678")
    (located,) = run(tmp_path)
    (finding,) = located.record.findings
    wanted = sorted(
        hmac.digest(KEY, f"cn.mobile\0{n}".encode(), "sha256")[:16] for n in ("13812345678", "13912345678")
    )
    assert finding.count == 2
    assert finding.macs == tuple(wanted)
    (other,) = [e for e in locate([Location(tmp_path)], key=b"other") if isinstance(e, Located)]
    assert other.record.findings[0].macs != finding.macs


def test_the_line_of_a_record(tmp_path):
    (tmp_path / "a.txt").write_text(NUMBER)
    (located,) = run(tmp_path)
    assert as_json(located.record) == {
        "path": str(tmp_path / "a.txt"),
        "bytes": len(NUMBER.encode()),
        "tier": "sensitive",
        "people": 1,
        "findings": {"cn.id": 1, "cn.mobile": 1},
        "category": "crm.contact",
        "problems": [],
    }


def test_tiers_and_people(tmp_path, values):
    made = values(2)
    few = [(made.mobile(), made.email()) for _ in range(49)]
    (tmp_path / "few.txt").write_text("\n".join(f"{m} {e}" for m, e in few))
    many = [(made.mobile(), made.email()) for _ in range(50)]
    (tmp_path / "many.txt").write_text("\n".join(f"{m} {e}" for m, e in many))
    (tmp_path / "one.txt").write_text(made.id())
    (tmp_path / "weak.txt").write_text("110101199003074611")
    tiers = {e.path.rpartition("/")[2]: (e.record.tier, e.record.people) for e in run(tmp_path)}
    assert tiers == {
        "few.txt": (Tier.GENERAL, 49),
        "many.txt": (Tier.SENSITIVE, 50),
        "one.txt": (Tier.SENSITIVE, 1),
        "weak.txt": (Tier.GENERAL, 1),
    }
