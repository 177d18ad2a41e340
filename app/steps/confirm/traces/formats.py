"""What editors' own files say of the file they belong to."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

VIM_SWAP_NAME: Final = re.compile(r"\.s[a-w][a-z]$")
"""From .swp down to .saa, as vim counts when a name is taken."""

_VIM_SWAP: Final = re.compile(rb"b[0cCd]VIM \d")
_VIM_NAME: Final = slice(108, 1006)
"""Where a swap file's first block holds the name (vim, memline.c, struct block0)."""
VIM_HEAD: Final = 1024

_VIM_UNDO: Final = b"Vim\x9fUnDo\xe5"
_LIBREOFFICE_LOCK: Final = re.compile(rb"[^,]*,[^,]*,[^,]*,[^,]*,.*;\s*", re.DOTALL)
_OWNER_SIZES: Final = frozenset({162, 165})
"""Bytes of the owner files of Word, and of Excel and PowerPoint."""
_LONGEST_NAME: Final = 54
_WORD: Final = re.compile(r"\.(?:doc|dot)[xm]?$|\.(?:rtf|odt|wps|wpt)$", re.IGNORECASE)


def vim_names(head: bytes, home: Path) -> str:
    """Give the path that a vim swap file's first block names; empty when it is none, or has no name.

    A path below a home begins with `~` and the person's name; it is taken to be `home`.
    """
    if not _VIM_SWAP.match(head):
        return ""
    name = head[_VIM_NAME].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
    if name.startswith("~"):
        _, edge, below = name.partition("/")
        return f"{home}/{below}" if edge else ""
    return name


def is_vim_undo(head: bytes) -> bool:
    """Whether it is vim's undo file; it holds text but not the name of the file."""
    return head.startswith(_VIM_UNDO)


def is_libreoffice_lock(head: bytes) -> bool:
    """Whether it is LibreOffice's lock: who has the document open, where, since when."""
    return bool(_LIBREOFFICE_LOCK.fullmatch(head))


def is_owner_file(head: bytes) -> bool:
    """Whether it is the owner file of an office program: the length of a person's name, then the name."""
    return len(head) in _OWNER_SIZES and 0 < head[0] <= _LONGEST_NAME


def owner_name(document: str) -> str:
    """Give what Word names the owner file of a document: a long name loses its first characters to `~$`."""
    stem = document.rpartition(".")[0]
    lost = min(max(len(stem) - 6, 0), 2) if _WORD.search(document) else 0
    return "~$" + document[lost:]
