"""Canonical bytes: the one form of JSON that digests are taken over, and keyed handles of names."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from typing import Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
_LIKE_A_FLOAT: Final = re.compile(r"[0-9](?:\.[0-9]|e[+-])")
"""Every finite float looks so in JSON; so may the inside of a text."""


def canonical(value: object) -> bytes:
    r"""Give the RFC 8785 form of `value`.

    Equal to RFC 8785 for ASCII keys, integers below 2^53 and no floats, which is
    all that Lethe writes (a test compares with the rfc8785 package). Lone
    surrogates, which stand for bytes of a name that are not UTF-8, are written as
    \udcXX escapes, so that every name on disk has a form.

    Raises:
        TypeError: for a float or another value JSON has no canonical form for here.
    """
    text = _ENCODER.encode(value)
    if _LIKE_A_FLOAT.search(text) or "NaN" in text or "Infinity" in text:
        _refuse_floats(value)
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub(lambda m: f"\\u{ord(m[0]):04x}", text).encode()


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
