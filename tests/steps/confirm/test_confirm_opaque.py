"""What holds other files and can't be opened is told: images, ciphertext, repositories, archives of no known form."""

from __future__ import annotations

import os
import random
import shutil
import struct
import subprocess
import zipfile
from pathlib import Path

import pytest

from app.domain.case import Backup
from app.domain.event import BackupSearched
from app.domain.outcome import Reason
from app.steps.confirm import Wanted, find_copies
from app.steps.confirm.copies import Elsewhere

NOTHING = Wanted({}, frozenset(), frozenset())


def limits(path: Path, kind: str = "folder", elsewhere: Elsewhere | None = None) -> tuple[Reason, ...]:
    events = find_copies([Backup(kind, path)], NOTHING, key=b"k" * 32, elsewhere=elsewhere)
    (one,) = [event.searched for event in events if isinstance(event, BackupSearched)]
    return one.limits


def made(*command: str | Path) -> None:
    if not shutil.which(str(command[0])):
        pytest.skip(f"{command[0]} is not installed")
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "vfat"])
def test_an_image_of_a_file_system_is_told(tmp_path: Path, kind: str) -> None:
    image = tmp_path / "disk.img"
    made("truncate", "-s", "320M", image)
    made(f"mkfs.{kind}", image)
    assert limits(tmp_path) == (Reason.OPAQUE,)


@pytest.mark.parametrize(
    "begins",
    [
        b"\x1f\x9d\x90",
        b"\x04\x22\x4d\x18",
        b"LZIP\x01",
        b"\x28\xb5\x2f\xfd",
        b"Rar!\x1a\x07",
        b"MSCF\0\0\0\0",
    ],
)
def test_an_archive_that_is_not_looked_into_is_told(tmp_path: Path, begins: bytes) -> None:
    (tmp_path / "all").write_bytes(begins + bytes(900))
    assert limits(tmp_path) == (Reason.NOT_SEARCHED,)


def test_a_disk_with_partitions_is_told(tmp_path: Path) -> None:
    head = bytearray(4096)
    head[446:462] = struct.pack("<B3sB3sII", 0x80, b"\0\0\0", 0x83, b"\0\0\0", 2048, 4096)
    head[510:512] = b"\x55\xaa"
    (tmp_path / "disk.img").write_bytes(bytes(head))
    assert limits(tmp_path) == (Reason.OPAQUE,)


@pytest.mark.usefixtures("own_gnupg")
def test_what_gpg_and_openssl_encrypted_is_told(tmp_path: Path) -> None:
    plain = tmp_path / "a.csv"
    plain.write_text("姓名,手机\n张三,13812345678\n" * 30, encoding="utf-8")
    for tool, name in (("gpg", "a.gpg"), ("openssl", "a.enc")):
        folder = tmp_path / tool
        folder.mkdir()
        gpg = ("gpg", "--batch", "--passphrase", "x", "--pinentry-mode", "loopback", "-c", "-o")
        enc = ("openssl", "enc", "-aes-256-cbc", "-pbkdf2", "-k", "x", "-in", plain, "-out", folder / name)
        made(*((*gpg, folder / name, plain) if tool == "gpg" else enc))
        assert limits(folder) == (Reason.OPAQUE,), tool


@pytest.mark.parametrize(
    "head",
    [
        b"LUKS\xba\xbe\0\2",
        b"QFI\xfb\0\0\0\3",
        b"KDMV\1\0\0\0",
        b"conectix",
        b"vhdxfile",
        b"age-encryption.org/v1\n",
        b"\x84\x5e\x03" + b"i" * 8 + b"\x12",
        b"\xc1\xc0\x4c\x03" + b"i" * 8 + b"\x01",
        b"\x30\x82\x01\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03",
    ],
)
def test_it_is_told_by_its_first_bytes_also_within_an_archive(tmp_path: Path, head: bytes) -> None:
    body = head + os.urandom(3000)
    for name in ("plain", "packed"):
        (tmp_path / name).mkdir()
    (tmp_path / "plain/photo.jpg").write_bytes(body)
    with zipfile.ZipFile(tmp_path / "packed/all.zip", "w") as packed:
        packed.writestr("photo.jpg", body)
    assert limits(tmp_path / "plain") == limits(tmp_path / "packed") == (Reason.OPAQUE,)


def test_a_fixed_disk_of_virtual_pc_is_known_by_its_end(tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(bytes(1 << 16) + b"conectix".ljust(512, b"\0"))
    assert limits(tmp_path) == (Reason.OPAQUE,)


def test_plain_files_are_not_told(tmp_path: Path) -> None:
    """What is usual in a backup has no such beginning."""
    (tmp_path / "a.csv").write_text("姓名,手机\n张三,13812345678\n", encoding="utf-8")
    drawn = random.Random(5).randbytes  # any bytes may by chance have a mark where a file system has its own
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + drawn(5000))
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF" + drawn(5000))
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\n" + drawn(5111))
    (tmp_path / "zeros").write_bytes(bytes(4096))
    (tmp_path / "config").write_text("[repository]\n", encoding="utf-8")
    assert limits(tmp_path) == ()


def laid(repository: Path) -> Path:
    """What a repository looks like to who can't open it."""
    for name in ("data", "index", "keys", "snapshots"):
        (repository / name).mkdir(parents=True)
    (repository / "config").write_bytes(os.urandom(155))
    (repository / "data/pack").write_bytes(b"LUKS\xba\xbe" + os.urandom(500))
    return repository


def test_a_repository_in_a_folder_is_told_but_not_one_that_is_declared(tmp_path: Path) -> None:
    repository = laid(tmp_path / "old")
    assert limits(tmp_path) == (Reason.OPAQUE,)
    assert limits(tmp_path, elsewhere=Elsewhere((Backup("restic", repository),))) == ()
    (repository / "config").write_bytes(b"[repository]\nversion = 1\n")
    shutil.rmtree(repository / "snapshots")
    (repository / "data/pack").unlink()
    assert limits(tmp_path) == (Reason.OPAQUE,)


def test_a_repository_that_is_declared_through_a_link_is_known_in_its_place(tmp_path: Path) -> None:
    """As every home is on some computers, and every temporary folder on a Mac."""
    real, link = tmp_path / "real", tmp_path / "link"
    laid(real / "repo")
    link.symlink_to(real)
    for declared, searched in ((link, real), (real, link), (link, link / "repo/data")):
        declared_there = Elsewhere((Backup("restic", declared / "repo"),))
        assert limits(searched, elsewhere=declared_there) == ()
    # one beside it that is not declared is told
    (real / "repo").rename(real / "other")
    (real / "repo").mkdir()
    assert limits(link, elsewhere=Elsewhere((Backup("restic", link / "repo"),))) == (Reason.OPAQUE,)


def test_an_archive_of_no_known_form_was_not_read(tmp_path: Path) -> None:
    archive = tmp_path / "backup.enc"
    archive.write_bytes(b"\1" + random.Random(6).randbytes(99_999))
    assert limits(archive, "archive") == (Reason.UNREADABLE,)
    link = tmp_path / "link"
    link.symlink_to(archive)
    assert limits(link, "archive") == (Reason.UNREADABLE,)
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.txt", "a")
    assert limits(archive, "archive") == ()
