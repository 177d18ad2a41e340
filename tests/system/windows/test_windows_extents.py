import struct

import pytest
from recorded_windows import CLUSTER, NTFS, pointers

from app.system.extents import Attribute, Extent, ExtentFlag
from app.system.windows import api as w
from app.system.windows.api import Answer, CallFailed, VolumeAnswer
from app.system.windows.extents import Mark, attributes, data_segments, extents, is_resident
from app.system.windows.identity import Identity, identity_of
from app.system.windows.volumes import VolumeFlag

POINTERS = w.FSCTL_GET_RETRIEVAL_POINTERS
COUNTED = w.FSCTL_GET_RETRIEVAL_POINTERS_AND_REFCOUNT
RANGES = w.FSCTL_QUERY_ALLOCATED_RANGES
PLAIN = ExtentFlag(0)


def kb(n):
    return n * CLUSTER


def test_a_plain_file_lies_where_ntfs_says(windows):
    windows.controls[POINTERS] = [Answer(pointers([(2, 1000), (5, 500)]))]
    assert extents(5, windows) == (Extent(0, kb(1000), kb(2), 0), Extent(kb(2), kb(500), kb(3), 0))
    assert is_resident(5, windows) is False


def test_more_extents_than_one_answer_holds(windows):
    windows.controls[POINTERS] = [
        Answer(pointers([(2, 10)]), more=True),
        Answer(pointers([(3, 20)], start=2)),
    ]
    assert extents(5, windows) == (Extent(0, kb(10), kb(2), 0), Extent(kb(2), kb(20), kb(1), 0))
    asked = [struct.unpack("<q", entry[2])[0] for entry in windows.log if entry[:2] == ("control", POINTERS)]
    assert asked == [0, 2]


def test_holes_are_left_out(windows):
    windows.controls[POINTERS] = [Answer(pointers([(2, 10), (6, -1), (7, 20)]))]
    assert [extent.logical for extent in extents(5, windows)] == [0, kb(6)]


def test_a_resident_file_is_inline_and_nowhere(windows):
    windows.controls[POINTERS] = w.HANDLE_EOF
    windows.content = bytearray(b"x" * 300)
    (only,) = extents(5, windows)
    assert (only.logical, only.length) == (0, 300)
    assert only.has(ExtentFlag.INLINE)
    assert only.has(ExtentFlag.UNKNOWN)
    assert is_resident(5, windows) is True


def test_an_empty_file_has_no_extents_and_is_not_resident(windows):
    windows.controls[POINTERS] = w.HANDLE_EOF
    windows.content = bytearray()
    assert extents(5, windows) == ()
    assert is_resident(5, windows) is False


@pytest.mark.parametrize(
    ("file_attributes", "tag", "flags"),
    [
        (0x20 | 0x800, 0, ExtentFlag.ENCODED),
        (0x20 | 0x4000, 0, ExtentFlag.ENCODED | ExtentFlag.ENCRYPTED),
        (0x20 | 0x200, 0, PLAIN),
        (0x20 | 0x400, 0x80000017, ExtentFlag.ENCODED | ExtentFlag.UNKNOWN),
        (0x20 | 0x400, 0x9000601A, ExtentFlag.UNKNOWN),
    ],
    ids=["compressed", "encrypted", "sparse", "compact", "cloud"],
)
def test_attributes_mark_every_extent(windows, file_attributes, tag, flags):
    windows.attributes, windows.tag = file_attributes, tag
    assert extents(5, windows) == (Extent(0, kb(1000), kb(3), flags),)


def test_on_fat_the_numbers_count_from_elsewhere(windows):
    windows.volume = VolumeAnswer("exFAT", 0x6)
    (only,) = extents(5, windows)
    assert only.has(ExtentFlag.UNKNOWN)


@pytest.mark.parametrize(
    ("references", "flags"), [(1, PLAIN), (2, ExtentFlag.SHARED), (0, ExtentFlag.UNKNOWN)]
)
def test_refs_says_which_clusters_are_cloned(windows, references, flags):
    windows.volume = VolumeAnswer("ReFS", NTFS | VolumeFlag.BLOCK_REFCOUNTING)
    windows.controls[COUNTED] = [Answer(pointers([(3, 1000, references)], counted=True))]
    assert extents(5, windows) == (Extent(0, kb(1000), kb(3), flags),)


def test_refs_that_does_not_count_leaves_it_unknown(windows):
    windows.volume = VolumeAnswer("ReFS", NTFS | VolumeFlag.BLOCK_REFCOUNTING)
    (only,) = extents(5, windows)
    assert only.has(ExtentFlag.UNKNOWN)


@pytest.mark.parametrize(
    "answers",
    [
        w.INVALID_FUNCTION,
        w.ACCESS_DENIED,
        [Answer(b"")],
        [Answer(pointers([(1, 2)])[:-4])],
        [Answer(pointers([]), True)],
    ],
)
def test_no_map_is_better_than_a_wrong_one(windows, answers):
    windows.controls[POINTERS] = answers
    assert extents(5, windows) is None


def test_no_map_without_the_size_of_a_cluster(windows):
    windows.clusters = 5
    assert extents(5, windows) is None


def test_what_does_not_say_may_be_resident(windows):
    windows.controls[POINTERS] = w.INVALID_FUNCTION
    assert is_resident(5, windows) is None


def test_attributes(windows):
    assert attributes(5, windows) == Attribute(0)
    windows.attributes = 0x4800
    assert attributes(5, windows) == Attribute.COMPRESSED | Attribute.ENCRYPTED
    windows.information = lambda *_: (_ for _ in ()).throw(CallFailed(1))
    assert attributes(5, windows) is None


@pytest.mark.parametrize(
    ("flags", "tag", "link", "cloud", "elsewhere"),
    [
        (0x20, 0xA000000C, False, False, False),
        (0x420, 0xA000000C, True, False, False),
        (0x420, 0xA0000003, True, False, False),
        (0x420, 0x9000001A, False, True, False),
        (0x420, 0x9000F01A, False, True, False),
        (0x400420, 0x9000701A, False, True, True),
        (0x1020, 0, False, False, True),
        (0x40020, 0, False, False, True),
        (0x420, 0x80000013, False, False, False),
    ],
)
def test_marks(flags, tag, link, cloud, elsewhere):
    mark = Mark(flags, tag)
    assert (mark.link, mark.cloud, mark.elsewhere) == (link, cloud, elsewhere)


def ranges(*rows, more=False):
    return Answer(b"".join(struct.pack("<qq", *row) for row in rows), more)


def test_runs_of_data(windows):
    windows.controls[RANGES] = [ranges((0, 65536), (131072, 65536))]
    assert list(data_segments(5, 180_000, windows)) == [(0, 65536), (131072, 180_000)]
    assert list(data_segments(5, 0, windows)) == []
    windows.controls[RANGES] = [ranges()]
    assert list(data_segments(5, 100, windows)) == []


def test_runs_of_data_go_on(windows):
    windows.controls[RANGES] = [ranges((0, 10), more=True), ranges((50, 50))]
    assert list(data_segments(5, 100, windows)) == [(0, 10), (50, 100)]
    windows.controls[RANGES] = [ranges(more=True)]
    assert list(data_segments(5, 100, windows)) == []


def test_where_ranges_are_not_told_the_whole_file_is_one(windows):
    assert list(data_segments(5, 100, windows)) == [(0, 100)]


def test_runs_of_data_of_what_can_not_be_read(windows):
    windows.controls[RANGES] = w.ACCESS_DENIED
    with pytest.raises(PermissionError):
        list(data_segments(5, 100, windows))


def test_identity(windows):
    assert identity_of(5, windows) == Identity(0xABCDEF0123456789, bytes(range(16)))
    windows.infos[w.ID_INFO] = w.INVALID_PARAMETER
    assert identity_of(5, windows) is None
