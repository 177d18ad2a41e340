"""Read the trees of a restic repository: of which chunks a file is made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from app.steps.confirm.repositories.contract import Run
from app.steps.confirm.repositories.tool import Tool

_ESCAPED: Final = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))")
_SHORT: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASCII: Final = 0x80
_HELD: Final = 4096
"""Trees that are remembered; each costs one call of the tool."""


class Trees:
    """Trees of one repository, fetched by their id and remembered for a while."""

    def __init__(self, tool: Tool) -> None:
        self._tool = tool
        self._known: dict[str, dict[str, Any]] = {}

    def content(self, root: str, path: str) -> Run[tuple[str, ...] | None]:
        """The ids of the chunks of the file at `path` below a root tree; None when it can't be followed."""
        *folders, name = [part for part in path.split("/") if part]
        tree = root
        for folder in folders:
            nodes = yield from self._nodes(tree)
            node = nodes.get(folder)
            if node is None or not node.get("subtree"):
                return None
            tree = node["subtree"]
        nodes = yield from self._nodes(tree)
        return tuple(nodes[name].get("content") or ()) or None if name in nodes else None

    def _nodes(self, tree: str) -> Run[dict[str, Any]]:
        if tree not in self._known:
            told = yield from self._tool.output("cat", "blob", tree, "--no-cache")
            if len(self._known) >= _HELD:
                self._known.clear()
            self._known[tree] = _by_name(json.loads(told)["nodes"] or ())
        return self._known[tree]


def _by_name(nodes: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The nodes by their names; of two that are told by one name it is not known which is which."""
    named: dict[str, dict[str, Any]] = {}
    for node in nodes:
        name = _unquoted(node["name"])
        named[name] = {} if name in named else node
    return named


def _unquoted(name: str) -> str:
    """Names stand in a tree as in a Go string literal; a listing has U+FFFD for a byte that is no UTF-8."""
    return _ESCAPED.sub(_character, name)


def _character(found: re.Match[str]) -> str:
    byte, four, eight, other = found.groups()
    if other:
        return _SHORT.get(other, other)
    number = int(byte or four or eight, 16)
    return "\ufffd" if byte and number >= _ASCII else chr(number)
