"""Repositories: what backup tools hold of what goes, one kind a file, behind one contract."""

from typing import Final

from app.steps.confirm.repositories import borg, restic
from app.steps.confirm.repositories.contract import Kind

KINDS: Final[dict[str, Kind]] = {kind.name: kind for kind in (restic.KIND, borg.KIND)}
