"""Copies in archives: wiped whole where all of it goes, an exception where anything stays or can't be read."""

import bz2
import gzip
import io
import lzma
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packed_copies import ALSO, BOTH, GOES, MIXED, OTHER, STAYS, one, search, sha, wanted

from app.domain.case import Backup
from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm import Wanted
from tests.packing import tarred, zipped


def in_old_tar(files):
    """As tar wrote before it had a magic: the checksums of the headers are made anew without it."""
    data = bytearray(tarred(files, form=tarfile.USTAR_FORMAT))
    with tarfile.open(fileobj=io.BytesIO(bytes(data))) as archive:
        for member in archive:
            header = data[member.offset : member.offset + 512]
            header[257:265] = bytes(8)
            header[148:156] = b" " * 8
            header[148:156] = b"%06o\0 " % sum(header)
            data[member.offset : member.offset + 512] = header
    return bytes(data)


PACKERS = {
    "zip": zipped,
    "stored.zip": partial(zipped, method=zipfile.ZIP_STORED),
    "tar": tarred,
    "v7.tar": in_old_tar,
    "tar.gz": partial(tarred, mode="w:gz"),
    "tar.bz2": partial(tarred, mode="w:bz2"),
    "tar.xz": partial(tarred, mode="w:xz"),
}


@pytest.mark.parametrize("form", PACKERS)
def test_an_archive_all_of_which_goes_is_wiped_whole(tmp_path, form):
    path, pack = tmp_path / f"name tells nothing {form}", PACKERS[form]
    path.write_bytes(pack(BOTH))
    copy, limits = one(path)
    assert limits == set()
    assert copy.disposal is Disposal.WIPE
    assert copy.of == ("k-also", "r-also", "r-goes")
    assert copy.member == ""
    assert copy.sha256 == sha(path.read_bytes())
    path.write_bytes(pack(MIXED))
    copy, _ = one(tmp_path, "folder")
    assert (copy.disposal, copy.reasons) == (Disposal.EXCEPTION, (Reason.MIXED_ARCHIVE,))
    path.write_bytes(pack({"photo": OTHER}))
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
    (tmp_path / "x.zip").write_bytes(zipped({"a": GOES, "b": STAYS}))
    copy, _ = one(tmp_path / "x.zip")
    assert copy.disposal is Disposal.EXCEPTION
    assert Reason.MIXED_ARCHIVE in copy.reasons
    data = zipped({"a": GOES})
    (tmp_path / "x.zip").write_bytes(data)
    copy, _ = one(tmp_path / "x.zip", want=wanted(kept=(data,)))
    assert copy.reasons == (Reason.KEPT_CONTENT,)
    # and so does a kept archive within it, though all its members go
    (tmp_path / "x.tar.gz").write_bytes(tarred({"x.zip": data}, "w:gz"))
    copy, _ = one(tmp_path / "x.tar.gz")
    assert copy.disposal is Disposal.WIPE
    copy, _ = one(tmp_path / "x.tar.gz", want=wanted(kept=(data,)))
    assert copy.reasons == (Reason.KEPT_CONTENT,)


def test_a_record_that_is_an_archive_is_known_whole_and_packed(tmp_path):
    data = tarred(MIXED)
    want = Wanted({sha(data): ("r-tar",)}, frozenset({len(data)}), frozenset())
    (tmp_path / "x.tar").write_bytes(data)
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(data))
    (tmp_path / "x.zip").write_bytes(zipped({"x.tar": data}))
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


def test_a_large_nested_archive_goes_by_seeking(tmp_path, monkeypatch):
    from app.steps.confirm import archives

    monkeypatch.setattr(archives, "_IN_MEMORY", 1000)
    data = zipped({"in.zip": zipped(BOTH, method=zipfile.ZIP_STORED), "in.tar.gz": tarred(BOTH, mode="w:gz")})
    (tmp_path / "x.zip").write_bytes(data)
    (tmp_path / "x.tgz").write_bytes(tarred({"x.zip": data, "a": GOES}, "w:gz"))
    copies, (searched,) = search(Backup("folder", tmp_path))
    assert [c.disposal for c in copies] == [Disposal.WIPE] * 2
    assert searched.members == 4 + 5


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


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
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
