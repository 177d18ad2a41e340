"""The salted leaves of the two Merkle trees: what was planned of each item, and how it ended.

Both trees stand in the order of the plan. `planned_root` is computed over the approved list and
signed before anything is destroyed; the root over the results is signed with the certificate.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.domain.canonical import canonical
from app.domain.plan import PlanItem
from app.steps.certify.account import Account, Line, named
from app.steps.certify.evidence.merkle import Tree, leaf_hash, root_of
from app.system.durable import write_durably

LEAVES: Final = "leaves.jsonl"
_SALT: Final = 16
"""Bytes of a salt. Without them anyone could guess a line and recognise it in another's proof."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """What one item's leaves are made of. `salt` is 128 bits in base64url."""

    id: str
    fate: str
    outcome: str
    settled_at: str
    salt: str

    @property
    def planned(self) -> bytes:
        """The content of its leaf in the tree that was signed before."""
        return canonical({"id": self.id, "fate": self.fate, "salt": self.salt})

    @property
    def done(self) -> bytes:
        """The content of its leaf in the tree that was signed after."""
        return canonical(self.plain)

    @property
    def plain(self) -> dict[str, str]:
        """Its fields by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def planned_root(items: Iterable[PlanItem], key: bytes) -> str:
    """Give the root over the approved list, hex: what people sign with the plan's digest.

    `key` is the case's key of salts. Nothing but each item's id and fate is in a leaf.
    """
    leaves = (Leaf(item.id, item.fate.value, "", "", _salt(key, item.id)) for item in items)
    return root_of(leaf_hash(leaf.planned) for leaf in leaves).hex()


def write_leaves(account: Account, folder: Path) -> None:
    """Write `leaves.jsonl` into `folder`, for its owner only: who has a salt can recognise that line."""
    lines = b"".join(leaf.done + b"\n" for leaf in leaves_from(account))
    write_durably(folder / LEAVES, lines, 0o600)


def leaves_from(account: Account) -> Iterator[Leaf]:
    """Give the leaf of each line, in plan order."""
    key = bytes.fromhex(account.salts)
    return (_leaf(line, key) for line in account.lines)


def leaves_in(folder: Path) -> Iterator[Leaf]:
    """Read the leaves in `folder`.

    Raises:
        OSError, ValueError, TypeError: when they are missing or are none.
    """
    with (folder / LEAVES).open("rb") as lines:
        for line in lines:
            leaf = Leaf(**json.loads(line))
            if leaf.done + b"\n" != line:
                raise ValueError("not canonical")
            yield leaf


def roots_of(leaves: Iterable[Leaf]) -> tuple[str, str]:
    """Give the root of what was planned and that of what was done, hex."""
    roots = Roots()
    for leaf in leaves:
        roots.add(leaf)
    return roots.both


class Roots:
    """The two trees, grown leaf by leaf."""

    def __init__(self) -> None:
        self._planned, self._done = Tree(), Tree()

    def add(self, leaf: Leaf) -> None:
        """Take in the next leaf."""
        self._planned.add(leaf_hash(leaf.planned))
        self._done.add(leaf_hash(leaf.done))

    @property
    def both(self) -> tuple[str, str]:
        """The root of what was planned and that of what was done, hex."""
        return self._planned.root().hex(), self._done.root().hex()


def _leaf(line: Line, key: bytes) -> Leaf:
    return Leaf(line.id, line.fate.value, named(line.outcome), line.settled_at, _salt(key, line.id))


def _salt(key: bytes, item: str) -> str:
    digest = hmac.digest(key, b"lethe leaf 1\0" + item.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_SALT]).decode().rstrip("=")
