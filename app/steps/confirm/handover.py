"""The papers that travel inside a package: the list of what is handed over, and how names were written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from app.domain.fate import Decision, Fate
from app.domain.record import Record
from app.steps.confirm.naming import plain_name, spelled

_LIST: Final = "移交清册.csv"
_NAMES: Final = "original-names.csv"
_HEADINGS: Final = ("序号", "名称", "类别/规则", "依据", "应保管至", "字节", "SHA-256", "处置")
_FATES: Final = {Fate.SEAL: "封存", Fate.TRANSFER: "移交"}


def papers(kept: Sequence[tuple[Record, Decision, str]]) -> dict[str, bytes]:
    """Give the tag files 移交清册.csv and, when names had to be written otherwise, original-names.csv.

    Both are UTF-8 with a byte order mark, as spreadsheets ask. A cell that would be
    taken for a formula is preceded by an apostrophe.
    """
    rows = [
        (
            number,
            name.removeprefix("data/"),
            _class_of(record, decision),
            decision.law,
            _due(decision),
            record.stamp.size,
            record.sha256,
            _FATES[decision.fate],
        )
        for number, (record, decision, name) in enumerate(kept, start=1)
    ]
    found = {_LIST: _table((_HEADINGS, *rows))}
    rewritten = [
        (name, spelled(record.path))
        for record, _, name in kept
        if not name.endswith(f"/{plain_name(record)}")
    ]
    if rewritten:
        found[_NAMES] = _table((("payload", "original, RFC 3986"), *rewritten))
    return found


def _class_of(record: Record, decision: Decision) -> str:
    return " / ".join(part for part in (record.category, decision.rule) if part)


def _due(decision: Decision) -> str:
    return decision.due.isoformat() if decision.due else ""


def _table(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _safe(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
