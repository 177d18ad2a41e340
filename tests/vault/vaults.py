"""The one case, officer and customers that the tests of the vault speak of."""

import hashlib

SECRET = hashlib.sha256(b"an officer's key").digest()
CASE = "2026-001"


def customer(number: int) -> bytes:
    return hashlib.sha256(f"customer {number}".encode()).digest()[:16]
