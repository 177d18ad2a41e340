"""Wiping: what bytes a file is overwritten with, pass by pass, and what is done besides.

The name of a method is no specification: three tools write three different "Schneier"
passes. So every pass is defined by its bytes here, and these are what is signed and printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Self

_RANDOM: Final = "random"
_LONGEST: Final = 4096
_MOST: Final = 35


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a file: `fill` again and again, or where that is empty a keystream of its own."""

    fill: bytes = b""

    @property
    def random(self) -> bool:
        """Whether the pass writes a keystream."""
        return not self.fill

    @property
    def text(self) -> str:
        """The bytes as they are signed and printed: hex, or `random`."""
        return self.fill.hex() or _RANDOM

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what `text` gave.

        Raises:
            ValueError: for anything but `random` or the hex digits of 1 to 4096 bytes.
        """
        fill = b"" if text == _RANDOM else bytes.fromhex(text)
        if (not fill and text != _RANDOM) or len(fill) > _LONGEST:
            raise ValueError(text)
        return cls(fill)


class Method(Enum):
    """A list of passes that has a name."""

    KEYSTREAM = "keystream"
    """One pass of AES-256-CTR under a key derived for each file."""
    ZEROS = "zeros"
    GAT_1143_3 = "gat_1143_3"
    """GA/T 1143-2014, three passes: a character, its complement, random. For magnetic media only."""
    GAT_1143_7 = "gat_1143_7"
    """GA/T 1143-2014, seven passes; the characters are Lethe's choice. For magnetic media only."""
    CONTRACT = "contract"
    """The passes that a contract lists."""

    @property
    def magnetic_only(self) -> bool:
        """Whether the standard behind it speaks of magnetic media alone."""
        return self in (Method.GAT_1143_3, Method.GAT_1143_7)


_ROUND: Final = (Pass(b"\x55"), Pass(b"\xaa"), Pass())
_PASSES: Final = {
    Method.KEYSTREAM: (Pass(),),
    Method.ZEROS: (Pass(b"\x00"),),
    Method.GAT_1143_3: _ROUND,
    Method.GAT_1143_7: (Pass(b"\x00"), Pass(b"\xff"), Pass(), Pass(b"\x00"), *_ROUND),
}


@dataclass(frozen=True, slots=True)
class Wiping:
    """How the files of a case are wiped; part of what two people sign.

    Attributes:
        method: which passes.
        passes: the passes of CONTRACT; empty for every other method.
        names: whether names are purged from folders and journals too. Declined, no
            outcome is better than RESIDUE_POSSIBLE.
        device: whether the result is read from the device itself, where that is allowed.
        trim: whether freed blocks are given back to the device (FITRIM).

    Raises:
        ValueError: for CONTRACT without passes or with more than 35, and for passes of another method.
    """

    method: Method = Method.KEYSTREAM
    passes: tuple[Pass, ...] = ()
    names: bool = True
    device: bool = True
    trim: bool = True

    def __post_init__(self) -> None:
        most = _MOST if self.method is Method.CONTRACT else 0
        if len(self.passes) > most or (most and not self.passes):
            raise ValueError(f"{self.method.value} takes no {len(self.passes)} passes")

    @property
    def sequence(self) -> tuple[Pass, ...]:
        """The passes, in order."""
        return self.passes or _PASSES[self.method]

    @property
    def plain(self) -> dict[str, object]:
        """What is signed, as JSON values: every pass by its bytes."""
        return {
            "method": self.method.value,
            "passes": [one.text for one in self.sequence],
            "names": self.names,
            "device": self.device,
            "trim": self.trim,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Read what `plain` gave. The passes of a named method are its own, whatever `values` say.

        Raises:
            KeyError, ValueError: for values that `plain` does not give.
        """
        method = Method(values["method"])
        passes = tuple(Pass.of(text) for text in values["passes"]) if method is Method.CONTRACT else ()
        return cls(method, passes, values["names"], values["device"], values["trim"])


@dataclass(frozen=True, slots=True)
class Cost:
    """What purging the names of one volume will take, estimated before.

    `mount` is where it is mounted, `names` how many files lose theirs, `written`
    the bytes of the journal that are written over, `seconds` a rough guess.
    `possible` is False where the file system gives no way to purge names: the
    outcome will be RESIDUE_POSSIBLE whether it is tried or not.
    """

    mount: str
    file_system: str
    names: int
    written: int
    seconds: float
    possible: bool
