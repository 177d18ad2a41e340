"""S-expressions as libgcrypt writes them: canonical, or the advanced form for people."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

Sexp: TypeAlias = "bytes | list[Sexp]"

_TOKEN: Final = re.compile(
    rb"""\s*(?: (?P<open>\() | (?P<close>\)) | (?P<length>[0-9]{1,6}): | \#(?P<hex>[0-9A-Fa-f\s]*)\#
        | "(?P<text>(?:[^"\\]++|\\.)*+)" | (?P<bare>[^\s()\#":]+) )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([0-7]{3})|(\r\n|\n\r|.))", re.DOTALL)
_NAMED: Final = dict(zip(b"btvnfr", b"\b\t\v\n\f\r", strict=True))


def parse(data: bytes, at: int = 0) -> list[Sexp]:
    """Read the list that begins at an offset; what follows it is left.

    Raises:
        ValueError: when there is none, or it does not end.
    """
    stack: list[list[Sexp]] = []
    while match := _TOKEN.match(data, at):
        at = match.end()
        if match["open"]:
            stack.append([])
        elif not stack:
            break
        elif match["close"]:
            done = stack.pop()
            if not stack:
                return done
            stack[-1].append(done)
        elif match["length"]:
            stack[-1].append(data[at : at + int(match["length"])])
            at += int(match["length"])
        else:
            stack[-1].append(_atom(match))
    raise ValueError("no list")


def _atom(match: re.Match[bytes]) -> bytes:
    if match["hex"] is not None:
        return bytes.fromhex(b"".join(match["hex"].split()).decode())
    if match["text"] is not None:
        return _ESCAPE.sub(_unescaped, match["text"])
    return match["bare"]


def _unescaped(match: re.Match[bytes]) -> bytes:
    if match[1]:
        return bytes([int(match[1], 16)])
    if match[2]:
        return bytes([int(match[2], 8) & 0xFF])
    letter: bytes = match[3]
    return b"" if letter[:1] in b"\r\n" else bytes([_NAMED.get(letter[0], letter[0])])


def canonical(sexp: Sexp) -> bytes:
    """Write it in the canonical form, in which hashes and seals are made."""
    if isinstance(sexp, bytes):
        return b"%d:%s" % (len(sexp), sexp)
    return b"(" + b"".join(map(canonical, sexp)) + b")"


def named(sexp: list[Sexp], name: bytes) -> list[Sexp]:
    """The list in a list that begins with a name.

    Raises:
        KeyError: when there is none.
    """
    for one in sexp:
        if isinstance(one, list) and one and one[0] == name:
            return one
    raise KeyError(name)


def value(sexp: list[Sexp], name: bytes) -> bytes:
    """The one value that such a list holds.

    Raises:
        KeyError, TypeError: when there is none.
    """
    _, found = named(sexp, name)
    if not isinstance(found, bytes):
        raise TypeError(name)
    return found
