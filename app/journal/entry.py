"""One entry of the journal and its line on disk.

A line is the canonical JSON (RFC 8785) of the entry and a newline. `hash` is the
SHA-256 of the line without `hash`, `seal` and the newline; `prev` is the hash of the
entry before, so that no entry can be changed, taken out or moved without breaking all
that follow. `seal` is HMAC-SHA256 of `hash` under the key of this one entry (see `key`).
The first entry has as `prev` the mark of the first key, or GENESIS in a journal that
is chained only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from json.encoder import encode_basestring as _text
from typing import Any, Final, NamedTuple

import orjson

from app.domain.canonical import canonical, encoded
from app.domain.fault import Breach

GENESIS: Final = hashlib.sha256(b"lethe journal 1").hexdigest()
"""What stands as `prev` in the first entry of a journal without a seal."""

_FIELDS: Final = frozenset({"n", "t", "run", "event", "body", "prev", "hash"})
_SEALED: Final = _FIELDS | {"seal"}
_HASH: Final = b',"hash":"'
_SEAL: Final = b',"seal":"'
_LONG: Final = len(_HASH) + 1
_DECODER: Final = json.JSONDecoder()
_HEX: Final = 64
_SHA256: Final = frozenset("0123456789abcdef")
_sha256: Final = hashlib.sha256
_SORTED: Final = (
    orjson.OPT_SORT_KEYS
    | orjson.OPT_PASSTHROUGH_SUBCLASS
    | orjson.OPT_PASSTHROUGH_DATACLASS
    | orjson.OPT_PASSTHROUGH_DATETIME
)


class Entry(NamedTuple):
    """One entry. `n` counts from 1 without gaps, `t` is RFC 3339 UTC, `run` names one run of the program.

    `seal` is empty in a journal without one. A tuple, for a journal has millions.
    """

    n: int
    t: str
    run: str
    event: str
    body: Mapping[str, Any]
    prev: str
    hash: str
    seal: str = ""

    def line(self) -> bytes:
        """The line on disk, newline included."""
        before, middle, end = parts(self.n, self.t, self.run, self.event, self.body, self.prev)
        return whole(before, self.hash, middle, self.seal, end)


class BadLine(Exception):
    """A line of a journal is not the entry it should be."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach.value)
        self.breach = breach


def parts(
    n: int, t: str, run: str, event: str, body: Mapping[str, object], prev: str
) -> tuple[bytes, bytes, bytes]:
    """Give the canonical form of an entry in three parts: hash and seal stand between them.

    Put together by hand in the order of the names, for a journal has millions of lines.
    """
    before = b'{"body":%b,"event":%b' % (_form(body), encoded(_text(event)))
    middle = encoded(f',"n":{n},"prev":{_text(prev)},"run":{_text(run)}')
    return before, middle, encoded(f',"t":{_text(t)}}}')


def _form(body: Mapping[str, object]) -> bytes:
    """Give what `canonical` gives, in a fifth of the time; what orjson has no form for goes there.

    It would write a float where `canonical` refuses one: no `Fact` or note may be one, by its type.
    """
    try:
        return orjson.dumps(body, option=_SORTED)
    except TypeError:
        return canonical(body)


def whole(before: bytes, digest: str, middle: bytes, seal: str, end: bytes) -> bytes:
    """Put the line together."""
    if seal:
        return b'%b,"hash":"%b"%b,"seal":"%b"%b\n' % (before, digest.encode(), middle, seal.encode(), end)
    return b'%b,"hash":"%b"%b%b\n' % (before, digest.encode(), middle, end)


def chained(n: int, t: str, run: str, event: str, body: Mapping[str, object], prev: str) -> Entry:
    """Make the entry that follows the one whose hash is `prev`, not sealed yet."""
    digest = _sha256(b"".join(parts(n, t, run, event, body, prev))).hexdigest()
    return Entry(n, t, run, event, body, prev, digest)


def parse(line: bytes, n: int, prev: str) -> Entry:
    """Read the line that must be entry `n` after `prev`; "" for any mark. Its seal is another matter.

    Raises:
        BadLine: with what is wrong; the first fault found, from form to chain.
    """
    values = _read(line)
    entry = Entry(**values)
    if _hash_of(line, entry.hash, entry.seal) != entry.hash:
        raise BadLine(Breach.WRONG_HASH)
    if not prev:
        prev = entry.prev if is_digest(entry.prev) else GENESIS
    if entry.n != n:
        skipped = entry.prev == prev or entry.n < n
        raise BadLine(Breach.WRONG_NUMBER if skipped else Breach.ENTRY_MISSING)
    if entry.prev != prev:
        raise BadLine(Breach.CHAIN_BROKEN)
    return entry


def _read(line: bytes) -> dict[str, Any]:
    try:
        values, _ = _DECODER.raw_decode(line.decode())
    except (ValueError, RecursionError):
        raise BadLine(Breach.NOT_AN_ENTRY) from None
    if type(values) is not dict or not (values.keys() == _SEALED or values.keys() == _FIELDS):
        raise BadLine(Breach.NOT_AN_ENTRY)
    text = (
        values["t"],
        values["run"],
        values["event"],
        values["prev"],
        values["hash"],
        values.get("seal", ""),
    )
    if type(values["n"]) is not int or type(values["body"]) is not dict or {*map(type, text)} != {str}:
        raise BadLine(Breach.NOT_AN_ENTRY)
    return values


def _hash_of(line: bytes, digest: str, seal: str) -> str:
    """Hash the line as it stands without its hash and seal, which must be where `whole` puts them."""
    end = len(line) - 1
    before = line.rfind(_HASH)
    after = before + _LONG + len(digest)
    if not line.startswith(b',"n":', after):
        return ""
    if not seal:
        return _sha256(line[:before] + line[after:end]).hexdigest()
    cut = line.rfind(_SEAL)
    rest = cut + _LONG + len(seal)
    if not line.startswith(b',"t":', rest):
        return ""
    return _sha256(line[:before] + line[after:cut] + line[rest:end]).hexdigest()


def is_digest(text: str) -> bool:
    """Whether a text is a SHA-256 in lower-case hex."""
    return len(text) == _HEX and _SHA256.issuperset(text)
