"""A number that stands alone is read without its run, and told as it would be with it."""

from __future__ import annotations

import random
from datetime import date

from app.steps.locate import engine, sight
from app.steps.locate.passage import Passage

_SIGNS = ("手机", "订单", "卡号", "身份证", " ", "-", ".", "\n", ",", "the fox ", "x", "(", ")", "/", "+86 ", "0571-", "=", "L", " " * 30)  # fmt: skip


def cut(rng, number):
    """Put joints into a number, where one may stand and where none may."""
    at = rng.choice((4, 6, 8, 10, 11, 12, 16, 17))
    after = rng.choice((at, at, 17, 16))
    joints = " ", "-", "  ", ")", ""
    return number[:at] + rng.choice(joints) + number[at:after] + rng.choice(joints) + number[after:]


def test_what_is_read_alone_is_what_its_run_tells(values, monkeypatch):
    seed = random.randrange(1 << 30)
    rng, made = random.Random(seed), values(seed)
    pieces = [
        *(made.id, made.mobile, made.card, made.uscc, made.email),
        lambda: str(rng.randrange(10 ** rng.randrange(1, 22))),
        lambda: cut(rng, rng.choice((made.id, made.mobile, made.card))()),
        lambda: rng.choice(_SIGNS),
        lambda: rng.choice(_SIGNS),
        lambda: rng.choice(("abcdef0123456789", "E12345678", "kehu1234@", ".5")),
    ]
    search, today = engine.best_engine(), date.today()
    texts = [
        Passage("".join(rng.choice(pieces)() for _ in range(rng.randrange(1, 10))).encode())
        for _ in range(2000)
    ]
    soon = [sight.sightings_at(text, search.spots(text.data), search, today) for text in texts]
    alone, read = sight.alone, []
    monkeypatch.setattr(sight, "alone", lambda view, end: read.append(alone(view, end)))
    late = [sight.sightings_at(text, search.spots(text.data), search, today) for text in texts]
    for text, one, other in zip(texts, soon, late, strict=True):
        assert one == other, (seed, text.data)
    assert sum(bool(one) for one in read) > 100
