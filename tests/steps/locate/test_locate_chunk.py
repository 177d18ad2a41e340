"""No value is cut between two passages, whatever the blocks it came in."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.steps.locate.read import chunk as cutting
from app.steps.locate.read.chunk import OVERLAP, chunks, stretches

WORDS = st.text("0123456789中文的abc-@.", min_size=1, max_size=40)
TEXTS = st.lists(st.tuples(WORDS, st.sampled_from("\n,\t;")), min_size=1, max_size=200)


def _blocks(data: bytes, size: int):
    return (data[i : i + size] for i in range(0, len(data), size))


@given(TEXTS, st.integers(600, 5000))
def test_every_word_is_whole_and_no_other_word_appears(parts, size):
    data = "".join(word + end for word, end in parts).encode()
    words = set(data.replace(b"\n", b",").replace(b"\t", b",").replace(b";", b",").split(b","))
    seen = set()
    for chunk in chunks(_blocks(data, size)):
        seen |= set(chunk.replace(b"\n", b",").replace(b"\t", b",").replace(b";", b",").split(b","))
    assert seen - {b""} == words - {b""}


@given(TEXTS, st.integers(600, 5000))
def test_without_overlap_nothing_is_lost_or_doubled(parts, size):
    data = "".join(word + end for word, end in parts).encode()
    assert b"".join(chunks(_blocks(data, size), overlap=0)) == data


def test_a_label_stays_with_its_value():
    data = b"x" * 3000 + "\n手机号码\n".encode() + b"13812345678 " + b"y" * 3000
    for cut in range(3000, 3030):
        found = list(chunks(iter((data[:cut], data[cut:]))))
        assert any("手机".encode() in c and b"13812345678" in c for c in found), cut


def test_a_word_without_end_is_cut_between_characters():
    data = ("中" * 100_000).encode()
    for chunk in chunks(_blocks(data, 7001)):
        chunk.decode()
    assert OVERLAP < 7001


@pytest.fixture(params=[1400, 5000])
def small(request, monkeypatch):
    """Blocks as short as these texts: the rules are the same."""
    monkeypatch.setattr(cutting, "BLOCK", request.param)
    monkeypatch.setattr(cutting, "_LINE", 64)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("joint", ["\n", ",", "\n\n\n", "y"])
def test_a_stretch_of_a_file_is_cut_where_no_value_is(joint):
    data = joint.join(f"客户{number}的13800{number:06}" for number in range(3000)).encode()
    for first, last in ((0, len(data)), (0, 900), (777, 60_000), (5, 5)):
        told = list(stretches(io.BytesIO(data), first, last))
        at = first
        for text in told:
            start = data.find(text, max(first, at - OVERLAP - 8))
            assert start <= at < start + len(text) or at == first == last
            at = start + len(text)
        assert at == last
        if joint != "y":
            whole = set(data[first:last].split(joint.strip().encode() or b"\n")[1:-1])
            seen = {word for text in told for word in text.split(joint.strip().encode() or b"\n")}
            assert whole <= seen


@pytest.mark.usefixtures("small")
def test_a_file_that_has_become_shorter_ends():
    data = b"13800138000\n" * 700
    told = list(stretches(io.BytesIO(data), 0, 1 << 40))
    assert data.endswith(told[-1])
    assert sum(map(len, told)) < len(data) * 2
