"""Hyperscan and the standard library answer alike whether something stands in some bytes."""

from __future__ import annotations

import random
import re

import pytest

from app.steps.locate import encoding, presence
from app.steps.locate.read import office, workbook

_PIECES = {
    office._MORE: b"<w:p> <w:t> </w:t> </w:p> <w:br/> <w:tab <w:cr> </w:tc> <a:br/> </a:p> </a:t> text:p </text:h <w:b> <a:t>",
    workbook._TELLING: (
        b"&#26376; &#x6708; &#0048; &#x30; &#12288; &#65296; &# &#8212; &#20140;A12345 &#20140;A B1234 &#1061; A&#183;1 ;A1234"
    ),
    encoding._DOUBT: b"\x00 \t \x7f \xc0 \xff \xe4\xbb\x8a A",
}


@pytest.mark.parametrize("expression", _PIECES, ids=["letters", "escapes", "bytes"])
def test_both_answer_alike(expression, monkeypatch):
    by_hyperscan = presence.holds.__wrapped__(expression)
    monkeypatch.setattr(presence, "has_hyperscan", lambda: False)
    by_library = presence.holds.__wrapped__(expression)
    rng = random.Random()
    pieces = _PIECES[expression].split(b" ")
    told = set()
    for _ in range(4000):
        data = b"".join(rng.choices(pieces, k=rng.randrange(6)))
        assert by_hyperscan(data) is by_library(data) is bool(re.search(expression, data))
        told.add(by_library(data))
    assert told == {True, False}
