"""What no wipe of a file reaches stands among the limits, in each language."""

from __future__ import annotations

import pytest

from app.domain.limit import Limit, LimitKind
from app.steps.certify.wording import Words


@pytest.mark.parametrize("kind", LimitKind)
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_each_kind_is_named(kind: LimitKind, language: str) -> None:
    words = Words.of(language)
    seen = words.beyond(Limit(kind, "/dev/sda3"))
    assert seen.count("/dev/sda3") == len(words.languages)
    asked = words.beyond(Limit(kind, "", seen=False))
    assert asked
    assert asked != words.beyond(Limit(kind, ""))
