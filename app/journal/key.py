"""The key that seals the journal: it moves on with every entry, and none can be had from a later one.

K[1] comes from the first key; K[n+1] = SHA-256("evolve" ‖ K[n]). Entry n is sealed with
HMAC-SHA256 under K[n], so that the key is bound to the number. Who steals the computer
finds the key of the next entry and can't seal an earlier one anew. The idea is that of
forward-secure logs (Bellare, Yee 1997; Schneier, Kelsey 1999) and of systemd's journal.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Final, Self

from app.domain.fault import Fault, Refused
from app.system.paths import resource

SEED: Final = 16
"""Bytes of chance in a first key: 128 bits."""

_QR: Final = "LETHE-KEY-1-"
_BITS: Final = 11
"""A word stands for so many bits (BIP 39): twelve hold the seed and four bits of its SHA-256."""
_WORDS: Final = 12

_sha256: Final = hashlib.sha256
_KEY: Final = 32
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_INNER_REST: Final = bytes([0x36]) * (64 - _KEY)
_OUTER_REST: Final = bytes([0x5C]) * (64 - _KEY)


class Tongue(Enum):
    """In which words a first key is written. The value names the list."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class FirstKey:
    """What the witness keeps. With it anyone can check every seal, and also forge them."""

    seed: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """Draw one by chance."""
        return cls(secrets.token_bytes(SEED))

    @property
    def key(self) -> bytes:
        """The key of the first entry."""
        return hashlib.sha256(b"lethe first key 1" + self.seed).digest()

    @property
    def mark(self) -> str:
        """What the journal says of its first key: a digest that tells nothing of it."""
        return hashlib.sha256(b"lethe journal 1 sealed" + self.key).hexdigest()


def evolved(key: bytes, times: int = 1) -> bytes:
    """Give the key that comes so many entries later."""
    for _ in range(times):
        key = _sha256(b"evolve" + key).digest()
    return key


def seal_of(key: bytes, digest: str) -> str:
    """Seal an entry by its hash: HMAC-SHA256 (RFC 2104), written out for keys of 32 bytes.

    The library's call looks its digest up anew for each key, which takes as long again.
    """
    inner = _sha256(key.translate(_INNER) + _INNER_REST + bytes.fromhex(digest)).digest()
    return _sha256(key.translate(_OUTER) + _OUTER_REST + inner).hexdigest()


def first_key_words(first: FirstKey, tongue: Tongue) -> tuple[str, ...]:
    """Write a first key as twelve words to be copied by hand (BIP 39; in Chinese twelve characters)."""
    total = (int.from_bytes(first.seed, "big") << 4) | hashlib.sha256(first.seed).digest()[0] >> 4
    words = _list(tongue)
    return tuple(words[(total >> _BITS * place) & 0x7FF] for place in reversed(range(_WORDS)))


def first_key_qr(first: FirstKey) -> str:
    """Give the text of its QR code, which holds letters and digits only."""
    return _QR + first.seed.hex().upper()


def read_first_key(text: str) -> FirstKey:
    """Read what a witness types, pastes or scans: the words of either list, or the text of the code.

    Raises:
        Refused: FIRST_KEY_UNREADABLE with the word that is in no list, or the number of words.
    """
    said = text.strip().lower()
    if said.startswith(_QR.lower()):
        try:
            return _of_seed(bytes.fromhex(said.removeprefix(_QR.lower())))
        except ValueError:
            raise Refused(Fault.FIRST_KEY_UNREADABLE, "", _QR) from None
    words = said.split()
    if not said.isascii():
        words = list("".join(words))
    return _of_words(words, Tongue.EN if said.isascii() else Tongue.ZH)


def _of_words(words: list[str], tongue: Tongue) -> FirstKey:
    if len(words) != _WORDS:
        raise Refused(Fault.FIRST_KEY_UNREADABLE, "", f"{len(words)} / {_WORDS}")
    total = 0
    places = {word: place for place, word in enumerate(_list(tongue))}
    for word in words:
        if word not in places:
            raise Refused(Fault.FIRST_KEY_UNREADABLE, "", word)
        total = total << _BITS | places[word]
    first = FirstKey((total >> 4).to_bytes(SEED, "big"))
    if first_key_words(first, tongue) != tuple(words):
        raise Refused(Fault.FIRST_KEY_UNREADABLE)
    return first


def _of_seed(seed: bytes) -> FirstKey:
    if len(seed) != SEED:
        raise ValueError(len(seed))
    return FirstKey(seed)


@cache
def _list(tongue: Tongue) -> tuple[str, ...]:
    return tuple(resource(f"words/{tongue.value}.txt").read_text(encoding="utf-8").split())
