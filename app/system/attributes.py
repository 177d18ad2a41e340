"""What a file holds besides its content: extended attributes that people and programs gave it."""

from __future__ import annotations

import errno
import os

_NONE = (errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENODATA)


def has_attributes(fd: int) -> bool:
    """Whether the open file carries extended attributes of the `user` kind (xattr(7)).

    What the system keeps for itself there (access lists, labels) names nobody. Where
    the system can't be asked, it is taken that there are some.
    """
    if not hasattr(os, "listxattr"):
        return False
    try:
        return any(name.startswith("user.") for name in os.listxattr(fd))
    except OSError as error:
        return error.errno not in _NONE
