"""A pattern of the case: what the company itself numbers its customers, contracts or orders with."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.record import Tier


@dataclass(frozen=True, slots=True)
class Pattern:
    """What is looked for besides the kinds everyone has; a finding of it is `custom.<name>`.

    `regex` keeps to what all engines read alike. `checksum` names the arithmetic that a right
    value passes, `category` what a record is in which it is found and nothing says otherwise.
    `matches` and `not_matches` are samples that were tried when the case was read.
    """

    name: str
    regex: str
    tier: Tier = Tier.GENERAL
    category: str = ""
    checksum: str = ""
    matches: tuple[str, ...] = ()
    not_matches: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """The name of its findings."""
        return f"custom.{self.name}"
