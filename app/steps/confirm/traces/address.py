"""Addresses: the file URIs that desktop programs write of a path, and back."""

from __future__ import annotations

import os
import re
import socket
import sys
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

_FILE_URI: Final = re.compile(r"file:(?://([^/]*))?(/.*)", re.DOTALL)
_SAFE: Final = (
    "!$&'()*+,-./:=@_~",  # GLib, so GNOME, Xfce, MATE, Cinnamon
    "!$&'()*+,-./:;=@_~",  # Qt, so KDE
    "/-._~",  # strict RFC 3986
    "/!'()*-._~",  # JavaScript
)
"""What each family of programs leaves unescaped in a path."""


def path_of(uri: str) -> str:
    """Give the path a file URI of this machine means, as `os.fsdecode` does; empty for any other URI."""
    found = _FILE_URI.fullmatch(uri.strip())
    if not found or (found[1] or "localhost") not in {"localhost", socket.gethostname()}:
        return ""
    path = plain_path(found[2])
    return path[1:].replace("/", "\\") if sys.platform == "win32" else path


def plain_path(text: str) -> str:
    """Undo the percent-encoding of a path; empty when it can't be one."""
    path = os.fsdecode(unquote_to_bytes(text.encode("utf-8", "surrogateescape")))
    return "" if "\0" in path else path


def uris_of(path: str) -> frozenset[str]:
    """Give the URIs that programs are known to write of an absolute path."""
    raw = os.fsencode(path.replace("\\", "/") if sys.platform == "win32" else path)
    lead = "file://" if raw.startswith(b"/") else "file:///"
    return frozenset(lead + quote_from_bytes(raw, safe) for safe in _SAFE)
