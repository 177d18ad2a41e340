"""Archives that are damaged, forged or too much: told, at little cost, and never passed over in silence."""

import bz2
import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import zipfile

import pytest
from packed_copies import ALSO, GOES, OTHER, STAYS, one

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.archives import Limits, members
from app.system import zips
from tests.packing import tarred, zipped


def test_damage_is_never_silence(tmp_path):
    whole = zipped({"a": GOES, "b": ALSO})
    path = tmp_path / "x"
    path.write_bytes(whole[:-30])
    assert one(path) == (None, {Reason.UNREADABLE})
    bad = bytearray(tarred({"a": GOES, "b": ALSO, "c": OTHER}, form=tarfile.USTAR_FORMAT))
    # the second header: tarfile itself would call this the end
    bad[512 + -(-len(GOES) // 512) * 512 + 3] ^= 1
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
    assert problems(zipped({"in": zipped({"a": zeros}, method=zipfile.ZIP_STORED)}), **small)[-1] is (
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


@pytest.mark.parametrize("kind", [tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE])
def test_a_tar_with_a_name_as_long_as_the_memory_is_told_and_not_read(tmp_path, kind):
    """Of zeros, it takes no room on the disk."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, 200 << 20
    path = tmp_path / "x"
    with path.open("wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        file.truncate(201 << 20)
    tracemalloc.start()
    try:
        assert one(path) == (None, {Reason.UNREADABLE})
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def listing(count, *, comment=0, wide=False):
    """A zip that lists so many members, and has none of them."""
    one_of = struct.pack("<4s24x3H12x", b"PK\1\2", 8, 0, 0)
    names = b"".join(one_of + b"%08d" % number for number in range(count))
    start = b"PK\3\4" + names
    if wide:
        told = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(names), 4)
        start += told + struct.pack("<4sLQL", b"PK\6\7", 0, len(start), 1)
    size = 0xFFFFFFFF if wide else len(names)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, size, 4, comment)
    return start + end + bytes(comment)


@pytest.mark.parametrize("how", [{}, {"wide": True}, {"wide": True, "comment": 0xFFFF}])
def test_a_zip_that_lists_millions_is_told_and_not_listed(tmp_path, monkeypatch, how):
    monkeypatch.setattr(zips, "_LISTED", 10_000)
    path = tmp_path / "x"
    path.write_bytes(listing(100, **how))
    assert one(path) == (None, {Reason.UNREADABLE})  # it lists what is not there
    path.write_bytes(listing(1000, **how))
    assert one(path) == (None, {Reason.SEARCH_LIMIT})
    # in another one, what stands beside it is looked into
    path.write_bytes(zipped({"a": listing(1000, **how), "b": zipped({"c": GOES})}))
    copy, limits = one(path)
    assert (copy.of, copy.disposal, limits) == (("r-goes",), Disposal.EXCEPTION, {Reason.SEARCH_LIMIT})


def test_a_header_at_the_end_of_a_tar_that_is_damaged_is_told(tmp_path):
    whole, path = tarred({"a": STAYS}, form=tarfile.USTAR_FORMAT), tmp_path / "x"
    end = 512 + -(-len(STAYS) // 512) * 512
    for behind, limits in (
        (b"", set()),
        (bytes(100), set()),
        (bytes(9000), set()),
        (b"\1" + bytes(511), {Reason.UNREADABLE}),
        (b"\1" + bytes(99), {Reason.UNREADABLE}),
        (bytes(1024) + b"\1", {Reason.UNREADABLE}),
    ):
        path.write_bytes(whole[:end] + behind)
        assert one(path)[1] == limits


def test_a_zip_that_lies_of_its_sizes(tmp_path):
    data = bytearray(zipped({"a": GOES}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", len(GOES) + 1)
    (tmp_path / "x").write_bytes(data)
    copy, _ = one(tmp_path / "x")
    assert copy is None or copy.disposal is Disposal.EXCEPTION
