"""The inventory (销毁清册): one row a line of the plan."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from app.domain.outcome import Evidence
from app.steps.certify.account import Account, Line, named
from app.steps.certify.evidence.leaves import leaves_from, leaves_in, write_leaves
from app.steps.certify.page.breaking import visible
from app.system.durable import write_durably

INVENTORY: Final = "inventory.csv"
_COLUMNS: Final = (
    "序号 no",
    "编号 id",
    "对象 subject",
    "名称 name",
    "类别 category",
    "敏感级别 tier",
    "涉及人数 people",
    "大小 bytes",
    "处置 fate",
    "理由 ground",
    "规则 rule",
    "依据 law",
    "方法 method",
    "结果 outcome",
    "完成时间 settled_at",
    "限制 limits",
    "实测 facts",
)
_FORMULA: Final = ("=", "+", "-", "@")


def write_inventory(account: Account, folder: Path) -> None:
    """Write `inventory.csv` and `leaves.jsonl` into `folder`, each synced and renamed into place.

    The inventory is UTF-8 with a byte order mark, so that spreadsheet programs read
    it. Called again with the same account it writes the same bytes.
    """
    write_durably(folder / INVENTORY, inventory_of(account), 0o644)
    write_leaves(account, folder)


def inventory_fits(account: Account, folder: Path) -> bool:
    """Whether inventory and leaves in `folder` say what the account says."""
    try:
        same = (folder / INVENTORY).read_bytes() == inventory_of(account)
        return same and list(leaves_in(folder)) == list(leaves_from(account))
    except (OSError, ValueError, TypeError):
        return False


def inventory_of(account: Account) -> bytes:
    """Give the bytes of the inventory."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for number, line in enumerate(account.lines, 1):
        writer.writerow([_cell(value) for value in _row(number, line)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def told_in(data: bytes, *columns: str) -> dict[str, tuple[str, ...]]:
    """What an inventory has in these columns of each item, by its id; nothing of what is no inventory."""
    rows = csv.reader(io.StringIO(data.decode("utf-8-sig", "replace"), newline=""))
    item, wanted = _COLUMNS.index("编号 id"), [_COLUMNS.index(one) for one in columns]
    return {row[item]: tuple(row[at] for at in wanted) for row in rows if len(row) == len(_COLUMNS)}


def _row(number: int, line: Line) -> tuple[str | int, ...]:
    evidence = line.evidence or Evidence("")
    return (
        number,
        line.id,
        line.subject.value,
        line.listed,
        line.category,
        line.tier.value,
        line.people,
        line.bytes,
        line.fate.value,
        line.ground.value,
        line.rule,
        line.law,
        evidence.method,
        named(line.outcome),
        line.settled_at,
        " ".join(reason.value for reason in evidence.limits),
        " ".join(f"{name}={value}" for name, value in evidence.facts),
    )


def _cell(value: str | int) -> str | int:
    """Show what is invisible, and keep spreadsheets from running a name as a formula (OWASP)."""
    if isinstance(value, int):
        return value
    shown = visible(value)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
