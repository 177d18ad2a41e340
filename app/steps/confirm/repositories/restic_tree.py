"""Read the trees of a restic repository: of which chunks a file is made."""

from __future__ import annotations

import json
from typing import Any, Final

from app.steps.confirm.repositories.contract import Run
from app.steps.confirm.repositories.tool import Tool

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
            self._known[tree] = {_unquoted(node["name"]): node for node in json.loads(told)["nodes"] or []}
        return self._known[tree]


def _unquoted(name: str) -> str:
    """Names stand in a tree as in a Go string literal."""
    if "\\" not in name:
        return name
    try:
        return str(json.loads(f'"{name}"'))
    except ValueError:
        return name
