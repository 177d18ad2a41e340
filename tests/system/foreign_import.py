"""Import every module of app as if on another system: `python foreign_import.py win32`, or `darwin`.

All that is not app is imported before, as the system this runs on has it. Then app is
forgotten, the system's name is changed and what it does not have is taken away: modules,
names of `os`, files of /proc. Prints a line for each module that can't be imported.
"""

from __future__ import annotations

import builtins
import ctypes
import importlib
import io
import os
import pkgutil
import sys
import traceback
import types

LINUX_ONLY = (
    "O_DIRECT", "O_NOATIME", "O_PATH", "O_TMPFILE", "posix_fadvise", "posix_fallocate", "listxattr", "setxattr", "getxattr",
    "removexattr", "setresuid", "setresgid", "getresuid", "getresgid", "copy_file_range", "memfd_create", "splice",
    "sched_getaffinity", "sched_setaffinity", "POSIX_FADV_DONTNEED", "pipe2",
)  # fmt: skip
POSIX_ONLY = (
    "O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "O_SYNC", "O_DSYNC", "SEEK_DATA", "SEEK_HOLE", "geteuid", "getuid",
    "getgid", "getegid", "getgroups", "setuid", "setgid", "setgroups", "fork", "forkpty", "statvfs", "fstatvfs", "pread",
    "preadv", "pwrite", "pwritev", "uname", "major", "minor", "makedev", "mkfifo", "mknod", "chown", "fchown", "lchown",
    "fchmod", "sync", "fdatasync", "killpg", "setsid", "getpgid", "ttyname", "WNOHANG", "waitid", "nice", "sysconf",
    "chroot", "initgroups",
)  # fmt: skip
POSIX_MODULES = (
    "fcntl",
    "grp",
    "posix",
    "pty",
    "pwd",
    "readline",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
)


class _Library:
    """A library of Windows that has every call, and refuses to be called."""

    def __init__(self, name, **_options):
        self.name = name

    def __getattr__(self, name):
        call = types.SimpleNamespace()
        setattr(self, name, call)
        return call


def modules():
    import app

    found = [info.name for info in pkgutil.walk_packages(app.__path__, "app.")]
    return ["app", *(name for name in found if name != "app.__main__"), "app.__main__"]


def forget_app():
    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]


def become(system):
    """Take away what the system has not."""
    sys.platform = system
    taken = LINUX_ONLY + (POSIX_ONLY if system == "win32" else ())
    for name in taken:
        if hasattr(os, name):
            delattr(os, name)
    if system == "win32":
        # Not os.name: pathlib refuses to make the paths of another system.
        os.sep, os.altsep = "\\", "/"
        os.supports_dir_fd = set()
        for name in POSIX_MODULES:
            sys.modules[name] = None
        sys.modules["msvcrt"] = types.ModuleType("msvcrt")
        ctypes.WinDLL, ctypes.WINFUNCTYPE = _Library, ctypes.CFUNCTYPE
    real = io.open

    def opened(file, *rest, **named):
        if str(file).startswith(("/proc", "/sys", "/dev")):
            raise FileNotFoundError(file)
        return real(file, *rest, **named)

    builtins.open = io.open = opened


def main():
    every = modules()
    for name in every:
        importlib.import_module(name)
    forget_app()
    become(sys.argv[1])
    wrong = 0
    for name in every:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 whatever it is, it is told and fails the test
            wrong += 1
            print(f"{name}: {traceback.format_exc(limit=-2)}")
    if sys.argv[1] == "win32":
        from app.system.windows import api, native
    else:
        from app.system.macos import api, native
    calls = [name for name in vars(api.Api) if not name.startswith("_")]
    missing = [name for name in calls if not hasattr(native.Native, name)]
    print(f"{len(every)} modules, {wrong} wrong, {len(calls)} calls, missing {missing}")
    return 1 if wrong or missing else 0


if __name__ == "__main__":
    sys.exit(main())
