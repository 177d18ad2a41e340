"""Keys are described as they are, and nothing about them changes."""

import hashlib
import os
import subprocess

import pytest

from app.domain.canonical import handle
from app.domain.case import KeySource
from app.domain.fault import Fault, Refused
from app.steps.shred import inspect

CASE = b"k" * 32


def look(path, kind, passphrase=""):
    (key,) = inspect([KeySource(kind, path)], key=CASE, passphrase=lambda _: passphrase)
    return key


@pytest.mark.parametrize(
    ("what", "passphrase", "algorithm"),
    [
        ("rsa", "", "RSA-2048"),
        ("rsa", "pw", "RSA-2048"),
        ("ec", "", "EC-secp256r1"),
        ("ed25519", "", "Ed25519"),
        ("ed448", "", "Ed448"),
        ("x25519", "", "X25519"),
        ("x448", "", "X448"),
        ("dsa", "", "DSA-1024"),
        ("ssh", "", "Ed25519"),
        ("pkcs12", "pw", "EC-secp256r1"),
        ("age", "", "age-X25519"),
    ],
)
def test_each_kind_is_described_and_untouched(make_key, what, passphrase, algorithm):
    path, kind = make_key(what, passphrase)
    before = path.stat()
    body = path.read_bytes()
    key = look(path, kind, passphrase)
    after = path.stat()
    assert (key.kind, key.path, key.algorithm) == (kind, str(path), algorithm)
    assert key.id == handle(CASE, "k", str(path))
    assert key.sha256 == hashlib.sha256(body).hexdigest()
    assert len(key.fingerprint) == 64
    assert (key.stamp.inode, key.stamp.size, key.stamp.ctime_ns) == (
        after.st_ino,
        len(body),
        before.st_ctime_ns,
    )
    assert path.read_bytes() == body


def test_the_fingerprint_is_of_the_public_half(make_key):
    path, kind = make_key("rsa")
    public = subprocess.run(
        ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], capture_output=True, check=True
    ).stdout
    assert look(path, kind).fingerprint == hashlib.sha256(public).hexdigest()


@pytest.mark.parametrize("passphrase", ["", "wrong", "\udc80"])
def test_a_key_without_its_passphrase_is_still_listed(make_key, passphrase):
    for what in ("rsa", "pkcs12"):
        path, kind = make_key(what, "right")
        key = look(path, kind, passphrase)
        assert (key.algorithm, key.fingerprint) == ("unknown", "")
        assert key.sha256


def test_two_keys_in_one_file_are_both_named(make_key):
    path, kind = make_key("rsa")
    more, _ = make_key("ed25519")
    path.write_bytes(path.read_bytes() + more.read_bytes())
    assert look(path, kind).algorithm == "RSA-2048 + Ed25519"


def test_a_relative_path_is_made_absolute(make_key, monkeypatch):
    path, kind = make_key("ec", name="k.pem")
    monkeypatch.chdir(path.parent)
    from pathlib import Path

    assert look(Path("k.pem"), kind).path == str(path)


def fault(path, kind="pem"):
    with pytest.raises(Refused) as caught:
        look(path, kind)
    return caught.value.fault


def test_what_is_not_a_plain_file_is_refused(tmp_path):
    (tmp_path / "dir").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    for name in ("none", "none/deeper", "dir", "link", "pipe"):
        assert fault(tmp_path / name) is Fault.CASE_FILE_MISSING_PATH


def test_a_file_far_too_big_is_refused(tmp_path):
    with (tmp_path / "big").open("wb") as file:
        file.truncate((16 << 20) + 1)
    assert fault(tmp_path / "big") is Fault.CASE_FILE_WRONG_VALUE
