"""Sealing: a real bag in a real age envelope, restored before it counts, and honest where it can't be."""

import csv
import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote_to_bytes

import bagit
import pytest
from sealed_archive import KEY, kept_of, open_package, person, record_of, run, settled

from app.domain.event import Begun, Settled
from app.domain.fate import Fate
from app.domain.outcome import KeepOutcome, Reason
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.confirm import seal
from app.steps.confirm.naming import file_name, payload_names


def test_a_stranger_opens_validates_and_finds_every_byte(archive, tmp_path):
    _, records = archive
    before = {r.path: os.stat(r.path) for r in records}
    custodian = person(tmp_path)
    folder = tmp_path / "out"
    events = run(kept_of(records), [custodian], folder)

    assert isinstance(events[0], Begun)
    assert events[0].ids == tuple(r.id for r in records)
    ends = settled(events)
    assert {e.outcome for e in ends.values()} == {KeepOutcome.SEALED}
    assert sorted(p.name for p in folder.iterdir()) == ["sealed-2026-001.json", "sealed-2026-001.tar.age"]
    package = folder / "sealed-2026-001.tar.age"
    assert package.stat().st_mode & 0o777 == 0o600

    evidence = ends[records[0].id].evidence
    facts = dict(evidence.facts)
    assert evidence.method == "bagit-age"
    assert evidence.limits == (Reason.ONE_RECIPIENT,)
    assert facts["package_sha256"] == hashlib.sha256(package.read_bytes()).hexdigest()
    assert facts["package_bytes"] == package.stat().st_size
    assert facts["recipients"] == 1
    assert facts["restored_with"] == "custodian"

    bag = bagit.Bag(str(open_package(package, custodian.identity, tmp_path / "open")))
    assert bag.validate(processes=1)
    assert set(bag.algorithms) == {"sha256", "sha512"}
    inside = {
        hashlib.sha256(p.read_bytes()).hexdigest() for p in Path(bag.path, "data").rglob("*") if p.is_file()
    }
    assert inside == {r.sha256 for r in records}
    assert len(bag.payload_entries()) == len(records)

    for path, seen in before.items():
        now = os.stat(path)
        assert (now.st_mtime_ns, now.st_ctime_ns, now.st_size) == (
            seen.st_mtime_ns,
            seen.st_ctime_ns,
            seen.st_size,
        )


def test_the_list_of_what_is_handed_over_travels_inside(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    kept = kept_of(records[:8]) + kept_of(records[8:], Fate.TRANSFER)
    run(kept, [custodian], tmp_path / "out")
    top = open_package(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity, tmp_path / "open")
    raw = (top / "移交清册.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    assert rows[0] == ["序号", "名称", "类别/规则", "依据", "应保管至", "字节", "SHA-256", "处置"]
    assert [row[6] for row in rows[1:]] == [r.sha256 for r in records]
    assert rows[1][1:6] == ["帐 册/2024/凭证 一.csv", "finance.voucher / acc.voucher", "会计档案管理办法 14",
                            "2050-01-01", str(records[0].stamp.size)]  # fmt: skip
    assert [row[7] for row in rows[1:]] == ["封存"] * 8 + ["移交"] * (len(records) - 8)
    assert not [cell for row in rows[1:] for cell in row if cell[:1] in "=+-@" and cell]

    names = list(csv.reader(io.StringIO((top / "original-names.csv").read_bytes().decode("utf-8-sig"))))[1:]
    for payload, original in names:
        source = unquote_to_bytes(original)
        with open(source, "rb") as file:
            assert (top / payload).read_bytes() == file.read()
    originals = {unquote_to_bytes(original) for _, original in names}
    assert os.fsencode(records[1].path) in originals
    assert os.fsencode(records[0].path) not in originals


def test_what_changed_or_went_is_left_out_and_the_rest_is_sealed(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    path = Path(records[0].path)
    data = bytearray(path.read_bytes())
    data[5] ^= 1
    path.write_bytes(data)  # same size
    with open(records[2].path, "ab") as file:
        file.write(b"more")
    os.unlink(records[3].path)
    os.unlink(records[6].path)
    os.symlink(records[7].path, records[6].path)
    ends = settled(run(kept_of(records), [custodian], tmp_path / "out"))
    reasons = {
        name: end.evidence.limits for name, end in ends.items() if end.outcome is KeepOutcome.NOT_SEALED
    }
    assert reasons == {
        "r-0000": (Reason.CHANGED,),
        "r-0002": (Reason.CHANGED,),
        "r-0003": (Reason.GONE,),
        "r-0006": (Reason.CHANGED,),
    }
    bag = bagit.Bag(
        str(open_package(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity, tmp_path / "o"))
    )
    assert bag.validate(processes=1)
    assert len(bag.payload_entries()) == len(records) - 4
    assert len(ends) == len(records)


@pytest.mark.parametrize("how", ["cut", "overwritten behind", "grown"])
def test_what_changes_while_it_is_read_is_packed_out_again(archive, tmp_path, how):
    root, records = archive
    path = root / "changing.bin"
    path.write_bytes(os.urandom(24 << 20))
    records = [record_of(path, root, 90), *records]
    custodian = person(tmp_path)
    steps = seal(kept_of(records), [custodian], tmp_path / "out", case="2026-001", key=KEY)
    assert isinstance(next(steps), Begun)
    next(steps)  # 8 MiB of it are read
    with open(path, "r+b") as file:
        if how == "cut":
            file.truncate(10 << 20)
        else:
            file.seek(0, os.SEEK_SET if how == "overwritten behind" else os.SEEK_END)
            file.write(b"!")
    ends = settled(steps)
    assert ends["r-0090"].evidence.limits == (Reason.CHANGED,)
    assert {end.outcome for name, end in ends.items() if name != "r-0090"} == {KeepOutcome.SEALED}
    bag = bagit.Bag(
        str(open_package(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity, tmp_path / "o"))
    )
    assert bag.validate(processes=1)
    assert len(bag.payload_entries()) == len(records) - 1


def test_a_record_never_hashed_is_unreadable(archive, tmp_path):
    _, records = archive
    events = run(kept_of([replace(records[0], sha256="")]), [person(tmp_path)], tmp_path / "out")
    (end,) = settled(events).values()
    assert (end.outcome, end.evidence.limits) == (KeepOutcome.NOT_SEALED, (Reason.UNREADABLE,))
    assert list((tmp_path / "out").iterdir()) == []


def test_only_seal_and_transfer_are_packed(archive, tmp_path):
    _, records = archive
    assert run(kept_of(records, Fate.FREEZE), [], tmp_path / "out") == []
    assert not (tmp_path / "out").exists()


def test_what_stands_beside_names_no_file(archive, tmp_path):
    _, records = archive
    run(kept_of(records), [person(tmp_path)], tmp_path / "out")
    beside = json.loads((tmp_path / "out/sealed-2026-001.json").read_bytes())
    assert set(beside) == {"format", "case", "sha256", "bytes", "recipients", "count", "oxum"}
    assert beside["count"] == len(records)
    assert beside["oxum"] == f"{sum(r.stamp.size for r in records)}.{len(records)}"


def test_names_stay_apart_and_inside(tmp_path):
    def at(number, path, location):
        stamp = Stamp(1, number, 1, 1, 1, 1)
        return Record(f"r-{number}", path, location, stamp, "", Look.FOUND, Tier.GENERAL, "", 0)

    records = [
        at(1, "/a/data/x.csv", "/a/data"),
        at(2, "/b/data/x.csv", "/b/data"),
        at(3, "/c/one.csv", "/c/one.csv"),
        at(4, "/elsewhere/y.csv", ""),
        at(6, "/b/data/X.csv", "/b/data"),
    ]
    names = payload_names(records)
    assert names == {
        "r-1": "data/data/x.csv",
        "r-2": "data/data~2/x.csv",
        "r-3": "data/one.csv/one.csv",
        "r-4": "data/root/elsewhere/y.csv",
        "r-6": "data/data~2/X~2.csv",
    }
    assert file_name("../x") == ".._x"
    assert file_name("..") == "=2E=2E"
    assert file_name("〔2026〕第1号/乙") == "〔2026〕第1号_乙"


def test_batches_hold_to_their_bounds(tmp_path):
    root = tmp_path / "many"
    root.mkdir()
    for number in range(1030):
        (root / f"{number:04}").write_bytes(b"%d" % number)
    records = [record_of(root / f"{number:04}", root, number) for number in range(1030)]
    events = run(kept_of(records), [person(tmp_path)], tmp_path / "out")
    begun = [e for e in events if isinstance(e, Begun)]
    assert [len(e.ids) for e in begun] == [512, 512, 6]
    assert events.index(begun[-1]) < min(i for i, e in enumerate(events) if isinstance(e, Settled))
    assert {e.outcome for e in settled(events).values()} == {KeepOutcome.SEALED}
