"""Finding copies: by content, in folders and archives; what else is there is never taken along."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.canonical import handle
from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.event import BackupSearched, CopyFound
from app.domain.fault import Fault, Refused
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies
from app.steps.confirm.archives import Limits, members

KEY = b"k" * 32
GOES = b"name,phone\nA,13800138000\n" * 50
ALSO = b"name,mail\nB,b@example.com\n" * 60
STAYS = b"voucher 2020\n" * 70
OTHER = b"a picture of the office\n" * 33


def sha(data):
    return hashlib.sha256(data).hexdigest()


def wanted(own=None, kept=(STAYS,)):
    return Wanted(
        doomed={sha(GOES): ("r-goes",), sha(ALSO): ("r-also", "k-also")},
        sizes=frozenset({len(GOES), len(ALSO)}),
        kept=frozenset(sha(data) for data in kept),
        own=own or {},
    )


def search(*backups, want=None, exclude=()):
    events = list(find_copies(backups, want or wanted(), key=KEY, exclude=exclude))
    return (
        [e.copy for e in events if isinstance(e, CopyFound)],
        [e.searched for e in events if isinstance(e, BackupSearched)],
    )


def one(path, kind="archive", want=None):
    """The one copy found at `path` and the search's limits."""
    copies, (searched,) = search(Backup(kind, path), want=want)
    assert searched.copies == len(copies) <= 1
    return (copies[0] if copies else None), set(searched.limits)


def zipped(files, path=None, **how):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how.get("compression", zipfile.ZIP_DEFLATED)) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    if path:
        path.write_bytes(out.getvalue())
    return out.getvalue()


def tarred(files, path=None, mode="w", form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    if path:
        path.write_bytes(out.getvalue())
    return out.getvalue()


BOTH = {"客户/一.csv": GOES, "b c.csv": ALSO}
MIXED = {**BOTH, "photo.txt": OTHER}


def test_plain_files_by_content_whatever_their_names(tmp_path):
    (tmp_path / "深 层/d").mkdir(parents=True)
    paths = {
        os.fsencode(tmp_path / "深 层/d/renamed.bak"): GOES,
        os.fsencode(tmp_path) + b"/\xff\xfe not utf-8": ALSO,
        os.fsencode(tmp_path / "kept.csv"): STAYS,
        os.fsencode(tmp_path / "same size"): OTHER[: len(GOES)].ljust(len(GOES)),
        os.fsencode(tmp_path / "empty"): b"",
    }
    for path, data in paths.items():
        with open(path, "wb") as file:
            file.write(data)
    copies, (searched,) = search(Backup("folder", tmp_path))
    found = {copy.path: copy for copy in copies}
    assert {os.fsencode(path) for path in found} == set(list(paths)[:2])
    deep = found[str(tmp_path / "深 层/d/renamed.bak")]
    assert (deep.of, deep.member, deep.sha256, deep.disposal) == (("r-goes",), "", sha(GOES), Disposal.WIPE)
    assert deep.id == handle(KEY, "c", deep.path)
    assert deep.stamp.size == len(GOES)
    assert deep.stamp.inode == os.stat(deep.path).st_ino
    other = found[os.fsdecode(list(paths)[1])]
    assert other.of == ("k-also", "r-also")
    assert (searched.backup, searched.files, searched.copies, searched.limits) == (str(tmp_path), 5, 2, ())


def test_what_is_kept_elsewhere_is_never_wiped(tmp_path):
    (tmp_path / "x").write_bytes(GOES)
    copy, _ = one(tmp_path, "folder", wanted(kept=(GOES,)))
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.KEPT_CONTENT,))


def test_an_empty_file_is_a_copy_of_nothing(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    want = Wanted({sha(b""): ("r-empty",)}, frozenset({0}), frozenset())
    assert one(tmp_path, "folder", want) == (None, set())


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(GOES)
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "folder").symlink_to(outside)
    (backup / "file").symlink_to(outside / "x")
    (backup / "loop").symlink_to(backup)
    os.mkfifo(backup / "pipe")
    assert one(backup, "folder") == (None, set())
    # but the declared path itself may be one: it was named
    (tmp_path / "named").symlink_to(outside)
    copy, _ = one(tmp_path / "named", "folder")
    assert copy.path == str(outside / "x")


def test_a_hard_link_is_an_exception_and_the_record_itself_no_copy(tmp_path):
    record = tmp_path / "data/x"
    record.parent.mkdir()
    record.write_bytes(GOES)
    alone = tmp_path / "data/y"
    alone.write_bytes(ALSO)
    (tmp_path / "backup").mkdir()
    os.link(record, tmp_path / "backup/x")
    own = {(p.stat().st_dev, p.stat().st_ino): (str(p),) for p in (record, alone)}
    copies, _ = search(Backup("folder", tmp_path), want=wanted(own=own))
    assert [(c.path, c.disposal, c.reasons) for c in copies] == [
        (str(tmp_path / "backup/x"), Disposal.EXCEPTION, (Reason.HARD_LINK,))
    ]
    # without being told of its own files it still overwrites nothing that has two names
    copies, _ = search(Backup("folder", tmp_path))
    assert {c.path: c.disposal for c in copies} == {
        str(tmp_path / "backup/x"): Disposal.EXCEPTION,
        str(record): Disposal.EXCEPTION,
        str(alone): Disposal.WIPE,
    }


@pytest.mark.parametrize("form", ["zip", "stored.zip", "tar", "v7.tar", "tar.gz", "tar.bz2", "tar.xz"])
def test_an_archive_all_of_which_goes_is_wiped_whole(tmp_path, form):
    path = tmp_path / f"name tells nothing {form}"

    def make(files):
        if form == "zip":
            return zipped(files, path)
        if form == "stored.zip":
            return zipped(files, path, compression=zipfile.ZIP_STORED)
        if form == "v7.tar":
            return path.write_bytes(
                tarred(files, form=tarfile.USTAR_FORMAT).replace(b"ustar\x0000", b"\0" * 8)
            )
        return tarred(files, path, "w:" + form.partition(".")[2])

    if form == "v7.tar":
        # without the magic the header's checksum has to be made anew
        data = bytearray(tarred({"a.csv": GOES}, form=tarfile.USTAR_FORMAT))
        data[257:265] = bytes(8)
        data[148:156] = b" " * 8
        data[148:156] = b"%06o\0 " % sum(data[:512])
        path.write_bytes(data)
    else:
        make(BOTH)
    copy, limits = one(path)
    assert limits == set()
    assert copy.disposal is Disposal.WIPE
    assert copy.of == (("r-goes",) if form == "v7.tar" else ("k-also", "r-also", "r-goes"))
    assert copy.member == ""
    assert copy.sha256 == sha(path.read_bytes())
    if form != "v7.tar":
        make(MIXED)
        copy, _ = one(tmp_path, "folder")
        assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,))
        make({"photo": OTHER})
        assert one(path) == (None, set())


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_single_packed_file(tmp_path, pack):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(pack(GOES))
    copy, _ = one(path)
    assert (copy.of, copy.disposal) == (("r-goes",), Disposal.WIPE)
    path.write_bytes(pack(OTHER))
    assert one(path) == (None, set())
    path.write_bytes(pack(GOES)[:-12])
    assert one(path) == (None, {Reason.UNREADABLE})


def test_a_kept_member_keeps_the_archive(tmp_path):
    zipped({"a": GOES, "b": STAYS}, tmp_path / "x.zip")
    copy, _ = one(tmp_path / "x.zip")
    assert copy.disposal is Disposal.EXCEPTION
    assert Reason.MIXED_ARCHIVE in copy.reasons
    data = zipped({"a": GOES}, tmp_path / "x.zip")
    copy, _ = one(tmp_path / "x.zip", want=wanted(kept=(data,)))
    assert copy.reasons == (Reason.KEPT_CONTENT,)
    # and so does a kept archive within it, though all its members go
    tarred({"x.zip": data}, tmp_path / "x.tar.gz", "w:gz")
    copy, _ = one(tmp_path / "x.tar.gz")
    assert copy.disposal is Disposal.WIPE
    copy, _ = one(tmp_path / "x.tar.gz", want=wanted(kept=(data,)))
    assert copy.reasons == (Reason.KEPT_CONTENT,)


def test_a_record_that_is_an_archive_is_known_whole_and_packed(tmp_path):
    data = tarred(MIXED)
    want = Wanted({sha(data): ("r-tar",)}, frozenset({len(data)}), frozenset())
    (tmp_path / "x.tar").write_bytes(data)
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(data))
    zipped({"x.tar": data}, tmp_path / "x.zip")
    copies, (searched,) = search(Backup("folder", tmp_path), want=want)
    assert [(c.of, c.disposal) for c in copies] == [(("r-tar",), Disposal.WIPE)] * 3
    assert searched.limits == ()


def test_nested_to_four_and_no_deeper(tmp_path):
    data = zipped(BOTH)
    for depth in range(2, 7):
        data = tarred({"in": data}, mode="w:gz") if depth % 2 else zipped({"in.zip": data})
        (tmp_path / "x").write_bytes(data)
        copy, limits = one(tmp_path / "x")
        if depth <= 4:
            assert (copy.disposal, limits) == (Disposal.WIPE, set())
        else:
            assert (copy, limits) == (None, {Reason.SEARCH_LIMIT})
    data = zipped({"in.zip": zipped({"in.tar": tarred(MIXED), "a": GOES})})
    (tmp_path / "x").write_bytes(data)
    assert one(tmp_path / "x")[0].reasons == (Reason.MIXED_ARCHIVE,)


def test_an_encrypted_member_makes_an_exception(tmp_path):
    if not shutil.which("zip"):
        path = tmp_path / "x.zip"
        data = bytearray(zipped({"a": GOES, "b": ALSO}))
        second = data.index(b"PK\x03\x04", 10)
        data[second + 6] |= 1
        central = data.rindex(b"PK\x01\x02")
        data[central + 8] |= 1
        path.write_bytes(data)
    else:
        (tmp_path / "in").mkdir()
        (tmp_path / "in/a").write_bytes(GOES)
        (tmp_path / "in/b").write_bytes(ALSO)
        path = tmp_path / "x.zip"
        subprocess.run(["zip", "-q", path, "a"], cwd=tmp_path / "in", check=True)
        subprocess.run(["zip", "-q", "-P", "pw", path, "b"], cwd=tmp_path / "in", check=True)
    copy, limits = one(path)
    assert limits == {Reason.UNREADABLE}
    assert (copy.of, copy.disposal, copy.reasons) == (("r-goes",), Disposal.EXCEPTION, (Reason.UNREADABLE,))


def test_damage_is_never_silence(tmp_path):
    whole = zipped({"a": GOES, "b": ALSO})
    path = tmp_path / "x"
    path.write_bytes(whole[:-30])
    assert one(path) == (None, {Reason.UNREADABLE})
    bad = bytearray(tarred({"a": GOES, "b": ALSO, "c": OTHER}, form=tarfile.USTAR_FORMAT))
    bad[512 + -(-len(GOES) // 512) * 512 + 3] ^= (
        1  # the second header: tarfile itself would call this the end
    )
    path.write_bytes(bad)
    copy, limits = one(path)
    assert (copy.reasons, limits) == ((Reason.UNREADABLE,), {Reason.UNREADABLE})
    path.write_bytes(tarred({"a": GOES}) + tarred({"c": OTHER}))
    assert one(path)[0].disposal is Disposal.EXCEPTION
    packed = tarred({"a": GOES, "b": os.urandom(100_000)}, mode="w:gz")
    path.write_bytes(packed[:-2000])
    assert one(path)[1] == {Reason.UNREADABLE}


def test_forms_that_are_not_read_are_named(tmp_path):
    for number, magic in enumerate((b"MSCF\x00\x00\x00\x00", b"Rar!\x1a\x07\x01\x00", b"\x28\xb5\x2f\xfd")):
        (tmp_path / f"x{number}").write_bytes(magic + bytes(600))
    assert one(tmp_path, "folder") == (None, {Reason.NOT_SEARCHED})


def test_bombs_stop_at_the_limits():
    def problems(data, **limits):
        found = list(members(io.BytesIO(data), len(data), frozenset(), frozenset(), Limits(**limits)))
        return [member.problem for member in found]

    small = {"floor": 1 << 20, "ratio": 10}
    zeros = bytes(8 << 20)
    assert problems(gzip.compress(zeros), **small) == [Reason.SEARCH_LIMIT]
    assert problems(bz2.compress(zeros), **small) == [Reason.SEARCH_LIMIT]
    assert problems(gzip.compress(gzip.compress(zeros)), **small)[-1] is Reason.SEARCH_LIMIT
    assert problems(tarred({"a": zeros}, mode="w:gz"), **small)[-1] is Reason.SEARCH_LIMIT
    # a member no one looks for is not unpacked at all
    assert problems(zipped({"a": zeros}), **small) == [None]
    inner = zipped({f"{n}": b"x" for n in range(20)})
    assert problems(zipped({"in": inner}), members=10)[-1] is Reason.SEARCH_LIMIT
    assert problems(zipped({"in": zipped({"a": zeros}, compression=zipfile.ZIP_STORED)}), **small)[-1] is (
        Reason.SEARCH_LIMIT
    )


def test_a_packed_file_that_unpacks_to_itself_forever_ends():
    data = b"x"
    for _ in range(40):
        data = gzip.compress(data)
    found = list(members(io.BytesIO(data), len(data), frozenset(), frozenset(), Limits()))
    assert found[-1].problem is Reason.SEARCH_LIMIT


def test_a_forged_header_asks_for_no_memory(tmp_path):
    info = tarfile.TarInfo("x")
    info.type = tarfile.XHDTYPE
    info.size = 1 << 40
    (tmp_path / "x").write_bytes(gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(5000)))
    assert one(tmp_path / "x") == (None, {Reason.UNREADABLE})


def test_a_large_nested_archive_goes_by_seeking(tmp_path, monkeypatch):
    from app.steps.confirm import archives

    monkeypatch.setattr(archives, "_IN_MEMORY", 1000)
    data = zipped(
        {"in.zip": zipped(BOTH, compression=zipfile.ZIP_STORED), "in.tar.gz": tarred(BOTH, mode="w:gz")}
    )
    (tmp_path / "x.zip").write_bytes(data)
    tarred({"x.zip": data, "a": GOES}, tmp_path / "x.tgz", "w:gz")
    copies, (searched,) = search(Backup("folder", tmp_path))
    assert [c.disposal for c in copies] == [Disposal.WIPE] * 2
    assert searched.members == 4 + 5


def test_what_is_no_repository_or_only_declared_says_so(tmp_path):
    (tmp_path / "x").write_bytes(GOES)
    copies, searched = search(
        Backup("restic", tmp_path), Backup("borg", tmp_path), Backup("declared", Path("tape 7"))
    )
    assert copies == []
    assert [s.limits for s in searched] == [
        (Reason.UNREADABLE if shutil.which("restic") else Reason.TOOL_MISSING,),
        (Reason.UNREADABLE if shutil.which("borg") else Reason.TOOL_MISSING,),
        (Reason.DECLARED,),
    ]
    assert [s.fault is None for s in searched] == [False, False, True]


@pytest.mark.parametrize("kind", ["folder", "archive", "bagit", "restic"])
def test_a_missing_backup_is_refused_before_any_is_searched(tmp_path, kind):
    steps = find_copies([Backup("folder", tmp_path), Backup(kind, tmp_path / "none")], wanted(), key=KEY)
    with pytest.raises(Refused) as refused:
        next(steps)
    assert refused.value.fault is Fault.CASE_FILE_MISSING_PATH
    assert refused.value.subject == str(tmp_path / "none")


def test_excluded_folders_are_passed_over(tmp_path):
    for folder in ("case", "case2", "case/deep"):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "x").write_bytes(GOES)
    copies, _ = search(Backup("folder", tmp_path), exclude=[tmp_path / "case"])
    assert [c.path for c in copies] == [str(tmp_path / "case2/x")]
    copies, (searched,) = search(Backup("folder", tmp_path / "case/deep"), exclude=[tmp_path / "case"])
    assert (copies, searched.files, searched.limits) == ([], 0, (Reason.NOT_SEARCHED,))


def test_a_bag_is_searched_like_a_folder(tmp_path):
    import bagit

    (tmp_path / "bag").mkdir()
    (tmp_path / "bag/x.csv").write_bytes(GOES)
    bagit.make_bag(str(tmp_path / "bag"))
    copy, _ = one(tmp_path / "bag", "bagit")
    assert copy.path == str(tmp_path / "bag/data/x.csv")


def test_what_may_not_be_read_is_a_limit(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to become someone else")
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut/x").write_bytes(GOES)
    (tmp_path / "file").write_bytes(GOES)
    os.chmod(tmp_path / "shut", 0)
    os.chmod(tmp_path / "file", 0)
    (tmp_path / "open").write_bytes(GOES)
    os.chmod(tmp_path / "open", 0o644)
    top = Path(tempfile.mkdtemp(dir="/tmp"))
    moved = top / "b"
    shutil.move(tmp_path, moved)
    os.chmod(top, 0o755)
    os.chmod(moved, 0o755)
    try:
        os.seteuid(65534)
        copies, (searched,) = search(Backup("folder", moved))
    finally:
        os.seteuid(0)
        shutil.move(moved, tmp_path)
        top.rmdir()
    assert [os.path.basename(c.path) for c in copies] == ["open"]
    assert searched.limits == (Reason.DENIED,)
    assert searched.files == 1


def test_nothing_in_the_backup_is_changed(tmp_path):
    zipped(MIXED, tmp_path / "x.zip")
    (tmp_path / "y").write_bytes(GOES)
    before = {p: (p.stat().st_mtime_ns, p.stat().st_ctime_ns) for p in tmp_path.iterdir()}
    search(Backup("folder", tmp_path))
    assert before == {p: (p.stat().st_mtime_ns, p.stat().st_ctime_ns) for p in tmp_path.iterdir()}


BODIES = st.sampled_from([GOES, ALSO, STAYS, OTHER, b"", GOES[:-1]])
TREES = st.recursive(
    BODIES,
    lambda inner: st.tuples(st.sampled_from(["zip", "tar", "tar.gz"]), st.lists(inner, max_size=4)),
    max_leaves=8,
)


def built(tree):
    """The bytes of a tree of archives, the leaf bodies in it, and every archive in it or around it."""
    if isinstance(tree, bytes):
        return tree, [tree], {tree}
    kind, inner = tree
    parts = [built(part) for part in inner]
    files = {f"{n}.bin": data for n, (data, _, _) in enumerate(parts)}
    plain = zipped(files) if kind == "zip" else tarred(files)
    data = gzip.compress(plain) if kind == "tar.gz" else plain
    wholes = {data, plain}.union(*(whole for _, _, whole in parts))
    if not inner and kind != "zip":
        return data, [plain], wholes  # an empty tar is a block of zeros: nothing tells it from any other file
    return data, [leaf for _, leaves, _ in parts for leaf in leaves], wholes


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(TREES, min_size=1, max_size=4),
    st.sets(st.sampled_from([GOES, ALSO, STAYS, OTHER])),
    st.booleans(),
)
def test_nothing_kept_or_unwanted_is_ever_wiped(trees, kept, keep_first):
    with tempfile.TemporaryDirectory() as folder:
        leaves = {}
        for number, tree in enumerate(trees):
            data, inside, wholes = built(tree)
            path = Path(folder, f"{number}")
            path.write_bytes(data)
            leaves[str(path)] = (inside, wholes)
            if number == 0 and keep_first:
                kept = kept | {data}
        want = wanted(kept=tuple(kept))
        copies, _ = search(Backup("folder", Path(folder)), want=want)
        found = {copy.path: copy for copy in copies}
        for path, (inside, wholes) in leaves.items():
            copy = found.get(path)
            doomed = [leaf for leaf in inside if sha(leaf) in want.doomed]
            assert (copy is not None) == bool(doomed)
            if copy is None:
                continue
            assert copy.of == tuple(sorted({i for leaf in doomed for i in want.doomed[sha(leaf)]}))
            may_go = len(doomed) == len(inside) and not wholes & kept
            assert (copy.disposal is Disposal.WIPE) == may_go
            assert bool(copy.reasons) != may_go


def test_a_zip_that_lies_of_its_sizes(tmp_path):
    data = bytearray(zipped({"a": GOES}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", len(GOES) + 1)
    (tmp_path / "x").write_bytes(data)
    copy, _ = one(tmp_path / "x")
    assert copy is None or copy.disposal is Disposal.EXCEPTION
