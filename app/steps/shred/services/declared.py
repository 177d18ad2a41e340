"""A key of which a named person says that it is destroyed: Lethe does nothing and sees nothing but the paper.

`name` is what the key is called, `by` who says so, `paper` what they show for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from app.domain.canonical import canonical
from app.domain.case import ServiceKey
from app.domain.outcome import Fact, Reason
from app.steps.shred.services import contract


@contextmanager
def _open(source: ServiceKey, _: str) -> Iterator[contract.Keeper]:
    yield _Word(source)


@dataclass(slots=True)
class _Word(contract.Keeper):
    """Somebody's word. What makes it this one is who gives it, of what, and the paper, byte by byte."""

    source: ServiceKey

    @override
    def keys(self) -> tuple[contract.KeyRef, ...]:
        paper = self._paper()
        id_ = hashlib.sha256(canonical([self.source.name, self.source.by, paper])).hexdigest()
        facts: tuple[Fact, ...] = (("declared_by", self.source.by), ("paper_sha256", paper))
        return (contract.KeyRef(id_, "", "declared", limits=(Reason.DECLARED,), facts=facts),)

    def _paper(self) -> str:
        if self.source.paper is None:
            raise contract.Unanswered(Reason.GONE)
        try:
            return hashlib.sha256(self.source.paper.read_bytes()).hexdigest()
        except OSError:
            raise contract.Unanswered(Reason.GONE) from None

    @override
    def plan(self, key: contract.KeyRef) -> contract.Foretold:
        return contract.Foretold(())

    @override
    def canary(self, key: contract.KeyRef) -> contract.Challenge:
        raise contract.Unanswered(Reason.CANARY_FAILED)

    @override
    def destroy(self, handle: str, warrant: contract.Warrant) -> contract.Answer:
        warrant.refuse_other(self.keys()[0])
        return contract.Answer()

    @override
    def verify(self, handle: str, canary: contract.Challenge | None) -> tuple[contract.Probe, ...]:
        return (contract.Probe("word", contract.Saw.GONE, "declared", limits=(Reason.DECLARED,)),)


SERVICE: Final = contract.Service("declared", _open, ("name", "by", "paper"), ("name", "by", "paper"))
