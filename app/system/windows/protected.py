"""Protected places on Windows where they really lie; `app.system.protected` lists their usual names."""

from __future__ import annotations

from pathlib import PureWindowsPath
from typing import Final

from app.system.windows.api import Api, CallFailed, native

_FOLDERS: Final = (
    "{905e63b6-c1bf-494e-b29c-65b732d3d21a}",  # ProgramFiles
    "{7C5A40EF-A0FB-4BFC-874A-C0F2E0B9FA8E}",  # ProgramFilesX86
    "{F38BF404-1D43-42F2-9305-67DE0B28FC23}",  # Windows
    "{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}",  # System
)


def places(api: Api | None = None) -> tuple[str, ...]:
    """The system folders of this machine and the files it swaps to; each with everything below it.

    For the `extra` of `is_protected` (GetSystemWindowsDirectoryW, SHGetKnownFolderPath,
    EnumPageFilesW).

    Raises:
        OSError: ENOENT when Windows does not say where it lies, as nothing is safe then.
    """
    api = api or native()
    found = []
    for folder in _FOLDERS:
        try:
            found.append(api.known_folder(folder))
        except CallFailed:
            continue
    try:
        found += [api.windows_folder(), *api.page_files()]
    except CallFailed as failed:
        raise FileNotFoundError(2, "Windows does not say where it lies") from failed
    # A drive itself is on the list as a place, not as a tree.
    return tuple(dict.fromkeys(place for place in found if place and PureWindowsPath(place).name))
