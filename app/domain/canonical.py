"""Canonical bytes: the one form of JSON that digests are taken over, and keyed handles of names."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable
from json import encoder
from typing import Any, Final, NoReturn

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LIKE_A_FLOAT: Final = re.compile(r"[0-9](?:\.[0-9]|e[+-])")
"""Every finite float looks so in JSON; so may the inside of a text."""
_FRACTION: Final = re.compile(r"\.[0-9]").search
"""Begins with a letter, so that it is looked for fast: most texts have neither this nor an exponent."""


def canonical(value: object) -> bytes:
    r"""Give the RFC 8785 form of `value`.

    Equal to RFC 8785 for ASCII keys, integers below 2^53 and no floats, which is
    all that Lethe writes (a test compares with the rfc8785 package). Lone
    surrogates, which stand for bytes of a name that are not UTF-8, are written as
    \udcXX escapes, so that every name on disk has a form.

    Raises:
        TypeError: for a float or another value JSON has no canonical form for here.
    """
    return encoded(canonical_text(value))


def canonical_text(value: object) -> str:
    """Give the canonical form as text, in which lone surrogates still stand as they are.

    Raises:
        TypeError: as `canonical`.
    """
    try:
        text = "".join(_parts(value, 0))
    except ValueError:
        raise TypeError("floats have no agreed canonical form here") from None
    if (_FRACTION(text) or "e-" in text or "e+" in text) and _LIKE_A_FLOAT.search(text):
        _refuse_floats(value)
    return text


def encoded(text: str) -> bytes:
    """Give the bytes of a canonical text, lone surrogates escaped."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text).encode()


def _unknown(value: object) -> NoReturn:
    raise TypeError(f"{type(value).__name__} has no canonical form")


def _made_once() -> Callable[[object, int], Any]:
    """Make the encoder once. `JSONEncoder.encode` makes a new one for each call, half its time."""
    # No table of what was visited: a value that holds itself ends in RecursionError.
    made: Callable[[object, int], Any] = vars(encoder)["c_make_encoder"](
        None, _unknown, encoder.encode_basestring, None, ":", ",", True, False, False
    )
    return made


_parts: Final = _made_once()


def _refuse_floats(value: object) -> None:
    if isinstance(value, float):
        raise TypeError("floats have no agreed canonical form here")
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_floats(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _refuse_floats(inner)


def handle(key: bytes, prefix: str, text: str) -> str:
    """Name `text` without telling it: `prefix-` and 16 hex digits of HMAC-SHA256(key, NFC text)."""
    normal = unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
    return f"{prefix}-{hmac.new(key, normal, hashlib.sha256).hexdigest()[:16]}"
