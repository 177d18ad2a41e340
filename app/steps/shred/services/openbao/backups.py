"""What brings a key of an OpenBao or Vault server back: backups of a key, snapshots of the server."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

_BACKUP: Final = re.compile(rb"eyJwb2xpY3ki[A-Za-z0-9+/]+={0,2}")
"""What a transit backup begins with: `{"policy"`, in base64."""


def has(data: bytes, marks: Sequence[bytes]) -> bool:
    """Whether one of these stands in a file."""
    return any(mark in data for mark in marks)


def backs_up(data: bytes, name: str) -> bool:
    """Whether a transit backup of this key stands in a file."""
    for found in _BACKUP.findall(data):
        with suppress(ValueError, KeyError, TypeError):
            if json.loads(base64.b64decode(found))["policy"]["name"] == name:
                return True
    return False


def in_snapshot(data: bytes, mount: str) -> bool:
    """Whether a raft snapshot holds the engine: the names of its entries stand in it in clear."""
    if not mount or not data.startswith(b"\x1f\x8b"):
        return False
    try:
        with tarfile.open(fileobj=io.BytesIO(data)) as packed:
            state = packed.extractfile("state.bin")
            return state is not None and f"logical/{mount}/".encode() in state.read()
    except (tarfile.TarError, KeyError, OSError, EOFError):
        return False
