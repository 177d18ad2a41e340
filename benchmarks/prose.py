"""Texts of an office with identifiers in them, the same for the same seed."""

from __future__ import annotations

import random
from datetime import date, timedelta

from app.steps.locate import checks

WORDS = (
    *("今天", "天气", "我们", "公园", "开会", "讨论", "项目", "进度", "总结", "供应", "付款", "版本"),
    *("the ", "brown ", "fox ", "report ", "of ", "month ", " 2026", "12.50", "1.0.3"),
)


class Maker:
    """Texts with a valid identifier in every hundredth line, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self._lines = [
            "".join(self.rng.choices(WORDS, k=self.rng.randrange(3, 18))) + "\n" for _ in range(5000)
        ]

    def value(self) -> str:
        """Give a mobile number, an identity number, an address of mail or a card."""
        which = self.rng.randrange(4)
        if which == 0:
            return self.mobile()
        if which == 1:
            born = date(1950, 1, 1) + timedelta(days=self.rng.randrange(20_000))
            first = f"110101{born:%Y%m%d}{self.rng.randrange(1000):03}"
            return first + checks.id_check(first)
        if which == 2:
            return f"kehu{self.rng.randrange(10**8)}@example.com"
        first = "622848" + f"{self.rng.randrange(10**12):012}"
        return next(first + str(d) for d in range(10) if checks.luhn(first + str(d)))

    def mobile(self) -> str:
        """Give a mobile number."""
        return f"138{self.rng.randrange(10**8):08}"

    def text(self, size: int) -> str:
        """Give about so many characters of text."""
        made, length = [], 0
        while length < size:
            line = self.rng.choice(self._lines)
            if self.rng.random() < 0.01:
                line = f"联系 {self.value()} {line}"
            made.append(line)
            length += len(line)
        return "".join(made)
