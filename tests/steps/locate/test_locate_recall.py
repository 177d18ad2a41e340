"""Nothing planted is missed in any container, and what only looks like an identifier is none; new in each run."""

from __future__ import annotations

import random

from app.steps.locate import checks, digits
from benchmarks.containers import CONTAINERS
from benchmarks.planted import PLANTS
from benchmarks.recall import Score, measured


def test_every_planted_identifier_is_found_and_next_to_nothing_else(tmp_path):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    whole, files = Score(), 0
    for name, one in measured(tmp_path, seed, people=15):
        assert one.planted == one.found, (seed, name, one.planted - one.found)
        whole.add(one)
        files += 1
    assert files == len(CONTAINERS) >= 38
    assert set(whole.planted) == {plant.kind for plant in PLANTS}
    assert whole.precision >= 0.998, (seed, whole.wrong)


def test_the_score_sees_what_is_missed_and_what_is_too_much(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "_weigh_mobile", lambda *_, **__: None)
    monkeypatch.setattr(checks, "card_prefix", lambda _: True)
    whole = Score()
    for name, one in measured(tmp_path, 1, people=2, jobs=0):
        if name.endswith(".txt"):
            whole.add(one)
    assert whole.planted["cn.mobile"]
    assert not whole.found["cn.mobile"]
    assert whole.recall < 1
    assert whole.precision < 1
