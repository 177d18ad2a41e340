import mmap
import os
import subprocess
import sys

import pytest

from app.system import handles
from app.system.handles import alone, open_files


def test_alone_with_a_file_until_someone_opens_or_maps_it(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 4096)
    fd = os.open(path, os.O_RDWR)
    try:
        if alone(fd) is None:
            pytest.skip("no leases on this file system")
        assert alone(fd) is True
        other = os.open(path, os.O_RDONLY)
        assert alone(fd) is False
        mapped = mmap.mmap(other, 4096, prot=mmap.PROT_READ)
        os.close(other)
        assert alone(fd) is False
        mapped.close()
        assert alone(fd) is True
    finally:
        os.close(fd)


def test_no_lease_on_what_is_no_file():
    reading, writing = os.pipe()
    assert alone(writing) is None
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("look", [handles._from_proc, handles._from_psutil])
def test_files_that_other_processes_have_open_are_found(tmp_path, look):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    mine = (tmp_path / "b").open("wb")
    code = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        other.stdout.readline()
        found = set(look())
        assert (path.stat().st_dev, path.stat().st_ino) in found
        own = os.fstat(mine.fileno())
        assert (own.st_dev, own.st_ino) not in found
    finally:
        other.communicate()
        mine.close()


def test_the_whole_look():
    assert isinstance(open_files(), frozenset)
