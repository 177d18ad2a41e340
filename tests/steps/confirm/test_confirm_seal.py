"""Sealing: a real bag in a real age envelope, restored before it counts, and honest where it can't be."""

import csv
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from datetime import date
from pathlib import Path

import bagit
import pyrage
import pytest

from app.domain.case import Custodian
from app.domain.event import Begun, Settled
from app.domain.fate import Decision, Fate, Ground
from app.domain.fault import Fault, Refused
from app.domain.outcome import KeepOutcome, Reason
from app.domain.record import Look, Record, Stamp, Tier
from app.steps.confirm import seal, verify_sealed

KEY = b"k" * 32


def record_of(path, location, number=0):
    name = os.fsencode(path)
    seen = os.stat(name)
    stamp = Stamp(seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns, seen.st_nlink)
    with open(name, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Record(
        f"r-{number:04}", os.fsdecode(name), str(location), stamp, sha256, Look.FOUND, Tier.SENSITIVE,
        "finance.voucher", 3,
    )  # fmt: skip


def kept_of(records, fate=Fate.SEAL):
    return [
        (r, Decision(r.id, fate, Ground.RETENTION, "acc.voucher", "会计档案管理办法 14", date(2050, 1, 1)))
        for r in records
    ]


@pytest.fixture
def archive(tmp_path):
    """A location with the names that break things, and the records of it."""
    root = tmp_path / "帐 册"
    names = [
        b"2024/\xe5\x87\xad\xe8\xaf\x81 \xe4\xb8\x80.csv",  # 凭证 一.csv
        b"2024/b\xff\xfe.bin",  # not UTF-8
        b"2024/100%.txt",
        b"2024/a=b.txt",
        b"line\nbreak.txt",
        b"=cmd|calc.csv",
        b"Same.TXT",
        b"same.txt",
        b"e\xcc\x81.txt",  # NFD
        b"\xc3\xa9.txt",  # NFC of the same
        b"empty",
        b" x. ",
        b"n" * 250,
        "中".encode() * 80 + b".txt",
        b"big.bin",
        b"tab\tand\xe2\x80\xa8sep",  # U+2028 ends a line for some readers
    ]
    for number, name in enumerate(names):
        path = os.path.join(os.fsencode(root), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        body = b"" if name == b"empty" else b"%d %s " % (number, name) * 40
        with open(path, "wb") as file:
            file.write(os.urandom(3_000_001) if name == b"big.bin" else body)
    records = [
        record_of(os.path.join(os.fsencode(root), name), root, number) for number, name in enumerate(names)
    ]
    return root, records


def person(tmp_path, name="custodian"):
    identity = pyrage.x25519.Identity.generate()
    path = tmp_path / f"{name}.txt"
    path.write_text(f"# created: today\n{identity}\n")
    return Custodian(name, str(identity.to_public()), path)


def run(kept, custodians, folder, case="2026-001"):
    return list(seal(kept, custodians, folder, case=case, key=KEY))


def settled(events):
    return {e.id: e for e in events if isinstance(e, Settled)}


def open_package(package, identity_path, into):
    """Decrypt with the system's age where there is one, and untar."""
    into.mkdir()
    if age := shutil.which("age"):
        plain = subprocess.run(
            [age, "-d", "-i", str(identity_path), str(package)], check=True, capture_output=True
        ).stdout
    else:
        text = next(line for line in identity_path.read_text().splitlines() if not line.startswith("#"))
        plain = pyrage.decrypt(package.read_bytes(), [pyrage.x25519.Identity.from_str(text)])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        # Python below 3.11.4 has no filter; the package is our own.
        tar.extractall(into, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    (top,) = into.iterdir()
    return top


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

    from urllib.parse import unquote_to_bytes

    names = list(csv.reader(io.StringIO((top / "original-names.csv").read_bytes().decode("utf-8-sig"))))[1:]
    for payload, original in names:
        source = unquote_to_bytes(original)
        with open(source, "rb") as file:
            assert (top / payload).read_bytes() == file.read()
    originals = {unquote_to_bytes(original) for _, original in names}
    assert os.fsencode(records[1].path) in originals
    assert os.fsencode(records[0].path) not in originals


def test_one_key_alone_is_told(archive, tmp_path):
    _, records = archive
    one = person(tmp_path)
    end = settled(run(kept_of(records), [one, one], tmp_path / "out"))[records[0].id]
    # the same key under two names is one key
    assert end.evidence.limits == (Reason.ONE_RECIPIENT,)


def test_without_the_custodians_key_the_evidence_says_so(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    events = run(kept_of(records), [Custodian("x", custodian.recipient)], tmp_path / "out")
    end = settled(events)[records[0].id]
    assert end.outcome is KeepOutcome.SEALED
    assert end.evidence.limits == (Reason.NO_CUSTODIAN_KEY, Reason.ONE_RECIPIENT)
    assert dict(end.evidence.facts)["restored_with"] == "one_time"
    assert dict(end.evidence.facts)["recipients"] == 2
    # the custodian's own key opens it all the same
    assert all(
        c.ok for c in verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity.read_text())
    )


def test_two_custodians_each_open_it(archive, tmp_path):
    _, records = archive
    both = [person(tmp_path, "one"), person(tmp_path, "two")]
    end = settled(run(kept_of(records), both, tmp_path / "out"))[records[0].id]
    assert end.evidence.limits == ()
    assert dict(end.evidence.facts)["restores"] == 2
    for custodian in both:
        checks = verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", custodian.identity.read_text())
        assert all(check.ok for check in checks)


def test_no_custodian_makes_a_key_and_uses_it_again(archive, tmp_path):
    _, records = archive
    folder = tmp_path / "out"
    end = settled(run(kept_of(records), [], folder))[records[0].id]
    assert end.evidence.limits == (Reason.CUSTODIAN_KEY_MADE_HERE, Reason.ONE_RECIPIENT)
    assert dict(end.evidence.facts)["restored_with"] == "made_here"
    made = folder / "custodian-key.txt"
    assert made.stat().st_mode & 0o777 == 0o600
    text = made.read_text()
    run(kept_of(records), [], folder)
    assert made.read_text() == text
    assert all(check.ok for check in verify_sealed(folder / "sealed-2026-001.tar.age", text))


def test_a_custodian_of_whom_only_the_name_or_the_key_file_is_known(archive, tmp_path):
    _, records = archive
    whole = person(tmp_path)
    end = settled(run(kept_of(records), [Custodian("k", "", whole.identity)], tmp_path / "out"))["r-0000"]
    assert (dict(end.evidence.facts)["restored_with"], end.evidence.limits) == (
        "custodian",
        (Reason.ONE_RECIPIENT,),
    )
    assert not (tmp_path / "out/custodian-key.txt").exists()
    three = [
        whole,
        Custodian("name only"),
        Custodian("r", str(pyrage.x25519.Identity.generate().to_public())),
    ]
    end = settled(run(kept_of(records), three, tmp_path / "out"))["r-0000"]
    assert dict(end.evidence.facts)["recipients"] == 3
    assert dict(end.evidence.facts)["restored_with"] == "custodian"
    assert end.evidence.limits == (Reason.NO_CUSTODIAN_KEY, Reason.CUSTODIAN_KEY_MADE_HERE)
    for secret in (whole.identity, tmp_path / "out/custodian-key.txt"):
        assert all(c.ok for c in verify_sealed(tmp_path / "out/sealed-2026-001.tar.age", secret.read_text()))


def test_a_custodians_file_that_does_not_fit_is_not_sealed(archive, tmp_path):
    _, records = archive
    one, other = person(tmp_path, "one"), person(tmp_path, "other")
    events = run(kept_of(records), [Custodian("x", one.recipient, other.identity)], tmp_path / "out")
    for end in settled(events).values():
        assert end.outcome is KeepOutcome.NOT_SEALED
        assert end.evidence.limits == (Reason.RESTORE_DIFFERS,)
    assert list((tmp_path / "out").iterdir()) == []


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
    from dataclasses import replace

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


@pytest.mark.parametrize("where", ["header", "middle", "last"])
def test_one_flipped_bit_fails(archive, tmp_path, where):
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    package = tmp_path / "out/sealed-2026-001.tar.age"
    secret = custodian.identity.read_text()
    data = bytearray(package.read_bytes())
    data[{"header": 60, "middle": len(data) // 2, "last": len(data) - 1}[where]] ^= 4
    package.write_bytes(data)
    failed = {check.name for check in verify_sealed(package, secret) if not check.ok}
    assert failed == {"digest", "opens"}
    assert {check.name for check in verify_sealed(package) if not check.ok} == {"digest"}
    # even when the file beside it is made to agree, it does not open
    (tmp_path / "out/sealed-2026-001.json").unlink()
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == {"opens"}


def test_a_cut_package_fails(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    package = tmp_path / "out/sealed-2026-001.tar.age"
    with open(package, "r+b") as file:
        file.truncate(package.stat().st_size - 65_536 - 16)
    failed = {check.name for check in verify_sealed(package, custodian.identity.read_text()) if not check.ok}
    assert failed == {"digest", "bytes", "opens"}


def test_a_stranger_does_not_open_it(archive, tmp_path):
    _, records = archive
    run(kept_of(records), [person(tmp_path)], tmp_path / "out")
    package = tmp_path / "out/sealed-2026-001.tar.age"
    stranger = str(pyrage.x25519.Identity.generate())
    assert {check.name for check in verify_sealed(package, stranger) if not check.ok} == {"opens"}
    assert {check.name for check in verify_sealed(package, "no key") if not check.ok} == {"identity"}


def repack(package, secret, change):
    """Open a package, change its tree, and seal it again to the same key: what an insider could do."""
    identity = pyrage.x25519.Identity.from_str(next(s for s in secret.splitlines() if s.startswith("AGE")))
    plain = io.BytesIO(pyrage.decrypt(package.read_bytes(), [identity]))
    out = io.BytesIO()
    with tarfile.open(fileobj=plain) as source, tarfile.open(fileobj=out, mode="w") as target:
        for info in source:
            body = source.extractfile(info).read()
            for name, data in change(info.name, body):
                made = tarfile.TarInfo(name)
                made.size = len(data)
                target.addfile(made, io.BytesIO(data))
    package.write_bytes(pyrage.encrypt(out.getvalue(), [identity.to_public()]))
    package.with_name("sealed-2026-001.json").unlink()


def same(name, body):
    return [(name, body)]


CHANGES = {
    "a file changed": (lambda n, b: [(n, b[:-1] + b"!")] if n.endswith("Same.TXT") else same(n, b),
                       {"payload.sha256", "payload.sha512"}),
    "a file left out": (lambda n, b: [] if n.endswith("Same.TXT") else same(n, b),
                        {"payload.sha256", "payload.sha512", "oxum"}),
    "a file too many": (lambda n, b: [(n, b), ("sealed-2026-001/data/x", b"x")] if "bag-info" in n else same(n, b),
                        {"payload.sha256", "payload.sha512", "oxum"}),
    "a list changed": (lambda n, b: [(n, b + b"x")] if n.endswith("清册.csv") else same(n, b),
                       {"tags.sha256", "tags.sha512"}),
    "a way out": (lambda n, b: [(n, b), ("sealed-2026-001/data/../../x", b"x")] if "bag-info" in n else same(n, b),
                  {"structure"}),
    "a file twice": (lambda n, b: [(n, b), (n, b)] if n.endswith("Same.TXT") else same(n, b), {"structure"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_a_bag_that_is_not_whole_is_told(archive, tmp_path, kind):
    change, expected = CHANGES[kind]
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    package = tmp_path / "out/sealed-2026-001.tar.age"
    secret = custodian.identity.read_text()
    repack(package, secret, same)
    assert all(check.ok for check in verify_sealed(package, secret))
    run(kept_of(records), [custodian], tmp_path / "out")
    repack(package, secret, change)
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == expected


def test_what_is_no_package_is_told_or_refused(tmp_path):
    stray = tmp_path / "stray.tar.age"
    stray.write_bytes(b"hello")
    assert {check.name for check in verify_sealed(stray) if not check.ok} == {"envelope", "beside"}
    with pytest.raises(Refused) as refused:
        verify_sealed(tmp_path / "none.tar.age")
    assert refused.value.fault is Fault.NOT_VERIFIABLE


def test_wrong_keys_of_the_case_file_are_refused_by_name(archive, tmp_path):
    _, records = archive
    with pytest.raises(Refused) as refused:
        run(kept_of(records), [Custodian("x", "age1nonsense")], tmp_path / "out")
    assert (refused.value.fault, refused.value.subject) == (Fault.CASE_FILE_WRONG_VALUE, "age1nonsense")
    for content in ("nothing", ""):
        (tmp_path / "bad.txt").write_text(content)
        with pytest.raises(Refused) as refused:
            run(kept_of(records), [Custodian("x", "", tmp_path / "bad.txt")], tmp_path / "out")
        assert refused.value.fault is Fault.IDENTITY_UNREADABLE


def test_names_stay_apart_and_inside(tmp_path):
    from app.steps.confirm.naming import file_name, payload_names

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


def test_stopping_leaves_nothing_behind(archive, tmp_path):
    import threading

    _, records = archive
    folder = tmp_path / "out"
    Path(tmp_path / "帐 册/more.bin").write_bytes(os.urandom(40 << 20))
    more = record_of(tmp_path / "帐 册/more.bin", tmp_path / "帐 册", 99)
    steps = seal(kept_of([*records, more]), [person(tmp_path)], folder, case="c/1", key=KEY)
    assert isinstance(next(steps), Begun)
    next(steps)
    assert [p.name for p in folder.iterdir()] == ["sealed-c_1.tar.age.part"]
    steps.close()
    assert list(folder.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name == "age"]


def test_a_full_disk_is_refused_and_cleaned(archive, tmp_path):
    _, records = archive
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)], check=False).returncode:
        pytest.skip("no tmpfs here")
    try:
        with pytest.raises(Refused) as refused:
            run(kept_of(records), [person(tmp_path)], small)
        assert refused.value.fault is Fault.DISK_FULL
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


SCRIPT = """
import pickle, sys
from pathlib import Path
from app.steps.confirm import seal
kept, custodians, folder = pickle.load(open(sys.argv[1], "rb"))
for event in seal(kept, custodians, Path(folder), case="2026-001", key=b"k" * 32):
    print("step", flush=True)
"""


@pytest.mark.parametrize("delay", [0.0, 0.03, 0.08, 0.15, 0.3])
def test_killed_in_the_middle_it_can_be_run_again(archive, tmp_path, delay):
    import pickle

    root, records = archive
    (root / "mark.bin").write_bytes(b"PLAIN-TEXT-OF-A-CUSTOMER" * 400_000)
    (root / "more.bin").write_bytes(os.urandom(48 << 20))
    records = [*records, record_of(root / "mark.bin", root, 90), record_of(root / "more.bin", root, 91)]
    custodian, folder = person(tmp_path), tmp_path / "out"
    (tmp_path / "args").write_bytes(pickle.dumps((kept_of(records), [custodian], str(folder))))
    child = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "args")],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
    )
    child.stdout.readline()
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    for path in folder.iterdir():
        assert b"PLAIN-TEXT" not in path.read_bytes()
    ends = settled(run(kept_of(records), [custodian], folder))
    assert {end.outcome for end in ends.values()} == {KeepOutcome.SEALED}
    assert sorted(p.name for p in folder.iterdir()) == ["sealed-2026-001.json", "sealed-2026-001.tar.age"]
    assert all(
        c.ok for c in verify_sealed(folder / "sealed-2026-001.tar.age", custodian.identity.read_text())
    )


def test_leftovers_of_a_killed_run_are_removed(archive, tmp_path):
    _, records = archive
    folder = tmp_path / "out"
    folder.mkdir()
    for name in ("sealed-2026-001.tar.age.part", ".custodian-key.txt.77.tmp", ".sealed-2026-001.json.77.tmp"):
        (folder / name).write_bytes(b"left")
    (folder / "of others.tmp").write_bytes(b"stays")
    run(kept_of(records), [person(tmp_path)], folder)
    assert sorted(p.name for p in folder.iterdir()) == [
        "of others.tmp", "sealed-2026-001.json", "sealed-2026-001.tar.age",
    ]  # fmt: skip


def test_what_follows_the_tar_is_read_to_the_envelopes_end(archive, tmp_path):
    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    package = tmp_path / "out/sealed-2026-001.tar.age"
    secret = custodian.identity.read_text()
    identity = pyrage.x25519.Identity.from_str(next(s for s in secret.splitlines() if s.startswith("AGE")))
    longer = pyrage.decrypt(package.read_bytes(), [identity]) + bytes(3 << 20)
    package.write_bytes(pyrage.encrypt(longer, [identity.to_public()]))
    package.with_name("sealed-2026-001.json").unlink()
    assert all(check.ok for check in verify_sealed(package, secret))
    data = bytearray(package.read_bytes())
    data[-1] ^= 1
    package.write_bytes(data)
    assert {check.name for check in verify_sealed(package, secret) if not check.ok} == {"opens"}


def test_a_restore_is_held_against_what_was_located(archive, tmp_path):
    """A whole bag is not enough: it must hold these records, all of them and no other bytes."""
    from dataclasses import replace

    from app.steps.confirm import envelope, naming, package, sealing

    _, records = archive
    custodian = person(tmp_path)
    run(kept_of(records), [custodian], tmp_path / "out")
    holders = envelope.keyholders([custodian], tmp_path / "out")
    *_, unpacked = package.unpack(tmp_path / "out/sealed-2026-001.tar.age", holders.trials[0])

    def held(located):
        names = naming.payload_names(located)
        work = sealing._Sealing(kept_of(located), names, "2026-001", tmp_path / "out", holders)
        return sealing._equal(work, unpacked)

    assert held(records)
    assert not held([replace(records[0], sha256="0" * 64), *records[1:]])
    assert not held(records[:-1])
