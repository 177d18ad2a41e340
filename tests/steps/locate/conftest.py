"""Values made anew, and the look at one folder, for every test of the locate step."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from app.domain.case import Location
from app.domain.event import Located
from app.steps.locate import Limits, Means, checks, locate

KEY = bytes(range(32))
Looker = Callable[..., dict[str, Located]]


class Values:
    """A source of valid identifiers; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def id(self) -> str:
        region = self.rng.choice(["110101", "310115", "440305", "500103", "650102", "330106"])
        born = date(1950, 1, 1) + timedelta(days=self.rng.randrange(25_000))
        first = f"{region}{born:%Y%m%d}{self.rng.randrange(1000):03}"
        return first + checks.id_check(first)

    def mobile(self) -> str:
        start = self.rng.choice(["138", "139", "150", "186", "199", "166", "177"])
        return f"{start}{self.rng.randrange(10**8):08}"

    def card(self, length: int = 19) -> str:
        first = "622848" + "".join(self.rng.choice("0123456789") for _ in range(length - 7))
        return next(first + str(d) for d in range(10) if checks.luhn(first + str(d)))

    def uscc(self) -> str:
        first = "91" + self.rng.choice(["110105", "350100", "440300"])
        first += "".join(self.rng.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(9))
        return first + checks.uscc_check(first)

    def email(self) -> str:
        return f"kehu{self.rng.randrange(10**6)}@mail{self.rng.randrange(9)}.example.com"

    def plate(self) -> str:
        return f"{self.rng.choice('京粤沪')}{self.rng.choice('ABCE')}{self.rng.randrange(10**5):05}"


@pytest.fixture
def values() -> type[Values]:
    return Values


@pytest.fixture
def look(tmp_path: Path) -> Looker:
    """Look at everything below `tmp_path / "in"`; results by path below it."""

    def run(
        *, limits: Limits | None = None, subject: str = "", jobs: int = 0, exclude=()
    ) -> dict[str, Located]:
        root = tmp_path / "in"
        events = locate(
            [Location(root)],
            key=KEY,
            means=Means(limits=limits or Limits()),
            subject=subject,
            jobs=jobs,
            exclude=exclude,
        )
        return {e.path[len(str(root)) + 1 :]: e for e in events if isinstance(e, Located)}

    (tmp_path / "in").mkdir()
    return run


@pytest.fixture
def counts() -> Callable[[Located], dict[str, int]]:
    """Counts by kind, but for minors: among people made by chance there are some, which is told beside."""

    def of(located: Located) -> dict[str, int]:
        assert located.record is not None, located
        found = {finding.kind: finding.count for finding in located.record.findings}
        return {kind: count for kind, count in found.items() if not kind.startswith("minor.")}

    return of
