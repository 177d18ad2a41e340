"""Protected places: what Lethe never destroys, whoever signs for it. This is the one list."""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import sys
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

LINUX_TREES: Final = (
    "/bin",
    "/boot",
    "/dev",
    "/efi",
    "/etc",
    "/gnu/store",
    "/initrd.img",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/ostree",
    "/proc",
    "/run/dbus",
    "/run/lock",
    "/run/systemd",
    "/run/udev",
    "/sbin",
    "/snap",
    "/swap.img",
    "/swapfile",
    "/sys",
    "/sysroot",
    "/usr",
    "/var/db",
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/flatpak",
    "/var/lib/pacman",
    "/var/lib/rpm",
    "/var/lib/snapd",
    "/var/lib/systemd",
    "/vmlinuz",
)
"""The place and everything below it."""
LINUX_PLACES: Final = (
    "/",
    "/home",
    "/home/*",
    "/media",
    "/media/*",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/run/media",
    "/run/media/*",
    "/run/user",
    "/run/user/*",
    "/srv",
    "/tmp",  # noqa: S108 named to be protected, nothing is written there
    "/var",
    "/var/backups",
    "/var/cache",
    "/var/home",
    "/var/home/*",
    "/var/lib",
    "/var/local",
    "/var/log",
    "/var/mail",
    "/var/opt",
    "/var/roothome",
    "/var/run",
    "/var/spool",
    "/var/tmp",  # noqa: S108 named to be protected, nothing is written there
    "/**/lost+found",
)
"""The place itself, not what lies in it; `*` is one name, `**` any number of them."""

MAC_TREES: Final = (
    "/.DocumentRevisions-V100",
    "/.Spotlight-V100",
    "/.fseventsd",
    "/.vol",
    "/Applications",
    "/Library",
    "/System",
    "/bin",
    "/cores",
    "/dev",
    "/etc",
    "/nix/store",
    "/private/etc",
    "/private/var/db",
    "/private/var/vm",
    "/sbin",
    "/usr",
    "/var/db",
    "/var/vm",
    "/Volumes/*/.DocumentRevisions-V100",
    "/Volumes/*/.Spotlight-V100",
    "/Volumes/*/.fseventsd",
)
MAC_PLACES: Final = (
    "/",
    "/Users",
    "/Users/*",
    "/Users/*/Library",
    "/Volumes",
    "/Volumes/*",
    "/home",
    "/net",
    "/opt",
    "/opt/homebrew",
    "/private",
    "/private/tmp",
    "/private/var",
    "/private/var/folders",
    "/private/var/log",
    "/private/var/root",
    "/private/var/run",
    "/private/var/tmp",
    "/tmp",  # noqa: S108 named to be protected, nothing is written there
    "/var",
    "/var/folders",
    "/var/log",
    "/var/root",
    "/var/run",
    "/var/tmp",  # noqa: S108 named to be protected, nothing is written there
)

WINDOWS_TREES: Final = (
    "?:\\$sysreset",
    "?:\\$windows.~bt",
    "?:\\$windows.~ws",
    "?:\\$winreagent",
    "?:\\boot",
    "?:\\bootmgr",
    "?:\\bootnxt",
    "?:\\config.msi",
    "?:\\efi",
    "?:\\hiberfil.sys",
    "?:\\pagefile.sys",
    "?:\\perflogs",
    "?:\\progra~1",
    "?:\\progra~2",
    "?:\\program files",
    "?:\\program files (x86)",
    "?:\\programdata\\microsoft",
    "?:\\recovery",
    "?:\\swapfile.sys",
    "?:\\system volume information",
    "?:\\users\\*\\ntuser.dat",
    "?:\\users\\*\\appdata\\local\\microsoft\\windows\\usrclass.dat",
    "?:\\windows",
)
WINDOWS_PLACES: Final = (
    "?:\\",
    "?:\\$recycle.bin",
    "?:\\$recycle.bin\\*",
    "?:\\documents and settings",
    "?:\\documents and settings\\*",
    "?:\\progra~3",
    "?:\\programdata",
    "?:\\users",
    "?:\\users\\*",
    "?:\\users\\*\\appdata",
    "?:\\users\\*\\appdata\\local",
    "?:\\users\\*\\appdata\\locallow",
    "?:\\users\\*\\appdata\\roaming",
)
"""`?` is any drive."""

_FIRST_PERSON: Final = 1000 if sys.platform == "linux" else 500
"""The first number of an account that a person has (login.defs(5); the Mac's begin at 501)."""
_NOBODY: Final = 65000

_LISTS: Final = {
    "darwin": (MAC_TREES, MAC_PLACES),
    "win32": (WINDOWS_TREES, WINDOWS_PLACES),
}


def is_protected(
    path: str | os.PathLike[str],
    extra: Iterable[str | os.PathLike[str]] = (),
    system: str = sys.platform,
) -> bool:
    """Whether `path` must not be destroyed: on the list, part of the running program, or under `extra`.

    Looks at the words of the path alone: whoever has an open folder asks about its
    real path too. A relative path is protected, since it may mean anything.
    """
    text = _normal(os.fspath(path), system)
    if not text or _list(system).fullmatch(text) or (system == sys.platform and text in _homes()):
        return True
    try:
        own = _program() if system == sys.platform else ()
    except OSError:
        return True  # where the system does not say where it lies, nothing is safe
    return any(_below(text, tree, system) for tree in own) or any(
        _below(text, _normal(os.fspath(each), system), system) for each in extra
    )


def is_data_volume(path: str | os.PathLike[str], system: str = sys.platform) -> bool:
    """Whether `path` is the root of a volume that is not the system's: it stays, yet may be looked into."""
    text = _normal(os.fspath(path), system)
    if system == "win32":
        return (
            re.fullmatch(r"[a-z]:\\", text) is not None
            and text[0] != os.environ.get("SYSTEMDRIVE", "c")[0].lower()
        )
    return system == "darwin" and re.fullmatch("/volumes/[^/]+", text) is not None


@lru_cache(maxsize=1024)
def _normal(path: str, system: str) -> str:
    """Give the absolute form as the system takes it; empty for a path that may mean anything."""
    if system == "win32":
        return _windows_form(path)
    # normpath keeps a double slash at the start, which has no meaning on these systems.
    text = re.sub("^//", "/", posixpath.normpath(path)) if path.startswith("/") else ""
    return _mac_form(text) if system == "darwin" else text


def _windows_form(path: str) -> str:
    r"""Take off `\\?\` and case; a stream of a folder (`windows:$i30:$index_allocation`) means the folder."""
    path = re.sub(r"^\\\\[?.]\\", "", path.replace("/", "\\"))
    normal = ntpath.normpath(path).lower()
    drive, rest = ntpath.splitdrive(normal)
    # Windows drops dots and blanks at the end of a name, so `windows.` is `windows`.
    rest = "\\".join(name.partition(":")[0].rstrip(". ") for name in rest.split("\\"))
    return drive + rest if drive and rest.startswith("\\") else ""


def _mac_form(path: str) -> str:
    """Take off case, which the Mac's volumes do not tell apart, and prefixes that say how to resolve."""
    return re.sub(r"^/\.(?:nofollow|resolve/\d+)(?=/|$)", "", path.lower()) or "/"


def _below(path: str, tree: str, system: str) -> bool:
    if not tree:
        return False
    edge = "\\" if system == "win32" else "/"
    return path == tree or path.startswith(tree.rstrip(edge) + edge)


@cache
def _list(system: str) -> re.Pattern[str]:
    trees, places = _LISTS.get(system, (LINUX_TREES, LINUX_PLACES))
    edge = r"[\\/]"
    whole = [_pattern(tree) + f"(?:{edge}.*)?" for tree in trees]
    text = "|".join([*whole, *map(_pattern, places)])
    return re.compile(text.lower() if system == "darwin" else text, re.DOTALL)


def _pattern(place: str) -> str:
    text = re.escape(place).replace(r"/\*\*/", "/(?:.*/)?")
    return text.replace(r"\*", r"[^\\/]+").replace(r"\?:", "[a-z]:")


@cache
def _program() -> tuple[str, ...]:
    """The program that runs and the environment it runs in."""
    app = Path(__file__).resolve().parent.parent
    places = {app, app.parent / "resources", Path(sys.prefix), Path(sys.base_prefix)}
    if getattr(sys, "frozen", False):
        places.add(Path(sys.executable).resolve().parent)
    resolved = places | {place.resolve() for place in places}
    own = [str(place) for place in resolved if place.parent != place]
    return tuple(_normal(place, sys.platform) for place in [*own, *_told()])


def _told() -> tuple[str, ...]:
    """Where the system says that its own folders are, which need not be where they usually are."""
    if sys.platform == "win32":
        from app.system.windows.protected import places

        return places()
    return ()


@cache
def _homes() -> frozenset[str]:
    """Where people's own folders are, when not in the usual place. An account of a service is no person's."""
    if sys.platform == "win32":
        return frozenset()  # asked of Windows, in `app.system.windows.protected`
    import pwd

    people = (
        one.pw_dir
        for one in pwd.getpwall()
        if one.pw_uid in (0, os.getuid()) or _FIRST_PERSON <= one.pw_uid < _NOBODY
    )
    return frozenset(filter(None, (_normal(home, sys.platform) for home in people)))
