"""By what a place is known that was searched: another disk, or another folder, may stand there later."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import partial

from app.domain.event import Progressed
from app.steps.confirm.repositories.contract import Unusable
from app.steps.confirm.repositories.work import PATIENCE, asked
from app.system.volume_id import folder_id, volume_id


def known_by(path: str, patience: float = PATIENCE) -> Generator[Progressed, None, str]:
    """Give what a place is known by: its file system, and of a folder its number in that.

    Renamed or mounted elsewhere, it is still the same. Empty when nothing is there, or its disk does not say.
    """
    try:
        return (yield from asked(partial(_known_by, path), path, patience))
    except Unusable:
        return ""


def _known_by(path: str) -> str:
    try:
        # A file may be written anew and is then another one; what it holds is searched in any case.
        return folder_id(path) if os.path.isdir(path) else volume_id(path)
    except OSError:
        return ""
