"""What is dropped on the window is known by what is in it."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from random import Random

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.domain.case import Role
from app.flow.recognising import backup_kind, key_kind
from app.identity import create

sys.path.append(str(Path(__file__).parents[1] / "steps" / "shred"))

from key_stores import STORES, TrueCrypt


@pytest.mark.parametrize(
    "store", [one for one in STORES if one is not TrueCrypt], ids=lambda one: one.__name__
)
def test_a_key_store_is_known_by_what_is_in_it(tmp_path: Path, store: type) -> None:
    made = store.make(tmp_path)
    assert key_kind(made.path) == made.kind


def test_key_files_are_known_whatever_they_are_called(tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    (tmp_path / "a.txt").write_bytes(b"Bag Attributes\n" + pem)
    (tmp_path / "b.bin").write_text(f"# made by age-keygen\n{pyrage.x25519.Identity.generate()}\n")
    (tmp_path / "c.bin").write_bytes(pyrage.passphrase.encrypt(b"x", "secret"))
    create("Wang", Role.OFFICER, tmp_path / "d.dat", "a passphrase of many signs")
    (tmp_path / "e.hc").write_bytes(os.urandom(1 << 19))
    kinds = [key_kind(tmp_path / name) for name in ("a.txt", "b.bin", "c.bin", "d.dat", "e.hc")]
    assert kinds == ["pem", "age", "age", "pkcs12", "veracrypt"]


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b'{"name": "x"}', Random(5).randbytes(5000), b"\x30\x82", "钥匙".encode("gb18030")],
    ids=["empty", "a word", "json", "noise", "the begin of a key", "chinese"],
)
def test_what_no_kind_knows_has_still_a_name_and_never_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "k").write_bytes(content)
    assert key_kind(tmp_path / "k") == "pkcs12"
    assert key_kind(tmp_path / "none") == "pkcs12"
    assert key_kind(tmp_path) == "pkcs12"


def test_backups_are_known_by_what_their_tools_lay_down(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("x", "y")
    for name in ("bag", "plain", "restic/data", "restic/snapshots", "borg/data"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "chain").mkdir()
    chain = "chain/duplicity-full.20261101T000000Z.manifest.gpg"
    for name in ("bag/bagit.txt", "restic/config", "borg/config", chain):
        (tmp_path / name).write_text("x")
    names = ("a.zip", "bag", "plain", "restic", "borg", "chain")
    kinds = {name: backup_kind(tmp_path / name) for name in names}
    assert kinds == {
        "a.zip": "archive",
        "bag": "bagit",
        "plain": "folder",
        "restic": "restic",
        "borg": "borg",
        "chain": "duplicity",
    }
