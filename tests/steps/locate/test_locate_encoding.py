"""What passes for UTF-8 decodes as UTF-8, and nothing else does; with Hyperscan and without."""

from __future__ import annotations

import random

import pytest

from app.domain.record import Look
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
    monkeypatch.setattr(encoding, "has_hyperscan", lambda: there)
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
    monkeypatch.setattr(encoding, "has_hyperscan", lambda: there)
    for byte in range(32):
        odd = bytes([byte]) not in b"\t\n\r\f\x1b"
        data = "今天".encode() + bytes([byte]) + b" x\n"
        assert encoding.is_not_utf8(data) is odd
        assert encoding.is_not_plain(data) is odd


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"])
@pytest.mark.parametrize("text", ["𠀀{}㐂𠮷{}䶮", "テスト{}です{}", "䶮𡈽{}𡈽，{}𡈽"])
def test_rare_characters_beside_numbers_in_every_width_without_a_mark(codec, text, look, tmp_path, values):
    made = values(random.randrange(1 << 30))
    for number in range(4):
        (tmp_path / "in" / f"{number}.txt").write_bytes(text.format(made.id(), made.mobile()).encode(codec))
    for located in look().values():
        found = {one.kind: one.count for one in located.record.findings if not one.kind.startswith("minor.")}
        assert found == {"cn.id": 1, "cn.mobile": 1}
        assert located.record.problems == ()


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("shift", [0, 1])
def test_bytes_that_no_reader_knows_are_searched_in_both_orders(codec, shift, look, tmp_path, values):
    made = values(3)
    number = made.id()
    noise = bytes(range(1, 32)) * 40 + bytes(40 + shift)
    (tmp_path / "in" / "a.bin").write_bytes(noise + f"身份证{number}号".encode(codec) + noise)
    located = look()["a.bin"]
    assert located.look is Look.FOUND
    assert "cn.id" in {one.kind for one in located.record.findings}


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("before", "number", "after"),
    [
        ("身份证", "11010519491231002X", "号"),
        ("身份证", "11010519491231002x", "号"),
        ("手机", "13812345678", ""),
    ],
)
def test_the_last_sign_of_a_number_in_bytes_is_not_lost(codec, before, number, after, look, tmp_path, counts):
    noise = bytes(range(1, 32)) * 40 + bytes(40)
    text = (before + number + after).encode(codec)
    (tmp_path / "in" / "a.bin").write_bytes(noise + text + (noise if after else b""))
    assert sum(counts(look()["a.bin"]).values()) == 1
