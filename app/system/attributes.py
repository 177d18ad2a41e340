"""What a file holds besides its content: extended attributes that people and programs gave it."""

from __future__ import annotations

import errno
import os

_SYSTEM = ("security.", "system.")
_NONE = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENODATA)


def has_attributes(fd: int) -> bool:
    """Whether an open file or folder carries extended attributes that people or programs gave it (xattr(7)).

    What the system keeps for itself there (access lists, labels) names nobody. Where
    the system can't be asked, it is taken that there are some.
    """
    if not hasattr(os, "listxattr"):
        return False
    try:
        return any(not name.startswith(_SYSTEM) for name in os.listxattr(fd))
    except OSError as error:
        return error.errno not in _NONE
