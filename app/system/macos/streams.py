"""The resource fork and extended attributes: content that a plain overwrite never touches."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import Final

from app.system.macos.api import Api, native

RESOURCE_FORK: Final = "com.apple.ResourceFork"
_ENOATTR: Final = 93
_NONE_HERE: Final = frozenset({errno.ENOTSUP, errno.EOPNOTSUPP})


@dataclass(frozen=True, slots=True)
class Stream:
    """An extended attribute. The one named com.apple.ResourceFork is the resource fork."""

    name: str
    bytes: int


def streams_of(fd: int, api: Api | None = None) -> tuple[Stream, ...] | None:
    """The extended attributes of an open file (flistxattr(2), fgetxattr(2)). None when nobody can say."""
    api = api or native()
    try:
        names = [name for name in api.attribute_names(fd).split(b"\0") if name]
    except OSError as error:
        return () if error.errno in _NONE_HERE else None
    found = []
    for name in names:
        try:
            found.append(Stream(os.fsdecode(name), api.attribute_bytes(fd, name)))
        except OSError as error:
            if error.errno != _ENOATTR:  # gone since it was listed
                return None
    return tuple(found)
