"""Repositories: what backup tools hold of what goes, one kind a file, behind one contract."""

from typing import Final

from app.steps.confirm.repositories import borg, btrfs, duplicity, rclone, restic, s3
from app.steps.confirm.repositories.contract import Kind

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind for kind in (restic.KIND, borg.KIND, duplicity.KIND, rclone.KIND, s3.KIND, btrfs.KIND)
}
