"""Passwords that are tried on what is locked: a list that a person gives, held in memory only."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from typing_extensions import override

from app.domain.fault import Fault, Refused

_LONGEST: Final = 64 << 10
_MOST: Final = 500
"""Passwords of one list: to try one on a document of Office takes a tenth of a second."""
_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


class Passwords:
    """A list of passwords, the one that opened something last first. Lives in memory only."""

    def __init__(self, words: Iterable[str] = ()) -> None:
        self._words = list(dict.fromkeys(word for word in words if word))

    def __len__(self) -> int:
        return len(self._words)

    @override
    def __repr__(self) -> str:
        return f"<{len(self)} passwords>"

    def each(self, pulse: Callable[[], None], *more: str) -> Iterator[str]:
        """Give every password, and after them those of `more`; `pulse` is called before each."""
        for word in [*self._words, *more]:
            pulse()
            yield word

    def joined(self, others: Passwords) -> Passwords:
        """Give a list of these and of those of another."""
        return Passwords([*self._words, *others._words])

    def opened(self, word: str) -> None:
        """Remember that a password was right: others of the same hand often have the same."""
        if word in self._words:
            self._words.remove(word)
            self._words.insert(0, word)

    def digest(self) -> str:
        """Name the list, whatever its order; dear to compute, so that it gives away no weak password."""
        if not self._words:
            return ""
        told = "\0".join(sorted(self._words)).encode("utf-8", "surrogatepass")
        return hashlib.scrypt(told, salt=b"lethe passwords", n=1 << 14, r=8, p=1).hex()


def read_passwords(path: Path) -> Passwords:
    """Read a list of passwords, one a line, in any encoding of an office.

    Blanks belong to a password; a line that has some at its ends is tried without them too.

    Raises:
        Refused: PASSWORDS_UNREADABLE, also for more than 500 lines.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST + 1)
    except OSError as error:
        raise Refused(Fault.PASSWORDS_UNREADABLE, str(path), error.strerror or "") from error
    lines = _text(data).splitlines() if len(data) <= _LONGEST else []
    if not any(lines) or len(lines) > _MOST:
        raise Refused(Fault.PASSWORDS_UNREADABLE, str(path))
    return Passwords(word for line in lines for word in (line, line.strip()))


def _text(data: bytes) -> str:
    for mark, codec in _MARKS:
        if data.startswith(mark):
            return data.decode(codec, "replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")
