"""Outlook's stores, pst and ost, by libpff (extra `pst`): every folder, and what was deleted from them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from app.domain.record import Problem
from app.steps.locate.limits import Breach, Reading
from app.steps.locate.passage import Passage
from app.steps.locate.read.msg import NOT_WORDS, rich_text
from app.steps.locate.read.raw import read_raw
from app.steps.locate.read.source import Source

_TEXT: Final = (0x001E, 0x001F)
_BINARY: Final = 0x0102
_HTML: Final = 0x1013
_RICH: Final = 0x1009
_NAMES: Final = (0x3707, 0x3704, 0x3001)
_INSIDE: Final = "attached.msg"


def read_pst(source: Source, reading: Reading) -> Iterator[Passage]:
    """Read every item; without libpff its bytes are searched as they are, and that is said.

    An item is named by its number in the order of the folders, one within another by neither name
    nor subject.

    Raises:
        OSError: when libpff can't open it.
    """
    try:
        import pypff
    except ImportError:
        reading.note(Problem.PST_NOT_READ)
        yield from read_raw(source, reading)
        return
    if reading.too_deep():
        return
    store = pypff.file()
    store.open_file_object(source.whole(reading.limits.held))
    try:
        number = 0
        for item, is_folder in _items(store, reading):
            reading.account.pulse()
            number += not is_folder
            for passage in _whole(item, reading, 0):
                yield passage if is_folder else passage.within(f"#{number}")
    finally:
        store.close()


def _items(store: Any, reading: Reading) -> Iterator[tuple[Any, bool]]:
    """Give every folder and the items in it, then those that no folder holds; and whether it is a folder."""
    stack = [store.get_root_folder()]
    while stack:
        folder = stack.pop()
        yield folder, True
        for one in _each(folder.get_sub_message, folder.number_of_sub_messages, reading):
            yield one, False
        stack += reversed(list(_each(folder.get_sub_folder, folder.number_of_sub_folders, reading)))
    for one in _each(store.get_orphan_item, store.number_of_orphan_items, reading):
        yield one, False


def _each(give: Any, count: int, reading: Reading) -> Iterator[Any]:
    for number in range(count):
        try:
            one = give(number)
        except OSError:
            reading.note(Problem.MALFORMED)
        else:
            yield one


def _whole(item: Any, reading: Reading, depth: int) -> Iterator[Passage]:
    """Read an item; one that is broken does not hide the next."""
    try:
        yield from _properties(item, reading)
        if hasattr(item, "number_of_attachments"):
            recipients = item.recipients
            if recipients is not None:
                yield from _properties(recipients, reading)
            for one in _each(item.get_attachment, item.number_of_attachments, reading):
                yield from _attached(one, reading, depth)
    except Breach:
        raise
    except Exception:  # noqa: BLE001  the library says of much that it can't be had; the rest is read
        reading.note(Problem.MALFORMED)


def _properties(item: Any, reading: Reading) -> Iterator[Passage]:
    """Read all texts of an item, and its bodies."""
    for records in _each(item.get_record_set, item.number_of_record_sets, reading):
        for entry in _each(records.get_entry, records.number_of_entries, reading):
            kind, tag = entry.value_type, entry.entry_type
            if kind in _TEXT and f"{tag or 0:04X}" not in NOT_WORDS:
                data = entry.data or b""
                codec = "utf-16-le" if kind == _TEXT[1] else "gb18030"
                yield Passage(data.decode(codec, "replace").encode("utf-8", "replace"))
            elif kind == _BINARY and tag == _HTML:
                yield from reading.enter(Source.of_bytes("body.html", entry.data or b""))
            elif kind == _BINARY and tag == _RICH:
                yield from reading.enter(Source.of_bytes("body.rtf", rich_text(entry.data or b"")))


def _attached(part: Any, reading: Reading, depth: int) -> Iterator[Passage]:
    """Read an attachment; what is no file is a mail or another item within this one."""
    inside = list(_each(part.get_sub_item, part.number_of_sub_items, reading))
    if inside:
        if depth + reading.depth + 1 >= reading.limits.depth:
            reading.note(Problem.TOO_DEEP)
            return
        for one in inside:
            for passage in _whole(one, reading, depth + 1):
                yield passage.within(_INSIDE)
        return
    size = part.get_size()
    if size:
        part.seek_offset(0, 0)
        yield from reading.enter(Source(_name(part, reading), _Data(part, size)))


def _name(part: Any, reading: Reading) -> str:
    told = {}
    for records in _each(part.get_record_set, part.number_of_record_sets, reading):
        for entry in _each(records.get_entry, records.number_of_entries, reading):
            if entry.entry_type in _NAMES and entry.value_type in _TEXT:
                codec = "utf-16-le" if entry.value_type == _TEXT[1] else "gb18030"
                told[entry.entry_type] = (entry.data or b"").decode(codec, "replace").rstrip("\0")
    return next((told[tag] for tag in _NAMES if told.get(tag)), "attachment")


class _Data:
    """The bytes of an attachment, in order."""

    def __init__(self, part: Any, size: int) -> None:
        self._part = part
        self._left = size

    def read(self, size: int, /) -> bytes:
        block: bytes = self._part.read_buffer(min(size, self._left)) if self._left > 0 else b""
        self._left -= len(block)
        return block
