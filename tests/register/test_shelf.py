"""Shelves keep what a dict would keep, and let go of the memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.register import Shelf

IDS = st.sampled_from(["a", "b", "c", "d", "中", "e'"])
ACTS = st.lists(st.tuples(st.sampled_from(["put", "set", "delete", "get"]), IDS, IDS, st.integers(0, 2)))


def shelf() -> Shelf[int]:
    """An empty shelf of numbers."""
    return Shelf(str, int)


@given(ACTS)
def test_a_shelf_does_what_a_dict_does(acts):
    kept, model = shelf(), {}
    for act, one, other, value in acts:
        if act == "put":
            kept.put((one, other), value)
            model.update({one: value, other: value})
        elif act == "set":
            kept[one] = value
            model[one] = value
        elif act == "delete":
            assert kept.pop(one, None) == model.pop(one, None)
        else:
            assert kept.get(one) == model.get(one)
            assert (one in kept) == (one in model)
    assert list(kept.items()) == list(model.items())
    assert len(kept) == len(model)


def test_what_is_missing_is_named():
    kept = shelf()
    with pytest.raises(KeyError, match="x"):
        _ = kept["x"]
    with pytest.raises(KeyError, match="x"):
        del kept["x"]
    assert 3 not in kept


def test_what_changes_while_it_is_walked_does_no_harm():
    kept = shelf()
    kept.put((str(number) for number in range(2000)), 1)
    seen = []
    for one in kept:
        seen.append(one)
        del kept[one]
    assert seen == [str(number) for number in range(2000)]
    assert not kept


def test_a_shelf_leaves_no_file_and_little_memory(tmp_path):
    code = f"""
import os, resource
from app.register import Shelf
kept = Shelf(str, str)
kept["first"] = "x"
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(60_000):
    kept[f"r-{{number}}"] = f"{{number}}" * 40
print(os.listdir({str(tmp_path)!r}), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "SQLITE_TMPDIR": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    named, grown = told.rsplit(" ", 1)
    assert named == "[]"
    assert int(grown) < 8 * 1024  # KiB; a dict of these takes 20 MiB
