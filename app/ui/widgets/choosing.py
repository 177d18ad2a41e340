"""The system's own dialogs for files and folders, without what Qt notes of them.

Qt writes the folder that was visited last to the settings that all programs made with
Qt share. The name of a folder may hold a person's name, so it is put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

_NOTED: Final = ("FileDialog/history", "FileDialog/lastVisited")


def file_to_open(parent: QWidget, title: str, start: str, pattern: str = "") -> Path | None:
    """Ask for a file that is there."""
    with _untraced():
        chosen, _ = QFileDialog.getOpenFileName(parent, title, start, pattern)
    return Path(chosen) if chosen else None


def files_to_open(parent: QWidget, title: str, start: str) -> list[Path]:
    """Ask for files that are there."""
    with _untraced():
        chosen, _ = QFileDialog.getOpenFileNames(parent, title, start)
    return [Path(name) for name in chosen]


def file_to_save(parent: QWidget, title: str, start: str, pattern: str) -> Path | None:
    """Ask for a file to be written."""
    with _untraced():
        chosen, _ = QFileDialog.getSaveFileName(parent, title, start, pattern)
    return Path(chosen) if chosen else None


def folder(parent: QWidget, title: str, start: str) -> Path | None:
    """Ask for a folder."""
    with _untraced():
        chosen = QFileDialog.getExistingDirectory(parent, title, start)
    return Path(chosen) if chosen else None


@contextmanager
def _untraced() -> Iterator[None]:
    settings = QSettings(QSettings.Scope.UserScope, "QtProject")
    before = {key: settings.value(key) for key in _NOTED}
    try:
        yield
    finally:
        settings.sync()
        for key, value in before.items():
            if value is None:
                settings.remove(key)
            else:
                settings.setValue(key, value)
        settings.sync()
