"""No value is cut between two passages, whatever the blocks it came in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.steps.locate.read.chunk import OVERLAP, chunks

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
