"""Know a path in a repository for the path that it was backed up from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath, PureWindowsPath


class Originals:
    """The paths of what goes, to be asked for a path in a snapshot of `roots`.

    A tool that was told a relative path writes it down relative; then what was backed
    up, which the snapshot names in full, tells where it began.
    """

    def __init__(self, paths: Mapping[str, tuple[str, ...]], roots: Sequence[str] = ()) -> None:
        self._ids = {_plain(path): ids for path, ids in paths.items()}
        self._roots = tuple(PurePosixPath(_plain(root)) for root in roots)

    def of(self, inner: str) -> tuple[str, ...]:
        """The ids of what stood at this path; nothing when none of them did."""
        if not self._ids:
            return ()
        path = "/" + inner.lstrip("/")
        if path in self._ids:
            return self._ids[path]
        for root in self._roots:
            for above in (root, *root.parents):
                full = above / path.lstrip("/")
                if str(full) in self._ids and full.is_relative_to(root):
                    return self._ids[str(full)]
        return ()


def _plain(path: str) -> str:
    """Write a path as repositories do: with a drive, its letter is the first folder."""
    windows = PureWindowsPath(path)
    if windows.drive and len(windows.drive) == 2:
        return "/" + "/".join((windows.drive[0], *windows.parts[1:]))
    return path
