"""What lies under an rclone remote, and whether it gives back what was taken out of it.

Only what is known to keep nothing counts as that: most stores have a bin, or keep earlier versions.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.outcome import Reason
from app.steps.confirm.repositories.contract import Run, Unusable
from app.steps.confirm.repositories.tool import Tool

_AT_A_SERVER: Final = ("sftp", "ftp")
"""Protocols in which a file that was removed can't be asked for any more; the server may know better."""
_DEEPEST: Final = 8
_OVERRIDES: Final = "RCLONE_CONFIG_"
_SECRET: Final = re.compile("token|pass|secret|key")
_NO_OVERRIDES: Final = ("RCLONE_CONFIG_PASS", "RCLONE_CONFIG_DIR")


@dataclass(frozen=True, slots=True)
class Ground:
    """What a remote stands on.

    `versions` says that every earlier version is listed, read and taken out like a file of its
    own; `limits` why what was taken out may be there still, or nobody here could see it.
    """

    encrypted: bool = False
    versions: bool = False
    limits: tuple[Reason, ...] = (Reason.VERSIONS_KEPT,)
    folder: str = ""
    """Where it lies, when that is on this computer."""

    @property
    def settings(self) -> dict[str, str]:
        """What lets rclone see the versions."""
        return {"RCLONE_S3_VERSIONS": "true"} if self.versions else {}


def ground_of(tool: Tool, path: str) -> Run[Ground]:
    """Follow crypt and alias remotes down to the store, and ask a bucket whether it keeps versions.

    Raises:
        Unusable: when rclone's own settings can't be read.
    """
    told = json.loads((yield from tool.output("config", "dump")))
    encrypted, kind, base = _followed(told, path)
    if kind == "local":
        return Ground(encrypted, limits=(), folder=base)
    if kind in _AT_A_SERVER:
        return Ground(encrypted, limits=(Reason.STORE_WORD,))
    if kind != "s3":
        return Ground(encrypted)
    try:
        state = (yield from tool.output("backend", "versioning", base)).decode("ascii", "replace").strip()
    except Unusable:
        # A store without that question, or a release of rclone that can't put it.
        return Ground(encrypted)
    if state not in ("Unversioned", "Enabled", "Suspended"):
        return Ground(encrypted)
    # What a bucket kept before its versioning was suspended is still there.
    return Ground(encrypted, state != "Unversioned", (Reason.STORE_WORD,))


def settings_of(tool: Tool, path: str) -> Run[str]:
    """A digest of what the settings say of where a remote is: its own, and those of every one below it.

    Secrets are left out, for a token is drawn anew all the time and a password may be changed.

    Raises:
        Unusable: when rclone's own settings can't be read.
    """
    told = json.loads((yield from tool.output("config", "dump")))
    met, text = dict[str, dict[str, str]](), path
    while new := [name for name in told if name not in met and f"{name}:" in text]:
        met |= {name: {key: it for key, it in told[name].items() if not _SECRET.search(key)} for name in new}
        text = "\n".join(str(it) for one in met.values() for it in one.values())
    kinds = tuple(f"RCLONE_{one.get('type', '').upper()}_" for one in met.values())
    shell = {
        name: it
        for name, it in os.environ.items()
        if name.startswith((*kinds, _OVERRIDES, "AWS_ENDPOINT_URL"))
        and name not in _NO_OVERRIDES
        and not _SECRET.search(name.lower())
    }
    return hashlib.sha256(json.dumps([path, met, shell], sort_keys=True).encode()).hexdigest()


def _followed(told: Mapping[str, Mapping[str, str]], path: str) -> tuple[bool, str, str]:
    """Whether it is encrypted on the way, the type of the store, empty when it is not known, and its path."""
    encrypted = False
    if any(name.startswith(_OVERRIDES) and name not in _NO_OVERRIDES for name in os.environ):
        return _is_crypt(told, path), "", path
    for _ in range(_DEEPEST):
        name, colon, inner = path.partition(":")
        if not colon:
            return encrypted, "local", path
        remote = told.get(name, {})
        kind = remote.get("type", "")
        if kind not in ("crypt", "alias"):
            # Settings of its own for versions would count for more than ours.
            own = any(one in remote for one in ("versions", "version_at", "version_deleted"))
            return encrypted, "" if own else kind, path
        encrypted = encrypted or kind == "crypt"
        below = remote.get("remote", "")
        # Below a crypt remote the names are others; the bucket stands in its own settings.
        path = below if kind == "crypt" or not inner else f"{below.rstrip('/')}{_between(below)}{inner}"
    return encrypted, "", path


def _between(below: str) -> str:
    return "" if below.endswith(":") else "/"


def _is_crypt(told: Mapping[str, Mapping[str, str]], path: str) -> bool:
    return told.get(path.partition(":")[0], {}).get("type") == "crypt"
