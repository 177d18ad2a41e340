"""A short campaign of the fuzzer; `benchmarks/fuzz_verify.py` runs the long one."""

import importlib
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def fuzz():
    # As Python does it for a script: what lies beside it is found.
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        return importlib.import_module("fuzz_verify")
    finally:
        sys.path.pop(0)


def test_no_mutant_is_valid_and_none_is_an_error(fuzz, issued, tmp_path):
    good = fuzz.furnished(issued, tmp_path)
    tally = fuzz.campaign(good, tmp_path / "mutants", bits=210, structures=140, seed=4)
    assert tally.total == 350
    assert {name for name, _, _ in tally.seen} == set(fuzz.FILES)
    assert tally.passed == []
    assert tally.crashed == []


def test_a_fuzzer_that_sees_nothing_would_be_seen(fuzz, issued, tmp_path, monkeypatch):
    """Were everything called valid, or did verification break down, the tally would say so."""
    good = fuzz.furnished(issued, tmp_path)
    real = fuzz.verify
    monkeypatch.setattr(fuzz, "verify", lambda path: real(good / path.name))
    assert len(fuzz.campaign(good, tmp_path / "a", bits=7, structures=7, seed=1).passed) == 14

    def broken(path):
        raise IndexError(path)

    monkeypatch.setattr(fuzz, "verify", lambda path: broken(path) if path.parent != good else None)
    with pytest.raises(IndexError):
        fuzz.campaign(good, tmp_path / "b", bits=7, structures=0, seed=1)
