"""Canonical bytes equal those of the rfc8785 package, and handles are keyed names."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.domain.canonical import canonical, handle

WHOLE = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
KEYS = st.text(st.characters(max_codepoint=127), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_equal_to_rfc_8785(value):
    assert canonical(value) == rfc8785.dumps(value)


@given(VALUES)
def test_read_back_it_is_the_same_value(value):
    assert json.loads(canonical(value)) == value


@given(st.dictionaries(KEYS, WHOLE, min_size=2))
def test_the_order_of_keys_says_nothing(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


def test_a_tuple_is_a_list():
    assert canonical((1, (2, "三"))) == canonical([1, [2, "三"]]) == '[1,[2,"三"]]'.encode()


@pytest.mark.parametrize("value", [1.0, [1, 0.5], {"a": {"b": (1, float("nan"))}}, -0.0])
def test_floats_are_refused_wherever_they_stand(value):
    with pytest.raises(TypeError, match="float"):
        canonical(value)


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, object(), ["a", b"b"]])
def test_what_json_does_not_know_is_refused(value):
    with pytest.raises(TypeError):
        canonical(value)


def test_a_name_that_is_not_utf8_has_a_form_and_keeps_it():
    name = b"caf\xe9.csv".decode("utf-8", "surrogateescape")
    form = canonical({"path": name})
    assert form == rb'{"path":"caf\udce9.csv"}'
    assert json.loads(form)["path"] == name
    assert canonical("\\udce9") != canonical("\udce9")


@given(st.text(st.characters()), st.text(st.characters()))
def test_two_names_never_share_a_form(one, other):
    assert (canonical(one) == canonical(other)) == (one == other)


def test_a_handle_is_the_keyed_hash_of_the_normal_form():
    mac = hmac.new(b"k" * 32, "é客户".encode(), hashlib.sha256).hexdigest()
    assert handle(b"k" * 32, "F", "é客户") == f"F-{mac[:16]}"
    assert handle(b"k" * 32, "F", "e\u0301客户") == handle(b"k" * 32, "F", "é客户")
    assert handle(b"x" * 32, "F", "é客户") != handle(b"k" * 32, "F", "é客户")


def test_a_name_that_is_not_utf8_has_a_handle():
    assert handle(b"k", "F", "\udce9") != handle(b"k", "F", "\udcea")
