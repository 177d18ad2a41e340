"""Look into the archives and mails of a repository, held in memory; what is not opened is counted.

They are known by the ending of their name or by their first bytes, whichever tells.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.steps.confirm.archives import Limits, members
from app.steps.confirm.contents import Contents, weigh
from app.steps.confirm.forms import form_of
from app.steps.confirm.opaque import file_is_opaque, is_opaque
from app.steps.confirm.repositories.contract import Beat, Entry, Place, Run
from app.steps.confirm.wanted import Wanted
from app.system.packed import HEAD

LARGEST: Final = 64 << 20
"""Bytes of the largest that is opened; nothing of it is written to a disk."""
_NAMED: Final = re.compile(
    r"\.(zip|jar|tar|t[gbx]z2?|tzst|gz|bz2|xz|lzma|zst|7z|rar|cab|arj|lzh|iso|wim|cpio"
    r"|eml|emlx|msg|mbox|mbx|mbs|pst|ost|olm|dbx|nsf|edb|tnef|dat)(\.\d+)?$"
    r"|(^|/)(mbox|inbox|sent|winmail\.dat)$|(^|/)(cur|new)/[^/]*$",
    re.IGNORECASE,
)
"""Archives and mails, and the folders of mail that have a file for each without an ending."""

Reader = Callable[[Callable[[bytes], None]], Run[None]]
"""Hands on what a file in a repository holds, piece by piece."""


@dataclass(slots=True)
class Inside:
    """What was found in the archives and mails of one repository.

    `unopened` counts what holds others and was not opened, or not to its end: also images, and what is
    encrypted.
    """

    members: int = 0
    unopened: int = 0
    entries: list[Entry] = field(default_factory=list)


def may_hold(path: str) -> bool:
    """Whether a file of this name is looked into, or counted as not opened."""
    return bool(_NAMED.search(path))


def holds_others(head: bytes) -> bool:
    """Whether a file that begins so is an archive, a mail, an image or encrypted, whatever its name is.

    `head` are its first bytes, up to `opaque.LOOK`.
    """
    return form_of(head[:HEAD]) is not None or is_opaque(head)


def look_inside(
    places: tuple[Place, ...],
    size: int,
    read: Reader,
    wanted: Wanted,
    seen: Inside,
    marks: tuple[str, ...] = (),
) -> Run[None]:
    """Open one content, and enter it if it holds anything that goes.

    It goes whole or not at all: no tool can change what lies in it. One that holds more has
    MIXED_ARCHIVE or IN_MAIL against it, and a person takes all of it out or accepts that it stays.
    `marks` are the hashes by which the repository knows it, its own SHA-256 unless given.
    """
    if size > LARGEST:
        seen.unopened += 1
        return
    data = bytearray()
    # What is longer than was told is not held, and not opened to its end.
    yield from read(lambda more: data.extend(more[: LARGEST + 1 - len(data)]))
    file, contents = io.BytesIO(data), Contents()
    unread = len(data) != size or (form_of(bytes(data[:HEAD])) is None and file_is_opaque(file, len(data)))
    for member in members(file, len(data), wanted.doomed, wanted.sizes, Limits()):
        yield Beat()
        seen.members += not member.opened
        unread |= member.opaque
        if member.problem is not None:
            unread = True
            contents.against.add(member.problem)
            continue
        weigh(member, wanted, contents)
    seen.unopened += unread
    if contents.ids:
        sha256 = hashlib.sha256(data).hexdigest()
        against = tuple(sorted(contents.against, key=lambda reason: reason.value))
        ids = tuple(sorted(contents.ids))
        seen.entries.append(Entry(sha256, size, places, marks or (sha256,), ids, against=against))
