"""The inventory (销毁清册): one row a line of the plan, and the salted leaves that proofs are made from."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from app.domain.canonical import canonical
from app.domain.outcome import AnyOutcome, Evidence
from app.steps.certify.account import Account, Line
from app.steps.certify.breaking import visible
from app.steps.certify.merkle import leaf_hash
from app.system.durable import write_durably

INVENTORY: Final = "inventory.csv"
LEAVES: Final = "leaves.jsonl"
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
    it. The leaves hold the salts and are readable by their owner only: a salt lets
    its holder recognise that one line. Each call draws new salts, so it must not be
    called again once a manifest names these.
    """
    write_durably(folder / INVENTORY, inventory_of(account), 0o644)
    leaves = b"".join(canonical(_leaf(line)) + b"\n" for line in account.lines)
    write_durably(folder / LEAVES, leaves, 0o600)


def inventory_fits(account: Account, folder: Path) -> bool:
    """Whether inventory and leaves in `folder` say what the account says, whatever the salts."""
    try:
        leaves = [json.loads(content) for content in leaves_of(folder)]
        same = (folder / INVENTORY).read_bytes() == inventory_of(account)
        return same and leaves == [
            {**_leaf(line), "salt": leaf["salt"]} for line, leaf in zip(account.lines, leaves, strict=True)
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return False


def inventory_of(account: Account) -> bytes:
    """Give the bytes of the inventory."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for number, line in enumerate(account.lines, 1):
        writer.writerow([_cell(value) for value in _row(number, line)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def leaves_of(folder: Path) -> Iterator[bytes]:
    """Give the content of each leaf, in the order of the inventory, without the newline."""
    with (folder / LEAVES).open("rb") as lines:
        for line in lines:
            yield line.rstrip(b"\n")


def leaf_hashes(folder: Path) -> list[bytes]:
    """Give the hash of each leaf in `folder`."""
    return [leaf_hash(content) for content in leaves_of(folder)]


def find_leaf(folder: Path, record: str) -> tuple[int, dict[str, str]] | None:
    """Give the place and content of the leaf of `record`; None when no line has that id."""
    for index, content in enumerate(leaves_of(folder)):
        leaf = json.loads(content)
        if leaf["id"] == record:
            return index, leaf
    return None


def named(outcome: AnyOutcome | None) -> str:
    """Write an outcome for machines: `Outcome.overwritten`; `unknown` when there is none."""
    return f"{type(outcome).__name__}.{outcome.value}" if outcome else "unknown"


def _leaf(line: Line) -> dict[str, str]:
    return {
        "id": line.id,
        "fate": line.fate.value,
        "outcome": named(line.outcome),
        "settled_at": line.settled_at,
        # Without 128 random bits anyone could guess a line and recognise it in another's proof.
        "salt": secrets.token_hex(16),
    }


def _row(number: int, line: Line) -> tuple[str | int, ...]:
    evidence = line.evidence or Evidence("")
    return (
        number,
        line.id,
        line.subject.value,
        line.name,
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
