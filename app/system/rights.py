"""Rights: letting go of the administrator's, for good."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38


def caller() -> tuple[int, int] | None:
    """User and group of whoever started this process through pkexec or sudo; None without them."""
    if sys.platform == "win32":
        return None
    for user, group in (("PKEXEC_UID", ""), ("SUDO_UID", "SUDO_GID")):
        if (text := os.environ.get(user, "")).isdecimal() and int(text):
            import pwd

            own = os.environ.get(group, "")
            try:
                return int(text), int(own) if own.isdecimal() else pwd.getpwuid(int(text)).pw_gid
            except KeyError:
                return None
    return None


def become(user: int, group: int) -> None:
    """Become an ordinary user, never to be more again: no groups, capabilities or new privileges.

    What is open stays open. The process can't be traced by that user, who could
    else take what it holds open.

    Raises:
        PermissionError: unless all of it worked; on other systems than Linux it does not.
    """
    if sys.platform != "linux":
        raise PermissionError(errno.ENOSYS, "rights can't be dropped on this system")
    os.setgroups([])
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
    library = ctypes.CDLL(None, use_errno=True)
    done = [
        library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0,
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0,
        os.getresuid() == (user, user, user),
        os.getresgid() == (group, group, group),
    ]
    if not all(done):
        raise PermissionError(ctypes.get_errno(), "rights could not be dropped")
