"""The hash of a text under a key is HMAC-SHA256, for every key and text."""

from __future__ import annotations

import hmac
import random

from app.steps.locate.keyed import keyed, pads


def test_it_is_hmac_sha256():
    rng = random.Random()
    for length in (*range(65), 200):
        key, text = rng.randbytes(min(length, 64)), rng.randbytes(rng.randrange(300))
        assert keyed(pads(key), text) == hmac.digest(key, text, "sha256")


def test_it_is_what_the_rfc_says():
    told = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert keyed(pads(b"\x0b" * 20), b"Hi There").hex() == told, "RFC 4231, 4.2"
