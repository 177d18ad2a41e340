import os
import sys

import pytest

from app.system.extents import (
    Attribute,
    Extent,
    ExtentFlag,
    attributes,
    data_segments,
    extents,
    same_places,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="FIEMAP is of Linux")


@pytest.fixture
def file(tmp_path):
    fd = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    yield fd
    os.close(fd)


def test_the_extents_of_a_file_just_written_are_real_places(file):
    os.write(file, os.urandom(300_000))
    found = extents(file)
    if found is None:
        pytest.skip("no FIEMAP on this file system")
    assert found[0].logical == 0
    assert found[-1].has(ExtentFlag.LAST)
    assert sum(extent.length for extent in found) >= 300_000
    assert not any(extent.has(ExtentFlag.DELALLOC) for extent in found)


def test_more_extents_than_one_answer_holds(file):
    for i in range(300):
        os.pwrite(file, b"x" * 4096, i * 3 * 4096)
    found = extents(file)
    if found is None:
        pytest.skip("no FIEMAP on this file system")
    assert len(found) == len({extent.logical for extent in found})
    assert sum(extent.length for extent in found) >= 300 * 4096
    assert found[-1].logical + found[-1].length >= 299 * 3 * 4096


def test_no_map_of_what_has_none():
    reading, writing = os.pipe()
    assert extents(reading) is None
    assert attributes(reading) is None
    os.close(reading)
    os.close(writing)


def test_attributes_of_a_plain_file(file):
    found = attributes(file)
    if found is not None:
        assert not found & (Attribute.IMMUTABLE | Attribute.APPEND_ONLY)


def test_runs_of_data(file):
    assert list(data_segments(file, 0)) == []
    os.ftruncate(file, 1 << 20)
    assert list(data_segments(file, 1 << 20)) == []
    os.pwrite(file, b"x", 0)
    os.pwrite(file, b"x", 1 << 19)
    os.fsync(file)
    found = list(data_segments(file, 1 << 20))
    assert [start for start, _ in found] == [0, 1 << 19]
    assert all(end - start < 1 << 18 for start, end in found)
    os.pwrite(file, b"x" * 100, (1 << 20) - 50)
    assert list(data_segments(file, (1 << 20) + 50))[-1][1] == (1 << 20) + 50


def test_runs_of_data_of_what_is_no_file():
    reading, writing = os.pipe()
    with pytest.raises(OSError):
        list(data_segments(reading, 10))
    os.close(reading)
    os.close(writing)


def extent(logical, physical, length, flags=0):
    return Extent(logical, physical, length, flags)


def test_the_same_places_however_they_are_cut():
    whole = (extent(0, 8192, 12288),)
    cut = (extent(0, 8192, 4096), extent(4096, 12288, 8192))
    assert same_places(whole, cut)
    assert same_places(cut, whole)
    assert same_places((), whole)
    assert same_places((), ())
    assert not same_places(whole, ())
    assert not same_places(whole, (extent(0, 8192, 8192),))
    assert not same_places(whole, (extent(0, 8192, 4096), extent(4096, 40960, 8192)))
    assert same_places((extent(0, 4096, 4096, ExtentFlag.UNWRITTEN),), (extent(0, 8192, 4096),))
