"""An archive of awkward names for the tests of sealing."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the modules of this room

from sealed_archive import record_of


@pytest.fixture
def archive(tmp_path):
    """A location with the names that break things, and the records of it."""
    root = tmp_path / "帐 册"
    names = [
        b"2024/\xe5\x87\xad\xe8\xaf\x81 \xe4\xb8\x80.csv",  # 凭证 一.csv
        b"2024/b\xff\xfe.bin",  # not UTF-8
        b"2024/100%.txt",
        b"2024/a=b.txt",
        b"line\nbreak.txt",
        b"=cmd|calc.csv",
        b"Same.TXT",
        b"same.txt",
        b"e\xcc\x81.txt",  # NFD
        b"\xc3\xa9.txt",  # NFC of the same
        b"empty",
        b" x. ",
        b"n" * 250,
        "中".encode() * 80 + b".txt",
        b"big.bin",
        b"tab\tand\xe2\x80\xa8sep",  # U+2028 ends a line for some readers
    ]
    for number, name in enumerate(names):
        path = os.path.join(os.fsencode(root), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        body = b"" if name == b"empty" else b"%d %s " % (number, name) * 40
        with open(path, "wb") as file:
            file.write(os.urandom(3_000_001) if name == b"big.bin" else body)
    records = [
        record_of(os.path.join(os.fsencode(root), name), root, number) for number, name in enumerate(names)
    ]
    return root, records
