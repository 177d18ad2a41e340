"""The line of an entry is the canonical form of what it says, though another library makes it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from app.domain.canonical import canonical
from app.journal.entry import GENESIS, chained, parse

TEXT = st.text(st.characters(exclude_categories=[]))
KEYS = st.text(st.characters(max_codepoint=0xFFFF), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_a_line_is_the_canonical_form_of_its_entry(body):
    entry = chained(1, "2026-01-01T00:00:00.000Z", "a\udcffb", "settled", body, GENESIS)
    fields = {name: value for name, value in entry._asdict().items() if name != "seal"}
    assert entry.line() == canonical(fields) + b"\n"


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_a_line_is_read_back(body):
    entry = chained(1, "2026-01-01T00:00:00.000Z", "ab", "settled", body, GENESIS)
    assert parse(entry.line(), 1, GENESIS).body == json.loads(canonical(body))
