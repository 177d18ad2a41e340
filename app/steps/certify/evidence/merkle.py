"""Merkle tree over salted leaves (RFC 9162 section 2.1): one root for all lines, a short proof for one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

EMPTY = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """Hash a leaf: SHA-256(00 ‖ content), so that a leaf can't pass for a node."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash a node: SHA-256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Give the root over leaf hashes."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


class Tree:
    """A tree that grows leaf by leaf. Held are the roots of its whole subtrees, one a bit of the count."""

    def __init__(self) -> None:
        self._count = 0
        self._whole: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Take in the hash of the next leaf."""
        node, left = leaf, self._count
        while left & 1:
            node, left = node_hash(self._whole.pop(), node), left >> 1
        self._whole.append(node)
        self._count += 1

    def root(self) -> bytes:
        """Give the root over the leaves so far. A lone right node is promoted, never doubled."""
        if not self._whole:
            return EMPTY
        *rest, root = self._whole
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Give the sibling hashes from leaf `index` up to the root (RFC 9162 section 2.1.3.1).

    Raises:
        IndexError: when there is no such leaf.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, index = _next_level(level), index >> 1
    return path


def root_from(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """Compute the root that a proof leads to (RFC 9162 section 2.1.3.2); None when it can't be a proof."""
    if not 0 <= index < size:
        return None
    at, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def _next_level(level: list[bytes]) -> list[bytes]:
    pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + level[-1:] if len(level) & 1 else pairs
