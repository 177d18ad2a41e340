"""The distinct values of one kind by their keyed hashes: few as they come, many packed."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

from app.domain.row import MAC
from app.steps.locate import grade

_FEW: Final = 1 << 12
"""Hashes held in a table; what is more is packed, in an eighth of its memory."""
_PARTS: Final = 16
"""Packed ones lie by their first four bits, so that few are ever unpacked at once."""
_SLACK: Final = 1 << 19
"""Packed ones up to which none is looked for that came again."""


def better(kind: str, known: int | None, new: int) -> int:
    """Give the evidence that says more; of two that say the same, what was known."""
    if known is None or grade.confidence(kind, new) > grade.confidence(kind, known):
        return new
    return known


class Hashes:
    """The distinct hashes of one kind, each with its evidence. Packed, one takes 18 bytes."""

    __slots__ = ("_few", "_kind", "_most", "_packed")

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._few: dict[bytes, int] = {}
        self._packed: list[tuple[bytearray, array[int]]] = []
        self._most = _SLACK

    def __len__(self) -> int:
        """How many are held; a packed one that came again counts twice."""
        return len(self._few) + sum(len(whys) for _, whys in self._packed)

    def take(self, new: dict[bytes, int]) -> None:
        """Take hashes with their evidence; the table given is kept. Of one that is known the better stays."""
        few, kind = self._few, self._kind
        if few:
            for mac in few.keys() & new.keys():
                new[mac] = better(kind, few[mac], new[mac])
            few.update(new)
        else:
            self._few = new
        if len(self._few) > _FEW:
            self._pack()
            if len(self) > self._most:
                self._pack_anew()

    def parts(self) -> Iterator[dict[bytes, int]]:
        """Give all, in parts that follow each other in order of the hashes."""
        if not self._packed:
            yield self._few
            return
        self._pack()
        for joined, whys in self._packed:
            packed = bytes(joined)
            macs = [packed[at : at + MAC] for at in range(0, len(packed), MAC)]
            alike = set(whys)
            yield dict.fromkeys(macs, alike.pop()) if len(alike) == 1 else self._best(macs, whys)

    def _best(self, macs: list[bytes], whys: Iterable[int]) -> dict[bytes, int]:
        told: dict[bytes, int] = {}
        for mac, why in zip(macs, whys, strict=True):
            known = told.get(mac)
            told[mac] = why if known is None or known == why else better(self._kind, known, why)
        return told

    def _pack(self) -> None:
        few, self._few = self._few, {}
        self._packed = self._packed or [(bytearray(), array("H")) for _ in range(_PARTS)]
        parted: list[list[bytes]] = [[] for _ in range(_PARTS)]
        for mac in few:
            parted[mac[0] >> 4].append(mac)
        alike = set(few.values())
        for (joined, whys), macs in zip(self._packed, parted, strict=True):
            joined.extend(b"".join(macs))
            whys.extend(array("H", alike) * len(macs) if len(alike) == 1 else map(few.__getitem__, macs))

    def _pack_anew(self) -> None:
        """Let go of what came again."""
        self._packed = [(bytearray(b"".join(part)), array("H", part.values())) for part in self.parts()]
        self._most = 2 * len(self) + _SLACK
