"""What passes for UTF-8 decodes as UTF-8, and nothing else does; with Hyperscan and without."""

from __future__ import annotations

import random

import pytest

from app.steps.locate import encoding

_BYTES = bytes.fromhex("41307e 808f909fa0bf c0c2df e0e1ecedef f0f1f3f4f5ff")


def _decodes(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("there", [True, False])
def test_what_is_no_utf8_is_told(there, monkeypatch):
    monkeypatch.setattr(encoding, "_hyperscan", lambda: there)
    rng = random.Random()
    seen = set()
    for _ in range(20_000):
        data = bytes(rng.choices(_BYTES, k=rng.randrange(6))) + b"\n"
        right = _decodes(data)
        assert encoding.is_not_utf8(data) is not right, data
        seen.add(right)
    assert seen == {True, False}
    assert not encoding.is_not_utf8("今天 𠮷 é\t\r\n".encode() * 1000)


@pytest.mark.parametrize("there", [True, False])
def test_a_control_character_is_a_doubt(there, monkeypatch):
    monkeypatch.setattr(encoding, "_hyperscan", lambda: there)
    for byte in range(32):
        odd = bytes([byte]) not in b"\t\n\r\f\x1b"
        data = "今天".encode() + bytes([byte]) + b" x\n"
        assert encoding.is_not_utf8(data) is odd
        assert encoding.is_not_plain(data) is odd
