"""What an archive holds beside what it lists is never passed over: told, and the file stays as it is."""

import binascii
import bz2
import io
import lzma
import struct
import subprocess
import sys
import tarfile
import zipfile

import pytest
from packed_copies import ALSO, GOES, OTHER, STAYS, one, sha

from app.domain.copies import Disposal
from app.domain.outcome import Reason
from app.steps.confirm.archiving import write_without
from app.system.zips import MOST
from tests.packing import zipped

TOLD = {Reason.UNREADABLE}


def unlisted():
    """A zip with a member that its list leaves out."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b", STAYS)
        archive.writestr("a", GOES)
        del archive.filelist[0]
    return out.getvalue()


HIDING = {
    "two zips, one behind the other": zipped({"b": STAYS}) + zipped({"a": GOES}),
    "a file behind a zip": zipped({"a": GOES}) + STAYS,
    "a member that is not listed": unlisted(),
    "a file behind a bzip2": bz2.compress(GOES) + STAYS,
    "a few bytes behind a bzip2": bz2.compress(GOES) + b"B",
    "a file behind an xz": lzma.compress(GOES) + STAYS,
    "a bzip2 that is cut": bz2.compress(GOES) + bz2.compress(STAYS)[:-9],
}


@pytest.mark.parametrize("data", HIDING.values(), ids=HIDING)
def test_what_stands_beside_the_members_keeps_the_archive(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    copy, limits = one(tmp_path / "x")
    assert limits == TOLD
    assert copy is None or copy.disposal is Disposal.EXCEPTION


@pytest.mark.parametrize(
    "data",
    [
        bz2.compress(GOES) + bz2.compress(ALSO),
        lzma.compress(GOES) + bytes(512) + lzma.compress(ALSO) + bytes(4),
        zipped({"a/": b"", "a/b": GOES, "c": ALSO}),
        b"PK00" + zipped({"a": GOES}),
    ],
)
def test_what_is_all_of_it_is_not_held_against_it(tmp_path, data):
    (tmp_path / "x").write_bytes(data)
    assert Reason.UNREADABLE not in one(tmp_path / "x")[1]


def test_a_zip_that_was_written_as_a_stream_has_nothing_beside(tmp_path):
    with (tmp_path / "x").open("wb") as file, zipfile.ZipFile(_Forward(file), "w") as archive:
        archive.writestr("a", GOES)
        with archive.open("b", "w", force_zip64=True) as member:
            member.write(ALSO)
    copy, limits = one(tmp_path / "x")
    assert (copy.disposal, limits) == (Disposal.WIPE, set())


class _Forward(io.RawIOBase):
    """A file that can't go back, so that sizes stand behind each member."""

    def __init__(self, file):
        self._file = file

    def writable(self):
        return True

    def write(self, data):
        return self._file.write(data)


@pytest.mark.parametrize(("inside", "ends"), [(GOES, Disposal.WIPE), (OTHER, None)])
def test_a_folder_by_its_name_that_has_content_is_a_file(tmp_path, inside, ends):
    (tmp_path / "x").write_bytes(zipped({"a/": inside}))
    copy, _ = one(tmp_path / "x")
    assert (copy.disposal if copy else None) is ends
    (tmp_path / "x").write_bytes(zipped({"a": GOES, "b/": inside}))
    copy, _ = one(tmp_path / "x")
    assert copy.disposal is (Disposal.WIPE if ends else Disposal.EXCEPTION)


@pytest.mark.parametrize(("kind", "limits"), [(b"M", {Reason.NOT_SEARCHED}), (b"D", set())])
def test_a_part_of_a_file_that_goes_over_several_tars_is_told(tmp_path, kind, limits):
    with tarfile.open(tmp_path / "x", "w", format=tarfile.GNU_FORMAT) as archive:
        for name, data, of in (("of", STAYS, kind), ("a", GOES, tarfile.REGTYPE)):
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), of
            archive.addfile(info, io.BytesIO(data))
    copy, told = one(tmp_path / "x")
    assert (copy.of, told) == (("r-goes",), limits)
    assert copy.disposal is (Disposal.EXCEPTION if limits else Disposal.WIPE)


@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (b"MZ" + bytes(4000) + zipped({"a": GOES}), {Reason.OPAQUE}),  # one that unpacks itself
        (b"MZ" + bytes(100) + zipped({"a": b"x"}), {Reason.OPAQUE}),
        (b"PK\7\10" + zipped({"a": GOES})[:90], {Reason.UNREADABLE}),  # the first of several parts
        (zipped({"a": GOES})[40:], {Reason.OPAQUE}),  # the last
    ],
    ids=["unpacks itself", "unpacks itself small", "first part", "last part"],
)
def test_a_zip_that_does_not_begin_as_one_is_told(tmp_path, data, limits):
    (tmp_path / "x").write_bytes(data)
    assert one(tmp_path / "x", "folder") == (None, limits)


def encoded(data):
    lines = (binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 a.csv\n" + b"".join(lines) + b"`\nend\n"


@pytest.mark.parametrize("head", [b"", b"Content-Transfer-Encoding: x-uuencode\n"])
def test_a_file_in_the_text_of_a_mail_is_told(tmp_path, head):
    mail = b"From: a@b\nTo: c@d\nSubject: list\n" + head + b"\nhere it is\n\n" + encoded(GOES)
    (tmp_path / "x").write_bytes(mail)
    assert one(tmp_path / "x", "folder") == (None, {Reason.NOT_SEARCHED})
    (tmp_path / "x").write_bytes(
        mail.replace(b"begin 644 a", b"I begin 644 a").replace(b"x-uuencode", b"8bit")
    )
    assert one(tmp_path / "x", "folder") == (None, set())


PEAK = """
import io, re, struct, sys
from app.system.zips import TooManyError, opened_zip
import zipfile
count, before = int(sys.argv[1]), bytes.fromhex(sys.argv[2])
listed = struct.pack("<4s24x3H12x", b"PK\\1\\2", 1, 0, 0) + b"a"
end = struct.pack("<4s4H2LH", b"PK\\5\\6", 0, 0, 9, 9, count * len(listed) + len(before), 4, 0)
data = io.BytesIO(b"PK\\3\\4" + listed * count + before + end)
# What the system counts for a process begins with what the one that started it held.
held = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
peak, told = held(), "opened"
try:
    opened_zip(data)
except TooManyError:
    told = "too many"
except zipfile.BadZipFile:
    told = "broken"
print(told, held() - peak)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is told in KiB on Linux alone")
@pytest.mark.parametrize(
    ("count", "before", "told"),
    [
        (MOST, b"", "opened"),
        (MOST + 1, b"", "too many"),
        (1_000_000, b"", "too many"),
        # What looks like an end, right before the true one.
        (1_000_000, b"PK\5\6" + bytes(4), "too many"),
    ],
)
def test_the_list_of_a_zip_fills_no_memory(count, before, told):
    ran = subprocess.run(
        [sys.executable, "-c", PEAK, str(count), before.hex()], capture_output=True, text=True, check=True
    )
    said, _, kib = ran.stdout.strip().rpartition(" ")
    assert (said, int(kib) < 150 << 10) == (told, True), ran.stdout


def test_zips_in_zips_list_no_more_together_than_one_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("app.steps.confirm.archives.MOST", 5)
    inner = zipped({"a": GOES, "b": STAYS, "c": b""})
    (tmp_path / "x").write_bytes(zipped({"1": inner, "2": inner}))
    assert one(tmp_path / "x")[1] == set()
    (tmp_path / "x").write_bytes(zipped({"1": inner, "2": inner, "3": b""}))
    copy, limits = one(tmp_path / "x")
    assert (copy, limits) == (None, {Reason.SEARCH_LIMIT})


def test_a_list_that_is_cut_is_told(tmp_path):
    data = zipped({"a": GOES})
    end = data.rindex(b"PK\5\6")
    (tmp_path / "x").write_bytes(data[:end] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, 60_000, 4, 0))
    assert one(tmp_path / "x") == (None, TOLD)


def test_a_folder_with_content_is_there_after_rewriting(tmp_path):
    out = io.BytesIO()
    assert write_without(io.BytesIO(zipped({"a": GOES, "b/": STAYS})), out, frozenset({sha(GOES)}), int) == 1
    with zipfile.ZipFile(out) as archive:
        assert [(one.filename, archive.read(one)) for one in archive.infolist()] == [("b/", STAYS)]


@pytest.mark.parametrize(("contents", "left"), [((GOES, STAYS), ["x", "y"]), ((STAYS, GOES), ["x"])])
def test_a_hard_link_leads_to_the_last_of_its_name(contents, left):
    source, out = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=source, mode="w") as archive:
        for data in contents:
            info = tarfile.TarInfo("x")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        info = tarfile.TarInfo("y")
        info.type, info.linkname = tarfile.LNKTYPE, "x"
        archive.addfile(info)
    assert write_without(source, out, frozenset({sha(GOES)}), int) == 1
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        assert archive.getnames() == left
