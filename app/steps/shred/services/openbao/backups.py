"""What brings a key of an OpenBao or Vault server back: backups of a key, snapshots of the server."""

from __future__ import annotations

import json
from base64 import b64encode


def in_backup(name: str) -> bytes:
    """What a transit backup of this key begins with, in base64: `{"policy":{"name":"…","`."""
    start = f'{{"policy":{{"name":{json.dumps(name)},"'.encode()
    return b64encode(start[: len(start) // 3 * 3])


def in_snapshot(mount: str) -> tuple[bytes, ...]:
    """What a raft snapshot with this engine has in it: the names of its entries stand there in clear."""
    return (f"logical/{mount}/".encode(),) if mount else ()
