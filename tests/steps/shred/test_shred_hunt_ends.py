"""Where a hunt comes to an end early: limits, what goes away meanwhile, packs and tars that are not true."""

import errno
import gzip
import io
import itertools
import os
import random
import struct
import tarfile
import zipfile
import zlib

import key_stores as stores
import pytest

from app.domain.outcome import Reason
from app.steps.shred import Grounds, Repository, aside, unpacking
from app.steps.shred.aside import Aside
from app.steps.shred.hunt import Blind, Hunted, Quarry, Sighting, remaining
from app.steps.shred.hunt import hunt as hunting
from app.steps.shred.kinds.contract import Rewrap
from app.steps.shred.needles import needles_of
from app.steps.shred.progress import drawn
from app.steps.shred.repositories import snapshots
from app.steps.shred.rewraps import Wraps
from app.steps.shred.unpacking import Budget, Piece, Unseen, pieces, pieces_of_tar

MARK = random.Random(9).randbytes(48).hex().encode()
NEEDLES = needles_of([MARK])
QUARRY = Quarry("k", "", (0, 0), NEEDLES)


@pytest.fixture
def place(tmp_path):
    made = tmp_path / "place"
    made.mkdir()
    return made


def hunted(place, quarry=QUARRY):
    return drawn(hunting([quarry], Grounds(places=(str(place),))))[quarry.id]


def looked(data, overlap=200):
    """What is seen in bytes, and what is not."""
    seen = list(pieces(io.BytesIO(data), len(data), overlap))
    found = {one.member for one in seen if isinstance(one, Piece) and MARK in one.data}
    return found, [(one.member, one.reason) for one in seen if isinstance(one, Unseen)]


def packed(*objects, count=None, head=b"PACK\0\0\0\2"):
    """A git pack of objects, each its kind, what says what it differs from, and its bytes."""
    made = head + struct.pack(">I", len(objects) if count is None else count)
    return made + b"".join(bytes([kind << 4]) + base + zlib.compress(data) for kind, base, data in objects)


def test_no_more_places_are_named_than_anybody_reads(place, monkeypatch):
    monkeypatch.setattr("app.steps.shred.hunt._MOST_NAMED", 2)

    def tell(data):
        yield ""
        return Rewrap.MAYBE if b"locked" in data else Rewrap.NO

    for number in range(5):
        (place / f"{number} copy").write_bytes(MARK)
        (place / f"{number} locked").write_bytes(b"hint locked")
        (place / f"{number} shut").write_bytes(b"age-encryption.org/v1\n")
    found = hunted(place, Quarry("k", "", (0, 0), NEEDLES, Wraps((b"hint",), tell)))
    assert found.searched == 15
    assert [len(one) for one in (found.found, found.doubtful, found.blind)] == [2, 2, 2]


def test_a_file_that_goes_before_it_is_opened_is_a_place_unseen(place):
    for name in ("a", "b"):
        (place / name).write_bytes(MARK)
    seeking = hunting([QUARRY], Grounds(places=(str(place),)))
    assert next(seeking) == str(place / "a")
    (place / "a").unlink()
    found = drawn(seeking)["k"]
    assert [one.path for one in found.found] == [str(place / "b")]
    assert found.blind == (Blind(str(place / "a"), "", Reason.UNREADABLE),)


def test_a_folder_of_a_key_that_is_gone_is_a_place_unseen(tmp_path):
    quarry = Quarry("k", str(tmp_path / "gone" / "key"), (0, 0), NEEDLES)
    found = drawn(hunting([quarry], Grounds()))["k"]
    assert found.blind == (Blind(str(tmp_path / "gone"), "", Reason.UNREADABLE),)


def test_a_place_may_be_a_single_file(place):
    (place / "copy").write_bytes(MARK)
    found = hunted(place / "copy")
    assert ([one.path for one in found.found], found.blind) == ([str(place / "copy")], ())


def test_a_copy_of_which_nothing_is_known_stands_as_long_as_its_file(tmp_path):
    copy = tmp_path / "copy"
    copy.write_bytes(b"whatever")
    found = Hunted(1, (Sighting("c", str(copy)),))
    assert remaining(found, frozenset()) == found.found
    copy.unlink()
    assert remaining(found, frozenset()) == ()


def test_too_many_members_are_a_limit_that_is_told(monkeypatch):
    monkeypatch.setattr(unpacking.Budget, "of", classmethod(lambda cls, size: cls(size << 10, members=3)))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.mkdir("folder")
        for number in range(5):
            archive.writestr(f"folder/{number}", MARK)
    assert looked(made.getvalue()) == (
        {"", "folder/0", "folder/1", "folder/2"},
        [("", Reason.SEARCH_LIMIT)],
    )


class Dying(io.BytesIO):
    """A file on a device that fails behind its first mebibyte."""

    def read(self, size=-1):
        if self.tell() >= 1 << 20:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(size)


class Dripping(io.BytesIO):
    """A pipe that gives a few bytes at a time."""

    def read(self, size=-1):
        return super().read(min(size, 100) if size >= 0 else -1)


def test_a_file_that_breaks_off_is_told_with_what_came_before():
    seen = list(pieces(Dying(MARK + bytes(2 << 20)), 2 << 20, 200))
    assert any(isinstance(one, Piece) and MARK in one.data for one in seen)
    assert seen[-1] == Unseen("", Reason.UNREADABLE)


def test_an_archive_is_known_though_its_bytes_come_in_drops():
    data = gzip.compress(random.Random(1).randbytes(60_000) + MARK)
    seen = list(pieces(Dripping(data), len(data), 200))
    assert any(isinstance(one, Piece) and MARK in one.data for one in seen)
    assert not any(isinstance(one, Unseen) for one in seen)


def test_a_tar_through_a_pipe_ends_where_its_budget_does():
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for number in range(4):
            info = tarfile.TarInfo(str(number))
            info.size = len(MARK)
            archive.addfile(info, io.BytesIO(MARK))
    made.seek(0)
    seen = list(pieces_of_tar(made, Budget(1 << 20, members=2), 200))
    assert [one.member for one in seen] == ["0", "1", ""]
    assert seen[-1] == Unseen("", Reason.SEARCH_LIMIT)


def test_a_stream_too_long_to_be_held_is_a_limit_unless_it_is_a_tar(place):
    stores.need("zstd")
    long = place.parent / "long"
    with zipfile.ZipFile(long, "w") as archive, archive.open("zeros", "w", force_zip64=True) as member:
        for _ in range(70):
            member.write(bytes(1 << 20))
    stores.do("zstd", "-q", "-1", long, "-o", place / "a.zip.zst")
    found = hunted(place)
    assert [(one.path, one.reason) for one in found.blind] == [
        (str(place / "a.zip.zst"), Reason.SEARCH_LIMIT)
    ]


def test_an_empty_stream_is_none_that_the_library_knows(place):
    stores.need("zstd")
    empty = place.parent / "empty"
    empty.touch()
    stores.do("zstd", "-q", empty, "-o", place / "a.zst")
    found = hunted(place)
    assert [(one.path, one.reason) for one in found.blind] == [(str(place / "a.zst"), Reason.UNREADABLE)]


@pytest.mark.parametrize(
    ("data", "blind"),
    [
        (b"x\x9c is how this text begins", []),
        (zlib.compress(bytes(65 << 20) + MARK), [("", Reason.SEARCH_LIMIT)]),
    ],
    ids=["a text", "too long"],
)
def test_what_begins_as_a_git_object_does(data, blind):
    assert looked(data) == (set(), blind)


PACKS = {
    "by name": (packed((7, bytes(20), MARK)), {"#0"}, []),
    "at an offset": (packed((3, b"", b"x"), (6, b"\x81\x01", MARK)), {"#1"}, []),
    "a long one": (packed((3, b"", bytes(64 << 20))), set(), []),
    "too long a one": (packed((3, b"", MARK), (3, b"", bytes(65 << 20))), {"#0"}, [("", Reason.UNREADABLE)]),
    "cut": (packed((3, b"", MARK), count=2), {"#0"}, [("", Reason.UNREADABLE)]),
}


def test_a_pack_that_unpacks_to_too_much_is_told(monkeypatch):
    monkeypatch.setattr(unpacking.Budget, "of", classmethod(lambda cls, size: cls(size + 1000)))
    data = packed((3, b"", MARK), (3, b"", bytes(2000)))
    assert looked(data) == ({"#0"}, [("", Reason.UNREADABLE)])


@pytest.mark.parametrize("what", PACKS)
def test_git_packs_of_every_sort(what):
    data, found, blind = PACKS[what]
    assert looked(data) == (found, blind)


def backed_up(tmp_path, times=1):
    """A restic repository with snapshots of one folder with a copy in it."""
    store = stores.Restic.make(tmp_path)
    source = tmp_path / "source"
    source.mkdir()
    (source / "copy").write_bytes(random.Random(4).randbytes(3 << 20) + MARK)
    settings = {"RESTIC_REPOSITORY": str(tmp_path / "repo"), "RESTIC_PASSWORD": store.passphrase}
    for _ in range(times):
        stores.do("restic", "--no-cache", "backup", ".", cwd=source, env={**os.environ, **settings})
    return Repository("restic", str(tmp_path / "repo"), store.passphrase)


def told_in(repository):
    told = [one for one in snapshots(repository, 200) if one is not None]
    copies = [one.member for one in told if isinstance(one, Piece) and MARK in one.data]
    return copies, [one for one in told if isinstance(one, Unseen)]


def test_snapshots_of_the_same_tree_are_read_once(tmp_path):
    copies, unseen = told_in(backed_up(tmp_path, times=2))
    assert [os.path.basename(one) for one in copies] == ["copy"]
    assert unseen == []


def test_a_tool_that_ends_badly_has_not_shown_all(tmp_path, monkeypatch):
    """It gives a whole tar and says then that it could not read everything."""
    repository = backed_up(tmp_path)
    real = os.path.realpath(next(filter(os.path.exists, (f"{one}/restic" for one in os.get_exec_path()))))
    tool = tmp_path / "bin" / "restic"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\n"{real}" "$@" || exit $?\ncase "$*" in *dump*) exit 1;; esac\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=os.pathsep)
    copies, unseen = told_in(repository)
    assert len(copies) == 1
    assert [one.reason for one in unseen] == [Reason.UNREADABLE]


@pytest.mark.parametrize("kind", ["tape", "restic"])
def test_a_repository_without_its_tool_is_not_searched(tmp_path, monkeypatch, kind):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list(itertools.islice(snapshots(Repository(kind, str(tmp_path), ""), 200), 2)) == [
        Unseen("", Reason.NOT_SEARCHED)
    ]


def test_what_the_kernel_makes_up_has_no_end_and_holds_no_copy(place, monkeypatch):
    """To read /proc/kmsg waits for the kernel's next word, and /proc/kcore has 128 TB."""
    (place / "copy").write_bytes(MARK)
    (place / "link").symlink_to("/proc/kmsg")
    assert [one.path for one in hunted(place).found] == [str(place / "copy")]
    assert hunted("/proc") == hunted("/sys") == Hunted()
    assert not Aside.of(()).has(str(place / "gone"))
    monkeypatch.setattr(aside, "_TABLE", place / "none")
    assert Aside.of(()).devices == frozenset()


@pytest.mark.parametrize("start", [b"x\x9c", b"x^ = 2 y\n"])
def test_a_zip_behind_what_begins_as_zlib_does_is_looked_into(start):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("key", MARK)
    assert looked(start + made.getvalue()) == ({"key"}, [])
