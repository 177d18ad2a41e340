"""Archives written anew: what stays is all there, byte for byte; what goes is in none of its layers."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import Backup, Profile, Role
from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound
from app.domain.fate import Fate, Ground
from app.domain.outcome import Reason
from app.domain.plan import Plan, PlanItem, Subject
from app.domain.record import Stamp, Tier
from app.domain.step import Stage
from app.identity import create, sign_plan
from app.steps.confirm import Wanted, find_copies, put_in_place, rewrite_archives
from app.steps.confirm.rewriting import beside
from tests.in_time import ends_by_itself
from tests.packing import tarred, zipped

GOES = b"name,phone\nA,13800138000\n" * 50
BIG = os.urandom(1 << 20) * 40
STAYS = b"of somebody else\n" * 70
KEY = b"k" * 32


def sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signers")
    return (
        create("林晓文", Role.OFFICER, folder / "officer.p12", "a passphrase"),
        create("周建国", Role.WITNESS, folder / "witness.p12", "another one"),
    )


def wanted(*, kept: frozenset[str] = frozenset(), records: bool = True) -> Wanted:
    doomed = {sha(GOES): ("r1",), sha(BIG): ("r2",)}
    ids = frozenset({"r1", "r2"} if records else ())
    return Wanted(doomed, frozenset({len(GOES), len(BIG)}), kept, records=ids)


def found(path: Path, want: Wanted | None = None):
    events = find_copies([Backup("archive", path)], want or wanted(), key=KEY)
    return next(event.copy for event in events if isinstance(event, CopyFound))


def plan_of(copy, people):
    def item(id_, subject, path, sha256, stamp, fate):
        return PlanItem(id_, subject, path, fate, Ground.RULE, "", "", Tier.CORE, "", 1, stamp, sha256)

    blank = Stamp(0, 0, 0, 0, 0, 1)
    items = (
        item("r1", Subject.RECORD, "/r1", sha(GOES), blank, Fate.WIPE),
        item("r2", Subject.RECORD, "/r2", sha(BIG), blank, Fate.WIPE),
        item(copy.id, Subject.COPY, copy.path, copy.sha256, copy.stamp, Fate.WIPE),
    )
    return sign_plan(
        Plan("2026-1", "2026-11-22T00:00:00Z", "p", Profile.STANDARD, items),
        people,
        "2026-11-22T00:00:00Z",
        "",
    )


def rewritten(plan, copy, stages=None) -> tuple[Path, ...]:
    run = rewrite_archives(plan, {copy.id: copy}, stages or {})
    while True:
        try:
            next(run)
        except StopIteration as end:
            return end.value


DEEP = {"a/goes.csv": GOES, "a/stays.txt": STAYS, "b/empty": b"", "b/big": BIG, "c/也留.txt": STAYS + b"2"}
LEFT = {name: data for name, data in DEEP.items() if data not in (GOES, BIG)}


@pytest.mark.parametrize("form", ["zip", "stored", "tar", "gnu", "tar.gz", "tar.bz2", "tar.xz"])
def test_what_goes_is_left_out_and_all_else_is_there(tmp_path: Path, people, form: str) -> None:
    files = {k: v for k, v in DEEP.items() if ("bz2" not in form and "xz" not in form) or v is not BIG}
    if form in ("zip", "stored"):
        kind = zipfile.ZIP_STORED if form == "stored" else zipfile.ZIP_DEFLATED
        data = zipped(files, method=kind)
    else:
        mode = "w:" + form.partition(".")[2] if "." in form else "w"
        data = tarred(files, mode, tarfile.GNU_FORMAT if form == "gnu" else tarfile.PAX_FORMAT)
    path = tmp_path / "backup"
    path.write_bytes(data)
    copy = found(path)
    assert (copy.disposal, copy.reasons) == (Disposal.REWRITE, (Reason.MIXED_ARCHIVE,))
    assert rewritten(plan_of(copy, people), copy) == ()
    assert path.read_bytes() == data  # untouched so far
    new = beside(str(path))
    if form in ("zip", "stored"):
        with zipfile.ZipFile(new) as archive:
            assert archive.testzip() is None
            assert {info.filename: archive.read(info) for info in archive.infolist()} == LEFT
    else:
        with tarfile.open(new) as archive:
            assert {info.name: archive.extractfile(info).read() for info in archive} == LEFT
            assert {info.mtime for info in archive} == {1_600_000_000}


@pytest.fixture
def sevenzipped(tmp_path: Path) -> Path:
    """An archive with hostile names, made by the program itself."""
    program = shutil.which("7z") or pytest.skip("7z is not installed")
    files = {"a/goes.csv": GOES, "a/stays.txt": STAYS, "-r": STAYS + b"3", "empty": b"", "@深*.csv": GOES}
    for name, data in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    subprocess.run(
        [program, "a", "-bd", "-spd", str(tmp_path / "b.7z"), "."], cwd=tmp_path / "in", check=True
    )
    return tmp_path / "b.7z"


def test_a_7z_archive_is_written_anew_without_what_goes(sevenzipped: Path, tmp_path: Path, people) -> None:
    copy = found(sevenzipped)
    assert (copy.disposal, copy.reasons) == (Disposal.REWRITE, (Reason.MIXED_ARCHIVE,))
    before = sevenzipped.read_bytes()
    plan = plan_of(copy, people)
    assert rewritten(plan, copy) == ()
    assert sevenzipped.read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"in", "b.7z", ".b.7z.lethe-new"}
    sevenzipped.unlink()
    put_in_place(plan.plan.items, {copy.id: copy})
    subprocess.run(["7z", "x", "-bd", f"-o{tmp_path / 'out'}", str(sevenzipped)], check=True)
    out = tmp_path / "out"
    left = {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert left == {"a/stays.txt": STAYS, "-r": STAYS + b"3", "empty": b""}
    assert not [
        e
        for e in find_copies([Backup("archive", sevenzipped)], wanted(), key=KEY)
        if isinstance(e, CopyFound)
    ]


@pytest.mark.parametrize("fault", ["no program", "damaged", "encrypted", "within"])
def test_a_7z_archive_that_can_not_be_read_is_named(sevenzipped: Path, tmp_path, monkeypatch, fault) -> None:
    path, expected = sevenzipped, Reason.UNREADABLE
    if fault == "no program":
        monkeypatch.setenv("PATH", str(tmp_path))
        expected = Reason.NOT_SEARCHED
    elif fault == "damaged":
        data = bytearray(path.read_bytes())
        data[40] ^= 1
        path.write_bytes(data)
    elif fault == "encrypted":
        path.unlink()
        subprocess.run(["7z", "a", "-bd", "-psecret", str(path), str(tmp_path / "in")], check=True)
    else:
        path = tmp_path / "b.zip"
        path.write_bytes(zipped({"b.7z": sevenzipped.read_bytes()}))
        expected = Reason.NOT_SEARCHED
    events = list(find_copies([Backup("archive", path)], wanted(), key=KEY))
    (searched,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    assert expected in searched.limits
    copies = [event.copy for event in events if isinstance(event, CopyFound)]
    assert all(copy.disposal is Disposal.EXCEPTION for copy in copies)


def test_a_7z_that_leaves_more_out_is_not_put_in_place(sevenzipped: Path, people, monkeypatch) -> None:
    from app.steps.confirm import sevenzip

    copy, real = found(sevenzipped), sevenzip.write_without
    monkeypatch.setattr(
        sevenzip, "write_without", lambda path, to, names, *how: real(path, to, [*names, "a/stays.txt"], *how)
    )
    assert rewritten(plan_of(copy, people), copy) == (sevenzipped,)
    assert not beside(str(sevenzipped)).exists()


def test_nested_archives_lose_it_in_every_layer(tmp_path: Path, people) -> None:
    inner = tarred({"x": GOES, "y": STAYS}, "w:gz")
    path = tmp_path / "b.zip"
    path.write_bytes(zipped({"deep.zip": zipped({"in.tgz": inner, "n": STAYS}), "s": STAYS}))
    copy = found(path)
    assert rewritten(plan_of(copy, people), copy) == ()
    with zipfile.ZipFile(beside(str(path))) as outer:
        assert outer.read("s") == STAYS
        with zipfile.ZipFile(io.BytesIO(outer.read("deep.zip"))) as middle:
            assert middle.read("n") == STAYS
            with tarfile.open(fileobj=io.BytesIO(middle.read("in.tgz"))) as last:
                assert last.getnames() == ["y"]


def test_names_in_gbk_keep_their_bytes(tmp_path: Path, people) -> None:
    data = zipped({"XXXX.txt": STAYS, "g": GOES}).replace(b"XXXX.txt", "客户".encode("gbk") + b".txt")
    path = tmp_path / "b.zip"
    path.write_bytes(data)
    copy = found(path)
    assert rewritten(plan_of(copy, people), copy) == ()
    new = beside(str(path)).read_bytes()
    assert new.count("客户".encode("gbk") + b".txt") == 2  # in the local and in the central header


def test_a_hard_link_to_what_goes_goes_too(tmp_path: Path, people) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in {"goes": GOES, "stays": STAYS}.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.LNKTYPE, "goes"
        archive.addfile(link)
    path = tmp_path / "b.tar"
    path.write_bytes(out.getvalue())
    copy = found(path)
    assert rewritten(plan_of(copy, people), copy) == ()
    with tarfile.open(beside(str(path))) as archive:
        assert archive.getnames() == ["stays"]


def test_what_changed_since_signing_is_left_alone(tmp_path: Path, people) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(zipped(DEEP))
    copy = found(path)
    plan = plan_of(copy, people)
    path.write_bytes(zipped({**DEEP, "more": STAYS}))
    assert rewritten(plan, copy) == (path,)
    assert not beside(str(path)).exists()


def test_a_comparison_that_fails_keeps_the_old_one(tmp_path: Path, people, monkeypatch) -> None:
    from app.steps.confirm import archiving, rewriting

    path = tmp_path / "b.zip"
    path.write_bytes(zipped(DEEP))
    copy = found(path)

    def careless(source, target, doomed, pace):
        return archiving.write_without(source, target, doomed | {sha(STAYS)}, pace)

    monkeypatch.setattr(rewriting, "write_without", careless)
    assert rewritten(plan_of(copy, people), copy) == (path,)
    assert not beside(str(path)).exists()


def test_after_the_wiping_began_the_new_one_is_not_made_again(tmp_path: Path, people) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(zipped(DEEP))
    copy = found(path)
    plan = plan_of(copy, people)
    assert rewritten(plan, copy) == ()
    made = beside(str(path)).read_bytes()
    path.write_bytes(os.urandom(len(path.read_bytes())))  # half overwritten
    for stage in (Stage.BEGUN, Stage.NOTED):
        assert rewritten(plan, copy, {copy.id: stage}) == ()
        assert beside(str(path)).read_bytes() == made
    path.unlink()
    assert rewritten(plan, copy, {copy.id: Stage.SETTLED}) == ()
    put_in_place(plan.plan.items, {copy.id: copy})
    assert path.read_bytes() == made
    assert not beside(str(path)).exists()
    put_in_place(plan.plan.items, {copy.id: copy})  # again, it is nothing
    assert path.read_bytes() == made


def test_where_the_old_one_still_stands_the_new_one_goes(tmp_path: Path, people) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(zipped(DEEP))
    copy = found(path)
    plan = plan_of(copy, people)
    rewritten(plan, copy)
    put_in_place(plan.plan.items, {copy.id: copy})
    assert path.read_bytes() == zipped(DEEP) or found(path).sha256 == copy.sha256
    assert not beside(str(path)).exists()


@pytest.mark.parametrize(
    ("data", "want"),
    [
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), None),
        (zipped({"a": GOES, "b": STAYS, "c.7z": b"7z\xbc\xaf\x27\x1c" + bytes(600)}), None),
        (zipped({"a": GOES, "b": STAYS}), wanted(kept=frozenset({sha(GOES)}))),
        (zipped({"a": GOES, "b": STAYS}), wanted(records=False)),
    ],
    ids=["7z", "7z within", "kept content", "keys"],
)
def test_what_can_not_be_written_anew_stays_an_exception(tmp_path: Path, data: bytes, want) -> None:
    path = tmp_path / "b"
    path.write_bytes(data)
    copies = [
        e.copy
        for e in find_copies([Backup("archive", path)], want or wanted(), key=KEY)
        if isinstance(e, CopyFound)
    ]
    assert all(copy.disposal is Disposal.EXCEPTION for copy in copies)


def test_what_the_law_keeps_in_an_archive_is_a_reason_to_write_it_anew(tmp_path: Path, people) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(zipped({"goes": GOES, "kept": STAYS}))
    copy = found(path, wanted(kept=frozenset({sha(STAYS)})))
    assert copy.disposal is Disposal.REWRITE
    assert replace(copy, disposal=Disposal.WIPE).disposal.goes


@pytest.mark.parametrize("form", ["zip", "tar", "7z"])
def test_a_long_rewriting_shows_how_far_it_is_and_can_be_broken_off(
    tmp_path: Path, people, monkeypatch, form: str
) -> None:
    """Slowed down to look at it; broken off anywhere, the old archive is as it was and no new one is left."""
    from app.steps.confirm import rewriting

    path = tmp_path / f"b.{form}"
    files = {"goes": GOES, "stays": STAYS, **{f"{at}": os.urandom(1 << 20) for at in range(12)}}
    if form == "7z":
        program = shutil.which("7z") or pytest.skip("7z is not installed")
        (tmp_path / "in").mkdir()
        for name, data in files.items():
            (tmp_path / "in" / name).write_bytes(data)
        subprocess.run([program, "a", "-bd", "-mx0", str(path), "."], cwd=tmp_path / "in", check=True)
    else:
        path.write_bytes(zipped(files) if form == "zip" else tarred(files, "w"))
    copy = found(path)
    plan, before = plan_of(copy, people), path.read_bytes()

    def slowly(pace, count):
        time.sleep(0.002 if form == "tar" else 0.01)
        real(pace, count)

    real = rewriting._Pace.__call__
    monkeypatch.setattr(rewriting._Pace, "__call__", slowly)
    seen = [event.done for event in rewrite_archives(plan, {copy.id: copy}, {})]
    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert 0 < seen[-1] <= copy.stamp.size
    beside(str(path)).unlink()
    for after in (2, 3):
        run = rewrite_archives(plan, {copy.id: copy}, {})
        for _ in range(after):
            next(run)
        with ends_by_itself():
            run.close()
        assert [one.name for one in tmp_path.iterdir() if "lethe" in one.name] == []
        assert path.read_bytes() == before
